"""A table of opening hours says of every second what a decision says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.opening_table import DAYS, OpeningTable, Part, opening_table
from callrouter.vocabulary.calendar import DayKind
from callrouter.vocabulary.hours import DaySpan, Hours, Span, Staffing, Stretch
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, TakeMessage
from tests.unit.decide.a_plan import (
    ALWAYS,
    BEIJING,
    NINE_TO_NINE,
    REBRANDED,
    UNSTATED,
    decided,
    stretch,
)
from tests.unit.decide.test_decide_calendar import asking, at, calendar, plan_with, special

SECOND = timedelta(seconds=1)

MIDNIGHT = 24 * 3600
START = at("2021-06-25", "15:00:00")


def table_of(plan: Plan, start: datetime = START, days: int = DAYS) -> OpeningTable:
    return opening_table(plan, (plan.platforms["province"],), start, days=days)


def said(plan: Plan, instant: datetime) -> Part:
    """What a decision about 12345 says, without when it ends."""
    match decided("12345", instant, plan).treatment:
        case Connect():
            return Part(0, is_open=True)
        case TakeMessage(notice=notice):
            return Part(0, is_open=False, notice=notice)
        case other:
            raise AssertionError(other)


def open_spans(table: OpeningTable, day: date) -> list[tuple[int, int]]:
    spans, begins = [], 0
    for part in table.days.get(day, table.usual[day.weekday()]):
        if part.is_open:
            spans.append((begins // 60, part.ends_s // 60))
        begins = part.ends_s
    return spans


def test_round_the_clock_is_seven_days_alike_and_no_other() -> None:
    table = table_of(plan_with(ALWAYS))
    assert table.usual == ((Part(MIDNIGHT, is_open=True),),) * 7
    assert table.days == {}
    assert table.is_always_open


def test_unstated_hours_are_open_and_so_are_those_that_nobody_wrote() -> None:
    assert table_of(plan_with(UNSTATED)).is_always_open
    assert table_of(plan_with(Hours("none", (), "p:1:1"))).is_always_open


def test_holidays_and_make_up_workdays_are_days_of_their_own_and_the_rest_is_the_week() -> None:
    table = table_of(plan_with(asking(workdays=4)))
    weekday, friday = [(540, 1020)], [(540, 960)]
    assert [open_spans(table, date(2024, 1, day)) for day in range(1, 8)] == [*[weekday] * 4, friday, [], []]
    assert {day: open_spans(table, day) for day in table.days} == {
        date(2021, 9, 26): friday,  # a Sunday
        **{date(2021, 10, day): [] for day in (1, 4, 5, 6, 7)},  # the 2nd and 3rd are a weekend anyway
        date(2021, 10, 9): friday,
        date(2022, 1, 3): [],
        # Before the platform was renamed it spoke otherwise of its closed hours.
        **{day: open_spans(table, day) for day in table.days if day < REBRANDED.date()},
    }
    assert not table.is_always_open


def test_a_part_ends_with_the_second_before_the_span_does() -> None:
    table = table_of(plan_with(asking()))
    closes = at("2021-09-28", "17:00:00")
    assert [table.at(one).is_open for one in (closes - SECOND, closes)] == [True, False]
    assert table.at(closes - timedelta(microseconds=1)).is_open


def test_a_dated_change_at_midnight_or_by_day_holds_from_its_second_on() -> None:
    for change in (at("2021-09-01", "00:00:00"), at("2021-09-01", "03:00:01")):
        first = replace(NINE_TO_NINE.stretches[0], ends=change)
        hours = Hours("changing", (first, stretch(starts=change)), "p:1:1")
        table = table_of(plan_with(hours, None))
        night = at("2021-08-31", "23:59:59")
        assert not table.at(night).is_open
        assert not table.at(change - SECOND).is_open
        assert table.at(change).is_open
        assert all(part.is_open for day in table.usual for part in day)
        assert max(table.days) <= change.astimezone(BEIJING).date()


def test_what_is_told_changes_with_the_platforms_name_and_with_the_stretch() -> None:
    change = at("2021-09-01", "00:00:00")
    later = stretch(Staffing.WEEKLY, change, spans=[Span(day, 8 * 60, 20 * 60) for day in range(7)])
    hours = Hours("twelve", (replace(NINE_TO_NINE.stretches[0], ends=change), later), "p:1:1")
    table = table_of(plan_with(hours, None))
    assert [table.at(one).notice for one in (REBRANDED - SECOND, REBRANDED, change - SECOND, change)] == [
        "h01-twelve-invented",
        "h01-twelve-invented-2",
        "h01-twelve-invented-2",
        "h01-twelve-2-invented-2",
    ]


def test_where_the_plan_has_no_words_for_it_nothing_is_told() -> None:
    plan = plan_with(NINE_TO_NINE)
    silent = replace(plan.desks.closed, announcement=None)
    plan = replace(plan, desks=replace(plan.desks, closed=silent))
    assert table_of(plan).at(at("2021-08-01", "03:00:00")) == Part(9 * 3600, is_open=False, notice=None)


def test_of_two_platforms_it_is_closed_when_both_are_and_the_first_one_says_so() -> None:
    plan = plan_with(asking())
    province, east = plan.platforms["province"], plan.platforms["east"]  # the east's are nine to nine
    table = opening_table(plan, (province, east), START)
    evening, night = at("2021-09-28", "20:00:00"), at("2021-09-28", "22:00:00")
    assert table.at(evening).is_open
    assert table.at(night).notice == "h01-office-invented-2"
    with pytest.raises(ValueError, match="one platform"):
        opening_table(plan, (), START)


def test_behind_the_table_the_weekday_decides_even_if_it_ends_on_a_holiday() -> None:
    table = table_of(plan_with(asking()), at("2020-08-31"), days=DAYS)  # it ends on 4 October 2021
    assert date(2021, 10, 4) in table.days
    assert open_spans(table, date(2021, 10, 11)) == [(540, 1020)]
    assert not table.at(at("2023-10-07")).is_open  # a Saturday


def test_the_day_before_is_in_it_for_a_clock_that_is_put_back() -> None:
    eve = at("2021-10-08", "00:00:00")
    assert not table_of(plan_with(asking()), eve).at(eve - SECOND).is_open


def test_the_zones_distances_from_utc_are_all_that_its_clocks_show() -> None:
    assert table_of(plan_with(asking())).offsets == (timedelta(hours=8),)
    berlin = replace(plan_with(asking()), timezone="Europe/Berlin")
    assert table_of(berlin).offsets == (timedelta(hours=1), timedelta(hours=2))


def test_a_span_that_begins_in_an_hour_that_never_comes_is_open_for_what_is_left_of_it() -> None:
    half_past_two = asking(None, None, [Span(6, 150, 190)])  # until 03:10; 01:59:59 is followed by 03:00
    plan = replace(plan_with(half_past_two), timezone="Europe/Berlin")
    three = datetime(2021, 3, 28, 1, tzinfo=UTC)
    table = table_of(plan, three, days=3)
    answers = [table.at(three + timedelta(minutes=one)).is_open for one in (-1, 0, 9, 10)]
    assert answers == [False, True, True, False]


minutes = st.one_of(st.sampled_from([0, 1, 540, 1020, 1439, 1440]), st.integers(0, 1440))
spans = st.tuples(minutes, minutes).filter(lambda span: span[0] < span[1])
days_around = st.dates(date(2021, 6, 20), date(2022, 1, 10))
kinds = st.sampled_from([DayKind.HOLIDAY, DayKind.WORKDAY])


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    staffing = draw(st.sampled_from([Staffing.WEEKLY, Staffing.WEEKLY, *Staffing]))
    if staffing is not Staffing.WEEKLY:
        return stretch(staffing)
    weekly = draw(st.lists(st.tuples(st.integers(0, 6), spans), max_size=9))
    return replace(
        stretch(
            staffing, spans=sorted((Span(day, *span) for day, span in weekly), key=lambda one: one.weekday)
        ),
        holidays=draw(
            st.none() | st.lists(spans, max_size=2).map(lambda some: tuple(DaySpan(*one) for one in some))
        ),
        workdays=draw(st.none() | st.integers(0, 6)),
    )


@st.composite
def instants_within(draw: st.DrawFn) -> datetime:
    """Whole seconds, most of them beside an edge of a day or a minute."""
    second = draw(st.one_of(st.integers(0, 1439).map(lambda minute: minute * 60), st.integers(0, 86_399)))
    day = draw(days_around)
    beside = draw(st.sampled_from([-1, 0, 1]))
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(seconds=second + beside)


@st.composite
def dated_hours(draw: st.DrawFn) -> Hours:
    made = draw(st.lists(stretches(), min_size=1, max_size=3))
    changes = sorted(draw(st.sets(instants_within(), min_size=len(made) - 1, max_size=len(made) - 1)))
    begins: Sequence[datetime | None] = [None, *changes]
    ends: Sequence[datetime | None] = [*changes, None]
    linked = [replace(one, starts=a, ends=z) for one, a, z in zip(made, begins, ends, strict=True)]
    return Hours("office", tuple(linked), "p:1:1")


@given(
    hours=dated_hours(),
    ordained=st.dictionaries(days_around, kinds, max_size=20),
    changed=st.dictionaries(days_around, st.sampled_from(DayKind), max_size=5),
    asked=st.lists(instants_within(), min_size=5, max_size=12),
)
def test_the_table_says_of_any_second_what_a_decision_says(
    hours: Hours, ordained: dict[date, DayKind], changed: dict[date, DayKind], asked: list[datetime]
) -> None:
    days = [special(day.isoformat(), kind) for day, kind in sorted(ordained.items())]
    changes = [special(day.isoformat(), kind) for day, kind in sorted(changed.items())]
    plan = plan_with(hours, calendar(*days, changes=changes))
    table = table_of(plan, at("2021-06-20"), days=210)
    edges = [stretch.starts for stretch in hours.stretches if stretch.starts is not None]
    for instant in (*asked, *edges, *(edge - SECOND for edge in edges), REBRANDED, REBRANDED - SECOND):
        assert replace(table.at(instant), ends_s=0) == said(plan, instant), instant


@given(
    weekly=st.lists(st.tuples(st.integers(0, 6), spans), max_size=9),
    zone=st.sampled_from(["Europe/Berlin", "America/Havana", "Asia/Shanghai"]),
    day=st.sampled_from([date(2021, 3, 14), date(2021, 3, 28), date(2021, 10, 31), date(2021, 11, 7)]),
    minute=st.integers(-60, 30 * 60),
)
def test_it_follows_the_wall_when_clocks_are_changed(
    weekly: list[tuple[int, tuple[int, int]]], zone: str, day: date, minute: int
) -> None:
    hours = asking(None, None, [Span(one, *span) for one, span in sorted(weekly)])
    plan = replace(plan_with(hours), timezone=zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    instant = midnight + timedelta(minutes=minute)
    table = table_of(plan, midnight, days=3)
    assert replace(table.at(instant), ends_s=0) == said(plan, instant)
