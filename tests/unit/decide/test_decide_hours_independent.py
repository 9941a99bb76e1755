"""Opening hours against a calendar that is not ours: chinesecalendar, and days painted minute by minute.

Nothing here asks our own code what day it is: wall clocks are eight hours ahead of UTC by plain arithmetic, weekdays
are counted from a Thursday (1 January 1970), holidays and make-up workdays are the package's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from chinese_calendar import constants as theirs  # type: ignore[import-untyped]  # the package brings no types
from chinese_calendar import is_workday
from hypothesis import example, given
from hypothesis import strategies as st

from callrouter.decide.hours import Openness, openness
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.calendar import Calendar, DayKind
from callrouter.vocabulary.hours import DaySpan, Hours, Span, Staffing, Stretch

SHANGHAI = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY_MINUTES = 24 * 60
FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)
"""What both calendars know."""
ADJOINING = {
    date(2019, 4, 6), date(2019, 4, 7), date(2019, 6, 8), date(2019, 6, 9),
    date(2019, 9, 14), date(2019, 9, 15), date(2023, 12, 30), date(2023, 12, 31),
}  # fmt: skip
"""Saturdays and Sundays that a holiday merely adjoins (与周末连休): the package names them after it; no notice makes
them days off, and our calendar leaves them to their weekday."""

Times = tuple[tuple[int, int], ...]
"""Spans of a day in minutes, `[opens, closes)`."""


class Pattern(NamedTuple):
    """What holds in a stretch: by weekday, on holidays, and as which weekday a make-up workday is worked."""

    weekly: tuple[Times, ...]
    off: Times | None
    worked_as: int | None


OFFICE = Pattern((((540, 1080),),) * 5 + ((),) * 2, (), 0)
"""Nine to six, Monday to Friday."""
EVERY_DAY = Pattern((((480, 1200),),) * 7, (), 0)


@pytest.fixture(scope="module")
def china() -> Calendar:
    held = load_plan(PROJECT_ROOT / "dialplans" / "sichuan").calendar
    assert held is not None
    return held


def days() -> Iterator[date]:
    return (FIRST + timedelta(days=after) for after in range((LAST - FIRST).days + 1))


def at(day: date, minute: int = 0) -> datetime:
    """The instant at which a clock in China shows the minute of the day."""
    return EPOCH + timedelta(days=(day - date(1970, 1, 1)).days, hours=-8, minutes=minute)


def is_off(day: date) -> bool:
    return FIRST <= day <= LAST and day in theirs.holidays and day not in ADJOINING


def is_make_up(day: date) -> bool:
    return FIRST <= day <= LAST and day in theirs.workdays


def painted(pattern: Pattern, day: date) -> list[bool]:
    """Every minute of the day."""
    weekday = ((day - date(1970, 1, 1)).days + 3) % 7
    times = pattern.weekly[weekday]
    if is_off(day) and pattern.off is not None:
        times = pattern.off
    elif is_make_up(day) and pattern.worked_as is not None:
        times = pattern.weekly[pattern.worked_as]
    minutes = [False] * DAY_MINUTES
    for opens, closes in times:
        minutes[opens:closes] = [True] * (closes - opens)
    return minutes


def read_off(pattern: Pattern, instant: datetime) -> bool:
    """What the painted day shows at the instant."""
    day, within = divmod(instant - EPOCH + timedelta(hours=8), timedelta(days=1))
    return painted(pattern, date(1970, 1, 1) + timedelta(days=day))[within // timedelta(minutes=1)]


def stretch_of(pattern: Pattern, starts: datetime | None = None, ends: datetime | None = None) -> Stretch:
    spans = tuple(Span(day, *span) for day, times in enumerate(pattern.weekly) for span in times)
    off = None if pattern.off is None else tuple(DaySpan(*span) for span in pattern.off)
    return Stretch(
        starts, ends, Staffing.WEEKLY, spans, "000:L29", "p:1:1", holidays=off, workdays=pattern.worked_as
    )


def hours_of(*stretches: Stretch) -> Hours:
    return Hours("office", stretches, "p:1:1")


def is_open(hours: Hours, instant: datetime, calendar: Calendar) -> bool:
    answer = openness(hours, instant, SHANGHAI, calendar)
    assert answer is not Openness.UNSTATED
    return answer is Openness.OPEN


def test_every_day_of_nine_years_is_worked_or_not_as_the_other_calendar_says(china: Calendar) -> None:
    office = hours_of(stretch_of(OFFICE))
    opened = {day for day in days() if is_open(office, at(day, 540), china)}
    assert opened == {day for day in days() if is_workday(day)}
    assert len(opened) > 2200
    for day in days():
        assert not is_open(office, at(day, 540) - MICROSECOND, china)
        assert is_open(office, at(day, 1080) - MICROSECOND, china) == (day in opened)
        assert not is_open(office, at(day, 1080), china)


def test_who_works_every_day_is_away_on_holidays_alone_from_midnight_to_midnight(china: Calendar) -> None:
    round_the_week = hours_of(stretch_of(Pattern((((0, DAY_MINUTES),),) * 7, (), 0)))
    for day in days():
        expected = not is_off(day)
        assert is_open(round_the_week, at(day), china) == expected, day
        assert is_open(round_the_week, at(day, DAY_MINUTES) - MICROSECOND, china) == expected, day


def test_the_days_are_of_the_same_sort_in_both_calendars(china: Calendar) -> None:
    ours = {kind: {day for day, one in china.by_day.items() if one.kind is kind} for kind in DayKind}
    assert china.years == tuple(range(FIRST.year, LAST.year + 1))
    assert ours[DayKind.HOLIDAY] == {day for day in days() if is_off(day)}
    assert ours[DayKind.WORKDAY] == {day for day in days() if is_make_up(day)}
    assert all(day.weekday() >= 5 and day not in china.by_day for day in ADJOINING)


def test_a_year_that_is_not_ordained_goes_by_its_weekdays_alone(china: Calendar) -> None:
    office = hours_of(stretch_of(OFFICE))
    for year in (FIRST.year - 1, LAST.year + 1):
        some = [date(year, 1, 1) + timedelta(days=after) for after in range(365)]
        opened = [is_open(office, at(day, 600), china) for day in some]
        assert opened == [((day - date(1970, 1, 1)).days + 3) % 7 < 5 for day in some]


EDGES = st.sampled_from([0, 1, 539, 540, 541, 720, 780, 1079, 1080, 1081, 1438, 1439, DAY_MINUTES])
minutes = st.one_of(EDGES, st.integers(0, DAY_MINUTES))


@st.composite
def times(draw: st.DrawFn) -> Times:
    """At most two spans, in order; they may touch."""
    cuts = sorted(draw(st.lists(minutes, max_size=4)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return tuple((opens, closes) for opens, closes in pairs if opens < closes)


patterns = st.builds(
    Pattern,
    st.tuples(*[times()] * 7),
    st.one_of(st.none(), times()),
    st.one_of(st.none(), st.integers(0, 6)),
)
SPECIAL = sorted(day for day in (*theirs.holidays, *theirs.workdays) if FIRST <= day <= LAST)
YEAR_ENDS = [date(year, 12, 31) for year in range(FIRST.year - 1, LAST.year + 1)]
some_day = st.builds(
    lambda day, after: day + timedelta(days=after),
    st.one_of(st.sampled_from(SPECIAL), st.sampled_from(YEAR_ENDS), st.dates(FIRST, LAST)),
    st.integers(-1, 2),
)
edge = st.sampled_from(
    [timedelta(0), MICROSECOND, -MICROSECOND, timedelta(seconds=59), timedelta(seconds=-1)]
)


@st.composite
def near(draw: st.DrawFn, pattern: Pattern, day: date) -> datetime:
    """An instant at or beside an edge of the pattern, as likely as any other."""
    cuts = [minute for span in (*sum(pattern.weekly, ()), *(pattern.off or ())) for minute in span]
    minute = draw(st.one_of(minutes, st.sampled_from([0, *cuts])))
    return at(day, minute) + draw(edge)


@given(data=st.data(), pattern=patterns, day=some_day)
def test_whatever_the_hours_each_instant_is_as_painted(
    china: Calendar, data: st.DataObject, pattern: Pattern, day: date
) -> None:
    hours = hours_of(stretch_of(pattern))
    for _ in range(4):
        instant = data.draw(near(pattern, day))
        assert is_open(hours, instant, china) == read_off(pattern, instant), instant


@given(data=st.data(), before=patterns, after=patterns, change=some_day)
def test_hours_that_change_on_a_date_change_at_its_midnight(
    china: Calendar, data: st.DataObject, before: Pattern, after: Pattern, change: date
) -> None:
    midnight = at(change)
    hours = hours_of(stretch_of(before, None, midnight), stretch_of(after, midnight))
    instants = [midnight - MICROSECOND, midnight]
    instants += [data.draw(near(before, change - timedelta(days=1))), data.draw(near(after, change))]
    for instant in instants:
        held = after if instant >= midnight else before
        assert is_open(hours, instant, china) == read_off(held, instant), instant


@given(pattern=patterns, year=st.integers(FIRST.year - 1, LAST.year))
@example(pattern=EVERY_DAY, year=2023)
@example(pattern=OFFICE, year=2025)
def test_at_a_years_end_each_day_keeps_what_its_own_year_ordains(
    china: Calendar, pattern: Pattern, year: int
) -> None:
    hours = hours_of(stretch_of(pattern))
    for after in range(-3, 4):
        day = date(year + 1, 1, 1) + timedelta(days=after)
        for minute in (0, 600, DAY_MINUTES - 1):
            instant = at(day, minute)
            assert is_open(hours, instant, china) == read_off(pattern, instant), instant


@given(
    pattern=patterns, worked_as=st.integers(0, 6), day=st.sampled_from([d for d in SPECIAL if is_make_up(d)])
)
def test_a_make_up_workday_is_worked_as_the_weekday_that_the_hours_name(
    china: Calendar, pattern: Pattern, worked_as: int, day: date
) -> None:
    hours = hours_of(stretch_of(pattern._replace(worked_as=worked_as)))
    for minute in {0, *(cut for span in pattern.weekly[worked_as] for cut in span)} - {DAY_MINUTES}:
        expected = any(opens <= minute < closes for opens, closes in pattern.weekly[worked_as])
        assert is_open(hours, at(day, minute), china) == expected
