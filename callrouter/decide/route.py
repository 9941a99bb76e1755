"""Decides what is done with a call: a pure function of the call, the plan and the instant.

Rules:
- Exact numbers only. Emergency first, then 12345, then the plan's lines, then utilities; anything else is unknown.
- Every call gets a decision, and every decision ends with a person or a message, unless the plan releases the number.
- A landline that was dialled without its area is one of where the call came in, if that has one area only.
- What follows from the plan alone is worked out once (memory.py); only weekly hours are asked at every call.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

from callrouter.decide.center import area_of, area_of_caller, areas_told
from callrouter.decide.hours import Openness, openness
from callrouter.decide.line import line_case, listed
from callrouter.decide.memory import MOST_KEPT, CaseKey, Door, Epoch, Memory, memory_of
from callrouter.decide.menu import offered
from callrouter.decide.passed_on import kept_here
from callrouter.decide.platform import platform_of
from callrouter.decide.ruling import Case, Received, emergency, hub, unknown, utility
from callrouter.decide.source import by_emergency, handed_over, source_of
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision, Ruling
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.menu import MenuDesk
from callrouter.vocabulary.numbers import Number, NumberKind, UnknownNumber
from callrouter.vocabulary.plan import Plan

_UNKNOWN: Final = ""


def decide(call: Call, plan: Plan, at: datetime) -> Decision:
    """What the plan does with the call at the instant `at`.

    Total: every call gets a decision. Raises ValueError if `at` is not zone-aware, which is a mistake in the
    program.
    """
    if at.tzinfo is None:
        raise ValueError("the instant of a decision must be zone-aware")
    memory = memory_of(plan)
    case, door, shared = _found(call, plan, memory, at)
    ruling = _in_force(case, at, memory)
    if shared is not None:
        ruling = listed(ruling, shared)
    if call.passed_on is not None or call.came_back:
        ruling = kept_here(ruling, call, door.trunk, plan)
    return Decision(ruling, at)


def case_of(call: Call, plan: Plan, at: datetime) -> Case:
    """All that the plan says of such a call in the epoch of `at`: what holds now, and at other hours."""
    case, _, shared = _found(call, plan, memory_of(plan), at)
    return case if shared is None else _of_listed(case, shared)


def _of_listed(case: Case, line: Line) -> Case:
    otherwise = None if case.otherwise is None else _of_listed(case.otherwise, line)
    return Case(listed(case.ruling, line), case.hours, otherwise)


def _found(call: Call, plan: Plan, memory: Memory, at: datetime) -> tuple[Case, Door, Line | None]:
    """The case, by which door it came, and the line if its list shares one case."""
    epoch = memory.epoch_of(at)
    door = _door(call, plan, memory, epoch, at)
    number, line = _dialled(call.called, door, plan, memory)
    shared = line is not None and number not in plan.lines and number not in memory.alone
    key: CaseKey = (
        door,
        # A list's id begins with a letter, a number does not.
        line.announcement_owner if shared and line is not None else number,
        source_of(call, door.trunk),
        memory.known_area(area_of_caller(call.caller)) if number in memory.choosy else None,
    )
    case = epoch.cases.get(key)
    if case is None:
        case = _case(number, line, _received(call, door, plan, epoch, at))
        if len(epoch.cases) < MOST_KEPT:
            epoch.cases[key] = case
    return case, door, line if shared else None


def _door(call: Call, plan: Plan, memory: Memory, epoch: Epoch, at: datetime) -> Door:
    """Where the call came in."""
    trunk = plan.trunks.get(call.trunk)
    area = memory.known_area(area_of(call.called))
    if area is not None and trunk is not None and _landline(call.called, area) in trunk.pilots:
        # The platform's own number tells where its exchange is, not who was meant.
        area = None
    said = call.platform if call.platform in plan.platforms else None
    key = (trunk.id if trunk is not None else "", area, said)
    door = epoch.doors.get(key)
    if door is None:
        door = Door(trunk, area, platform_of(said, trunk, area, plan, at))
        if len(epoch.doors) < MOST_KEPT:
            epoch.doors[key] = door
    return door


def _landline(called: Number, area: str | None) -> str | None:
    """A landline as the plan spells it; None for any other number."""
    if isinstance(called, UnknownNumber) or called.kind is not NumberKind.LANDLINE:
        return None
    return (called.area or area or "") + called.digits


def _dialled(called: Number, door: Door, plan: Plan, memory: Memory) -> tuple[str, Line | None]:
    """The number as the plan spells it, empty if it is in no plan; and the line, if it is one."""
    if isinstance(called, UnknownNumber):
        return _UNKNOWN, None
    number = called.digits
    match called.kind:
        case NumberKind.SHORT_CODE:
            if number == plan.hub.number:
                return number, None
        case NumberKind.EMERGENCY:
            return number, None
        case NumberKind.LANDLINE:
            number = _landline(called, door.local_area) or number
        case NumberKind.MOBILE:
            pass
        case _:
            assert_never(called.kind)
    line = plan.line(number)
    if line is not None or number in memory.utilities:
        return number, line
    if door.trunk is not None and number in door.trunk.pilots:
        return plan.hub.number, None
    return _UNKNOWN, None


def _in_force(case: Case, at: datetime, memory: Memory) -> Ruling:
    """The first ruling of the chain whose people are on duty."""
    while case.hours is not None and case.otherwise is not None:
        if openness(case.hours, at, memory.zone, memory.calendar) is not Openness.CLOSED:
            break
        case = case.otherwise
    return case.ruling


def _received(call: Call, door: Door, plan: Plan, epoch: Epoch, at: datetime) -> Received:
    source = source_of(call, door.trunk)
    return Received(
        plan=plan,
        at=at,
        brand=epoch.brand,
        entry=door.belonging,
        source=source,
        handed_over=handed_over(source, door.trunk, plan) if source else None,
        emergency=by_emergency(source),
        dialled_area=door.area,
        areas=areas_told(door.area, area_of_caller(call.caller), door.belonging.platform),
    )


def _case(number: str, line: Line | None, received: Received) -> Case:
    if line is not None:
        return offered(line_case(line, received), MenuDesk.LINES, received.plan)
    if number == received.plan.hub.number:
        return offered(hub(received), MenuDesk.HUB, received.plan)
    if number == _UNKNOWN:
        return offered(unknown(received), MenuDesk.UNKNOWN, received.plan)
    found = memory_of(received.plan).utilities.get(number)
    return emergency(number, received) if found is None else utility(number, found, received)
