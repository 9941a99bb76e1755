"""Opening hours worked out ahead, day by day, for whoever must know them while nobody can be asked.

Rules:
- What a day says is asked of the hours themselves, a second at a time where anything may change: the table holds what
  they say at the beginning of each second. Between two such seconds nothing begins or ends.
- Several platforms may answer: it is closed when all of them are. What is said then is the first one's.
- Unstated hours count as open: a person is tried first.
- A day is kept only where it is not as its weekday usually is; usual is what holds at the table's end, no holiday.
- Before the table and behind it the weekday alone decides.
- A day is cut by the clock on the wall; of an hour that comes twice, the second time is what is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import beginning
from callrouter.decide.hours import Openness, openness, stretch_at
from callrouter.vocabulary.hours import Hours, announced_as
from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.territory import Platform

DAYS: Final = 400
"""How far a table reaches: more than a year, so that next year's holidays are in it once they are known."""
_A_DAY_S: Final = 86_400
_NIGHT_BEFORE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a day, from the end of the part before it."""

    ends_s: int
    """Seconds since midnight on the wall, exclusive; the last part of a day ends at 86 400."""
    is_open: bool
    notice: str | None = None
    """Of a closed part: the file key of what a caller is told; None if the plan says nothing."""


DayParts = tuple[Part, ...]
"""A whole day; no two neighbours are alike."""


@dataclass(frozen=True, slots=True)
class OpeningTable:
    """When somebody answers, in the time zone `zone`."""

    zone: str
    usual: tuple[DayParts, ...]
    """By weekday, Monday first."""
    days: Mapping[date, DayParts]
    """The days that are not as usual, in order."""
    offsets: tuple[timedelta, ...]
    """How far the zone's clocks are ahead of UTC during the table, sorted."""

    @property
    def is_always_open(self) -> bool:
        """Whether it never closes."""
        return all(part.is_open for day in (*self.usual, *self.days.values()) for part in day)

    def at(self, at: datetime) -> Part:
        """The part in which the instant lies, which must be zone-aware."""
        local = at.astimezone(ZoneInfo(self.zone))
        second = (local.hour * 60 + local.minute) * 60 + local.second
        parts = self.days.get(local.date(), self.usual[local.weekday()])
        return next(part for part in parts if second < part.ends_s)


def opening_table(
    plan: Plan, platforms: Sequence[Platform], at: datetime, *, days: int = DAYS
) -> OpeningTable:
    """The hours of the platforms on the local day of `at`, the day before it, and as many after it as make `days`.

    `at` must be zone-aware. Raises OverflowError near the ends of the calendar, ValueError for no platform at all.
    """
    if not platforms:
        raise ValueError("a table of opening hours is of one platform at least")
    return hours_table(plan, [platform.hours for platform in platforms], at, days=days)


def hours_table(plan: Plan, kept: Sequence[Hours], at: datetime, *, days: int = DAYS) -> OpeningTable:
    """The same of hours, whosever they are."""
    zone = ZoneInfo(plan.timezone)
    first = at.astimezone(zone).date() - _NIGHT_BEFORE
    dates = [first + timedelta(days=after) for after in range(days + 1)]
    end = beginning(dates[-1] + timedelta(days=1), zone)

    def told(instant: datetime) -> Part:
        return _told(plan, kept, instant, zone)

    changes = _changes(plan, kept)
    seconds = sorted(_edges(kept))
    usual = _usual(plan, kept, end, zone)
    found = {day: _day(day, [*seconds, *_seconds_of(changes, day, zone)], told, zone) for day in dates}
    return OpeningTable(
        plan.timezone,
        usual,
        {day: parts for day, parts in found.items() if parts != usual[day.weekday()]},
        tuple(sorted({_offset(day, second, zone) for day in dates for second in (0, _A_DAY_S // 2)})),
    )


def _told(plan: Plan, kept: Sequence[Hours], at: datetime, zone: ZoneInfo) -> Part:
    if any(openness(hours, at, zone, plan.calendar) is not Openness.CLOSED for hours in kept):
        return Part(_A_DAY_S, is_open=True)
    return Part(_A_DAY_S, is_open=False, notice=_notice(plan, kept[0], at))


def _notice(plan: Plan, hours: Hours, at: datetime) -> str | None:
    """What is told outside these hours."""
    announcement = plan.desks.closed.announcement
    if announcement is None:
        return None
    owner = announced_as(hours, stretch_at(hours, at))
    return announcement_key(announcement, plan.jurisdiction, owner, plan.brand_at(at))


def _usual(plan: Plan, kept: Sequence[Hours], end: datetime, zone: ZoneInfo) -> tuple[DayParts, ...]:
    """What each weekday is like in the stretches that hold at the table's end."""
    frozen = [
        replace(hours, stretches=(replace(stretch_at(hours, end), starts=None, ends=None),))
        if hours.stretches
        else hours
        for hours in kept
    ]
    without_holidays = replace(plan, calendar=None)

    def told(instant: datetime) -> Part:
        part = _told(without_holidays, frozen, instant, zone)
        return part if part.is_open else replace(part, notice=_notice(plan, kept[0], end))

    monday = date(2001, 1, 1)
    return tuple(_day(monday + timedelta(days=after), set(_edges(frozen)), told, zone) for after in range(7))


def _edges(kept: Iterable[Hours]) -> Iterator[int]:
    """Every second of a day at which a span of any stretch begins or ends."""
    for hours in kept:
        for stretch in hours.stretches:
            times = [(span.opens, span.closes) for span in stretch.spans]
            times += [(span.opens, span.closes) for span in stretch.holidays or ()]
            yield from (minute * 60 for span in times for minute in span)


def _changes(plan: Plan, kept: Iterable[Hours]) -> list[datetime]:
    """Every instant at which a stretch begins, or the platform is called something else."""
    starts = [stretch.starts for hours in kept for stretch in hours.stretches]
    return [at for at in (*starts, *(brand.starts for brand in plan.brands)) if at is not None]


def _seconds_of(changes: Iterable[datetime], day: date, zone: ZoneInfo) -> Iterator[int]:
    """The first whole second of the day, on the wall, that is not before each of the changes on it."""
    for change in changes:
        local = change.astimezone(zone)
        if local.date() == day:
            yield (local.hour * 60 + local.minute) * 60 + local.second + (local.microsecond > 0)


def _day(day: date, seconds: Iterable[int], told: Callable[[datetime], Part], zone: ZoneInfo) -> DayParts:
    cuts = sorted({0, _A_DAY_S, *seconds})
    parts: list[Part] = []
    for begins, ends in pairwise(cuts):
        part = replace(told(_on_the_wall(day, begins, zone)), ends_s=ends)
        if parts and (parts[-1].is_open, parts[-1].notice) == (part.is_open, part.notice):
            parts.pop()
        parts.append(part)
    return tuple(parts)


def _on_the_wall(day: date, second: int, zone: ZoneInfo) -> datetime:
    """Where the wall shows this twice, the second time: what has changed in between has changed.

    Where clocks are put forward some seconds are never shown. They have their place all the same: hours are asked in
    this very zone, in which such a time is left as it is.
    """
    wall = time(second // 3600, second // 60 % 60, second % 60, fold=1)
    return datetime.combine(day, wall, zone)


def _offset(day: date, second: int, zone: ZoneInfo) -> timedelta:
    return _on_the_wall(day, second, zone).utcoffset() or timedelta(0)
