"""Where the caller waited, and which seats were rung meanwhile. Pure.

Rules:
- A caller whom an agent passes on, or holds, leaves the queue for good, unless he is put back at its head.
- A stay that was not written down as left ended with the caller's channel: the caller hung up in it.
- An end without a beginning is noted as odd; the stay is kept all the same, with no length.
- Which seats were rung meanwhile, `seat_tries` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from callrouter.records.fold.channels import endpoint_of
from callrouter.records.fold.facts import ENTERED
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.seat_tries import Visit, tries_of
from callrouter.records.fold.talks import Stretch
from callrouter.records.fold.transfers import Attempt
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record_parts import QueueVisit, SeatTry
from callrouter.vocabulary.record_words import Anomaly, LegRole

_QUEUE_EVENT: Final = JournalEvent.QUEUE.value

_AGENT = LegRole.AGENT


def queue_visits_of(
    journal: Journal,
    talks: Sequence[Stretch],
    attempts: Sequence[Attempt],
    ended_us: int,
    queue: Sequence[QueueRow],
) -> tuple[QueueVisit, ...]:
    """Give the stays in queues, in order."""
    visits: list[Visit] = []
    entered: tuple[str, int] | None = None
    for fact in journal.facts[_QUEUE_EVENT]:
        name = fact.text("queue") or ""
        if fact.state == ENTERED:
            if entered is not None:
                visits.append(Visit(*entered, fact.at_us, None, None))
                journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
            entered = (name, fact.at_us)
            continue
        if entered is None or entered[0] != name:
            journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
            entered = (name, fact.at_us)
        visits.append(Visit(*entered, fact.at_us, fact.text("status"), fact.text("agent")))
        entered = None
    if entered is not None:
        if ended_us < entered[1]:
            journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
        visits.append(Visit(*entered, max(ended_us, entered[1]), None, None))
    tries = tries_of(journal, visits, talks, attempts, queue)
    return tuple([_visit(journal, visit, talks, tries.get(place, ())) for place, visit in enumerate(visits)])


def _visit(
    journal: Journal, visit: Visit, talks: Sequence[Stretch], tries: tuple[SeatTry, ...]
) -> QueueVisit:
    name, entered_us, left_us, status, interface = visit
    here = [talk for talk in talks if talk.party.role is _AGENT and entered_us <= talk.starts_us < left_us]
    return QueueVisit(
        queue=name,
        entered_at=journal.at(entered_us),
        left_at=journal.at(left_us),
        wait_ms=journal.milliseconds(entered_us, here[0].starts_us if here else left_us),
        status=status,
        agent=(here[-1].party.endpoint if here else endpoint_of(interface or "")) or None,
        tries=tries,
    )
