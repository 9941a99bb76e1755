"""Who answers callers instead of us, as Asterisk calls them."""

from __future__ import annotations

import pytest

from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.service.houses_for_asterisk import other_houses, ways_to_houses
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.plan import Plan
from tests.unit.decide.a_plan import NOW

PLANS = ("changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan")


def plan_of(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def test_a_branch_center_a_utility_and_a_platform_are_each_called_as_what_they_are() -> None:
    roles = {house.peer: house.role for house in other_houses(plan_of("sichuan"))}
    assert (roles["tax"], roles["water"], roles["mianyang"]) == ("branch", "utility", "platform")
    assert "police-110" not in roles


@pytest.mark.parametrize("name", PLANS)
def test_every_house_that_a_decision_can_name_has_an_endpoint(name: str) -> None:
    plan = plan_of(name)
    named = {center.peer for centers in plan.centers.values() for center in centers}
    named |= {utility.peer for utility in plan.utilities}
    named |= {platform.peer for platform in plan.platforms.values() if not platform.served}
    houses = {house.peer: house for house in other_houses(plan)}
    assert houses.keys() == named - {None}
    endpoints = {way.endpoint: way.contact for way in ways_to_houses(plan)}
    assert endpoints == {house.endpoint: plan.peers[house.peer].uri for house in houses.values()}


def test_in_a_rehearsal_their_endpoints_lead_nowhere() -> None:
    plan = plan_of("sichuan")
    assert of_the_plan(Settings(), plan, at=NOW).ways_out
    rehearsed = of_the_plan(Settings(), plan, at=NOW, rehearsal=True)
    assert (rehearsed.ways_out, rehearsed.houses) == ((), other_houses(plan))
