"""What is heard of a transfer: by the caller, by who the target is; by the agent, when he is refused or ignored.

Rules:
- What names the target is a recording of its own; where the catalogue has no words for such a target, or nobody has
  recorded them, a general one is played. The caller never hears nothing.
- Colleagues and supervisors are never named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import IgnoredReason, Refused, RefusedTarget, TransferTarget


class TransferSounds(NamedTuple):
    """Catalogue ids, or file keys; None: a general one."""

    connecting: str | None = None
    """Before a three-way transfer."""
    passing: str | None = None
    """Before a plain one."""
    failed: str | None = None
    joined: str | None = None


ANNOUNCED: Final[Mapping[LegRole, TransferSounds]] = {
    LegRole.BRANCH: TransferSounds("B01", "B02", "B03", "B05"),
    LegRole.EXPERT: TransferSounds("E01", "E01", "E02", "B05"),
    LegRole.PLATFORM: TransferSounds("S01", "S01", "B03", "B05"),
    LegRole.UTILITY: TransferSounds("U01", "U01", "B03", "B05"),
    LegRole.COLLEAGUE: TransferSounds(),
    LegRole.SUPERVISOR: TransferSounds(),
}
"""By catalogue id."""


def sounds_of(target: TransferTarget, plan: Plan) -> TransferSounds:
    """The file keys of what is said about this target, such as `b01-tax-sichuan`."""
    return TransferSounds(
        *(
            None if announcement is None else announcement_key(announcement, plan.jurisdiction, target.id)
            for announcement in ANNOUNCED[target.role]
        )
    )


_CLOSED, _NO_WAY, _NOT_SO = "c03", "c04", "c07"
_OTHER_KIND: Final[Mapping[TransferKind, str]] = {
    TransferKind.PLAIN: "c05",
    TransferKind.THREE_WAY: "c06",
    TransferKind.EMERGENCY: _NOT_SO,
}
"""By the kind that was asked for: the other one is said."""
_TOLD: Final[Mapping[RefusedTarget, str]] = {
    RefusedTarget.UNKNOWN: "c02",
    RefusedTarget.YOURSELF: "c09",
    RefusedTarget.HERE: _NOT_SO,
    RefusedTarget.LOOP: "c08",
    RefusedTarget.CLOSED: _CLOSED,
    RefusedTarget.HOURS_UNSTATED: _CLOSED,
    RefusedTarget.NOT_YET: _CLOSED,
    RefusedTarget.NO_PEER: _NO_WAY,
    RefusedTarget.NO_SEATS: _NO_WAY,
    RefusedTarget.TICKET_ONLY: _NO_WAY,
    RefusedTarget.GUIDE_ONLY: _NOT_SO,
    RefusedTarget.EMERGENCY: _NOT_SO,
    RefusedTarget.STOPPING: "c32",
}
"""By file key."""


def refusal_key(refused: Refused, kind: TransferKind) -> str:
    """The file key of what an agent hears who asked for this kind by phone."""
    return _OTHER_KIND[kind] if refused.why is RefusedTarget.OTHER_KIND else _TOLD[refused.why]


IGNORED_KEYS: Final[Mapping[IgnoredReason, str]] = {
    IgnoredReason.IN_FLIGHT: "c27",
    IgnoredReason.NOTHING_IN_FLIGHT: "c28",
    IgnoredReason.NOT_HELD: "c31",
    IgnoredReason.NOT_ACCEPTED: "c29",
    IgnoredReason.PLAIN: "c30",
    IgnoredReason.ALREADY: "c26",
    IgnoredReason.AGENT_LEFT: "c26",
    IgnoredReason.NO_WAIT: "c26",
    IgnoredReason.LATE: "c26",
}
"""By file key: what an agent hears whose key does nothing in the state that there is."""
