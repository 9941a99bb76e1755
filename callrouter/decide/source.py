"""Who handed a call over.

Rules:
- A trunk that belongs to one who hands calls over says so in the plan.
- Where a platform passed the call on, it tells who handed it over there; an emergency service hands over its own.
- On another trunk a call whose caller is an emergency number was handed over by that service, if the trunk's word is
  trusted: if the plan lets its headers name the dialled line.
- Where whoever asks names no trunk, the caller is believed as he is told: no call that arrives is without one.
- Whoever it was, the call is accepted: what the document says of handing over is told, never enforced.
"""

from __future__ import annotations

from typing import Final

from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Reason, ReasonCode
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Trunk

EMERGENCY: Final = "emergency:"
"""What the source of a call begins with that an emergency service handed over; its number follows."""

_HEADERS: Final = frozenset({FoundBy.HISTORY_INFO, FoundBy.DIVERSION, FoundBy.TO})


def is_trusted(trunk: Trunk | None) -> bool:
    """Whether the trunk's word about who calls is believed."""
    return trunk is not None and not _HEADERS.isdisjoint(trunk.finders)


def source_of(call: Call, trunk: Trunk | None) -> str | None:
    """Who handed the call over; None: the caller dialled. `trunk` is the call's, None if it is not in the plan."""
    if trunk is not None and by_emergency(trunk.source):
        return trunk.source
    if call.passed_on is not None and call.passed_on.source:
        return call.passed_on.source
    caller = call.caller
    if trunk is not None and trunk.source:
        return trunk.source
    if not (isinstance(caller, PhoneNumber) and caller.kind is NumberKind.EMERGENCY):
        return None
    if is_trusted(trunk) or not call.trunk:
        return f"{EMERGENCY}{caller.digits}"
    return None


def by_emergency(source: str | None) -> bool:
    """Whether an emergency service handed the call over."""
    return source is not None and source.startswith(EMERGENCY)


def handed_over(source: str, trunk: Trunk | None, plan: Plan) -> Reason:
    """The reason that names who handed the call over."""
    who = source.partition(":")[2] or source
    emergency = plan.emergencies.get(who) if by_emergency(source) else None
    if emergency is not None:
        place = emergency.place
    elif trunk is not None:
        place = trunk.place
    else:
        place = plan.desks.handed_over.place
    return Reason.at(
        ReasonCode.HANDED_OVER,
        place,
        f"来电由{emergency.name + who if emergency else who}转来 / handed over by {who}",
    )
