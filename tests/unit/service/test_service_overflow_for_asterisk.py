"""Where the shipped plans' callers go on to, as the static dialplan is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callrouter.asterisk_link.of_the_plan import Notice, OverflowStep, WayOut
from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.service.overflow_for_asterisk import (
    overflows,
    trunks_of_platforms,
    trunks_that_hand_over,
    ways_out,
)
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Overflow
from tests.unit.decide.a_plan import NOW

NAMES = ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"]
SETTINGS = Settings()


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def recorded(key: str) -> Notice:
    return Notice(key, (), 0)


def steps(plan: Plan, settings: Settings = SETTINGS) -> dict[str, OverflowStep]:
    return {step.queue: step for step in overflows(settings, plan, recorded)}


def changed(plan: Plan, queue: str, **changes: Any) -> Plan:
    return replace(plan, queues={**plan.queues, queue: replace(plan.queues[queue], **changes)})


def test_experts_go_on_to_general_seats_which_say_so_and_wait_less() -> None:
    step = steps(shipped("hainan"))["expert-12320"]
    assert (step.goes, step.to, step.wait_s) == ("queue", "hotline", SETTINGS.queue.special_wait_s)
    assert step.notice == recorded("e02-expert-12320-hainan")


def test_general_seats_go_on_to_the_platform_that_the_plan_names_by_its_peer() -> None:
    plan = shipped("hainan")
    wait_s = SETTINGS.queue.wait_s
    assert steps(plan)["hotline"] == OverflowStep(
        "hotline", "platform", wait_s, "peer-haikou", "12345", "haikou"
    )
    assert list(ways_out(plan)) == [WayOut("peer-haikou", "sip:192.0.2.31:5060", "overflow to haikou")]
    assert steps(shipped("sichuan"))["hotline"] == OverflowStep("hotline", "last-resort", wait_s)
    assert list(ways_out(shipped("sichuan"))) == []


def test_the_number_that_a_peers_address_names_is_dialled() -> None:
    plan = shipped("hainan")
    named = replace(plan.peers["haikou"], uri="sip:089866770000@192.0.2.31")
    assert steps(replace(plan, peers={**plan.peers, "haikou": named}))["hotline"].number == "089866770000"


def test_a_platform_without_a_way_to_it_or_served_here_is_left_out() -> None:
    plan = shipped("hainan")
    for haikou in (
        replace(plan.platforms["haikou"], peer=None),
        replace(plan.platforms["haikou"], served=True),
    ):
        there = replace(plan, platforms={**plan.platforms, "haikou": haikou})
        assert steps(there)["hotline"].goes == "last-resort"
        assert list(ways_out(there)) == []


@pytest.mark.parametrize(
    ("overflow", "goes"), [(Overflow.VOICEMAIL, "message"), (Overflow.LAST_RESORT, "last-resort")]
)
def test_a_queue_may_go_on_to_a_message_or_the_duty_phone(overflow: Overflow, goes: str) -> None:
    assert steps(changed(shipped("hainan"), "minors", overflow=overflow))["minors"].goes == goes


def test_a_general_queue_that_no_plan_has_goes_on_to_the_duty_phone() -> None:
    settings = SETTINGS.model_copy(update={"queue": SETTINGS.queue.model_copy(update={"general": "spare"})})
    found = steps(shipped("changzhi"), settings)
    assert list(found) == ["spare", "hotline"]
    assert found["spare"] == OverflowStep("spare", "last-resort", settings.queue.wait_s)


@pytest.mark.parametrize("name", NAMES)
def test_every_chain_of_a_shipped_plan_visits_a_queue_once_and_ends(name: str) -> None:
    plan = shipped(name)
    table = steps(plan)
    assert table.keys() == plan.queues.keys()
    for queue in table:
        visited = [queue]
        while table[visited[-1]].goes == "queue":
            visited.append(table[visited[-1]].to)
            assert len(set(visited)) == len(visited)
        assert table[visited[-1]].goes in {"platform", "last-resort", "message"}


def test_trunks_that_bring_other_platforms_calls_are_told_and_those_of_emergency_services() -> None:
    assert set(trunks_of_platforms(shipped("hainan"))) == {"haikou", "sanya"}
    of_services = {"police-110", "fire-119", "medical-120", "traffic-122"}
    assert set(trunks_that_hand_over(shipped("hainan"))) == {"haikou", "sanya"} | of_services


def test_what_says_that_seats_are_not_available_has_the_length_of_its_recording() -> None:
    told = of_the_plan(SETTINGS, shipped("hainan"), at=NOW)
    notice = next(step.notice for step in told.overflows if step.queue == "expert-12320")
    assert notice is not None
    [part] = notice.parts
    assert part.key == "e02-expert-12320-hainan"
    assert part.ends_ms - part.starts_ms > 3000
    assert told.ways_out
