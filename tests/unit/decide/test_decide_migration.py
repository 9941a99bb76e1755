"""A line on its way into 12345: what a call to it meets in each mode, phase and instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.migration import Due, Landing, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Connect, Release
from tests.unit.decide.a_plan import (
    BEIJING,
    CANCELLED,
    DUAL,
    LINES,
    MERGED,
    NOW,
    PLAN,
    REBRANDED,
    SECOND,
    STOPPED,
    TRANSITION,
    decided,
    line,
    phase,
    place,
    schedule,
)

MICROSECOND = timedelta(microseconds=1)
LONG_AGO = datetime(2015, 1, 1, tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (TRANSITION - MICROSECOND, PhaseName.BEFORE),
        (TRANSITION, PhaseName.TRANSITION),
        (CANCELLED - MICROSECOND, PhaseName.TRANSITION),
        (CANCELLED, PhaseName.ENDED),
    ],
)
def test_c1_a_phase_begins_at_its_instant_and_ends_before_the_next(at: datetime, expected: PhaseName) -> None:
    assert decided("12300", at).phase is expected
    assert decided("12300", at.astimezone(UTC)).phase is expected


def test_c2_before_the_transition_the_call_should_ring_elsewhere_and_is_marked() -> None:
    ruling = decided("12300", TRANSITION - SECOND).ruling
    assert (ruling.phase, ruling.landing, ruling.stray) == (PhaseName.BEFORE, Landing.EXTERNAL, True)
    assert ruling.treatment == Connect("hotline", None, 0)
    assert ruling.reasons[0].code is ReasonCode.LANDS_ELSEWHERE


def test_c2_in_the_transition_12345_answers_and_says_so() -> None:
    ruling = decided("12300", TRANSITION).ruling
    assert (ruling.landing, ruling.stray, ruling.announcement) == (Landing.PLATFORM, False, "T01")
    assert ruling.treatment == Connect("hotline", "t01-12300-invented", 0)
    assert (ruling.next_phase, ruling.next_phase_starts) == (PhaseName.ENDED, CANCELLED)


def test_c3_a_deadline_never_switches_a_line() -> None:
    late = Due("座席归并", datetime(2021, 1, 1, tzinfo=BEIJING).date(), "000:L82", "lines.yaml:1:1")
    waiting = replace(MERGED, phases=(MERGED.phases[0],), undated=MERGED.phases[1:], dues=(late,))
    plan = with_lines(line("12300", waiting))
    ruling = decided("12300", NOW, plan).ruling
    assert (ruling.phase, ruling.next_phase) == (PhaseName.BEFORE, PhaseName.TRANSITION)


def test_c4_a_next_phase_without_a_date_is_told_and_never_in_force() -> None:
    ruling = decided("12348", datetime(2099, 1, 1, tzinfo=BEIJING)).ruling
    assert (ruling.phase, ruling.landing) == (PhaseName.IN_FORCE, Landing.DEPARTMENT)
    assert (ruling.next_phase, ruling.next_phase_starts) == (PhaseName.IN_FORCE, None)


def test_c4_adding_a_phase_rewrites_no_history() -> None:
    further = replace(MERGED.phases[-1], starts=datetime(2023, 1, 1, tzinfo=BEIJING), announcement="X02")
    longer = schedule(Mode.MERGED, *MERGED.phases, further)
    plan = with_lines(line("12300", longer))
    for at in (LONG_AGO, TRANSITION, CANCELLED, NOW):
        then, now = decided("12300", at).ruling, decided("12300", at, plan).ruling
        assert now._replace(next_phase=None, next_phase_starts=None) == then._replace(
            next_phase=None, next_phase_starts=None
        )
    assert decided("12300", datetime(2023, 1, 1, tzinfo=BEIJING), plan).ruling.announcement == "X02"


@pytest.mark.parametrize(
    ("number", "mode", "number_fate", "seat_fate", "landing"),
    [
        ("12300", Mode.MERGED, NumberFate.CANCELLED, SeatFate.MERGED, Landing.PLATFORM),
        ("12315", Mode.DUAL, NumberFate.KEPT, SeatFate.MERGED, Landing.PLATFORM),
        ("12348", Mode.DUAL, NumberFate.KEPT, SeatFate.KEPT, Landing.DEPARTMENT),
        ("12366", Mode.BRANCH, NumberFate.KEPT, SeatFate.KEPT, Landing.BRANCH),
        ("12380", Mode.PARALLEL, NumberFate.KEPT, SeatFate.KEPT, Landing.EXTERNAL),
        ("03552180012", Mode.FORWARDED, NumberFate.KEPT, SeatFate.NONE, Landing.PLATFORM),
        ("13812345678", Mode.ABSORBED, NumberFate.UNSTATED, SeatFate.NONE, Landing.PLATFORM),
        ("12388", Mode.WITHDRAWN, NumberFate.CANCELLED, SeatFate.MERGED, Landing.PLATFORM),
    ],
)
def test_c5_a_mode_is_a_label_over_fates_and_landing(
    number: str, mode: Mode, number_fate: NumberFate, seat_fate: SeatFate, landing: Landing
) -> None:
    ruling = decided(number).ruling
    assert (ruling.mode, ruling.number_fate, ruling.seat_fate) == (mode, number_fate, seat_fate)
    assert ruling.landing is landing


def test_c5_the_same_facts_are_treated_alike_whatever_the_mode_is_called() -> None:
    renamed = replace(MERGED, mode=Mode.WITHDRAWN)
    plan = with_lines(line("12300", renamed))
    for at in (LONG_AGO, TRANSITION, CANCELLED):
        assert decided("12300", at, plan).treatment == decided("12300", at).treatment


def test_c8_the_plan_can_be_asked_about_any_instant_in_any_order() -> None:
    instants = [NOW, LONG_AGO, CANCELLED, TRANSITION, datetime(2035, 1, 1, tzinfo=UTC), CANCELLED - SECOND]
    asked = [decided("12300", at).phase for at in instants]
    assert asked == ["ended", "before", "ended", "transition", "ended", "transition"]
    assert [decided("12300", at).phase for at in instants] == asked


def test_c10_a_landline_and_a_mobile_are_hotlines_too() -> None:
    for dialled in ("03552180012", "0355-2180012", "+863552180012"):
        ruling = decided(dialled).ruling
        assert (ruling.line, ruling.treatment[1]) == ("03552180012", "g03-03552180012-invented-2")
    assert decided("013812345678").line == "13812345678"


def test_c10_a_listed_landline_has_its_own_name_and_its_lists_announcement() -> None:
    for _twice in range(2):
        first, second = decided("03552180099").ruling, decided("087163119001").ruling
        assert (first.line, first.name) == ("03552180099", "某局热线")
        assert (second.line, second.name) == ("087163119001", "某处热线")
        assert {one.treatment[1] for one in (first, second)} == {"t03-landlines-invented-2"}
        assert [one.reasons[1].rule for one in (first, second)] == [
            "dialplans/test/landlines.csv:2",
            "dialplans/test/landlines.csv:3",
        ]
        assert first.reasons[1].detail == "某局热线"


def test_c10_a_landline_dialled_without_its_area_is_looked_for_where_the_call_came_in() -> None:
    assert decided("63119001", trunk="east-carrier").line == "087163119001"
    assert decided("63119001", trunk="carrier").line is None


def test_c12_a_landline_that_forwards_to_12345_is_never_dialled_out_again() -> None:
    for dialled in ("03552180012", "03552180099", "13812345678"):
        assert isinstance(decided(dialled).treatment, Connect)


def test_c12_the_number_behind_12345_is_12345() -> None:
    assert decided("02886110000").ruling == decided("12345", plan=PLAN).ruling._replace(
        reasons=decided("02886110000").reasons
    )
    assert decided("02886110000").mode is Mode.HUB
    assert decided("02886110001").mode is Mode.UNKNOWN


def test_c12_the_area_of_the_platforms_own_number_is_not_the_callers() -> None:
    ruling = decided("08718000000").ruling
    assert (ruling.line, ruling.platform) == ("12345", "province")


def test_c14_a_transition_may_go_without_an_announcement() -> None:
    ruling = decided("12301", TRANSITION).ruling
    assert (ruling.announcement, ruling.treatment) == (None, Connect("hotline", None, 0))


def test_c15_an_ended_number_is_told_so_and_connected_and_marked() -> None:
    ruling = decided("12300", CANCELLED).ruling
    assert ruling.treatment == Connect("hotline", "x01-12300-invented-2", 0)
    assert (ruling.stray, ruling.reasons[0].code) == (True, ReasonCode.NUMBER_ENDED)


def test_c15_where_the_plan_says_so_it_is_told_so_and_released() -> None:
    ruling = decided("96128", CANCELLED).ruling
    assert ruling.treatment == Release("x02-96128-invented-2", 22)
    assert (ruling.landing, ruling.stray, ruling.announcement) == (Landing.RELEASED, False, "X02")
    assert decided("96128", CANCELLED - SECOND).ruling.landing is Landing.EXTERNAL


def test_c15_nobody_is_released_in_silence() -> None:
    silent = replace(STOPPED, phases=tuple(replace(one, announcement=None) for one in STOPPED.phases))
    ruling = decided("96128", CANCELLED, with_lines(line("96128", silent))).ruling
    assert ruling.treatment == Connect("hotline", None, 0)
    assert ruling.stray


def test_c17_a_dual_number_is_answered_by_12345_and_tagged_with_the_line() -> None:
    before, after = decided("12315", DUAL - MICROSECOND).ruling, decided("12315", DUAL).ruling
    assert (before.landing, before.stray) == (Landing.EXTERNAL, True)
    assert (after.landing, after.stray, after.line) == (Landing.PLATFORM, False, "12315")
    assert after.treatment == Connect("hotline", "g02-12315-invented-2", 0)


def test_c18_the_line_tells_whether_the_document_gives_it_expert_seats() -> None:
    assert [decided(number).ruling.expert_seats for number in ("12320", "12315", "12300")] == [
        True,
        False,
        None,
    ]


def test_c26_a_parallel_line_is_never_queued_by_plan() -> None:
    ruling = decided("12380").ruling
    assert (ruling.phase, ruling.landing) == (PhaseName.IN_FORCE, Landing.EXTERNAL)
    assert (ruling.stray, ruling.announcement) == (True, None)


def test_c37_an_emergency_number_is_no_line_whatever_a_plan_says() -> None:
    plan = with_lines(line("110", MERGED), line("96119", MERGED))
    assert decided("110", NOW, plan).mode is Mode.EMERGENCY
    assert decided("0871110", NOW, plan).mode is Mode.EMERGENCY
    assert decided("96119", NOW, plan).mode is Mode.MERGED


def test_c42_a_mayors_line_keeps_its_mark() -> None:
    assert decided("03552180012").ruling.tag == "mayor"


def test_c43_each_announcement_is_the_one_under_the_name_in_force() -> None:
    before, after = decided("12345", REBRANDED - MICROSECOND), decided("12345", REBRANDED)
    assert (before.treatment[1], after.treatment[1]) == ("g01-invented", "g01-invented-2")
    assert decided("12300", REBRANDED).treatment[1] == "t01-12300-invented-2"


def test_what_the_operator_chose_is_told_as_his_choice() -> None:
    chosen = replace(MERGED, phases=tuple(replace(one, illustrative=True) for one in MERGED.phases))
    plan = with_lines(line("12300", chosen))
    assert ReasonCode.ILLUSTRATIVE in {reason.code for reason in decided("12300", NOW, plan).reasons}
    assert ReasonCode.ILLUSTRATIVE not in {reason.code for reason in decided("12300").reasons}


def test_an_instant_that_the_operator_gave_is_told_where_he_gave_it() -> None:
    given = place(12, "operator.yaml")
    phases = tuple(replace(one, illustrative=True, given_place=given) for one in MERGED.phases)
    plan = with_lines(line("12300", replace(MERGED, phases=phases)))
    reasons = {reason.code: reason.rule for reason in decided("12300", NOW, plan).reasons}
    assert reasons[ReasonCode.ILLUSTRATIVE] == "dialplans/invented/operator.yaml:12"
    assert reasons[ReasonCode.NUMBER_ENDED].startswith("dialplans/invented/lines.yaml:")


def test_a_reason_names_the_rule_by_file_and_line_the_phase_first_and_the_line_second() -> None:
    assert [reason.rule for reason in decided("12300").reasons[:2]] == [
        "dialplans/invented/lines.yaml:13",
        "dialplans/invented/lines.yaml:50",
    ]


@pytest.mark.parametrize("landing", list(Landing))
@pytest.mark.parametrize("name", list(PhaseName))
def test_every_phase_of_every_landing_ends_with_a_person_or_a_notice(
    landing: Landing, name: PhaseName
) -> None:
    odd = schedule(Mode.MERGED, phase(name, landing, "T01"))
    decision = decided("12300", NOW, with_lines(line("12300", odd)))
    assert decision.treatment[-2 if isinstance(decision.treatment, Release) else 0]
    assert decision.ruling.landing is landing


def with_lines(*lines: Line) -> Plan:
    """The plan with these lines in place of its own."""
    known = {one.number: one for one in (*LINES, *lines)}
    return replace(PLAN, lines=known)
