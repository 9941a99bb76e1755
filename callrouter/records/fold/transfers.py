"""Who was to be brought into the call, and what became of it. Pure.

Rules:
- An attempt is known by its id; each of its states counts the first time that it was written down.
- States may come in any order and any may be missing: an attempt that went on without having been requested is odd,
  and begins with the first that is known of it.
- An attempt that nobody ended is interrupted. One that the plan does not let begin is refused, or closed; what the
  desk was refused is written down when the call ends, and names its instant.
- Seats that answer together are asked one by one: of those that picked up the target is the one who then came to
  somebody, else the last. Of a target that did not pick up the leg is known if only one was called meanwhile.
- The agent has left the caller with the target when his last talk with the caller ended before the target's did, or
  when the dialplan says that he is gone already as the two come together.
- An attempt at an emergency service is the call's emergency; of several, the last that reached one, else the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from callrouter.decide.source import EMERGENCY, by_emergency
from callrouter.records.fold.decisions import platform_path
from callrouter.records.fold.facts import (
    ACCEPTED,
    ANSWERED,
    ENDED,
    JOINED,
    REFUSED,
    REQUESTED,
    RINGING,
    Fact,
    cause_in,
    when_said,
    word_in,
)
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.parties import Party, is_target
from callrouter.records.fold.talks import Stretch
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.record import RecordedDecision
from callrouter.vocabulary.record_parts import Emergency, Transfer
from callrouter.vocabulary.record_words import (
    Anomaly,
    EmergencyDirection,
    LegRole,
    TransferKind,
    TransferOutcome,
)
from callrouter.vocabulary.transfer import RefusedTarget

_TRANSFER_EVENT: Final = JournalEvent.TRANSFER.value

_STATES: Final = frozenset({REQUESTED, RINGING, ANSWERED, ACCEPTED, JOINED, ENDED, REFUSED})
_NOT_OPEN: Final = frozenset({RefusedTarget.CLOSED, RefusedTarget.HOURS_UNSTATED, RefusedTarget.NOT_YET})
_AGENT_LEFT: Final = "agent"
_AGENT = LegRole.AGENT
_INTERRUPTED, _REFUSED = TransferOutcome.INTERRUPTED, TransferOutcome.REFUSED
_UNREADABLE = Anomaly.UNREADABLE_FACT


class Attempt(NamedTuple):
    """A transfer, which emergency service it was for, if for one, and its instants as the journal has them."""

    transfer: Transfer
    service: str | None
    began_us: int
    joined_us: int | None
    ended_us: int | None

    def is_in_flight(self, at_us: int) -> bool:
        """Whether it had begun and had not ended by then."""
        return self.began_us <= at_us and (self.ended_us is None or at_us <= self.ended_us)


def attempts_of(journal: Journal, parties: Sequence[Party], talks: Sequence[Stretch]) -> list[Attempt]:
    """Give the attempts, in the order in which they began."""
    attempts: dict[str, list[Fact]] = {}
    for written in journal.facts[_TRANSFER_EVENT]:
        fact = when_said(written, journal.anomalies)
        id_ = fact.text("id")
        if id_ is None or fact.state not in _STATES:
            journal.anomalies.add(_UNREADABLE)
        attempts.setdefault(id_ or "", []).append(fact)
    found = [_attempt(journal, id_, facts, parties, talks) for id_, facts in attempts.items()]
    return sorted(found, key=lambda attempt: attempt.began_us)


def emergency_of(
    journal: Journal, decision: RecordedDecision | None, attempts: Sequence[Attempt]
) -> Emergency | None:
    """Give the hand-over between us and an emergency service; one that we made before one that was made to us."""
    source = decision.source if decision is not None else None
    came_from = _service(journal, source.removeprefix(EMERGENCY)) if source and by_emergency(source) else None
    first = came_from or next(iter(platform_path(decision)), None)
    ours = [(one.transfer, one.service) for one in attempts if one.service is not None]
    if ours:
        reached = [one for one in ours if one[0].joined_at is not None]
        transfer, service = (reached or ours)[-1]
        return Emergency(EmergencyDirection.OUT, service, transfer.outcome, first)
    return Emergency(EmergencyDirection.IN, came_from, None, first) if came_from else None


def outcome_in(fact: Fact, anomalies: set[Anomaly]) -> TransferOutcome:
    """Read how an attempt ended, or that it was refused; one whose end is not told was interrupted."""
    if fact.state == REFUSED:
        return TransferOutcome.CLOSED if refused_in(fact, anomalies) in _NOT_OPEN else _REFUSED
    text = fact.text("outcome")
    if text is None:
        anomalies.add(_UNREADABLE)
    return word_in(text, TransferOutcome, anomalies) or _INTERRUPTED


def refused_in(fact: Fact, anomalies: set[Anomaly]) -> RefusedTarget | None:
    """Read why an attempt was refused."""
    text = fact.text("why")
    if text is None:
        anomalies.add(_UNREADABLE)
    return word_in(text, RefusedTarget, anomalies)


def _attempt(
    journal: Journal, id_: str, facts: Sequence[Fact], parties: Sequence[Party], talks: Sequence[Stretch]
) -> Attempt:
    anomalies = journal.anomalies
    states: dict[str, Fact] = {}
    for fact in facts:
        states.setdefault(fact.state or "", fact)
    requested, joined, refused = states.get(REQUESTED), states.get(JOINED), states.get(REFUSED)
    ended = states.get(ENDED) or refused
    if requested is None:
        if refused is None:
            anomalies.add(Anomaly.TRANSFER_UNPAIRED)
    elif requested is not facts[0]:
        anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
    began = requested or facts[0]
    answered = _answered(journal, facts)
    ended_us = ended.at_us if ended else None
    leg = (answered.text("leg") if answered else None) or _leg_told(facts)
    transfer = Transfer(
        id=id_,
        kind=word_in(began.text("kind"), TransferKind, anomalies),
        target=began.text("target"),
        by=began.text("by"),
        requested_at=journal.at(began.at_us),
        answered_at=journal.at_if(answered.at_us if answered else None),
        joined_at=journal.at_if(joined.at_us if joined else None),
        ended_at=journal.at_if(ended_us),
        outcome=outcome_in(ended, anomalies) if ended else _INTERRUPTED,
        cause=cause_in(ended.text("cause"), anomalies) if ended else None,
        leg=leg or _leg_called(parties, began.at_us, ended_us),
        accepted_at=journal.at_if(_instant(states, ACCEPTED)),
        left_by_agent_at=journal.at_if(_left_us(joined, began.text("by"), leg, talks)) if joined else None,
        refused=refused_in(refused, anomalies) if refused else None,
    )
    service = _service(journal, began.text("service"))
    return Attempt(transfer, service, began.at_us, joined.at_us if joined else None, ended_us)


def _answered(journal: Journal, facts: Iterable[Fact]) -> Fact | None:
    found: Fact | None = None
    for fact in facts:
        if fact.state != ANSWERED:
            continue
        if found is not None:
            leg = found.text("leg") or ""
            channel = journal.channels.get(leg)
            if leg == (fact.text("leg") or "") or (channel is not None and channel.bridgings):
                continue
        found = fact
    return found


def _leg_told(facts: Iterable[Fact]) -> str | None:
    return next((leg for fact in facts if (leg := fact.text("leg"))), None)


def _leg_called(parties: Sequence[Party], began_us: int, ended_us: int | None) -> str | None:
    """Give the only channel to a target that was called meanwhile; None when there is none, or more than one."""
    called = [
        party.channel.uniqueid
        for party in parties
        if is_target(party.role)
        and began_us <= party.channel.started_us
        and (ended_us is None or party.channel.started_us <= ended_us)
    ]
    return called[0] if len(called) == 1 else None


def _left_us(joined: Fact, by: str | None, leg: str | None, talks: Sequence[Stretch]) -> int | None:
    if by is None:
        return None
    if joined.text("left") == _AGENT_LEFT:
        return joined.at_us
    until_us = max((talk.ends_us for talk in talks if talk.uniqueid == leg), default=None)
    if until_us is None:
        return None
    agents = [talk for talk in talks if talk.party.role is _AGENT and talk.starts_us < until_us]
    left_us = max((talk.ends_us for talk in agents if talk.ends_us >= joined.at_us), default=joined.at_us)
    return left_us if left_us < until_us else None


def _instant(states: Mapping[str, Fact], state: str) -> int | None:
    fact = states.get(state)
    return fact.at_us if fact else None


def _service(journal: Journal, text: str | None) -> str | None:
    if text is None or text in EMERGENCY_CODES:
        return text
    journal.anomalies.add(_UNREADABLE)
    return None
