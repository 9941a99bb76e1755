"""When the caller was on hold. Pure.

Rules:
- A hold lasts until the dialplan says that it is over; else until the caller talks again, is in a queue again, or
  leaves: nobody is on hold who talks or waits for an agent.
- An end without a beginning is odd, and no hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from callrouter.records.fold.facts import BEGAN, ENDED, ENTERED
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.talks import Stretch
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Hold
from callrouter.vocabulary.record_words import Anomaly

_HOLD_EVENT: Final = JournalEvent.HOLD.value
_QUEUE_EVENT: Final = JournalEvent.QUEUE.value


def holds_of(journal: Journal, talks: Sequence[Stretch], ended_us: int) -> tuple[tuple[Hold, ...], int]:
    """Give the holds in order, and how long they lasted in all, in milliseconds."""
    if not journal.facts[_HOLD_EVENT]:
        return (), 0
    ends = [talk.starts_us for talk in talks]
    ends += [fact.at_us for fact in journal.facts[_QUEUE_EVENT] if fact.state == ENTERED]
    holds: list[Hold] = []
    held_us = 0
    for began_us, told_us in _told(journal):
        others = [end for end in (*ends, ended_us) if end > began_us]
        until_us = max(began_us, min(others if told_us is None else (*others, told_us), default=began_us))
        holds.append(Hold(journal.at(began_us), journal.at(until_us)))
        held_us += until_us - began_us
    return tuple(holds), held_us // 1000


def _told(journal: Journal) -> list[tuple[int, int | None]]:
    """Give when each hold began, and when it ended as far as that was written down."""
    told: list[tuple[int, int | None]] = []
    began_us: int | None = None
    for fact in journal.facts[_HOLD_EVENT]:
        if fact.state == BEGAN:
            if began_us is not None:
                told.append((began_us, fact.at_us))
            began_us = fact.at_us
        elif fact.state != ENDED:
            journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        elif began_us is None:
            journal.anomalies.add(Anomaly.HOLD_UNPAIRED)
        else:
            told.append((began_us, fact.at_us))
            began_us = None
    return told if began_us is None else [*told, (began_us, None)]
