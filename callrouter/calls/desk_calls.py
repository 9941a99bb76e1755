"""A call as its agent's desk shows it: made of what the board knows and what the caller's channel has said.

Rules:
- What travels on the channel is what was decided when the call came; no rule is asked anew for it.
- The caller's number is masked unless it is asked for whole; one that was withheld is not shown to anybody.
- What may be asked for now is what the table of transfers says (decide/transfer_table.py). While the caller is held,
  a target may be asked for too: the dialplan brings the caller back first. Before an emergency it takes back whatever
  goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from callrouter.calls.desk_protocol import DeskAct, DeskCall, Recorded
from callrouter.calls.transfer_board import CallOnBoard
from callrouter.calls.transfer_look import Look
from callrouter.decide.transfer_table import TABLE, Ignored, Step
from callrouter.log import mask_number
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.numbers import LONGEST_NUMBER
from callrouter.vocabulary.transfer import TransferState, TransferStimulus

Flags = Callable[[str], frozenset[str]]
"""Which flags a caller's number has."""

STIMULI: Final[Mapping[DeskAct, TransferStimulus]] = {
    DeskAct.CONSULT: TransferStimulus.CONSULT,
    DeskAct.PASS: TransferStimulus.PASS,
    DeskAct.EMERGENCY: TransferStimulus.EMERGENCY,
    DeskAct.HOLD: TransferStimulus.HOLD,
    DeskAct.RESUME: TransferStimulus.RESUME,
    DeskAct.JOIN: TransferStimulus.JOIN,
    DeskAct.LEAVE: TransferStimulus.LEAVE,
    DeskAct.CANCEL: TransferStimulus.CANCEL,
}
"""What an act is in the table; pausing the recording and guidance are none of its business."""
RECORDING_IN: Final = frozenset({TransferState.TALK, TransferState.THREE})
"""Where agent and caller hear each other, so that pausing the recording means something."""
GUIDED_IN: Final = frozenset({TransferState.TALK, TransferState.HELD})
"""Where the caller can be told where to turn; one who is held is brought back first."""
_FIRST: Final[Mapping[DeskAct, TransferStimulus]] = {
    DeskAct.CONSULT: TransferStimulus.RESUME,
    DeskAct.PASS: TransferStimulus.RESUME,
    DeskAct.EMERGENCY: TransferStimulus.CANCEL,
}
"""What the dialplan does before an act, where that is a step."""
_AT_ONCE: Final = frozenset({(DeskAct.EMERGENCY, TransferState.TOGETHER)})
"""Where it does not: a service that is being called is not called anew."""
_NUMBER: Final = re.compile(rf"\+?[0-9*#]{{1,{LONGEST_NUMBER}}}")
_SHOWN: Final = "allowed"
"""How Asterisk's words begin for a number that its owner lets be seen."""


def step_for(act: DeskAct, state: TransferState) -> Step | Ignored:
    """What an act leads to in a state, by the table."""
    first = _FIRST.get(act)
    before = None if first is None else TABLE[state, first]
    if isinstance(before, Step) and (act, state) not in _AT_ONCE:
        return TABLE[before.state, STIMULI[act]]
    return TABLE[state, STIMULI[act]]


def acts_in(state: TransferState, recorded: Recorded) -> tuple[DeskAct, ...]:
    """What an agent on the call may ask for."""
    acts = [act for act in STIMULI if isinstance(step_for(act, state), Step)]
    if state in GUIDED_IN:
        acts.append(DeskAct.GUIDE)
    if state in RECORDING_IN and recorded is not Recorded.OFF:
        is_on = recorded is Recorded.ON
        acts.append(DeskAct.PAUSE_RECORDING if is_on else DeskAct.RESUME_RECORDING)
    return tuple(acts)


def shown(call: CallOnBoard, look: Look | None, flags: Flags, *, whole_number: bool) -> DeskCall:
    """Make what the desk shows. Without a look there is no context, and nothing that may be asked for."""
    made = _bare(call)
    if look is None:
        return made
    is_there = look.seat == call.seat and look.agent_channel != ""
    return DeskCall(
        call_id=call.call_id,
        seat=call.seat if is_there else None,
        state=look.at.state,
        attempt=look.at.attempt,
        kind=look.at.kind,
        target=look.at.target,
        outcome=made.outcome if look.at == call.at else None,
        since=made.since if look.at == call.at else None,
        talking_since=made.talking_since,
        caller=_caller(look, whole=whole_number),
        **_decided(look.facts),
        path=tuple(filter(None, look.facts.get(DecisionFact.PATH, "").split("+"))),
        queue=look.queue,
        flags=tuple(sorted(flags(look.caller))) if _is_shown(look) else (),
        recorded=look.recorded,
        ticket=look.ticket,
        is_enforcement=look.is_enforcement,
        may=acts_in(look.at.state, look.recorded) if is_there else (),
    )


def _bare(call: CallOnBoard) -> DeskCall:
    return DeskCall(
        call.call_id,
        None if call.agent_channel is None else call.seat,
        call.at.state,
        call.at.attempt,
        call.at.kind,
        call.at.target,
        call.outcome,
        call.since,
        call.talking_since,
    )


def _decided(facts: Mapping[str, str]) -> dict[str, str | None]:
    return {
        fact.value: facts.get(fact) or None
        for fact in (
            DecisionFact.LINE,
            DecisionFact.MODE,
            DecisionFact.PHASE,
            DecisionFact.PLATFORM,
            DecisionFact.ENTRY,
            DecisionFact.SOURCE,
            DecisionFact.TAG,
            DecisionFact.AREA,
            DecisionFact.CASE,
        )
    }


def _is_shown(look: Look) -> bool:
    return look.presentation.startswith(_SHOWN)


def _caller(look: Look, *, whole: bool) -> str:
    if not _is_shown(look):
        return ""
    # Whoever sends something else than a number is shown to nobody as it is.
    return look.caller if whole and _NUMBER.fullmatch(look.caller) else mask_number(look.caller)
