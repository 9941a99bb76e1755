"""Public holidays and make-up workdays: only where hours ask, by the local day, and told with the holiday's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callrouter.decide.explain import explain
from callrouter.decide.hours import Openness, is_open, openness, why_today
from callrouter.decide.memory import memory_of
from callrouter.decide.transfers import transfers_of
from callrouter.vocabulary.calendar import Calendar, DayKind, SpecialDay
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.hours import DaySpan, Hours, Span, Staffing, Stretch
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, Dial, TakeMessage
from tests.unit.decide.a_plan import CENTERS, PLAN, call_to, decided, stretch

SHANGHAI = ZoneInfo("Asia/Shanghai")
MICROSECOND = timedelta(microseconds=1)
CHINA = "dialplans/calendars/china.yaml:{}:9"


def special(day: str, kind: DayKind = DayKind.HOLIDAY, name: str = "国庆节", line: int = 50) -> SpecialDay:
    return SpecialDay(date.fromisoformat(day), kind, name, "国办发明电〔2020〕27号", CHINA.format(line))


def calendar(
    *days: SpecialDay, years: Iterable[int] = (2021, 2022), changes: Iterable[SpecialDay] = ()
) -> Calendar:
    return Calendar("china", tuple(years), tuple(days), tuple(changes), CHINA.format(8))


AUTUMN = calendar(
    *(special(f"2021-10-0{day}") for day in range(1, 8)),
    special("2021-09-26", DayKind.WORKDAY),
    special("2021-10-09", DayKind.WORKDAY),
    *(special(f"2022-01-0{day}", name="元旦", line=70) for day in range(1, 4)),
)
"""国庆节 of 2021: from Friday 1 to Thursday 7 October; Sunday 26 September and Saturday 9 October are worked. 元旦 of
2022: from Saturday to Monday."""

NINE_TO_FIVE = [*(Span(day, 540, 1020) for day in range(4)), Span(4, 540, 960)]
"""Until 16:00 on Fridays."""


def asking(
    holidays: tuple[DaySpan, ...] | None = (), workdays: int | None = 0, spans: Iterable[Span] = NINE_TO_FIVE
) -> Hours:
    asked = replace(stretch(Staffing.WEEKLY, spans=spans), holidays=holidays, workdays=workdays)
    return Hours("office", (asked,), "p:1:1")


def at(day: str, time: str = "10:00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{time}+08:00")


def answers(hours: Hours, *instants: datetime, of: Calendar | None = AUTUMN) -> list[bool]:
    return [is_open(hours, one, SHANGHAI, of) for one in instants]


def test_hours_that_do_not_ask_are_on_a_holiday_as_on_any_weekday() -> None:
    silent = asking(holidays=None, workdays=None)
    assert answers(silent, at("2021-10-01"), at("2021-10-09"), at("2021-10-08")) == [True, False, True]


def test_closed_on_holidays_from_midnight_to_midnight() -> None:
    day_and_night = asking(spans=[Span(day, 0, 1440) for day in range(7)])
    first, after = at("2021-10-01", "00:00:00"), at("2021-10-08", "00:00:00")
    assert answers(day_and_night, first - MICROSECOND, first, after - MICROSECOND, after) == [
        True,
        False,
        False,
        True,
    ]


def test_a_holiday_may_have_times_of_its_own_half_open_as_any() -> None:
    short = asking(holidays=(DaySpan(600, 720),))
    ten, twelve = at("2021-10-02", "10:00:00"), at("2021-10-02", "12:00:00")
    assert answers(short, ten - MICROSECOND, ten, twelve - MICROSECOND, twelve) == [False, True, True, False]


def test_a_make_up_workday_has_the_hours_of_the_weekday_that_is_named() -> None:
    half_past_four = "16:30:00"
    saturday = at("2021-10-09", half_past_four)
    assert answers(asking(workdays=0), saturday) == [True]
    assert answers(asking(workdays=4), saturday, at("2021-10-09", "15:30:00")) == [False, True]
    assert answers(asking(workdays=None), saturday, at("2021-10-09")) == [False, False]


def test_holidays_alone_or_make_up_workdays_alone_may_be_asked_for() -> None:
    only_worked = asking(holidays=None, workdays=0)
    assert answers(only_worked, at("2021-10-01"), at("2021-10-09")) == [True, True]


def test_a_sites_change_holds_before_the_country() -> None:
    changes = [
        special("2021-10-07", DayKind.ORDINARY),
        special("2021-10-11", name="本地"),
        special("2021-10-10", DayKind.WORKDAY),
    ]
    own = replace(AUTUMN, changes=tuple(changes))
    assert answers(asking(), at("2021-10-07"), at("2021-10-10"), at("2021-10-11"), of=own) == [
        True,
        True,
        False,
    ]


def test_without_a_calendar_or_in_a_year_that_it_does_not_know_the_weekday_decides() -> None:
    assert answers(asking(), at("2021-10-01"), of=None) == [True]
    assert answers(asking(), at("2024-10-01"), at("2024-10-05")) == [True, False]


def test_only_the_stretch_that_holds_is_asked() -> None:
    turn = at("2021-10-03", "00:00:00")
    hours = Hours(
        "h",
        (
            replace(asking().stretches[0], ends=turn),
            replace(stretch(starts=turn)),
        ),
        "p:1:1",
    )
    assert answers(hours, turn - timedelta(hours=14), turn) == [False, True]


@pytest.mark.parametrize("instant", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_the_ends_of_time_are_no_fault(instant: datetime) -> None:
    assert openness(asking(), instant, SHANGHAI, AUTUMN) in set(Openness)
    assert why_today(asking(), instant, SHANGHAI, AUTUMN) in [
        (),
        why_today(asking(), at("2050-01-01"), SHANGHAI, AUTUMN),
    ]


# What a caller meets, and what is told.


def plan_with(hours: Hours, of: Calendar | None = AUTUMN) -> Plan:
    """Hours of the home platform, of a department that keeps its seats, and of a utility."""
    province = replace(PLAN.platforms["province"], hours=hours)
    (justice,) = CENTERS["12348"]
    water = replace(PLAN.utilities[0], hours=hours)
    return replace(
        PLAN,
        platforms={**PLAN.platforms, "province": province},
        centers={**CENTERS, "12348": (replace(justice, hours=hours),)},
        utilities=(water, *PLAN.utilities[1:]),
        calendar=of,
    )


def codes(decision: Decision) -> list[str]:
    return [reason.code.value for reason in decision.reasons]


def test_on_a_holiday_the_caller_leaves_a_message_and_the_reason_names_it() -> None:
    decision = decided("12345", at("2021-10-04"), plan_with(asking()))
    assert isinstance(decision.treatment, TakeMessage)
    assert codes(decision)[-2:] == ["outside_hours", "public_holiday"]
    why = decision.reasons[-1]
    assert why.rule == "dialplans/calendars/china.yaml:50"
    assert why.detail == (
        "2021-10-04 是法定节假日：国庆节，全天不上班 / 2021-10-04 is a public holiday (国庆节): closed"
    )
    assert any("法定节假日：国庆节" in line for line in explain(decision))


def test_holiday_hours_and_make_up_workdays_are_told_to_whoever_is_connected_too() -> None:
    plan = plan_with(asking(holidays=(DaySpan(540, 1020),), workdays=4))
    for day, code in (("2021-10-04", "public_holiday"), ("2021-10-09", "make_up_workday")):
        decision = decided("12345", at(day), plan)
        assert isinstance(decision.treatment, Connect)
        assert codes(decision)[-1] == code
    assert "照星期五" in decision.reasons[-1].detail
    assert "as on a Friday" in decision.reasons[-1].detail


def test_a_day_like_any_other_is_not_told() -> None:
    plan = plan_with(asking())
    for day in ("2021-10-08", "2021-10-10", "2021-12-31"):
        assert {"public_holiday", "make_up_workday", "calendar_silent"}.isdisjoint(
            codes(decided("12345", at(day), plan))
        )


@pytest.mark.parametrize("year", [1999, 2020, 2023, 2024, 2031])
def test_a_year_that_the_calendar_does_not_know_is_told_and_never_as_another_one(year: int) -> None:
    plan = plan_with(asking())
    decided("12345", at("2040-05-05"), plan)
    reason = decided("12345", at(f"{year}-05-05"), plan).reasons[-1]
    assert reason.code == "calendar_silent"
    assert reason.rule == "dialplans/calendars/china.yaml:8"
    assert "2021–2022" in reason.detail
    assert "2040" not in reason.detail


def test_a_closed_center_and_a_closed_utility_name_the_holiday_once() -> None:
    plan = plan_with(asking())
    for dialled in ("12348", "96510"):
        away, back = (decided(dialled, at(day), plan) for day in ("2022-01-03", "2022-01-04"))
        assert not isinstance(away.treatment, Dial)
        assert codes(away).count("public_holiday") == 1
        assert isinstance(back.treatment, Dial)


def test_a_center_that_is_closed_for_the_holiday_says_so_where_the_platform_never_closes() -> None:
    plan = plan_with(asking())
    always = replace(plan, platforms=PLAN.platforms)
    assert codes(decided("12348", at("2022-01-03"), always))[-2:] == ["center_unreachable", "public_holiday"]
    assert codes(decided("96510", at("2022-01-03"), always))[-1] == "public_holiday"
    assert codes(decided("12345", at("2022-01-03"), always)).count("public_holiday") == 0


def test_a_transfer_says_that_it_is_closed_for_the_holiday() -> None:
    plan = plan_with(asking())
    decision = decided("12345", at("2021-10-04"), plan)
    ways = transfers_of(decision.ruling, call_to("12345", plan=plan), plan, at("2021-10-04"))
    (justice,) = [way for way in ways if way.target == "justice" and way.means == "three_way"]
    assert not justice.open
    assert justice.reason.startswith("不在服务时间（2021-10-04 是法定节假日：国庆节")
    assert "is a public holiday (国庆节)" in justice.reason


def test_an_emergency_is_connected_on_a_holiday() -> None:
    assert decided("110", at("2021-10-04"), plan_with(asking())).treatment == Connect("hotline", None, 20)


def test_holidays_make_no_epochs_where_nobody_asks_for_them() -> None:
    silent = plan_with(asking(holidays=None, workdays=None))
    before, after = (memory_of(silent).epoch_of(at(day)) for day in ("2021-10-02", "2021-10-10"))
    assert before is after
    asked = plan_with(asking())
    day = memory_of(asked).epoch_of(at("2021-10-04"))
    assert (day.starts, day.ends) == (at("2021-10-04", "00:00:00"), at("2021-10-05", "00:00:00"))


def test_a_stretch_that_is_not_weekly_never_asks() -> None:
    odd = Stretch(None, None, Staffing.ROUND_THE_CLOCK, (), "s", "p:1:1", holidays=())
    assert answers(Hours("h", (odd,), "p:1:1"), at("2021-10-01")) == [True]
    assert why_today(Hours("h", (odd,), "p:1:1"), at("2021-10-01"), SHANGHAI, AUTUMN) == ()
