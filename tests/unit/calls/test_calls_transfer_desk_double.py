"""The desk in memory does what a desk promises."""

from __future__ import annotations

from itertools import product

import pytest

from callrouter.calls.desk_protocol import (
    DeskAct,
    NoCallError,
    NotInStateError,
    TargetRefusedError,
    TransferDesk,
)
from callrouter.calls.transfer_desk_double import TransferDeskDouble
from callrouter.decide.transfer_table import TABLE, Ignored
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import RefusedTarget, TransferState
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus
from tests.unit.console.desk_parts import CALLER, OFFERS, call_of

STIMULI = {
    DeskAct.HOLD: Stimulus.HOLD,
    DeskAct.RESUME: Stimulus.RESUME,
    DeskAct.JOIN: Stimulus.JOIN,
    DeskAct.LEAVE: Stimulus.LEAVE,
    DeskAct.CANCEL: Stimulus.CANCEL,
}


def desk(state: TransferState = TransferState.TALK) -> TransferDeskDouble:
    made = TransferDeskDouble(("1001",), OFFERS)
    made.begins(call_of(state=state))
    return made


def test_it_is_a_desk() -> None:
    promised: TransferDesk = TransferDeskDouble()
    assert promised


@pytest.mark.parametrize(("act", "state"), list(product(STIMULI, TransferState)))
async def test_an_act_leads_where_the_table_says_or_is_refused_for_its_reason(
    act: DeskAct, state: TransferState
) -> None:
    made = desk(state)
    cell = TABLE[state, STIMULI[act]]
    asked = getattr(made, act.value)
    if isinstance(cell, Ignored):
        with pytest.raises(NotInStateError) as refused:
            await asked("1001")
        assert (refused.value.state, refused.value.reason) == (state, cell.reason)
        assert made.acts == []
    else:
        assert (await asked("1001")).state is cell.state


async def test_a_consult_is_fenced_by_the_attempt_that_was_seen() -> None:
    made = desk()
    done = await made.consult("1001", "12366", TransferKind.THREE_WAY, attempt=0)
    assert (done.state, done.attempt) == (TransferState.CALLING, 1)
    with pytest.raises(NotInStateError) as refused:
        await made.cancel("1001", attempt=0)
    assert (refused.value.attempt, refused.value.reason) == (1, None)


@pytest.mark.parametrize(
    ("target", "kind", "why"),
    [
        ("tobacco", TransferKind.THREE_WAY, RefusedTarget.TICKET_ONLY),
        ("99999", TransferKind.PLAIN, RefusedTarget.UNKNOWN),
    ],
)
async def test_a_target_that_is_not_offered_is_refused(
    target: str, kind: TransferKind, why: RefusedTarget
) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        await desk().consult("1001", target, kind)
    assert refused.value.refused.why is why


async def test_numbers_are_masked_unless_asked_for_whole() -> None:
    made = desk()
    masked, whole = await made.my_call("1001"), await made.my_call("1001", whole_number=True)
    assert masked
    assert whole
    assert (masked.caller, whole.caller) == ("138****8000", CALLER)
    with pytest.raises(NoCallError):
        await made.targets("1002")


async def test_the_same_word_twice_is_one() -> None:
    made = desk()
    for word_id in ("a", "a", "b", None, None):
        await made.note("1001", "text", word_id=word_id)
    assert [said.word_id for said in made.said] == ["a", "b", None, None]
