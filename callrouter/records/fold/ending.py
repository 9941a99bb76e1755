"""How a call ended, and how long the caller had waited by then. Pure.

Rules:
- A call is completed when the caller was bridged with a person, whoever hung up. Else it is a voicemail when
  a message was left, or a request to be called back; else released when we hung up; else abandoned.
- A call that was closed by rule was interrupted, unless the caller's hang-up was written down after all. So was one
  that Asterisk itself hung up on, because it was stopped: nobody in the call and no step of the dialplan did.
- The 15 seconds count from the arrival, announcements included, to the pick-up by whoever then talked (GB/T
  33358-2016). Whoever waited as long without a person was not answered in time; who left before was not kept waiting;
  where nobody was to answer there is no wait.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from callrouter.records.fold.channels import CHAN_END, HANGUP
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import Fallback
from callrouter.vocabulary.record import RecordedDecision
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, HungUpBy, TerminalState

_RELEASE: Final = "release"
_IN_TIME_MS: Final = 15_000
_BY_RULE = ClosedBy.RULE
_BY_CALLER = HungUpBy.CALLER
_RELEASED, _REFUSED = TerminalState.RELEASED, TerminalState.REFUSED
_COMPLETED, _VOICEMAIL, _CALL_BACK = (
    TerminalState.COMPLETED,
    TerminalState.VOICEMAIL,
    TerminalState.CALL_BACK,
)


class Facts(NamedTuple):
    """What the ending is told from."""

    closed_by: ClosedBy
    refused: bool
    talked: bool
    message_left: bool
    call_back_asked: bool
    ended_by: HungUpBy | None
    decision: RecordedDecision | None
    fallback: Fallback | None


def ended_us(journal: Journal, arrived_us: int, closed_by: ClosedBy) -> int:
    """Give when the call ended: at the caller's hang-up, else with the last that is known of it."""
    if closed_by is _BY_RULE:
        journal.anomalies.add(Anomaly.NO_END)
    firsts = journal.caller.firsts
    ended = firsts.get(HANGUP)
    if ended is None:
        journal.anomalies.add(Anomaly.NO_HANGUP)
        ended = firsts.get(CHAN_END, journal.last_us)
    if ended < arrived_us:
        journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
    return ended


def terminal_state(journal: Journal, facts: Facts) -> TerminalState:
    """Tell how the call ended; note what is odd about it."""
    state = _state(journal, facts)
    if state is _REFUSED:
        return state
    if facts.decision is None and facts.fallback is None:
        journal.anomalies.add(Anomaly.NO_DECISION)
    if state is _RELEASED and not _meant_to_release(facts.decision):
        journal.anomalies.add(Anomaly.ENDED_WITHOUT_A_PERSON)
    return state


def answered_in_time(facts: Facts, picked_up_ms: int | None, stayed_ms: int) -> bool | None:
    """Tell whether a person answered within 15 s; None where that cannot be said."""
    if picked_up_ms is not None:
        return picked_up_ms <= _IN_TIME_MS
    if facts.refused or _meant_to_release(facts.decision) or stayed_ms < _IN_TIME_MS:
        return None
    return False


def _state(journal: Journal, facts: Facts) -> TerminalState:
    hangup = journal.caller.hangup
    if hangup.source == "" if hangup else facts.closed_by is _BY_RULE:
        return TerminalState.INTERRUPTED
    if facts.refused:
        return _REFUSED
    for is_so, state in (
        (facts.talked, _COMPLETED),
        (facts.message_left, _VOICEMAIL),
        (facts.call_back_asked, _CALL_BACK),
    ):
        if is_so:
            return state
    if facts.ended_by is _BY_CALLER or (facts.ended_by is None and not _meant_to_release(facts.decision)):
        return TerminalState.ABANDONED
    return _RELEASED


def _meant_to_release(decision: RecordedDecision | None) -> bool:
    return decision is not None and decision.treatment == _RELEASE
