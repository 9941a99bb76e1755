"""What calls are treated otherwise: two plans asked about the same calls, epoch by epoch.

Rules:
- Asked is about every number (`numbers`), by each trunk, at each platform, from each area that either plan knows.
- Where nothing in either plan begins or ends, what a plan says of a call is one value (`decide.memory`); so both are
  compared once for each such stretch of time, `[starts, ends)`, and boundaries are exact.
- What is compared is the treatment and what the record will say: reasons, places, names and versions are not.
- Weekly hours are compared as such: where they differ, both are told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from callrouter.decide.center import sole_area
from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.memory import beginnings
from callrouter.decide.route import case_of
from callrouter.decide.ruling import Case
from callrouter.plans.comparison.numbers import Asked, asked_numbers
from callrouter.plans.comparison.written import rewritten
from callrouter.plans.dump.lines_file import line_value
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.hours import Hours, Stretch
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.numbers import Number, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Ask, Dial, Release, treatment_word

_SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_A_MOMENT: Final = timedelta(seconds=1)
_MOBILE: Final = "13900000000"
_OF_LINES: Final = ("lines[", "schedules.", "instants[", "lists[", "classes[")
"""Where something is written that is about single lines."""


class Way(NamedTuple):
    """How a call comes in."""

    trunk: str
    """Empty: none is named."""
    platform: str | None = None
    """Where it came in, if that is said; None: trunk and area code tell."""
    caller: str = _MOBILE


class Said(NamedTuple):
    """What a plan does with a call while its people are on duty, and what at other hours."""

    mode: str
    phase: str | None
    landing: str
    treatment: str
    """`queue:hotline:0`, `dial:tax:0`, `release:22`."""
    announcement: str | None
    stray: bool
    platform: str
    number_fate: str | None
    seat_fate: str | None
    expert_seats: bool | None
    tag: str | None
    source: str | None
    register_rule: str | None
    notice: str | None
    hours: str | None = None
    """Outside of which something else holds; None: it always holds."""
    otherwise: Said | None = None


class Differs(NamedTuple):
    """One number, one way, one stretch of time."""

    starts: datetime | None
    """None: since ever."""
    ends: datetime | None
    """None: without an end."""
    before: Said
    after: Said
    asked: Asked
    way: Way


class Change(NamedTuple):
    """One thing that a plan says of a call, and the other one otherwise."""

    what: str
    """A field of `Said`; `otherwise.` before it: outside the hours."""
    before: object
    after: object


class Group(NamedTuple):
    """All that changes alike, in the same stretch of time."""

    starts: datetime | None
    ends: datetime | None
    changes: tuple[Change, ...]
    asked: tuple[Asked, ...]
    ways: tuple[Way, ...]

    @property
    def numbers(self) -> int:
        """How many numbers it is about."""
        return sum(one.stands_for for one in self.asked)


def decided_otherwise(before: Plan, after: Plan) -> tuple[Group, ...]:
    """Every difference, grouped, in order of time."""
    asked, ways = tuple(_touched(before, after)), tuple(ways_of(before, after))
    changes = sorted({*beginnings(before), *beginnings(after)})
    found: dict[tuple[Asked, Way], list[Differs]] = {}
    for starts, ends in zip((None, *changes), (*changes, None), strict=True):
        at = starts or (changes[0] - _A_MOMENT if changes else _SINCE_EVER)
        for one in asked:
            for way in ways:
                old, new = said(one.number, way, before, at), said(one.number, way, after, at)
                if old != new:
                    _join(found.setdefault((one, way), []), Differs(starts, ends, old, new, one, way))
    return tuple(_grouped(one for every in found.values() for one in every))


def _touched(before: Plan, after: Plan) -> Iterator[Asked]:
    """The numbers of which the plans may say something else, by what is written."""
    told = rewritten(before, after)
    of_lines_alone = all(one.path.startswith(_OF_LINES) for one in told)
    dids = {
        did: number for plan in (before, after) for one in plan.trunks.values() for did, number in one.dids
    }
    for one in asked_numbers(before, after):
        number = dids.get(one.number, one.number)
        pair = before.lines.get(number), after.lines.get(number)
        same = pair[0] is not None and pair[1] is not None and _written(pair[0]) == _written(pair[1])
        if not (of_lines_alone and (same or (pair == (None, None) and not one.listed))):
            yield one


def _written(line: Line) -> tuple[object, ...]:
    """All of a line but where it is written."""
    schedule = line.schedule
    phases = [replace(phase, source="", place="") for phase in (*schedule.phases, *schedule.undated)]
    life = schedule.mode, schedule.number_fate, schedule.seat_fate, len(schedule.undated), tuple(phases)
    return line_value(line), life


def said(number: str, way: Way, plan: Plan, at: datetime) -> Said:
    """What the plan says of such a call in the epoch of `at`."""
    trunk = plan.trunks.get(way.trunk)
    called, found_by = find_dialled(Clues(number), trunk, plan)
    caller: Number = parse_number(way.caller, plan.short_codes)
    case = case_of(Call("", called, found_by, caller, way.trunk, at, way.platform), plan, at)
    return _said(case, number, plan)


def _said(case: Case, number: str, plan: Plan) -> Said:
    ruling = case.ruling
    notice = getattr(ruling.treatment, "notice", None)
    return Said(
        ruling.mode.value,
        ruling.phase.value if ruling.phase else None,
        ruling.landing.value,
        _spelled(ruling),
        ruling.announcement,
        ruling.stray,
        ruling.platform,
        ruling.number_fate.value if ruling.number_fate else None,
        ruling.seat_fate.value if ruling.seat_fate else None,
        ruling.expert_seats,
        ruling.tag,
        ruling.source,
        ruling.register_rule,
        notice.replace(ruling.line or number, "*") if notice else None,
        _spelled_hours(case.hours, plan) if case.hours is not None and case.otherwise is not None else None,
        _said(case.otherwise, number, plan)
        if case.hours is not None and case.otherwise is not None
        else None,
    )


def _spelled(ruling: Ruling) -> str:
    treatment = ruling.treatment
    word = treatment_word(treatment)
    match treatment:
        case Release(cause=cause):
            return f"{word}:{cause}"
        case Dial(peer=peer, queue=queue, priority=priority):
            return f"{word}:{peer}:{priority} ({queue})"
        case Ask(menu=menu, queue=queue, priority=priority):
            return f"{word}:{menu}:{priority} ({queue})"
        case _:
            return f"{word}:{treatment.queue}:{treatment.priority}"


def _spelled_hours(hours: Hours, plan: Plan) -> str:
    """What the hours say, and the days off by which they go; not where, nor how they are called."""
    stretches = "; ".join(_spelled_stretch(one) for one in hours.stretches)
    asks = any(one.holidays is not None or one.workdays is not None for one in hours.stretches)
    if plan.calendar is None or not asks:
        return stretches
    days = [(day, special.kind) for day, special in plan.calendar.by_day.items()]
    return f"{stretches} {hashlib.sha256(repr((days, plan.calendar.years)).encode()).hexdigest()[:8]}"


def _spelled_stretch(stretch: Stretch) -> str:
    since = f"{stretch.starts.isoformat()} " if stretch.starts is not None else ""
    spans = ",".join(f"{one.weekday}:{one.opens}-{one.closes}" for one in stretch.spans)
    return f"{since}{stretch.staffing.value} {spans} {stretch.holidays} {stretch.workdays}".strip()


def ways_of(before: Plan, after: Plan) -> Iterator[Way]:
    """How calls come in, each way once: by every trunk; at every platform; from every area; from emergencies."""
    yield Way("")
    for trunk in dict.fromkeys((*before.trunks, *after.trunks)):
        yield Way(trunk)
    public = next(
        (one.id for plan in (before, after) for one in plan.trunks.values() if one.source is None), ""
    )
    for platform in dict.fromkeys((*before.platforms, *after.platforms)):
        yield Way(public, platform)
    for area in sorted(_areas(before) | _areas(after)):
        yield Way(public, None, f"{area}8000000")
    for service in sorted(before.emergencies.keys() | after.emergencies.keys()):
        yield Way(public, None, service)


def _areas(plan: Plan) -> set[str]:
    """The areas on which something depends: those of centers that share a line, and of platforms with one."""
    shared = [one for centers in plan.centers.values() if len(centers) > 1 for one in centers]
    own = {area for platform in plan.platforms.values() if (area := sole_area(platform))}
    return {area for center in shared for area in center.areas} | (own if shared else set())


def _join(known: list[Differs], new: Differs) -> None:
    """One difference that goes on over a boundary is one."""
    last = known[-1] if known else None
    goes_on = last is not None and last.ends == new.starts and last.ends is not None
    if last is not None and goes_on and (last.before, last.after) == (new.before, new.after):
        known[-1] = last._replace(ends=new.ends)
    else:
        known.append(new)


def _grouped(differs: Iterable[Differs]) -> Iterator[Group]:
    """In order of time; those that change alike together."""
    alike: dict[tuple[datetime | None, datetime | None, tuple[Change, ...]], list[Differs]] = {}
    for one in differs:
        key = one.starts, one.ends, tuple(_changes(one.before, one.after))
        alike.setdefault(key, []).append(one)
    last = datetime.max.replace(tzinfo=UTC)
    for (starts, ends, changes), every in sorted(
        alike.items(), key=lambda item: (item[0][0] or _SINCE_EVER, item[0][1] or last, -len(item[1]))
    ):
        asked = tuple(dict.fromkeys(one.asked for one in every))
        yield Group(starts, ends, changes, asked, tuple(dict.fromkeys(one.way for one in every)))


def _changes(before: Said, after: Said) -> Iterator[Change]:
    for what in Said._fields[:-1]:
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            yield Change(what, old, new)
    if before.otherwise is not None and after.otherwise is not None:
        for change in _changes(before.otherwise, after.otherwise):
            yield change._replace(what=f"otherwise.{change.what}")
    elif before.otherwise != after.otherwise:
        yield Change("otherwise", _short(before.otherwise), _short(after.otherwise))


def _short(said_: Said | None) -> str | None:
    return said_.treatment if said_ is not None else None
