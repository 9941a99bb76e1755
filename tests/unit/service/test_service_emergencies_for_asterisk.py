"""The emergency services of the shipped plans, as the static dialplan is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import EmergencyDesk, WayOut
from callrouter.layout import sounds_folder
from callrouter.plans.load import load_plan
from callrouter.service.emergencies_for_asterisk import emergency_desks, ways_to_emergencies
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import EmergencyTarget
from tests.unit.decide.a_plan import NOW

SERVICES = ("110", "119", "120", "122")


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def desks(plan: Plan) -> dict[str, EmergencyDesk]:
    return {desk.id: desk for desk in emergency_desks(plan, sounds_folder())}


@pytest.mark.parametrize("name", ["sichuan", "inner-mongolia", "hainan"])
def test_c35_callers_are_handed_over_by_the_desks_trunk_and_a_second_one(name: str) -> None:
    found = desks(shipped(name))
    assert tuple(found) == SERVICES
    assert found["110"].dial == (
        "PJSIP/110@peer-police-110",
        "PJSIP/110@peer-emergency-backup",
        "PJSIP/110@peer-police-110",
    )


def test_c35_in_changzhi_callers_are_guided_to_all_four() -> None:
    found = desks(shipped("changzhi"))
    assert {one.id: one.dial for one in found.values()} == dict.fromkeys(SERVICES, ())
    assert {one.guided for one in found.values()} == {f"m01-{number}" for number in SERVICES}


def test_in_yunnan_122_is_no_emergency_for_the_document_does_not_name_it() -> None:
    assert tuple(desks(shipped("yunnan"))) == ("110", "119", "120")


def test_what_is_said_names_the_service_and_only_what_was_recorded_is(tmp_path: Path) -> None:
    known = desks(shipped("sichuan"))["119"]
    assert (known.calling, known.failed, known.guided) == ("m02-119", "m03-119", "m01-119")
    (nothing,) = {
        (one.calling, one.failed, one.guided) for one in emergency_desks(shipped("sichuan"), tmp_path)
    }
    assert nothing == ("", "", "")


def test_each_trunk_is_an_endpoint_once_and_none_in_a_rehearsal() -> None:
    plan = shipped("sichuan")
    ways = list(ways_to_emergencies(plan))
    assert WayOut("peer-police-110", "sip:192.0.2.110:5060", "emergency 110") in ways
    assert [way.endpoint for way in ways].count("peer-emergency-backup") == 1
    rendered = of_the_plan(Settings(), plan, at=NOW)
    assert {way.endpoint for way in ways} <= {way.endpoint for way in rendered.ways_out}
    assert of_the_plan(Settings(), plan, at=NOW, rehearsal=True).ways_out == ()


def test_the_number_that_a_peers_address_names_is_dialled_and_too_long_a_code_is_none() -> None:
    plan = shipped("hainan")
    sea = EmergencyTarget(("0898",), "police-110", "operator.yaml:1:1")
    named = replace(plan.peers["police-110"], uri="sip:089812345@192.0.2.110")
    changed = replace(
        plan,
        peers={**plan.peers, "police-110": named},
        emergencies={"12395": replace(plan.emergencies["110"], number="12395", targets=(sea,))},
    )
    found = desks(changed)
    assert found["12395-0898"].dial[0] == "PJSIP/089812345@peer-police-110"
    assert {one.id: one.digits for one in found.values()} == {"12395": "12395", "12395-0898": ""}
