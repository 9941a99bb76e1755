"""The plan worked out ahead says of every kind of call, at every instant, what deciding says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from callrouter.decide.followed_plan import NOBODYS, Asked, FollowedPlan, followed_plan, numbers_of
from callrouter.decide.hours import Openness, openness
from callrouter.decide.memory import beginnings, memory_of
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Treatment

PLANS = ("changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan")
MOMENTS = (timedelta(microseconds=-1), timedelta(0), timedelta(seconds=1), timedelta(hours=13))


@cache
def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


@cache
def worked_out(name: str) -> FollowedPlan:
    return followed_plan(shipped(name), asks_for_ratings=True)


def what_holds(followed: FollowedPlan, asked: Asked, plan: Plan, at: datetime) -> Treatment:
    chain = next(
        chain for starts, chain in reversed(followed.courses[asked]) if starts is None or starts <= at
    )
    zone = ZoneInfo(plan.timezone)
    for link in chain:
        if link.hours is None or openness(link.hours, at, zone, plan.calendar) is not Openness.CLOSED:
            return link.followed.treatment
    raise AssertionError("the last link of a chain always holds")


@pytest.mark.parametrize("name", PLANS)
def test_at_every_boundary_it_is_what_deciding_says_by_every_trunk_and_area(name: str) -> None:
    plan, followed = shipped(name), worked_out(name)
    instants = [at + by for at in sorted({at.astimezone(UTC) for at in beginnings(plan)}) for by in MOMENTS]
    numbers = [number for number in numbers_of(plan) if number in plan.short_codes or number == NOBODYS]
    for entry in followed.entries:
        for at in instants[:: 1 + len(followed.entries) // 12]:
            for trunk, area in ((entry.trunks[-1], entry.areas[-1]), (entry.trunks[0], entry.areas[0])):
                for number in numbers:
                    caller = (
                        PhoneNumber(NumberKind.EMERGENCY, "110") if entry.by_emergency else UnknownNumber("")
                    )
                    called = PhoneNumber(NumberKind.SHORT_CODE, number, area)
                    call = Call("", called, FoundBy.REQUEST_URI, caller, trunk or "nobodys", at)
                    said = decide(call, plan, at).treatment
                    assert what_holds(followed, Asked(entry.name, number), plan, at) == said, (call, at)


def test_a_callers_area_is_asked_about_where_a_line_has_several_centers() -> None:
    with_choice = {name: memory_of(shipped(name)).choosy for name in PLANS}
    for name, lines in with_choice.items():
        areas = {asked.number for asked in worked_out(name).courses if asked.caller_area is not None}
        assert areas == lines
    assert any(with_choice.values())


def test_listed_numbers_have_one_course_for_their_list() -> None:
    plan = shipped("changzhi")
    [listed] = plan.lists.lists
    assert listed.id in set(numbers_of(plan))
    number, _ = next(iter(plan.lists.rows_of(listed.id)))
    assert number not in set(numbers_of(plan))
    called = parse_number(number, plan.short_codes)
    at = datetime(2026, 7, 1, 3, tzinfo=UTC)
    said = decide(Call("", called, FoundBy.REQUEST_URI, UnknownNumber(""), "carrier", at), plan, at).treatment
    [entry] = [
        one
        for one in worked_out("changzhi").entries
        if "carrier" in one.trunks and number[:4] in one.areas and not one.by_emergency
    ]
    assert what_holds(worked_out("changzhi"), Asked(entry.name, listed.id), plan, at) == said


def test_without_ratings_nobody_is_asked_for_one() -> None:
    followed = followed_plan(shipped("sichuan"), asks_for_ratings=False)
    said = [link.followed for course in followed.courses.values() for _, chain in course for link in chain]
    assert not any(one.surveyed for one in said)
    assert any(
        link.followed.surveyed
        for course in worked_out("sichuan").courses.values()
        for _, chain in course
        for link in chain
    )
