"""Whether somebody is on duty: half-open, on the wall's clock, and unstated is neither open nor closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callrouter.decide.hours import Openness, is_open, openness
from callrouter.vocabulary.hours import Hours, Span, Staffing
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, TakeMessage
from tests.unit.decide.a_plan import (
    ALWAYS,
    BEIJING,
    CENTER_HOURS,
    NINE_TO_NINE,
    PLAN,
    ROUND_THE_CLOCK,
    SECOND,
    UNSTATED,
    WORKDAYS,
    decided,
    stretch,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
MICROSECOND = timedelta(microseconds=1)
OPENS = datetime(2022, 1, 5, 9, tzinfo=BEIJING)
CLOSES = datetime(2022, 1, 5, 21, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        (OPENS - MICROSECOND, Openness.CLOSED),
        (OPENS, Openness.OPEN),
        (CLOSES - MICROSECOND, Openness.OPEN),
        (CLOSES, Openness.CLOSED),
    ],
)
def test_c32_a_span_is_open_from_its_first_instant_to_before_its_last(at: datetime, answer: Openness) -> None:
    assert openness(NINE_TO_NINE, at, SHANGHAI) is answer
    assert openness(NINE_TO_NINE, at.astimezone(UTC), SHANGHAI) is answer


def test_a_day_without_a_span_is_closed_and_the_weekday_is_the_plans_own() -> None:
    monday_there = datetime(2022, 1, 9, 18, tzinfo=UTC)  # Monday 02:00 in Shanghai, still Sunday in London
    early = Hours("early", (stretch(Staffing.WEEKLY, spans=[Span(0, 0, 3 * 60)]),), "plan.yaml:1:1")
    assert is_open(early, monday_there, SHANGHAI)
    assert not is_open(early, monday_there, ZoneInfo("Europe/London"))
    assert not is_open(WORKDAYS, datetime(2022, 1, 8, 12, tzinfo=BEIJING), SHANGHAI)


def test_a_span_to_24_00_ends_with_the_day() -> None:
    whole = Hours("whole", (stretch(Staffing.WEEKLY, spans=[Span(2, 0, 24 * 60)]),), "plan.yaml:1:1")
    assert is_open(whole, datetime(2022, 1, 5, 23, 59, 59, 999999, BEIJING), SHANGHAI)
    assert not is_open(whole, datetime(2022, 1, 6, tzinfo=BEIJING), SHANGHAI)


def test_hours_follow_the_wall_when_clocks_are_changed() -> None:
    every_day = Hours(
        "day", (stretch(Staffing.WEEKLY, spans=[Span(day, 540, 1020) for day in range(7)]),), "p:1:1"
    )
    last_of_winter, first_of_summer = (
        datetime(2022, 3, 26, 8, tzinfo=UTC),
        datetime(2022, 3, 27, 7, tzinfo=UTC),
    )
    for nine in (last_of_winter, first_of_summer):
        assert is_open(every_day, nine, BERLIN)
        assert not is_open(every_day, nine - MICROSECOND, BERLIN)


def test_an_hour_that_comes_twice_is_open_twice_and_one_that_never_comes_is_not() -> None:
    two_to_three = Hours("night", (stretch(Staffing.WEEKLY, spans=[Span(6, 120, 180)]),), "p:1:1")
    back = datetime(2022, 10, 30, 0, 30, tzinfo=UTC)  # 02:30 in Berlin, and an hour later 02:30 again
    assert is_open(two_to_three, back, BERLIN)
    assert is_open(two_to_three, back + timedelta(hours=1), BERLIN)
    forward = datetime(2022, 3, 27, 1, tzinfo=UTC)  # 01:59:59 is followed by 03:00
    assert not is_open(two_to_three, forward, BERLIN)
    assert not is_open(two_to_three, forward - SECOND, BERLIN)


def test_c23_hours_change_at_the_instant_that_the_document_gives() -> None:
    assert openness(CENTER_HOURS, ROUND_THE_CLOCK - MICROSECOND, SHANGHAI) is Openness.UNSTATED
    assert openness(CENTER_HOURS, ROUND_THE_CLOCK, SHANGHAI) is Openness.OPEN


def test_c34_unstated_hours_are_neither_open_nor_closed() -> None:
    assert openness(UNSTATED, OPENS, SHANGHAI) is Openness.UNSTATED
    assert not is_open(UNSTATED, OPENS, SHANGHAI)
    assert openness(Hours("none", (), "p:1:1"), OPENS, SHANGHAI) is Openness.UNSTATED
    assert is_open(ALWAYS, OPENS, SHANGHAI)


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_the_calendar_are_no_fault(at: datetime) -> None:
    assert openness(NINE_TO_NINE, at, SHANGHAI) in set(Openness)
    assert openness(NINE_TO_NINE, at, BERLIN) in set(Openness)


def test_c32_outside_the_platforms_hours_the_caller_leaves_a_message() -> None:
    by_day = decided("12345", OPENS, trunk="east-carrier")
    assert by_day.treatment == Connect("east-hotline", "g01-invented-2", 0)
    by_night = decided("12345", OPENS - SECOND, trunk="east-carrier")
    assert by_night.treatment == TakeMessage("h01-seven-twelve-invented-2", "east-hotline", 0)
    assert by_night.ruling.announcement == "H01"
    assert [reason.code for reason in by_night.reasons][-1] == "outside_hours"


def test_c32_hours_are_asked_anew_at_every_call() -> None:
    answers = [
        type(decided("12345", at, trunk="east-carrier").treatment)
        for at in (OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES, OPENS)
    ]
    assert answers == [TakeMessage, Connect, Connect, TakeMessage, Connect]


@pytest.mark.parametrize("dialled", ["12315", "12300", "12380", "12388", "zz", "96510", "03552180099"])
def test_c32_at_night_whoever_dialled_a_line_leaves_a_message_too(dialled: str) -> None:
    plan = _with_province_closed_at_night()
    decision = decided(dialled, CLOSES, plan)
    assert isinstance(decision.treatment, TakeMessage)
    assert decision.treatment.queue == "hotline"


def test_c34_where_hours_are_unstated_a_person_is_tried_first() -> None:
    plan = _with_province_hours(UNSTATED)
    assert isinstance(decided("12345", CLOSES, plan).treatment, Connect)


def test_an_emergency_is_never_outside_hours() -> None:
    plan = _with_province_closed_at_night()
    assert decided("110", CLOSES, plan).treatment == Connect("hotline", None, 20)


def _with_province_closed_at_night() -> Plan:
    return _with_province_hours(NINE_TO_NINE)


def _with_province_hours(hours: Hours) -> Plan:
    province = replace(PLAN.platforms["province"], hours=hours)
    return replace(PLAN, platforms={**PLAN.platforms, "province": province})


def test_c32_each_stretch_of_hours_has_an_announcement_of_its_own() -> None:
    changed = datetime(2022, 1, 1, tzinfo=BEIJING)
    later = stretch(Staffing.WEEKLY, changed, spans=[Span(day, 8 * 60, 20 * 60) for day in range(7)])
    hours = Hours("twelve", (replace(NINE_TO_NINE.stretches[0], ends=changed), later), "p:1:1")
    plan = _with_province_hours(hours)
    keys = [decided("12345", at, plan).treatment for at in (changed - SECOND, changed)]
    assert [one.notice for one in keys] == ["h01-twelve-invented-2", "h01-twelve-2-invented-2"]
