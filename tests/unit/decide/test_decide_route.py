"""What is done with a call, on the Sichuan plan and on small changes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.explain import explain
from callrouter.decide.route import decide
from callrouter.decide.words import LANDING_WORDS, MODE_WORDS, PHASE_WORDS
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.numbers import UnknownNumber, parse_number
from callrouter.vocabulary.plan import Landing, Mode, OnArrival, PhaseName, Plan
from callrouter.vocabulary.treatment import Connect, Release

NOW = datetime(2022, 1, 1, tzinfo=UTC)
PLAN = load_plan(Path(__file__).parents[3] / "dialplans" / "sichuan")


def call_to(dialled: str, caller: str = "13800138000") -> Call:
    codes = PLAN.short_codes
    return Call(
        "call-1",
        parse_number(dialled, codes),
        FoundBy.REQUEST_URI,
        parse_number(caller, codes),
        "carrier",
        NOW,
    )


def test_an_emergency_goes_straight_to_a_person_before_anyone_else() -> None:
    for dialled in ("110", "119", "120", "122", "028-110"):
        decision = decide(call_to(dialled), PLAN, NOW)
        assert decision.treatment == Connect("hotline", None, 20)
        assert decision.reasons[0].code is ReasonCode.EMERGENCY_DIALLED
        assert decision.line is None


def test_12345_itself_is_greeted() -> None:
    decision = decide(call_to("028-12345"), PLAN, NOW)
    assert decision.treatment == Connect("hotline", "g01", 0)
    assert (decision.line, decision.mode, decision.phase) == ("12345", Mode.HOTLINE, None)


@pytest.mark.parametrize("dialled", ["12399", "13800138000", "02887654321", "anonymous", "", "${EXTEN}"])
def test_a_number_in_no_plan_reaches_a_person_all_the_same(dialled: str) -> None:
    decision = decide(call_to(dialled), PLAN, NOW)
    assert decision.treatment == Connect("hotline", "g01", 0)
    assert decision.reasons[0].code is ReasonCode.NUMBER_NOT_IN_PLAN
    assert decision.line is None


def test_an_area_code_does_not_change_the_line() -> None:
    assert decide(call_to("028-12315"), PLAN, NOW) == decide(call_to("12315"), PLAN, NOW)


def test_a_code_of_another_plan_is_an_unknown_number_here() -> None:
    call = call_to("12315")._replace(called=parse_number("12325", {"12325"}))
    assert decide(call, PLAN, NOW).reasons[0].code is ReasonCode.NUMBER_NOT_IN_PLAN


def released(plan: Plan, notice: str | None) -> Plan:
    line = plan.lines["12300"]
    ended = replace(line.phases[-1], on_arrival=OnArrival.RELEASE, notice=notice)
    return replace(plan, lines={"12300": replace(line, phases=(*line.phases[:-1], ended))})


def test_a_released_number_says_so_and_ends_with_number_changed() -> None:
    decision = decide(call_to("12300"), released(PLAN, "X02"), NOW)
    assert decision.treatment == Release("x02-12300", 22)


def test_nobody_is_released_in_silence() -> None:
    assert decide(call_to("12300"), released(PLAN, None), NOW).treatment == Connect("hotline", None, 0)


def test_every_reason_of_a_line_names_the_phase_first_and_the_line_second() -> None:
    decision = decide(call_to("12300"), PLAN, NOW)
    line = PLAN.lines["12300"]
    assert [(reason.code, reason.rule) for reason in decision.reasons] == [
        (ReasonCode.NUMBER_ENDED, line.phases[-1].place),
        (ReasonCode.LINE_IN_PLAN, line.place),
    ]


def test_a_naive_instant_is_a_mistake_in_the_program() -> None:
    with pytest.raises(ValueError, match="zone-aware"):
        decide(call_to("12315"), PLAN, datetime(2022, 1, 1))  # noqa: DTZ001 -- the fault under test


def test_a_decision_names_the_plan_it_was_made_by() -> None:
    decision = decide(call_to("12315"), PLAN, NOW)
    assert (decision.plan, decision.plan_version, decision.plan_hash) == ("sichuan", "1.0", PLAN.hash)
    assert decision.decided_at == NOW


def test_words_exist_for_every_mode_phase_and_landing() -> None:
    assert set(MODE_WORDS) == set(Mode)
    assert set(PHASE_WORDS) == set(PhaseName)
    assert set(LANDING_WORDS) == set(Landing)


def test_an_explanation_tells_line_treatment_reasons_and_plan_in_chinese_first() -> None:
    told = explain(decide(call_to("12300"), PLAN, NOW))
    assert told[0] == "热线：12300，整体并入，已停用 / line: 12300, merged, ended"
    assert told[1].startswith("处理：先放提示 x01-12300，接入队列 hotline")
    assert "dialplans/sichuan/lines.yaml:" in told[2]
    assert told[-1] == "时刻 / at: 2022-01-01T00:00:00+00:00"


def test_an_explanation_covers_release_and_unknown_numbers() -> None:
    assert (
        explain(decide(call_to("13912345678"), PLAN, NOW))[0] == "热线：不在计划内 / line: none of the plan's"
    )
    assert "22" in explain(decide(call_to("12300"), released(PLAN, "X02"), NOW))[1]


@given(
    dialled=st.one_of(st.text(max_size=20), st.sampled_from(sorted(PLAN.short_codes))),
    caller=st.text("0123456789+", min_size=7, max_size=15),
    at=st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- bounds
)
def test_every_call_at_every_instant_is_connected_with_reasons_that_hold_no_caller(
    dialled: str, caller: str, at: datetime
) -> None:
    call = call_to(dialled, caller)
    decision = decide(call, PLAN, at)
    assert isinstance(decision.treatment, Connect)
    assert decision.reasons
    assert all(reason.rule.startswith("dialplans/sichuan/") for reason in decision.reasons)
    if isinstance(call.called, UnknownNumber) and sum(map(str.isdigit, dialled)) > 5:
        assert all(dialled not in line for line in explain(decision)[:-1])
    digits = caller.strip("+")
    if len(digits) > 6:
        assert all(digits not in reason.detail for reason in decision.reasons)


def test_in_a_plan_of_many_lines_each_still_gets_its_own_ruling() -> None:
    line = PLAN.lines["12315"]
    numbers = [f"9{place:05d}" for place in range(5000)]
    large = replace(PLAN, lines={number: replace(line, number=number) for number in numbers})
    codes = large.short_codes
    for _twice in range(2):
        for number in numbers:
            call = call_to("12345")._replace(called=parse_number(number, codes))
            assert decide(call, large, call.arrived_at).line == number
