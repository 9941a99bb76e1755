"""C35: which desk a caller is handed to by service and place, and when callers are guided instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.decide.emergency_ways import emergency_for, emergency_ways, way_for
from callrouter.decide.transfer_target import Asking, at_hand_of, offers, target_for
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import EmergencyOut, EmergencyTarget
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import Allowed, Refused, RefusedTarget, Staff
from tests.unit.decide.a_plan import NOW, PLAN, call_to, decided

STAFF = Staff(("1001",), ())
NORTH = EmergencyTarget(("0472", "0477"), "police-north", "operator.yaml:1:1", alternates=("second", "third"))
ANYWHERE = EmergencyTarget((), "police", "operator.yaml:2:1")


def plan_with(*targets: EmergencyTarget, out: EmergencyOut = EmergencyOut.TRANSFER) -> Plan:
    known = replace(PLAN.emergencies["110"], out=out, targets=targets)
    return replace(PLAN, emergencies={"110": known})


def test_c35_each_service_is_handed_over_to_or_guided_to_as_the_plan_says() -> None:
    found = {number: emergency_for(number, (), PLAN) for number in ("110", "119", "120", "122")}
    assert [number for number, one in found.items() if isinstance(one, Allowed)] == ["110", "119"]
    guided = [one for one in found.values() if isinstance(one, Refused)]
    assert {(one.why, one.instead) for one in guided} == {(RefusedTarget.GUIDE_ONLY, Means.GUIDE)}


def test_a_service_without_a_trunk_is_guided_to_and_the_reason_is_another() -> None:
    refused = emergency_for("110", (), plan_with())
    assert isinstance(refused, Refused)
    assert (refused.why, refused.instead) == (RefusedTarget.NO_PEER, Means.GUIDE)


def test_what_is_no_service_is_nobody() -> None:
    for asked in ("12345", "110-0999", "111", ""):
        refused = emergency_for(asked, (), PLAN)
        assert isinstance(refused, Refused)
        assert refused.why is RefusedTarget.UNKNOWN


def test_a_desk_is_called_by_its_peer_then_by_its_alternates_then_by_its_peer_again() -> None:
    ways = emergency_ways(plan_with(NORTH, ANYWHERE))
    assert ways["110-0472"].trunks == ("police-north", "second", "third", "police-north")
    assert ways["110"].trunks == ("police", "police")


def test_the_place_that_the_agent_names_goes_before_the_one_that_is_known_and_that_before_all() -> None:
    plan = plan_with(NORTH, ANYWHERE)
    meant = {
        (asked, areas): way.id
        for asked in ("110", "110-0477")
        for areas in ((), ("0472",), ("0999", "0472"))
        if (way := way_for(asked, areas, plan))
    }
    assert meant == {
        ("110", ()): "110",
        ("110", ("0472",)): "110-0472",
        ("110", ("0999", "0472")): "110-0472",
        ("110-0477", ()): "110-0477",
        ("110-0477", ("0472",)): "110-0477",
        ("110-0477", ("0999", "0472")): "110-0477",
    }


def test_where_no_desk_serves_all_areas_the_first_one_answers_for_an_unknown_place() -> None:
    assert emergency_ways(plan_with(NORTH))["110"].trunks[0] == "police-north"


def test_an_agent_presses_the_service_and_the_area() -> None:
    ways = emergency_ways(plan_with(NORTH, ANYWHERE))
    assert {way.id: way.keys for way in ways.values()} == {
        "110": "*0110#",
        "110-0472": "*01100472#",
        "110-0477": "*01100477#",
    }


@pytest.mark.parametrize("dialled", ["12345", "12300", "110", "12366"])
def test_c35_it_is_open_from_any_call_and_in_no_other_kind(dialled: str) -> None:
    call = at_hand_of(decided(dialled).ruling, call_to(dialled), PLAN)
    asking = Asking(call, PLAN, NOW, "1001", STAFF)
    assert isinstance(target_for("110", TransferKind.EMERGENCY, asking), Allowed)
    for kind in (TransferKind.PLAIN, TransferKind.THREE_WAY):
        refused = target_for("110", kind, asking)
        assert isinstance(refused, Refused)
        assert refused.why is RefusedTarget.EMERGENCY
    assert isinstance(target_for("tax", TransferKind.EMERGENCY, asking), Refused)


def test_a_desk_offers_them_last_and_says_why_not() -> None:
    asking = Asking(at_hand_of(decided("12345").ruling, call_to("12345"), PLAN), PLAN, NOW, "1001", STAFF)
    offered = [offer for offer in offers(asking) if offer.target.role is LegRole.EMERGENCY]
    assert offers(asking)[-len(offered) :] == tuple(offered)
    assert {offer.target.id: offer.kinds for offer in offered if offer.kinds} == {
        "110": (TransferKind.EMERGENCY,),
        "119": (TransferKind.EMERGENCY,),
        "119-0871": (TransferKind.EMERGENCY,),
    }
    assert {offer.refused.why for offer in offered if offer.refused} == {RefusedTarget.GUIDE_ONLY}
