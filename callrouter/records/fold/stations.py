"""Where a call stayed: announcements, queues, voicemail.

Rules:
- A beginning is closed by the first end of the same prompt or queue that follows it.
- A stay that was not written down as left ended with the caller's channel: the caller hung up in it.
- An end without a beginning is noted as odd; a queue stay is kept all the same, with no length.
- A voicemail counts when its recording left a file (RECORD_STATUS is there, and neither ERROR nor SKIP).
- An announcement that ended in any other way than `finished` was not heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from callrouter.records.fold.journal import ENTERED, FINISHED, STARTED, Journal
from callrouter.records.fold.legs import Talk, endpoint_of, milliseconds
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record import Announcement, Anomaly, LegRole, QueueVisit, Voicemail

_NOTHING_RECORDED = frozenset({None, "ERROR", "SKIP"})


def announcements_of(journal: Journal) -> tuple[Announcement, ...]:
    """Give the prompts that were played, in order."""
    played: list[Announcement] = []
    for fact in journal.facts(JournalEvent.NOTICE):
        key = fact.text("key") or ""
        if fact.state == STARTED:
            played.append(Announcement(key, fact.at, None))
            continue
        open_place = next(
            (place for place, one in enumerate(played) if one.key == key and one.finished_at is None), None
        )
        if fact.state != FINISHED:
            journal.anomalies.add(Anomaly.NOTICE_FAILED)
        elif open_place is None:
            journal.anomalies.add(Anomaly.NOTICE_UNPAIRED)
        else:
            played[open_place] = replace(played[open_place], finished_at=fact.at)
    return tuple(played)


def queue_visits_of(journal: Journal, talks: Sequence[Talk], ended_at: datetime) -> tuple[QueueVisit, ...]:
    """Give the stays in queues, in order."""
    visits: list[QueueVisit] = []
    entered: tuple[str, datetime] | None = None
    for fact in journal.facts(JournalEvent.QUEUE):
        queue = fact.text("queue") or ""
        if fact.state == ENTERED:
            if entered is not None:
                visits.append(_visit(entered, fact.at, talks, None, None))
                journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
            entered = (queue, fact.at)
            continue
        if entered is None or entered[0] != queue:
            journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
        began = entered if entered is not None and entered[0] == queue else (queue, fact.at)
        visits.append(_visit(began, fact.at, talks, fact.text("status"), fact.text("agent")))
        entered = None
    if entered is not None:
        visits.append(_visit(entered, max(ended_at, entered[1]), talks, None, None))
    return tuple(visits)


def voicemail_of(journal: Journal) -> tuple[Voicemail, datetime] | None:
    """Give the message that the caller left, and when it was finished."""
    facts = journal.facts(JournalEvent.VOICEMAIL)
    for fact in reversed(facts):
        if fact.state == FINISHED and fact.text("status") not in _NOTHING_RECORDED:
            return Voicemail(fact.text("file"), fact.text("status")), fact.at
    if facts:
        journal.anomalies.add(Anomaly.VOICEMAIL_FAILED)
    return None


def _visit(
    entered: tuple[str, datetime],
    left_at: datetime,
    talks: Sequence[Talk],
    status: str | None,
    interface: str | None,
) -> QueueVisit:
    queue, entered_at = entered
    here = [
        talk
        for talk in talks
        if talk.leg.role is LegRole.AGENT and entered_at <= talk.starts and talk.starts < left_at
    ]
    return QueueVisit(
        queue=queue,
        entered_at=entered_at,
        left_at=left_at,
        wait_ms=milliseconds(entered_at, here[0].starts if here else left_at),
        status=status,
        agent=here[-1].leg.endpoint if here else endpoint_of(interface) if interface else None,
    )
