"""Which queue answers a line's call: C18, and the landing of C19."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from callrouter.decide.explain import explain
from callrouter.decide.seats import seats_notice
from callrouter.decide.transfers import transfers_of
from callrouter.vocabulary.decision import Decision, ReasonCode
from callrouter.vocabulary.number_table import LineLists
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Answers, QueueKind
from callrouter.vocabulary.treatment import Connect, Dial, TakeMessage
from tests.unit.decide.a_plan import (
    BEIJING,
    CANCELLED,
    LANDLINES,
    NINE_TO_NINE,
    PLAN,
    SECOND,
    WORKDAYS,
    call_to,
    decided,
    place,
    queue,
)


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=BEIJING)


SUNDAY = at("2021-11-07T10:00:00")
MONDAY = at("2021-11-08T10:00:00")


def plan_with(*queues: Any, **changed: Any) -> Plan:
    return replace(PLAN, queues={**PLAN.queues, **{one.id: one for one in queues}}, **changed)


def experts(**changed: Any) -> Any:
    """Expert seats of 12320 that answer their line."""
    return queue("health", QueueKind.EXPERT, **({"line": "12320", "answers": Answers.LINE} | changed))


def answered(dialled: str, plan: Plan, when: datetime = MONDAY, **asked: Any) -> Decision:
    return decided(dialled, when, plan, **asked)


def codes(decision: Decision) -> set[ReasonCode]:
    return {reason.code for reason in decision.reasons}


def queue_of(decision: Decision) -> str:
    treatment = decision.treatment
    assert isinstance(treatment, Connect | Dial | TakeMessage)
    return treatment.queue


def test_without_a_word_of_the_plan_general_seats_answer_first_and_experts_get_transfers() -> None:
    for said in (None, Answers.TRANSFERS):
        plan = plan_with(experts(answers=said, hours=None))
        decision = answered("12320", plan)
        assert queue_of(decision) == "hotline"
        assert ReasonCode.EXPERT_SEATS not in codes(decision)
        ways = {way.target for way in transfers_of(decision.ruling, call_to("12320"), plan, MONDAY)}
        assert "health" in ways


def test_expert_seats_answer_their_line_where_the_plan_says_so_with_the_lines_own_notice() -> None:
    decision = answered("12320", plan_with(experts()))
    before = answered("12320", PLAN)
    assert isinstance(before.treatment, Connect)
    assert decision.treatment == before.treatment._replace(queue="health")
    assert decision.ruling.announcement == before.ruling.announcement == "G02"
    assert codes(decision) - codes(before) == {ReasonCode.EXPERT_SEATS}
    assert queue_of(answered("12315", plan_with(experts()))) == "hotline"


def test_the_reason_names_the_place_where_the_operator_said_so() -> None:
    given = place(7, "operator.yaml")
    decision = answered("12320", plan_with(experts(given_place=given)))
    [reason] = [one for one in decision.reasons if one.code is ReasonCode.EXPERT_SEATS]
    assert reason.rule == given.rpartition(":")[0]
    assert any("[expert_seats]" in line for line in explain(decision))


def test_outside_their_own_hours_general_seats_answer_and_a_reason_says_so() -> None:
    plan = plan_with(experts(hours=WORKDAYS))
    assert queue_of(answered("12320", plan, MONDAY)) == "health"
    sunday = answered("12320", plan, SUNDAY)
    assert queue_of(sunday) == "hotline"
    assert ReasonCode.SEATS_CLOSED in codes(sunday)
    assert ReasonCode.EXPERT_SEATS not in codes(sunday)


def test_experts_with_hours_of_their_own_answer_while_the_platform_is_closed_and_a_message_is_the_end() -> (
    None
):
    night = at("2021-11-08T22:00:00")
    east = {"trunk": "east-carrier"}
    always = plan_with(experts(platform="east", hours=PLAN.platforms["province"].hours))
    assert queue_of(answered("12320", always, night, **east)) == "health"
    workdays = plan_with(experts(platform="east", hours=WORKDAYS))
    assert isinstance(answered("12320", workdays, night, **east).treatment, TakeMessage)
    evening = at("2021-11-08T19:00:00")
    assert queue_of(answered("12320", workdays, evening, **east)) == "east-hotline"


def test_experts_without_hours_keep_the_platforms() -> None:
    plan = plan_with(experts(platform="east"))
    assert PLAN.platforms["east"].hours is NINE_TO_NINE
    day, night = at("2021-11-08T20:59:59"), at("2021-11-08T21:00:00")
    assert queue_of(answered("12320", plan, day, trunk="east-carrier")) == "health"
    closed = answered("12320", plan, night, trunk="east-carrier")
    assert closed.treatment == answered("12320", PLAN, night, trunk="east-carrier").treatment


def test_before_they_begin_general_seats_answer_to_the_second() -> None:
    plan = plan_with(experts(starts=MONDAY))
    early, begun = answered("12320", plan, MONDAY - SECOND), answered("12320", plan, MONDAY)
    assert (queue_of(early), queue_of(begun)) == ("hotline", "health")
    assert ReasonCode.SEATS_NOT_YET in codes(early)
    assert ReasonCode.SEATS_NOT_YET not in codes(begun)


def test_of_two_queues_for_a_line_one_that_has_begun_answers() -> None:
    later = queue(
        "later", QueueKind.DEDICATED, answers=Answers.LINE, answered_lines=("12315",), starts=MONDAY
    )
    there = replace(later, id="there", starts=None)
    assert queue_of(answered("12315", plan_with(later, there), MONDAY - SECOND)) == "there"


def test_experts_of_the_province_do_not_answer_a_city_and_those_of_a_city_not_the_province() -> None:
    assert queue_of(answered("12320", plan_with(experts()), trunk="east-carrier")) == "east-hotline"
    assert queue_of(answered("12320", plan_with(experts(platform="east")))) == "hotline"
    west = answered("12320", plan_with(experts()), trunk="west-carrier")
    assert isinstance(west.treatment, Dial)  # another platform's call is that platform's
    assert queue_of(west) == "hotline"


def test_dedicated_seats_answer_their_lines_with_their_own_announcement_and_priority() -> None:
    minors = queue(
        "minors",
        QueueKind.DEDICATED,
        starts=CANCELLED,
        answers=Answers.LINE,
        answered_lines=("12315", "12320"),
        own_announcement="Z01",
        own_priority=15,
    )
    plan = plan_with(minors)
    for dialled in ("12315", "12320"):
        assert answered(dialled, plan).treatment == Connect("minors", "z01", 15)
        assert answered(dialled, plan).ruling.announcement == "Z01"
    before = answered("12315", plan, CANCELLED - SECOND)
    assert before.treatment == answered("12315", PLAN, CANCELLED - SECOND).treatment


def test_a_caller_whom_110_has_handed_over_hears_that_and_keeps_his_priority_if_it_is_higher() -> None:
    calm, urgent = (experts(own_announcement="Z01", own_priority=priority) for priority in (5, 15))
    handed = answered("12320", plan_with(calm), trunk="police")
    assert handed.treatment == Connect("health", "m05-110-invented-2", 10)
    assert handed.ruling.announcement == "M05"
    more = answered("12320", plan_with(urgent), trunk="police").treatment
    assert isinstance(more, Connect)
    assert more.priority == 15


def test_an_emergency_number_never_waits_for_dedicated_seats() -> None:
    plan = plan_with(queue("odd", QueueKind.DEDICATED, answers=Answers.LINE, answered_lines=("110",)))
    assert answered("110", plan).treatment == Connect("hotline", None, 20)


def test_a_department_that_keeps_its_seats_is_dialled_and_12345_or_the_lines_seats_here_answer_else() -> None:
    """C19: by configuration a dual line with seats kept lands at the department's seats, or at 12345."""
    workday = answered("12348", PLAN)
    assert isinstance(workday.treatment, Dial)
    [center] = PLAN.centers["12348"]
    alone = replace(PLAN, centers={**PLAN.centers, "12348": (replace(center, peer=None),)})
    assert answered("12348", alone).treatment == Connect("hotline", None, 0)
    kept = queue("justice-seats", QueueKind.EXPERT, line="12348", answers=Answers.LINE)
    here = replace(alone, queues={**alone.queues, kept.id: kept})
    assert answered("12348", here).treatment == Connect("justice-seats", None, 0)
    assert ReasonCode.CENTER_UNREACHABLE in codes(answered("12348", here))


def test_a_line_that_should_not_have_come_is_answered_by_general_seats() -> None:
    plan = plan_with(queue("odd", QueueKind.DEDICATED, answers=Answers.LINE, answered_lines=("12380",)))
    assert queue_of(answered("12380", plan)) == "hotline"
    assert answered("12380", plan).ruling.stray


def test_one_number_of_a_list_may_have_seats_of_its_own() -> None:
    seats = queue("bureau", QueueKind.DEDICATED, answers=Answers.LINE, answered_lines=("03552180099",))
    both = LineLists.of(LANDLINES, [("03552180098", "某处热线"), ("03552180099", "某局热线")])
    plan = plan_with(seats, lists=both)
    assert queue_of(answered("03552180098", plan)) == "hotline"
    assert queue_of(answered("03552180099", plan)) == "bureau"
    assert answered("03552180099", plan).ruling.name == "某局热线"
    assert queue_of(answered("03552180098", plan)) == "hotline"


def test_the_keys_of_what_seats_say() -> None:
    assert seats_notice("Z01", PLAN, 1) == "z01"
    assert seats_notice("G01", PLAN, 1) == "g01-invented-2"
