"""Of all hours and all calendars: openness is what can be read off a wall calendar painted day by day."""

from __future__ import annotations

import calendar as wall_calendar
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.hours import is_open
from callrouter.vocabulary.calendar import DayKind
from callrouter.vocabulary.hours import DaySpan, Span
from tests.unit.decide.a_plan import BEIJING, decided
from tests.unit.decide.test_decide_calendar import AUTUMN, MICROSECOND, asking, calendar, plan_with, special

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Havana", "Pacific/Apia", "UTC")
"""Havana leaves midnight out when clocks go forward; Apia has no 30 December 2011."""
AROUND = (
    date(2011, 12, 24),
    date(2012, 2, 25),
    date(2020, 2, 24),
    date(2021, 3, 10),
    date(2021, 9, 27),
    date(2021, 12, 28),
)
Times = list[tuple[str, str]]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def painted(
    weekly: dict[int, Times], off: Times | None, worked: int | None, days: dict[str, DayKind]
) -> dict[str, Times]:
    """What is open on each day of a few years, by the day's name: weekdays first, then what goes over them."""
    wall: dict[str, Times] = {}
    for year in (2011, 2012, 2020, 2021, 2022):
        for month in range(1, 13):
            for number, weekday in wall_calendar.Calendar().itermonthdays2(year, month):
                if number:
                    wall[f"{year}-{month:02d}-{number:02d}"] = weekly.get(weekday, [])
    for name, kind in days.items():
        if kind is DayKind.HOLIDAY and off is not None:
            wall[name] = off
        if kind is DayKind.WORKDAY and worked is not None:
            wall[name] = weekly.get(worked, [])
    return wall


def read_off(wall: dict[str, Times], instant: datetime, zone: ZoneInfo) -> bool:
    day, _, time = instant.astimezone(zone).isoformat().partition("T")
    return any(opens <= time[:5] < closes for opens, closes in wall[day])


spans = st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
around = st.builds(lambda day, after: day + timedelta(days=after), st.sampled_from(AROUND), st.integers(0, 9))
minutes = st.sampled_from([0, 1, 539, 540, 1020, 1438, 1439])


@st.composite
def instants(draw: st.DrawFn) -> datetime:
    """Near the edges of days and hours around holidays, year ends, leap days and clock changes."""
    day, minute = draw(around), draw(st.one_of(minutes, st.integers(0, 1439)))
    edge = draw(st.sampled_from([timedelta(0), MICROSECOND, -MICROSECOND, timedelta(seconds=59)]))
    return (
        datetime(
            day.year,
            day.month,
            day.day,
            minute // 60,
            minute % 60,
            tzinfo=draw(st.sampled_from([UTC, BEIJING])),
        )
        + edge
    )


@given(
    weekly=st.dictionaries(st.integers(0, 6), spans, max_size=7),
    off=st.one_of(st.none(), st.lists(spans, max_size=1)),
    worked=st.one_of(st.none(), st.integers(0, 6)),
    ordained=st.dictionaries(around, st.sampled_from([DayKind.HOLIDAY, DayKind.WORKDAY]), max_size=30),
    changed=st.dictionaries(around, st.sampled_from(DayKind), max_size=8),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    instant=instants(),
)
def test_openness_is_what_a_painted_wall_calendar_shows(
    weekly: dict[int, tuple[int, int]],
    off: list[tuple[int, int]] | None,
    worked: int | None,
    ordained: dict[date, DayKind],
    changed: dict[date, DayKind],
    zone: ZoneInfo,
    instant: datetime,
) -> None:
    hours = asking(
        None if off is None else tuple(DaySpan(*span) for span in off),
        worked,
        [Span(day, *span) for day, span in sorted(weekly.items())],
    )
    days = [special(day.isoformat(), kind) for day, kind in sorted(ordained.items())]
    changes = [special(day.isoformat(), kind) for day, kind in sorted(changed.items())]
    held = calendar(*days, changes=changes)
    wall = painted(
        {day: [(clock(opens), clock(closes))] for day, (opens, closes) in weekly.items()},
        None if off is None else [(clock(opens), clock(closes)) for opens, closes in off],
        worked,
        {day.isoformat(): kind for day, kind in (ordained | changed).items()},
    )
    assert is_open(hours, instant, zone, held) == read_off(wall, instant, zone)


@given(
    ordained=st.dictionaries(around, st.sampled_from([DayKind.HOLIDAY, DayKind.WORKDAY]), max_size=12),
    off=st.one_of(st.none(), st.lists(spans, max_size=1)),
    worked=st.one_of(st.none(), st.integers(0, 6)),
    asked=st.lists(instants(), min_size=2, max_size=8),
    dialled=st.sampled_from(["12345", "12348", "96510", "12300"]),
)
def test_what_is_kept_of_other_days_changes_no_decision(
    ordained: dict[date, DayKind],
    off: list[tuple[int, int]] | None,
    worked: int | None,
    asked: list[datetime],
    dialled: str,
) -> None:
    days = [special(day.isoformat(), kind) for day, kind in sorted(ordained.items())]
    hours = asking(None if off is None else tuple(DaySpan(*span) for span in off), worked)
    plan = plan_with(hours, calendar(*days, years=(2012, 2021)))
    for one in asked:
        assert decided(dialled, one, plan) == decided(dialled, one, replace(plan))


@given(
    asked=st.lists(instants(), min_size=1, max_size=4), dialled=st.sampled_from(["12345", "12348", "96510"])
)
def test_a_calendar_that_nobody_asks_changes_no_decision(asked: list[datetime], dialled: str) -> None:
    silent = asking(holidays=None, workdays=None)
    with_one, without = plan_with(silent, AUTUMN), plan_with(silent, None)
    for one in asked:
        assert decided(dialled, one, with_one) == decided(dialled, one, without)
