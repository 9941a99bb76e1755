"""A call as the desk shows it: what travels on its channel, whose it is, and what may be asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callrouter.calls.desk_calls import STIMULI, acts_in, shown, step_for
from callrouter.calls.desk_protocol import DeskAct, Recorded
from callrouter.calls.transfer_board import CallOnBoard, TransferAt
from callrouter.calls.transfer_look import Look
from callrouter.decide.transfer_table import TABLE, Ignored, Step
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState, TransferStimulus

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
CONSULT = TransferAt(1, TransferState.CONSULT, TransferKind.THREE_WAY, "tax")
CALL = CallOnBoard("node1-1.0", "PJSIP/c-1", "1001", "PJSIP/1001-1", CONSULT, None, AT, AT)
LOOK = Look(
    *("node1-1.0", "PJSIP/c-1", CONSULT, "1001", "PJSIP/1001-1", "PJSIP/peer-tax-1", "Wait", "hotline"),
    caller="13800138000",
    presentation="allowed",
    facts={"line": "12315", "mode": "dual", "phase": "", "platform": "sichuan", "path": "a+b", "case": "x-1"},
    recorded=Recorded.ON,
)


def none(_number: str) -> frozenset[str]:
    return frozenset()


def test_the_agent_sees_the_context_and_a_masked_number() -> None:
    call = shown(CALL, LOOK, none, whole_number=False)
    assert (call.seat, call.state, call.attempt, call.target) == ("1001", TransferState.CONSULT, 1, "tax")
    assert (call.line, call.mode, call.phase, call.platform) == ("12315", "dual", None, "sichuan")
    assert (call.path, call.case, call.queue, call.since) == (("a", "b"), "x-1", "hotline", AT)
    assert call.caller == "138****8000"
    assert "13800" not in repr(call)


def test_who_may_see_it_sees_the_whole_number() -> None:
    assert shown(CALL, LOOK, none, whole_number=True).caller == "13800138000"


@pytest.mark.parametrize("whole", [True, False])
def test_a_withheld_number_is_shown_to_nobody_and_has_no_flags(whole: bool) -> None:
    look = replace(LOOK, presentation="prohib_passed_screen")
    call = shown(CALL, look, lambda _number: frozenset({"repeat"}), whole_number=whole)
    assert (call.caller, call.flags) == ("", ())


def test_what_is_no_number_is_shown_to_nobody_as_it_is() -> None:
    assert shown(CALL, replace(LOOK, caller="<b>x"), none, whole_number=True).caller == "****"


def test_flags_are_told() -> None:
    flags = {"13800138000": frozenset({"repeat", "abusive"})}
    assert shown(CALL, LOOK, flags.__getitem__, whole_number=False).flags == ("abusive", "repeat")


def test_who_has_left_may_ask_for_nothing() -> None:
    call = shown(CALL, replace(LOOK, agent_channel=""), none, whole_number=False)
    assert (call.seat, call.may) == (None, ())


def test_what_the_board_knows_of_an_older_state_is_not_told_of_the_newer() -> None:
    older = replace(CALL, at=TransferAt(1, TransferState.ASKING), outcome="busy")
    call = shown(older, LOOK, none, whole_number=False)
    assert (call.state, call.since, call.outcome, call.talking_since) == (
        TransferState.CONSULT,
        None,
        None,
        AT,
    )


def test_without_a_look_only_the_board_is_shown() -> None:
    call = shown(CALL, None, none, whole_number=True)
    assert (call.call_id, call.seat, call.state, call.caller, call.may) == (
        *("node1-1.0", "1001", TransferState.CONSULT),
        *("", ()),
    )


TAKEN_BACK = frozenset(
    state
    for state in TransferState
    if isinstance(TABLE[state, TransferStimulus.CANCEL], Step) and state is not TransferState.TOGETHER
)
"""For an emergency."""


@pytest.mark.parametrize("state", TransferState)
@pytest.mark.parametrize("act", STIMULI)
def test_what_may_be_asked_for_is_what_the_table_allows(state: TransferState, act: DeskAct) -> None:
    is_allowed = act in acts_in(state, Recorded.OFF)
    if act is DeskAct.EMERGENCY and state in TAKEN_BACK:
        assert is_allowed
        assert step_for(act, state) == TABLE[TransferState.TALK, TransferStimulus.EMERGENCY]
        return
    brings_in = act in (DeskAct.CONSULT, DeskAct.PASS)
    if state is TransferState.HELD and brings_in:
        assert is_allowed
        assert step_for(act, state) == TABLE[TransferState.TALK, STIMULI[act]]
        assert isinstance(TABLE[state, STIMULI[act]], Ignored)
    else:
        assert is_allowed == isinstance(TABLE[state, STIMULI[act]], Step)
        assert step_for(act, state) == TABLE[state, STIMULI[act]]


@pytest.mark.parametrize("state", TransferState)
def test_recording_is_paused_only_where_the_caller_hears_the_agent(state: TransferState) -> None:
    hears = state in (TransferState.TALK, TransferState.THREE)
    assert (DeskAct.PAUSE_RECORDING in acts_in(state, Recorded.ON)) == hears
    assert (DeskAct.RESUME_RECORDING in acts_in(state, Recorded.PAUSED)) == hears
    assert DeskAct.PAUSE_RECORDING not in acts_in(state, Recorded.PAUSED)
    assert not {DeskAct.PAUSE_RECORDING, DeskAct.RESUME_RECORDING} & set(acts_in(state, Recorded.OFF))
