"""The plan worked out ahead: what every call gets at every instant, for whoever follows it while nobody can be asked.

Rules:
- It is what `decide` says, asked of one call of each kind: by every trunk, from every area, to every number, from
  every area of a caller where that matters, from an emergency service; between any two instants of change.
- Calls of which the plan says the same share what is said. What holds by weekly hours is a chain, as in a `Case`.
- Listed numbers are not written out: one of them stands for its list, unless it has centers or seats of its own.
- Left out is what only a single call can tell: who passed it on, and that it came round to us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from callrouter.decide.after_call import is_surveyed, is_urgent
from callrouter.decide.memory import beginnings, beginnings_for_all, memory_of
from callrouter.decide.passed_on import carried
from callrouter.decide.places_of_entry import Entry, entries
from callrouter.decide.route import case_of
from callrouter.decide.ruling import Case
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.migration import PhaseName, Schedule
from callrouter.vocabulary.numbers import (
    EMERGENCY_CODES,
    Number,
    NumberKind,
    PhoneNumber,
    UnknownNumber,
    parse_number,
)
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Treatment

NOBODYS: Final = ""
"""Stands for every number that is in no plan."""
AN_EMERGENCY: Final = "110"
"""Stands for every emergency service that calls by the public's trunk."""
_KEY: Final = "followed"
_SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_A_MOMENT: Final = timedelta(microseconds=1)


class Followed(NamedTuple):
    """What is done with a call, as far as it is no single call's own."""

    treatment: Treatment
    line: str | None
    mode: str
    phase: PhaseName | None
    surveyed: bool
    urgent: bool
    told: tuple[tuple[str, str], ...]
    """What another platform is told, if the call goes on to one: `passed_on.carried`."""


class Link(NamedTuple):
    """A step of a chain: outside `hours`, the next one holds; None: it always does."""

    hours: Hours | None
    followed: Followed


Chain = tuple[Link, ...]
Course = tuple[tuple[datetime | None, Chain], ...]
"""What holds from each instant on; the first since ever."""


class Asked(NamedTuple):
    """A kind of call: where it comes in, what is dialled, and the caller's area where it matters."""

    entry: str
    """The name of an `Entry`."""
    number: str
    """As the plan spells it; a list's id for all numbers of it; `NOBODYS`."""
    caller_area: str | None = None


@dataclass(frozen=True, slots=True)
class FollowedPlan:
    """Every kind of call, and its course."""

    entries: tuple[Entry, ...]
    courses: Mapping[Asked, Course]


def followed_plan(plan: Plan, *, asks_for_ratings: bool) -> FollowedPlan:
    """Work the plan out. `asks_for_ratings`: whether this installation does, where the plan says so."""
    ways = tuple(entries(plan))
    asked = {kind: call for entry in ways for kind, call in _calls(plan, entry)}
    courses: dict[Asked, list[tuple[datetime | None, Chain]]] = {kind: [] for kind in asked}
    chain_of = _chains(plan, asks_for_ratings)
    for starts, at, numbers in _epochs(plan):
        # One epoch after the other: what the plan says in it is kept while it is asked about.
        for kind, call in asked.items():
            if kind.number not in numbers:
                continue
            chain = chain_of(case_of(call._replace(arrived_at=at), plan, at))
            course = courses[kind]
            if not course or course[-1][1] != chain:
                course.append((starts, chain))
    return FollowedPlan(ways, {kind: tuple(course) for kind, course in courses.items()})


def _epochs(plan: Plan) -> Iterator[tuple[datetime | None, datetime, frozenset[str]]]:
    """Since when, an instant in it, and of which numbers something else may be said than before."""
    everybody = frozenset(numbers_of(plan))
    for_all = {at.astimezone(UTC) for at in beginnings_for_all(plan)}
    changes = sorted({at.astimezone(UTC) for at in beginnings(plan)})
    yield None, changes[0] - _A_MOMENT if changes else _SINCE_EVER, everybody
    schedules = {number: _schedule(number, plan) for number in everybody}
    begin = {
        number: {phase.starts.astimezone(UTC) for phase in schedule.phases if phase.starts is not None}
        for number, schedule in schedules.items()
        if schedule is not None
    }
    for at in changes:
        touched = everybody if at in for_all else frozenset(n for n, own in begin.items() if at in own)
        yield at, at, touched


def _schedule(number: str, plan: Plan) -> Schedule | None:
    line = plan.line(number)
    if line is not None:
        return line.schedule
    return next((one.schedule for one in plan.lists.lists if one.id == number), None)


def numbers_of(plan: Plan) -> Iterator[str]:
    """Every number that has a course of its own, each list by its id, and `NOBODYS`."""
    known = dict.fromkeys((plan.hub.number, *plan.lines, *sorted(EMERGENCY_CODES)))
    known |= dict.fromkeys(number for utility in plan.utilities for number in utility.numbers)
    alone = memory_of(plan).alone - known.keys()
    known |= dict.fromkeys(sorted(number for number in alone if plan.lists.line(number) is not None))
    yield from known
    yield from (one.id for one in plan.lists.lists)
    yield NOBODYS


def _calls(plan: Plan, entry: Entry) -> Iterator[tuple[Asked, Call]]:
    choosy = memory_of(plan).choosy
    for number in numbers_of(plan):
        called = _called(number, entry.area, plan)
        if called is None:
            continue
        yield Asked(entry.name, number), _call(called, entry, UnknownNumber(""))
        if number in choosy and not entry.by_emergency:
            for area in sorted({area for center in plan.centers[number] for area in center.areas}):
                caller = PhoneNumber(NumberKind.LANDLINE, "20000000", area)
                yield Asked(entry.name, number, area), _call(called, entry, caller)


def _call(called: Number, entry: Entry, caller: Number) -> Call:
    if entry.by_emergency:
        caller = PhoneNumber(NumberKind.EMERGENCY, AN_EMERGENCY)
    return Call("", called, FoundBy.REQUEST_URI, caller, entry.trunk, _SINCE_EVER)


def _called(number: str, area: str | None, plan: Plan) -> Number | None:
    """The number as it is dialled in this area; None if it is dialled in another one."""
    if number == NOBODYS:
        return UnknownNumber("") if area is None else PhoneNumber(NumberKind.SHORT_CODE, "", area)
    if number in EMERGENCY_CODES:
        return PhoneNumber(NumberKind.EMERGENCY, number, area)
    if number in plan.short_codes:
        return PhoneNumber(NumberKind.SHORT_CODE, number, area)
    listed = one_of_list(number, plan)
    called = parse_number(listed or number, plan.short_codes)
    if listed is not None and isinstance(called, PhoneNumber):
        # Of a list in several areas one stands for all, wherever it is dialled.
        return called if called.kind is NumberKind.MOBILE else called._replace(area=area)
    own = memory_of(plan).known_area(called.area if isinstance(called, PhoneNumber) else None)
    return called if own == area else None


def one_of_list(list_id: str, plan: Plan) -> str | None:
    """A number of the list that has no course of its own; None if it is no list, or has no such number."""
    kept = plan.kept.get((_KEY, list_id))
    if kept is None and not list_id.isdecimal():
        alone = memory_of(plan).alone | plan.lines.keys()
        kept = next((number for number, _ in plan.lists.rows_of(list_id) if number not in alone), "")
        plan.kept[_KEY, list_id] = kept
    return str(kept) if kept else None


def _chains(plan: Plan, asks_for_ratings: bool) -> Callable[[Case], Chain]:
    """Cases are kept by the plan and asked about again and again: each is looked at once."""
    known: dict[int, tuple[Case, Chain]] = {}
    nobody = Call("", UnknownNumber(""), FoundBy.REQUEST_URI, UnknownNumber(""), "", _SINCE_EVER)

    def followed(ruling: Ruling) -> Followed:
        told = tuple(tuple(pair.split("=", 1)) for pair in carried(ruling, nobody).split("&") if pair)
        return Followed(
            ruling.treatment,
            ruling.line,
            ruling.mode.value,
            ruling.phase,
            asks_for_ratings and is_surveyed(ruling, plan),
            is_urgent(ruling),
            told,  # type: ignore[arg-type]  # each was split in two
        )

    def chain_of(case: Case) -> Chain:
        kept = known.get(id(case))
        if kept is None:
            kept = known[id(case)] = (case, tuple(_links(case, followed)))
        return kept[1]

    return chain_of


def _links(case: Case | None, followed: Callable[[Ruling], Followed]) -> Iterator[Link]:
    while case is not None:
        ends = case.hours is None or case.otherwise is None
        yield Link(None if ends else case.hours, followed(case.ruling))
        case = None if ends else case.otherwise
