"""How modes, phases, landings, fates, treatments and means are called by people: Chinese, English."""

from __future__ import annotations

from typing import Final

from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Landing, Mode, NumberFate, PhaseName, SeatFate

MODE_WORDS: Final = {
    Mode.HUB: "12345热线",
    Mode.MERGED: "整体并入",
    Mode.DUAL: "双号并行",
    Mode.BRANCH: "设分中心",
    Mode.PARALLEL: "并行接听",
    Mode.FORWARDED: "来电转移",
    Mode.ABSORBED: "直接合并",
    Mode.WITHDRAWN: "撤销",
    Mode.EMERGENCY: "紧急号码",
    Mode.UTILITY: "公共事业服务热线",
    Mode.UNKNOWN: "不在计划内",
}
"""The documents' own words, where they have one."""

PHASE_WORDS: Final = {
    PhaseName.BEFORE: "尚未归并",
    PhaseName.TRANSITION: "过渡期",
    PhaseName.IN_FORCE: "已生效",
    PhaseName.ENDED: "已停用",
}

LANDING_WORDS: Final = {
    Landing.PLATFORM: ("由12345接听", "12345 answers it"),
    Landing.DEPARTMENT: ("由部门保留的座席接听", "the department's own seats answer it"),
    Landing.BRANCH: ("由分中心接听", "the branch center answers it"),
    Landing.EXTERNAL: (
        "应由原座席接听，但来电到了本平台",
        "its own seats should answer it, yet it reached us",
    ),
    Landing.RELEASED: ("告知后释放", "the caller is told so and released"),
    Landing.EMERGENCY: ("应由紧急服务接听", "the emergency service should answer it"),
}
"""What a call that reached us means for each landing."""

NUMBER_FATE_WORDS: Final = {
    NumberFate.KEPT: "号码保留",
    NumberFate.CANCELLED: "号码取消",
    NumberFate.UNSTATED: "号码去向未明确",
}

SEAT_FATE_WORDS: Final = {
    SeatFate.MERGED: "座席并入",
    SeatFate.KEPT: "座席保留",
    SeatFate.NONE: "不设座席",
    SeatFate.UNSTATED: "座席去向未明确",
}

MEANS_WORDS: Final = {
    Means.THREE_WAY: ("三方转接", "three-way"),
    Means.PLAIN: ("转接", "transfer"),
    Means.TICKET: ("派发工单", "ticket"),
    Means.GUIDE: ("引导", "guide"),
}
