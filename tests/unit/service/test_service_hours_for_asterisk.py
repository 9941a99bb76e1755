"""The hours of the shipped plans and of changed ones, as the static dialplan is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from callrouter.asterisk_link.hours_of_the_plan import DayTimes, Until
from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.service.hours_for_asterisk import hours_of
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.plan import Plan

AT = datetime.fromisoformat("2021-06-01T10:00:00+08:00")
APRIL = "2021-04-20T10:00:00+08:00"
TOLD = "closed:h01-eight-to-eight-yunnan"


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def with_hours(plan: Plan, platform: str, hours: Hours) -> Plan:
    changed = replace(plan.platforms[platform], hours=hours)
    return replace(plan, platforms={**plan.platforms, platform: changed})


@pytest.mark.parametrize("name", ["changzhi", "hainan", "inner-mongolia", "sichuan"])
def test_platforms_that_never_close_have_no_hours(name: str) -> None:
    assert hours_of(Settings(), shipped(name), AT) is None


def test_hours_are_those_of_the_home_platform_each_sort_of_day_once() -> None:
    told = hours_of(Settings(), shipped("yunnan"), AT)
    assert told is not None
    assert (told.zone, told.offsets) == ("Asia/Shanghai", ("+0800",))
    eight_to_eight = (Until("080000", TOLD), Until("200000", "open"), Until("240000", TOLD))
    assert told.times == (DayTimes("d1", eight_to_eight),)
    assert told.weekdays == ("d1",) * 7
    assert told.days == ()


def test_holidays_and_make_up_workdays_that_the_hours_ask_for_are_in_it() -> None:
    plan = shipped("sichuan")
    branch = plan.centers["12366"][0].hours
    assert branch.stretches[0].holidays is not None
    told = hours_of(Settings(), with_hours(plan, "sichuan", branch), datetime.fromisoformat(APRIL))
    assert told is not None
    named = {day.date: day.times for day in told.days}
    answers = {one.name: {part.answer.partition(":")[0] for part in one.parts} for one in told.times}
    assert answers[named["20210503"]] == {"closed"}  # a Monday, 劳动节
    assert answers[named["20210425"]] == {"open", "closed"}  # a Sunday, worked
    # Round the clock from 31 August on: that is the week at the table's end, and the days before it are not like it.
    assert [answers[name] for name in told.weekdays] == [{"open"}] * 7
    assert max(named) == "20210830"


def test_where_another_platforms_queue_takes_undecided_calls_its_hours_count_too() -> None:
    plan = shipped("yunnan")
    always = plan.platforms["lijiang"]
    settings = Settings()
    moved = replace(plan.queues[settings.queue.general], platform=always.id)
    plan = replace(plan, queues={**plan.queues, settings.queue.general: moved})
    assert hours_of(settings, plan, AT) is None
    assert hours_of(settings, replace(plan, queues={}), AT) is not None


def test_the_dialplan_is_told_from_the_instances_own_clock_on() -> None:
    plan = shipped("yunnan")
    assert of_the_plan(Settings(), plan, at=AT).hours == hours_of(Settings(), plan, AT)
