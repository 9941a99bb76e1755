"""To whom an agent can pass a matter on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from callrouter.decide.route import decide
from callrouter.decide.transfers import Transfer, transfers_of
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import EmergencyOut
from tests.unit.decide.a_plan import (
    BEIJING,
    CANCELLED,
    CENTERS,
    EMERGENCIES,
    LINKED,
    NOW,
    PLAN,
    ROUND_THE_CLOCK,
    SECOND,
    call_to,
)

THREE_WAY, PLAIN, TICKET, GUIDE = Means.THREE_WAY, Means.PLAIN, Means.TICKET, Means.GUIDE
SATURDAY = datetime(2022, 1, 8, 12, tzinfo=BEIJING)


def transfers(
    dialled: str, at: datetime = NOW, plan: Plan = PLAN, caller: str = "13800138000", trunk: str = "carrier"
) -> tuple[Transfer, ...]:
    call = call_to(dialled, caller, trunk, plan=plan)
    return transfers_of(decide(call, plan, at).ruling, call, plan, at)


def ways(
    dialled: str, at: datetime = NOW, plan: Plan = PLAN, caller: str = "13800138000", trunk: str = "carrier"
) -> list[tuple[str, Means, bool]]:
    return [(one.target, one.means, one.open) for one in transfers(dialled, at, plan, caller, trunk)]


def to(target: str, at: datetime = NOW, plan: Plan = PLAN, **asked: str) -> list[tuple[Means, bool]]:
    """The ways to one target in a call to 12345."""
    return [(means, is_open) for name, means, is_open in ways("12345", at, plan, **asked) if name == target]


def test_c20_a_call_to_12345_offers_every_center() -> None:
    assert {center.id for centers in CENTERS.values() for center in centers} <= {
        target for target, _, _ in ways("12345")
    }


def test_c21_the_means_are_those_of_the_document_in_its_order() -> None:
    assert ways("12366") == [("tax", THREE_WAY, True), ("tax", TICKET, True)]
    assert ways("087112360")[:2] == [("customs-south", PLAIN, True), ("customs-south", TICKET, True)]


def test_c22_a_center_that_can_not_be_reached_gets_a_ticket() -> None:
    assert ways("12367") == [("borders", THREE_WAY, False), ("borders", TICKET, True)]
    assert ways("12348", SATURDAY) == [("justice", THREE_WAY, False), ("justice", TICKET, True)]


def test_c40_a_case_can_be_passed_on_at_once_at_any_hour() -> None:
    for at in (NOW, SATURDAY, SATURDAY + timedelta(hours=10)):
        assert {one.open for one in transfers("12345", at) if one.means in {TICKET, GUIDE}} == {True}


def test_c23_unstated_hours_are_not_counted_on() -> None:
    assert ways("12366", ROUND_THE_CLOCK - SECOND) == [("tax", THREE_WAY, False), ("tax", TICKET, True)]
    assert ways("12366", ROUND_THE_CLOCK) == [("tax", THREE_WAY, True), ("tax", TICKET, True)]


def test_c23_a_center_that_has_not_opened_gets_a_ticket() -> None:
    (tax,) = CENTERS["12366"]
    plan = replace(PLAN, centers={"12366": (replace(tax, opens=NOW),)})
    assert ways("12366", NOW - SECOND, plan)[0] == ("tax", THREE_WAY, False)
    assert ways("12366", NOW, plan)[0] == ("tax", THREE_WAY, True)


def test_c24_the_center_of_the_callers_area_comes_first_and_the_others_after_it() -> None:
    assert [target for target, means, _ in ways("12360", caller="08718123456") if means is PLAIN] == [
        "customs-south",
        "customs-north",
    ]


def test_c18_expert_seats_are_offered_in_their_own_hours() -> None:
    assert ways("12320") == [("health", PLAIN, True)]
    assert ways("12320", SATURDAY) == [("health", PLAIN, False)]
    assert ways("12315") == []


def test_c18_seats_that_nobody_has_are_not_open() -> None:
    empty = replace(PLAN.queues["health"], seats=())
    plan = replace(PLAN, queues={**PLAN.queues, "health": empty})
    assert ways("12320", NOW, plan) == [("health", PLAIN, False)]


def test_c19_a_department_with_its_own_seats_is_reached_from_12345_too() -> None:
    assert to("justice") == [(THREE_WAY, True), (TICKET, True)]


def test_c26_a_parallel_line_is_known_so_that_a_caller_can_be_told_of_it() -> None:
    assert ways("12380") == [("12380", GUIDE, True)]
    assert to("12380") == [(GUIDE, True)]


def test_c27_other_platforms_are_offered_whichever_way_the_call_came() -> None:
    assert to("east") == [(PLAIN, True), (TICKET, True)]
    assert to("province", trunk="east-carrier") == [(PLAIN, True), (TICKET, True)]
    assert to("province") == []
    assert to("west", trunk="east-carrier") == [(PLAIN, True), (TICKET, True)]


def test_c27_a_platform_without_a_peer_gets_tickets() -> None:
    assert to("north") == [(PLAIN, False), (TICKET, True)]


def test_c29_a_county_gets_tickets_only() -> None:
    assert to("county") == [(TICKET, True)]


def test_c30_a_neighbouring_province_is_offered_from_the_instant_it_is_linked() -> None:
    assert to("neighbour", LINKED - SECOND) == []
    assert to("neighbour", LINKED) == [(PLAIN, True), (TICKET, True)]


def test_c32_a_platform_outside_its_hours_is_not_transferred_to() -> None:
    assert to("east", NOW.replace(hour=21)) == [(PLAIN, False), (TICKET, True)]


@pytest.mark.parametrize(
    ("out", "means"),
    [
        (EmergencyOut.TRANSFER, [THREE_WAY]),
        (EmergencyOut.GUIDE, [GUIDE]),
        (EmergencyOut.TRANSFER_ELSE_GUIDE, [THREE_WAY, GUIDE]),
        (EmergencyOut.UNSTATED, [GUIDE]),
    ],
)
def test_c35_an_emergency_is_passed_on_as_the_document_says(out: EmergencyOut, means: list[Means]) -> None:
    plan = replace(PLAN, emergencies={"110": replace(EMERGENCIES[0], out=out)})
    assert to("110", NOW, plan) == [(one, True) for one in means]
    assert ways("110", NOW, plan) == [("110", one, True) for one in means]


def test_c35_of_an_emergency_number_that_the_document_does_not_name_the_caller_is_told() -> None:
    plan = replace(PLAN, emergencies={"110": EMERGENCIES[0]})
    (only,) = transfers("122", plan=plan)
    assert (only.target, only.means, only.open) == ("122", Means.GUIDE, True)
    assert only.place == PLAN.desks.emergency.place


def test_c35_an_emergency_desk_is_open_for_the_areas_it_answers_for() -> None:
    assert to("119") == [(THREE_WAY, False)]
    assert to("119", trunk="east-carrier") == [(THREE_WAY, True)]
    assert to("119", caller="08718123456") == [(THREE_WAY, True)]


def test_c38_each_utility_has_the_means_that_the_document_allows() -> None:
    assert to("water") == [(PLAIN, True), (TICKET, True)]
    assert to("water", SATURDAY) == [(PLAIN, False), (TICKET, True)]
    assert to("power") == [(TICKET, True)]
    assert to("bus") == [(GUIDE, True)]
    assert to("gas") == []
    assert ways("96510") == [("water", PLAIN, True), ("water", TICKET, True)]


def test_c39_who_brings_what_is_not_accepted_is_guided_where_the_plan_knows_to() -> None:
    assert to("army") == [(GUIDE, True)]
    assert to("litigation") == []
    (guide,) = (one for one in transfers("12345") if one.target == "army")
    assert guide.reason == "向有管辖权的部门反映"


def test_c41_a_service_inside_12345_is_offered_from_the_instant_it_begins() -> None:
    assert to("minors", CANCELLED - SECOND) == []
    assert to("minors", CANCELLED) == [(PLAIN, True)]


def test_c42_dedicated_seats_are_offered() -> None:
    assert to("business") == [(PLAIN, True)]


def test_a_number_in_no_plan_is_offered_all_that_12345_has() -> None:
    assert ways("zz") == ways("12345")


def test_each_says_why_and_where_the_plan_says_so() -> None:
    for dialled in ("12345", "12366", "12320", "110", "96510"):
        for one in transfers(dialled, SATURDAY):
            assert one.reason
            assert one.place.startswith("dialplans/invented/")
