"""Which of a line's centers answers, and whether it can be reached.

Rules:
- The area that was dialled tells, then the area of a caller on a landline, then that of the platform where the call
  came in if it has one only; a center without areas serves all. If nothing tells, the first one answers.
- A center can be reached if it has a peer and has opened; whether somebody is on duty there is asked at the instant.
- A mobile's area is where it was issued, not where its caller is: it tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from callrouter.decide.effective import has_begun
from callrouter.vocabulary.decision import Reason, ReasonCode
from callrouter.vocabulary.line import Center
from callrouter.vocabulary.numbers import Number, NumberKind, PhoneNumber
from callrouter.vocabulary.territory import Platform


def area_of(number: Number) -> str | None:
    """The area code that the number was dialled with; a landline's own."""
    return number.area if isinstance(number, PhoneNumber) else None


def area_of_caller(caller: Number) -> str | None:
    """The area of a caller on a landline."""
    return caller.area if isinstance(caller, PhoneNumber) and caller.kind is NumberKind.LANDLINE else None


def areas_told(dialled: str | None, caller: str | None, platform: Platform) -> tuple[str, ...]:
    """The areas that a call tells of itself, the most telling first."""
    return tuple(area for area in (dialled, caller, sole_area(platform)) if area)


def sole_area(platform: Platform) -> str | None:
    """The area of a platform that has one only."""
    return platform.areas[0] if len(platform.areas) == 1 else None


def center_for(centers: Sequence[Center], areas: Sequence[str]) -> Center:
    """The center that answers; `centers` must not be empty."""
    for area in areas:
        for center in centers:
            if area in center.areas:
                return center
    return next((center for center in centers if not center.areas), centers[0])


def why_this_one(center: Center, centers: Sequence[Center]) -> tuple[Reason, ...]:
    """The reason for the choice; none where there was none to make."""
    if len(centers) < 2:
        return ()
    detail = f"按地区由{center.name}接听 / {center.id} answers for the area"
    return (Reason.at(ReasonCode.CENTER_BY_AREA, center.place, detail),)


def out_of_reach(center: Center, at: datetime) -> tuple[str, str] | None:
    """Why no call can go to the center at all, in Chinese and English; None if one can."""
    if center.peer is None:
        return "没有对接中继", "has no peer"
    if not has_begun(center.opens, at):
        return "尚未开通转接", "has not opened for transfers"
    return None


def unreachable(center: Center, zh: str, en: str) -> Reason:
    """The reason that the platform's queue answers for the center."""
    detail = f"{center.name}{zh}，由12345接听 / {center.id} {en}: 12345 answers"
    return Reason.at(ReasonCode.CENTER_UNREACHABLE, center.place, detail)
