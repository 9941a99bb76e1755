"""Who was to be brought into the call, and what became of it. Pure.

Rules:
- An attempt is known by its id; each of its states counts the first time that it was written down.
- States may come in any order and any may be missing: an attempt that went on without having been requested is odd,
  and begins with the first that is known of it.
- An attempt that nobody ended is interrupted.
- An attempt at an emergency service is the call's emergency; of several, the last that reached one, else the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from callrouter.decide.source import EMERGENCY, by_emergency
from callrouter.records.fold.facts import ANSWERED, ENDED, JOINED, REQUESTED, RINGING, Fact, cause_in, word_in
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.record import RecordedDecision
from callrouter.vocabulary.record_parts import Emergency, Transfer
from callrouter.vocabulary.record_words import Anomaly, EmergencyDirection, TransferKind, TransferOutcome

_TRANSFER_EVENT: Final = JournalEvent.TRANSFER.value

_STATES: Final = frozenset({REQUESTED, RINGING, ANSWERED, JOINED, ENDED})
_INTERRUPTED = TransferOutcome.INTERRUPTED
_UNREADABLE = Anomaly.UNREADABLE_FACT


class Attempt(NamedTuple):
    """A transfer, and which emergency service it was for, if for one."""

    transfer: Transfer
    service: str | None


def attempts_of(journal: Journal) -> list[Attempt]:
    """Give the attempts, in the order in which they were first written down."""
    attempts: dict[str, dict[str, Fact]] = {}
    for fact in journal.facts[_TRANSFER_EVENT]:
        id_, state = fact.text("id"), fact.state
        if id_ is None or state not in _STATES:
            journal.anomalies.add(_UNREADABLE)
        attempts.setdefault(id_ or "", {}).setdefault(state or "", fact)
    return [_attempt(journal, id_, states) for id_, states in attempts.items()]


def emergency_of(
    journal: Journal, decision: RecordedDecision | None, attempts: Sequence[Attempt]
) -> Emergency | None:
    """Give the hand-over between us and an emergency service; one that we made before one that was made to us."""
    ours = [one for one in attempts if one.service is not None]
    if ours:
        reached = [one for one in ours if one.transfer.joined_at is not None]
        transfer, service = (reached or ours)[-1]
        return Emergency(EmergencyDirection.OUT, service or "", transfer.outcome)
    if decision is None or decision.source is None or not by_emergency(decision.source):
        return None
    came_from = _service(journal, decision.source.removeprefix(EMERGENCY))
    return Emergency(EmergencyDirection.IN, came_from, None) if came_from else None


def outcome_in(fact: Fact, anomalies: set[Anomaly]) -> TransferOutcome:
    """Read how an attempt ended; one whose end is not told was interrupted."""
    text = fact.text("outcome")
    if text is None:
        anomalies.add(_UNREADABLE)
    return word_in(text, TransferOutcome, anomalies) or _INTERRUPTED


def _attempt(journal: Journal, id_: str, states: Mapping[str, Fact]) -> Attempt:
    anomalies = journal.anomalies
    facts = list(states.values())
    requested, ended = states.get(REQUESTED), states.get(ENDED)
    if requested is None:
        anomalies.add(Anomaly.TRANSFER_UNPAIRED)
    elif requested is not facts[0]:
        anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
    began = requested or facts[0]
    transfer = Transfer(
        id=id_,
        kind=word_in(began.text("kind"), TransferKind, anomalies),
        target=began.text("target"),
        by=began.text("by"),
        requested_at=journal.at(began.at_us),
        answered_at=journal.at_if(_instant(states, ANSWERED)),
        joined_at=journal.at_if(_instant(states, JOINED)),
        ended_at=journal.at_if(_instant(states, ENDED)),
        outcome=outcome_in(ended, anomalies) if ended else _INTERRUPTED,
        cause=cause_in(ended.text("cause"), anomalies) if ended else None,
        leg=next((leg for fact in facts if (leg := fact.text("leg"))), None),
    )
    return Attempt(transfer, _service(journal, began.text("service")))


def _instant(states: Mapping[str, Fact], state: str) -> int | None:
    fact = states.get(state)
    return fact.at_us if fact else None


def _service(journal: Journal, text: str | None) -> str | None:
    if text is None or text in EMERGENCY_CODES:
        return text
    journal.anomalies.add(_UNREADABLE)
    return None
