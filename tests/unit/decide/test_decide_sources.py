"""Emergencies that reach 12345, and calls that others hand over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.plans.wanted_prompts import wanted
from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.migration import Landing, Mode
from callrouter.vocabulary.treatment import Connect, Dial
from tests.unit.decide.a_plan import CANCELLED, EMERGENCIES, NOW, PLAN, decided


@pytest.mark.parametrize("dialled", ["110", "119", "120", "122", "028110"])
def test_c35_an_emergency_goes_straight_to_a_person_before_anyone_else(dialled: str) -> None:
    ruling = decided(dialled).ruling
    assert ruling.treatment == Connect("hotline", None, 20)
    assert (ruling.mode, ruling.landing, ruling.line) == (Mode.EMERGENCY, Landing.EMERGENCY, dialled[-3:])
    assert ruling.reasons[0].code is ReasonCode.EMERGENCY_DIALLED


def test_c35_even_one_that_the_document_does_not_name() -> None:
    plan = replace(PLAN, emergencies={"110": EMERGENCIES[0]})
    assert decided("122", NOW, plan).treatment == Connect("hotline", None, 20)


@pytest.mark.parametrize("dialled", ["12345", "12300", "12315", "zz", "96128", "12380"])
def test_c36_a_call_handed_over_hears_one_announcement_and_goes_first(dialled: str) -> None:
    ruling = decided(dialled, trunk="police").ruling
    assert ruling.treatment == Connect("hotline", "m05-110-invented-2", 10)
    assert (ruling.source, ruling.announcement) == ("emergency:110", "M05")
    assert ReasonCode.HANDED_OVER in {reason.code for reason in ruling.reasons}


def test_c36_a_handed_over_call_to_a_branch_still_goes_there() -> None:
    treatment = decided("12366", trunk="police").treatment
    assert treatment == Dial("tax", "m05-110-invented-2", "hotline", 10)


def test_c36_a_number_that_the_plan_releases_is_connected_for_whom_the_police_send() -> None:
    decision = decided("96128", CANCELLED, trunk="police")
    assert (decision.treatment, decision.ruling.stray) == (Connect("hotline", "m05-110-invented-2", 10), True)


def test_c36_an_emergency_number_as_the_caller_is_believed_on_a_trusted_trunk_only() -> None:
    assert decided("12345", caller="110").ruling.source == "emergency:110"
    assert decided("12345", caller="0871119").ruling.source == "emergency:119"
    assert decided("12345", caller="110", trunk="stranger").ruling.source is None
    assert decided("12345", caller="110", trunk="nobody-knows-it").ruling.source is None


def test_c36_where_no_trunk_is_named_the_caller_is_believed_as_he_is_told() -> None:
    handed_over = decided("12345", caller="110", trunk="").ruling
    assert (handed_over.source, handed_over.announcement) == ("emergency:110", "M05")
    assert handed_over.treatment == Connect("hotline", "m05-110-invented-2", 10)
    assert decided("12345", trunk="").ruling.source is None


def test_c36_one_callers_source_is_not_the_nexts() -> None:
    sources = [
        decided("12345", caller=caller).ruling.source for caller in ("110", "13800138000", "120", "110")
    ]
    assert sources == ["emergency:110", None, "emergency:120", "emergency:110"]


def test_c27_a_call_from_another_platform_is_marked_and_greeted_as_usual() -> None:
    ruling = decided("12345", trunk="cities").ruling
    assert (ruling.source, ruling.announcement) == ("platform:east", "G01")
    assert ruling.treatment == Connect("hotline", "g01-invented-2", 0)


def test_c44_no_caller_is_blocked_whoever_he_is() -> None:
    callers = ("13800138000", "13900139000", "anonymous", "", "08718123456", "12345")
    assert len({decided("12345", caller=caller).ruling for caller in callers}) == 1


def test_c38_a_utility_that_may_be_transferred_to_is_called_in_its_hours() -> None:
    ruling = decided("96510").ruling
    assert (ruling.mode, ruling.landing, ruling.line) == (Mode.UTILITY, Landing.EXTERNAL, "96510")
    assert (ruling.treatment, ruling.stray) == (Dial("water", "g01-invented-2", "hotline", 0), False)
    at_night = decided("96510", NOW.replace(hour=20)).ruling
    assert (type(at_night.treatment), at_night.stray) == (Connect, True)


def test_c38_a_utility_with_a_peer_that_gets_tickets_only_is_not_called() -> None:
    utilities = tuple(replace(one, peer="water") for one in PLAN.utilities)
    assert isinstance(decided("95598", NOW, replace(PLAN, utilities=utilities)).treatment, Connect)


def test_c38_a_utility_that_gets_tickets_or_answers_for_itself_is_not_called() -> None:
    for dialled in ("95598", "08712345678"):
        ruling = decided(dialled).ruling
        assert (type(ruling.treatment), ruling.mode, ruling.line) == (Connect, Mode.UTILITY, dialled)


@pytest.mark.parametrize("dialled", ["12399", "13800138001", "02887654321", "anonymous", "", "${EXTEN}"])
def test_a_number_in_no_plan_reaches_a_person_all_the_same(dialled: str) -> None:
    ruling = decided(dialled).ruling
    assert ruling.treatment == Connect("hotline", "g01-invented-2", 0)
    assert (ruling.mode, ruling.line, ruling.stray) == (Mode.UNKNOWN, None, False)
    assert ruling.reasons[0].code is ReasonCode.NUMBER_NOT_IN_PLAN


def test_what_can_be_played_is_what_is_wanted() -> None:
    keys = {notice.key for notice in wanted(PLAN)}
    instants = [CANCELLED, NOW, NOW.replace(hour=23)]
    for dialled in (*PLAN.lines, *PLAN.lists.numbers(), "12345", "110", "zz", "96510"):
        for trunk in PLAN.trunks:
            for at in instants:
                for caller in ("13800138000", "119"):
                    notice = decided(dialled, at, trunk=trunk, caller=caller).treatment.notice
                    assert notice is None or notice in keys
