"""How modes, phases and landings are called by people, in Chinese."""

from __future__ import annotations

from typing import Final

from callrouter.vocabulary.plan import Landing, Mode, PhaseName

MODE_WORDS: Final = {
    Mode.HOTLINE: "12345热线",
    Mode.MERGED: "整体并入",
    Mode.DUAL: "双号并行",
    Mode.BRANCH: "设分中心",
    Mode.PARALLEL: "并行接听",
    Mode.FORWARDED: "来电转移",
    Mode.ABSORBED: "直接合并",
    Mode.WITHDRAWN: "撤销",
}
"""The documents' own words."""

PHASE_WORDS: Final = {
    PhaseName.BEFORE: "尚未归并",
    PhaseName.TRANSITION: "过渡期",
    PhaseName.IN_FORCE: "已生效",
    PhaseName.ENDED: "已停用",
}

LANDING_WORDS: Final = {
    Landing.PLATFORM: ("由12345接听", "12345 answers it"),
    Landing.OWN_SEATS: (
        "应由原座席接听，但来电到了本平台",
        "its own seats should answer it, yet it reached us",
    ),
    Landing.NOBODY: ("号码已注销，但来电仍送达", "the number is cancelled, yet it is still delivered"),
}
"""What a call that reached us means for each landing: Chinese, English."""
