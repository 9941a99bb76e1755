"""What follows from a ruling: which notice of recording, and who is asked for a rating."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from callrouter.decide.after_call import is_surveyed, is_urgent, second_notice
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import SurveyRule
from callrouter.vocabulary.treatment import Connect, Dial, Guide, Release, TakeMessage
from tests.unit.decide.a_plan import PLAN, STOPPED, decided, line

RULE = SurveyRule(offered=True, except_lines=(), except_queues=(), source="002:L43", place="plan.yaml:9:1")
ASKING = replace(PLAN, survey=RULE)


def plan(**changed: Any) -> Plan:
    return replace(PLAN, survey=replace(RULE, **changed))


def surveyed(dialled: str, of: Plan = ASKING) -> bool:
    return is_surveyed(decided(dialled, plan=of).ruling, of)


@pytest.mark.parametrize("announcement", ["G01", "G02", "T01", "X01"])
def test_the_notice_of_recording_follows_any_front_notice(announcement: str) -> None:
    assert second_notice(announcement) == "g04"


def test_who_hears_no_front_notice_is_told_in_a_word() -> None:
    assert second_notice(None) == "g06"


def test_whom_an_emergency_service_handed_over_hears_nothing_more_and_minors_the_short_notice() -> None:
    assert second_notice("M05") is None
    assert second_notice("Z01") == "z02"


@pytest.mark.parametrize("announcement", [None, "G01", "M05", "Z01"])
def test_an_emergency_hears_no_notice_of_recording(announcement: str | None) -> None:
    assert second_notice(announcement, urgent=True) is None


@pytest.mark.parametrize("dialled", ["12345", "12315", "12366", "03552180099", "1"])
def test_whoever_dialled_12345_a_line_or_what_is_none_is_asked_where_the_plan_says_so(dialled: str) -> None:
    assert surveyed(dialled)


def test_nobody_is_asked_where_the_plan_says_nothing_or_no() -> None:
    assert not surveyed("12345", PLAN)
    assert not surveyed("12345", plan(offered=False))


def test_an_emergency_is_urgent_and_never_asked() -> None:
    for dialled in ("110", "119", "120", "122"):
        assert is_urgent(decided(dialled, plan=ASKING).ruling)
        assert not surveyed(dialled)
    assert not is_urgent(decided("12345", plan=ASKING).ruling)


def test_whom_somebody_handed_over_is_not_asked_whatever_he_dialled() -> None:
    ruling = decided("12345", plan=ASKING, caller="110").ruling
    assert ruling.source == "emergency:110"
    assert not is_surveyed(ruling, ASKING)
    assert not is_urgent(ruling)
    assert not is_surveyed(ruling._replace(source="platform:west"), ASKING)


def test_the_minors_line_is_never_asked_whatever_the_plan_says() -> None:
    ruling = decided("12345", plan=ASKING).ruling
    assert is_surveyed(ruling, ASKING)
    assert not is_surveyed(ruling._replace(announcement="Z01"), ASKING)


def test_a_line_that_the_plan_leaves_out_is_not_asked_one_of_a_list_neither() -> None:
    exempt = plan(except_lines=("12315", "03552180099"))
    assert not surveyed("12315", exempt)
    assert not surveyed("03552180099", exempt)
    assert surveyed("087163119001", exempt)
    assert surveyed("12345", exempt)


def test_a_queue_that_the_plan_leaves_out_is_not_asked() -> None:
    queue = decided("12345").ruling.treatment
    assert isinstance(queue, Connect)
    assert not surveyed("12345", plan(except_queues=(queue.queue,)))
    assert surveyed("12345", plan(except_queues=("elsewhere",)))


@pytest.mark.parametrize(
    "treatment",
    [Dial("tax", None, "queue", 0), TakeMessage("h01", "queue", 0), Guide("m01", "queue", 0)],
)
def test_whatever_ends_with_a_person_may_be_asked(treatment: Dial | TakeMessage | Guide) -> None:
    ruling: Ruling = decided("12345").ruling._replace(treatment=treatment)
    assert is_surveyed(ruling, ASKING)
    assert not is_surveyed(ruling, plan(except_queues=("queue",)))


def test_who_is_released_talks_to_nobody_and_is_not_asked() -> None:
    releasing = replace(ASKING, lines={**PLAN.lines, "12300": line("12300", STOPPED)})
    ruling = decided("12300", plan=releasing).ruling
    assert isinstance(ruling.treatment, Release)
    assert not is_surveyed(ruling, releasing)
