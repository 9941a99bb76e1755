"""To whom agents can pass callers, as the static dialplan needs it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from callrouter.asterisk_link.targets_of_the_plan import DialledTarget
from callrouter.decide.transfer_sounds import ANNOUNCED, sounds_of
from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.service.targets_for_asterisk import dialled_targets, staff_of, ways_to_targets
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.settings_parts import Queue, Sip
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import LegRole
from callrouter.vocabulary.transfer import Staff, TransferTarget
from tests.unit.decide.a_plan import CANCELLED, LINKED, NINE_TO_NINE, NOW, PLAN, platform, utility

NAMES = ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"]
SETTINGS = Settings(sip=Sip(supervisors=("2001", "1002")), queue=Queue(ring_s=11, transfer_ring_s=33))
NO_SOUNDS = Path("/nowhere")


def rendered(plan: Plan = PLAN, settings: Settings = SETTINGS, sounds: Path = NO_SOUNDS) -> dict[str, Any]:
    return {one.id: one for one in dialled_targets(settings, plan, sounds)}


@pytest.mark.parametrize(
    ("target", "role", "kind", "dial", "ring_s"),
    [
        ("tax", "branch", "dial", ("PJSIP/12366@peer-tax",), 33),
        ("customs-north", "branch", "dial", ("PJSIP/12360@peer-north",), 33),
        ("health", "expert", "queue", ("health",), 60),
        ("water", "utility", "dial", ("PJSIP/96510@peer-water",), 33),
        ("west", "platform", "dial", ("PJSIP/12345@peer-west",), 33),
        ("east", "platform", "queue", ("east-hotline",), 60),
        ("1001", "colleague", "dial", ("PJSIP/1001",), 11),
        ("supervisor", "supervisor", "dial", ("PJSIP/2001", "PJSIP/1002"), 11),
    ],
)
def test_each_is_called_where_it_answers(
    target: str, role: str, kind: str, dial: tuple[str, ...], ring_s: int
) -> None:
    made = rendered()[target]
    assert (made.role, made.kind, made.dial, made.ring_s) == (role, kind, dial, ring_s)


def test_whoever_can_not_be_called_is_not_rendered() -> None:
    missing = {"borders", "power", "bus", "gas", "north", "county"}
    assert missing.isdisjoint(rendered())
    assert rendered().keys() == {
        *("tax", "customs-north", "customs-south", "justice", "health", "business", "minors", "water"),
        *("province", "east", "west", "neighbour", "1001", "1002", "supervisor"),
    }


def test_the_only_platform_that_is_served_is_nowhere_else() -> None:
    east = replace(PLAN.platforms["east"], served=False)
    plan = replace(PLAN, platforms={**PLAN.platforms, "east": east})
    assert {"province", "east"}.isdisjoint(rendered(plan))


def test_seats_that_nobody_sits_at_and_supervisors_that_do_not_exist_are_left_out() -> None:
    empty = replace(PLAN.queues["health"], seats=())
    plan = replace(PLAN, queues={**PLAN.queues, "health": empty})
    assert {"health", "supervisor"}.isdisjoint(rendered(plan, Settings()))


def test_the_number_that_a_peers_address_names_is_dialled() -> None:
    peer = replace(PLAN.peers["tax"], uri="sip:02812366@192.0.2.11")
    plan = replace(PLAN, peers={**PLAN.peers, "tax": peer})
    assert rendered(plan)["tax"].dial == ("PJSIP/02812366@peer-tax",)


def first(code: str, plan: Plan) -> list[str]:
    return [one.id for one in rendered(plan).values() if one.code == code and one.is_first]


def test_while_nobody_can_be_asked_a_code_stands_for_the_center_of_the_home_platforms_area() -> None:
    home = PLAN.platforms["province"]
    for area, center in (("0871", "customs-south"), ("0472", "customs-north")):
        platforms = {**PLAN.platforms, "province": replace(home, areas=(area,))}
        assert first("12360", replace(PLAN, platforms=platforms)) == [center]
    assert first("12360", PLAN) == ["customs-north"]


def test_a_code_stands_for_one_that_can_be_called() -> None:
    north, south = PLAN.centers["12360"]
    assert first("12360", replace(PLAN, centers={"12360": (replace(north, peer=None), south)})) == [
        "customs-south"
    ]
    shut = replace(north, id="clinic", line="12320", peer=None)
    assert first("12320", replace(PLAN, centers={"12320": (shut,)})) == ["health"]


@pytest.mark.parametrize("name", NAMES)
def test_every_code_of_a_shipped_plan_stands_for_one(name: str) -> None:
    made = dialled_targets(SETTINGS, load_plan(PROJECT_ROOT / "dialplans" / name), NO_SOUNDS)
    codes = [one.code for one in made if one.is_first]
    assert len(codes) == len(set(codes))
    assert set(codes) == {one.code for one in made}
    assert all(code.isdigit() for code in codes)


def test_who_keeps_the_general_paths_hours_is_called_in_them_alone_and_others_at_any_hour() -> None:
    home = replace(PLAN.platforms["province"], hours=NINE_TO_NINE)
    plan = replace(PLAN, platforms={**PLAN.platforms, "province": home})
    made = rendered(plan)
    assert {one.id for one in made.values() if not one.always} == {
        *("business", "minors", "province", "east"),
    }


def test_hours_that_are_two_platforms_together_are_nobodys() -> None:
    home = replace(PLAN.platforms["province"], hours=NINE_TO_NINE)
    hotline = replace(PLAN.queues["hotline"], platform="east")
    plan = replace(
        PLAN, platforms={**PLAN.platforms, "province": home}, queues={**PLAN.queues, "hotline": hotline}
    )
    assert all(one.always for one in rendered(plan).values())


def test_who_has_not_begun_is_not_called_a_moment_too_early() -> None:
    made = rendered()
    assert made["neighbour"].begins == int(LINKED.timestamp())
    assert made["minors"].begins == int(CANCELLED.timestamp())
    assert made["west"].begins == 0
    minors = replace(PLAN.queues["minors"], starts=CANCELLED + timedelta(microseconds=1))
    later = rendered(replace(PLAN, queues={**PLAN.queues, "minors": minors}))
    assert later["minors"].begins == int(CANCELLED.timestamp()) + 1


def test_the_kinds_are_the_documents() -> None:
    made = rendered()
    assert (made["tax"].kinds, made["customs-north"].kinds) == (("three_way",), ("plain",))


def test_what_names_a_target_is_played_where_it_was_recorded(tmp_path: Path) -> None:
    for key in ("b01-tax-invented", "b03-tax-invented", "e01-health-invented", "s01-west-invented"):
        (tmp_path / f"{key}.alaw").write_bytes(b"")
    made = rendered(sounds=tmp_path)

    def heard(one: DialledTarget) -> tuple[str, ...]:
        return one.connecting, one.passing, one.failed, one.joined

    assert heard(made["tax"]) == ("b01-tax-invented", "", "b03-tax-invented", "")
    assert heard(made["health"]) == ("e01-health-invented", "e01-health-invented", "", "")
    assert heard(made["west"]) == ("s01-west-invented", "s01-west-invented", "", "")
    assert heard(made["1001"]) == ("", "", "", "")


def test_every_role_that_a_target_has_is_announced_or_has_general_words() -> None:
    assert ANNOUNCED.keys() == set(LegRole) - {
        LegRole.CALLER,
        LegRole.AGENT,
        LegRole.LAST_RESORT,
        LegRole.EMERGENCY,
    }
    target = TransferTarget("gas", LegRole.UTILITY, "", "", (), "")
    assert sounds_of(target, PLAN).connecting == "u01-gas-invented"


def test_every_peer_of_a_target_is_a_way_out_once() -> None:
    tap = utility("tap", *PLAN.utilities[0].means, peer="water")
    plan = replace(PLAN, utilities=(*PLAN.utilities, tap))
    ways = {way.endpoint: way for way in ways_to_targets(SETTINGS, plan)}
    assert list(ways) == [
        f"peer-{name}" for name in ("tax", "north", "south", "justice", "water", "west", "neighbour")
    ]
    assert ways["peer-tax"].contact == "sip:192.0.2.10:5060"
    assert ways["peer-water"].purpose == "transfer to water"


def test_what_is_passed_on_by_tickets_alone_has_no_way_out() -> None:
    by_ticket = replace(PLAN.utilities[1], peer="fire")
    plan = replace(PLAN, utilities=(by_ticket,))
    county = platform("county", PLAN.platforms["county"].level, peer="fire")
    plan = replace(plan, platforms={**PLAN.platforms, "county": county})
    assert "peer-fire" not in {way.endpoint for way in ways_to_targets(SETTINGS, plan)}


def test_asterisk_is_told_of_the_targets_and_of_each_way_out_once(tmp_path: Path) -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "hainan")
    told = of_the_plan(SETTINGS, plan, tmp_path, at=NOW)
    assert told.targets == dialled_targets(SETTINGS, plan, tmp_path)
    endpoints = [way.endpoint for way in told.ways_out]
    assert len(endpoints) == len(set(endpoints))
    assert "peer-haikou" in endpoints
    assert {way.split("@")[1] for one in told.targets for way in one.dial if "@" in way} <= set(endpoints)


def test_a_rehearsal_knows_the_targets_and_has_no_way_to_them(tmp_path: Path) -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "hainan")
    told = of_the_plan(SETTINGS, plan, tmp_path, at=NOW, rehearsal=True)
    assert told.targets
    assert told.ways_out == ()


def test_the_staff_are_those_of_the_settings() -> None:
    assert staff_of(SETTINGS) == Staff(("1001", "1002"), ("2001", "1002"))
