"""What was played to the caller. Pure.

Rules:
- A beginning is closed by the first end of the same prompt that follows it.
- An announcement that ended in any other way than `finished` was not heard.
- An end without a beginning is noted as odd.
"""

from __future__ import annotations

from typing import Final

from callrouter.records.fold.facts import FINISHED, STARTED
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Announcement
from callrouter.vocabulary.record_words import Anomaly

_NOTICE_EVENT: Final = JournalEvent.NOTICE.value


def announcements_of(journal: Journal) -> tuple[Announcement, ...]:
    """Give the prompts that were played, in order."""
    played: list[tuple[str, int, int | None]] = []
    for fact in journal.facts[_NOTICE_EVENT]:
        key = fact.text("key") or ""
        if fact.state == STARTED:
            played.append((key, fact.at_us, None))
        elif fact.state != FINISHED:
            journal.anomalies.add(Anomaly.NOTICE_FAILED)
        else:
            _end(journal, played, key, fact.at_us)
    return tuple([Announcement(key, journal.at(start), journal.at_if(end)) for key, start, end in played])


def _end(journal: Journal, played: list[tuple[str, int, int | None]], key: str, at_us: int) -> None:
    for place, (one, start_us, end_us) in enumerate(played):
        if one == key and end_us is None:
            played[place] = (key, start_us, at_us)
            return
    journal.anomalies.add(Anomaly.NOTICE_UNPAIRED)
