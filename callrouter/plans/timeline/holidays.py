"""The public holidays and make-up workdays on which the hours of a plan are otherwise than their weekday says.

Rules:
- Days that follow one another under one name and one notice are one entry; its first and its last day are both in it.
- Only days count that lie in a stretch that asks for them, from the day on which the document was issued.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import beginning, special_day
from callrouter.vocabulary.calendar import DayKind, SpecialDay
from callrouter.vocabulary.hours import DaySpan, Hours, Stretch
from callrouter.vocabulary.plan import Plan


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Some days on end on which hours keep to the calendar."""

    hours: str
    """The id of the hours."""
    first: date
    last: date
    kind: DayKind
    name: str
    """The holiday's name, such as 国庆节."""
    source: str
    """The notice."""
    holds: tuple[DaySpan, ...] | None
    """Of a holiday: when somebody is there; empty: nobody is."""
    weekday: int | None
    """Of a make-up workday: as on which weekday."""


def days_off(plan: Plan, numbers: Iterable[str] | None) -> tuple[DaysOff, ...]:
    """Those of the plan, or of the centers of some lines, in order."""
    kept = {hours.place: hours for hours in _kept(plan, numbers)}
    found = [one for hours in kept.values() for one in _joined(_days_of(plan, hours))]
    return tuple(sorted(found, key=lambda one: (one.first, one.hours)))


def _kept(plan: Plan, numbers: Iterable[str] | None) -> Iterator[Hours]:
    if numbers is not None:
        yield from (center.hours for number in numbers for center in plan.centers.get(number, ()))
        return
    yield from (platform.hours for platform in plan.platforms.values())
    yield from (center.hours for centers in plan.centers.values() for center in centers)
    yield from (queue.hours for queue in plan.queues.values() if queue.hours is not None)
    yield from (utility.hours for utility in plan.utilities if utility.hours is not None)


def _days_of(plan: Plan, hours: Hours) -> Iterator[DaysOff]:
    if plan.calendar is None:
        return
    zone = ZoneInfo(plan.timezone)
    for day, special in plan.calendar.by_day.items():
        for stretch in hours.stretches:
            asked = special_day(stretch, day, plan.calendar) is not None
            if asked and day >= plan.document.issued and _touches(stretch, day, zone):
                yield _one(hours, stretch, special)


def _touches(stretch: Stretch, day: date, zone: ZoneInfo) -> bool:
    """Whether any instant of the day is in the stretch."""
    begins, ends = beginning(day, zone), beginning(day + timedelta(days=1), zone)
    return (stretch.starts is None or stretch.starts < ends) and (
        stretch.ends is None or begins < stretch.ends
    )


def _one(hours: Hours, stretch: Stretch, special: SpecialDay) -> DaysOff:
    is_off = special.kind is DayKind.HOLIDAY
    return DaysOff(
        hours.id,
        special.day,
        special.day,
        special.kind,
        special.name,
        special.source,
        stretch.holidays if is_off else None,
        None if is_off else stretch.workdays,
    )


def _joined(days: Iterable[DaysOff]) -> Iterator[DaysOff]:
    """The same with days on end as one."""
    run: DaysOff | None = None
    for one in days:
        if run is not None and one == replace(run, first=run.last + timedelta(days=1), last=one.last):
            run = replace(run, last=one.last)
            continue
        if run is not None:
            yield run
        run = one
    if run is not None:
        yield run
