"""Branch centers and departments that keep their seats: which one, when, and what if it can't be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.line import Center
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, Dial, TakeMessage
from tests.unit.decide.a_plan import (
    BEIJING,
    BRANCH,
    CENTERS,
    NINE_TO_NINE,
    NOW,
    PLAN,
    SECOND,
    WORKDAYS,
    decided,
)

SATURDAY = datetime(2022, 1, 8, 12, tzinfo=BEIJING)


def with_center(number: str, **changed: object) -> Plan:
    first, *others = CENTERS[number]
    altered: Center = replace(first, **changed)  # type: ignore[arg-type]
    return replace(PLAN, centers={**CENTERS, number: (altered, *others)})


def test_c19_a_department_that_keeps_its_seats_is_called() -> None:
    ruling = decided("12348").ruling
    assert (ruling.treatment, ruling.stray) == (Dial("justice", None, "hotline", 0), False)


def test_c19_outside_its_hours_12345_answers_for_it() -> None:
    ruling = decided("12348", SATURDAY).ruling
    assert (ruling.treatment, ruling.stray) == (Connect("hotline", None, 0), False)
    assert ruling.reasons[-1].code is ReasonCode.CENTER_UNREACHABLE


def test_c20_12345_itself_is_answered_by_12345_first() -> None:
    assert isinstance(decided("12345").treatment, Connect)


def test_c22_a_branch_is_called_and_its_call_ends_in_the_queue_if_that_fails() -> None:
    ruling = decided("12366").ruling
    assert ruling.treatment == Dial("tax", "g05-12366-invented-2", "hotline", 0)
    assert not ruling.stray
    before = decided("12366", BRANCH - SECOND).ruling
    assert (before.stray, type(before.treatment)) == (True, Connect)


def test_c22_a_branch_without_a_peer_is_answered_by_12345_with_its_announcement() -> None:
    ruling = decided("12367").ruling
    assert ruling.treatment == Connect("hotline", "g05-12367-invented-2", 0)
    assert (ruling.stray, ruling.reasons[-1].code) == (False, ReasonCode.CENTER_UNREACHABLE)


def test_c22_a_branch_line_whose_center_the_plan_does_not_name_is_answered_by_12345() -> None:
    ruling = decided("12366", NOW, replace(PLAN, centers={})).ruling
    assert isinstance(ruling.treatment, Connect)
    assert ruling.reasons[-1].code is ReasonCode.CENTER_UNREACHABLE


def test_c22_where_both_are_closed_the_caller_leaves_a_message() -> None:
    province = replace(PLAN.platforms["province"], hours=NINE_TO_NINE)
    plan = replace(with_center("12366", hours=WORKDAYS), platforms={**PLAN.platforms, "province": province})
    by_turns = [
        type(decided("12366", at, plan).treatment) for at in (NOW, SATURDAY, SATURDAY + timedelta(hours=10))
    ]
    assert by_turns == [Dial, Connect, TakeMessage]


def test_c23_a_center_is_called_from_the_instant_it_opens() -> None:
    plan = with_center("12366", opens=NOW)
    assert isinstance(decided("12366", NOW - SECOND, plan).treatment, Connect)
    assert isinstance(decided("12366", NOW, plan).treatment, Dial)


@pytest.mark.parametrize(
    ("dialled", "caller", "trunk", "peer"),
    [
        ("087112360", "047281234567", "carrier", "south"),
        ("12360", "08718123456", "carrier", "south"),
        ("12360", "04728123456", "carrier", "north"),
        ("12360", "13800138000", "east-carrier", "south"),
        ("12360", "13800138000", "carrier", "north"),
        ("12360", "02881234567", "carrier", "north"),
    ],
)
def test_c24_which_center_is_told_by_dialled_area_caller_platform_and_else_the_first(
    dialled: str, caller: str, trunk: str, peer: str
) -> None:
    ruling = decided(dialled, caller=caller, trunk=trunk).ruling
    assert isinstance(ruling.treatment, Dial)
    assert ruling.treatment.peer == peer
    assert ReasonCode.CENTER_BY_AREA in {reason.code for reason in ruling.reasons}


def test_c24_a_center_for_all_areas_is_better_than_one_for_another() -> None:
    plan = with_center("12360", areas=("0999",))
    north, south = plan.centers["12360"]
    plan = replace(plan, centers={"12360": (north, replace(south, areas=()))})
    treatment = decided("12360", NOW, plan).treatment
    assert isinstance(treatment, Dial)
    assert treatment.peer == "south"
