"""What was played to the caller. Pure.

Rules:
- A beginning is closed by the first end of the same prompt that follows it.
- An announcement that ended in any other way than `finished` was not heard.
- An end without a beginning is noted as odd.
- What was scheduled is played whole, from its own instant to its own end, as far as the caller stayed: one who had
  left before its beginning heard nothing of it.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from callrouter.records.fold.facts import FINISHED, SCHEDULED, STARTED, Fact, whole_number
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Announcement
from callrouter.vocabulary.record_words import Anomaly

_NOTICE_EVENT: Final = JournalEvent.NOTICE.value


def announcements_of(journal: Journal, ended_us: int) -> tuple[Announcement, ...]:
    """Give the prompts that were played to a caller who was there until then, in order."""
    played: list[tuple[str, int, int | None]] = []
    for fact in journal.facts[_NOTICE_EVENT]:
        key = fact.text("key") or ""
        if fact.state == SCHEDULED:
            span = _scheduled(journal, fact)
            if span is not None and span[0] < ended_us:
                played.append((key, span[0], span[1] if span[1] <= ended_us else None))
        elif fact.state == STARTED:
            played.append((key, fact.at_us, None))
        elif fact.state != FINISHED:
            journal.anomalies.add(Anomaly.NOTICE_FAILED)
        else:
            _end(journal, played, key, fact.at_us)
    if len(played) > 1:
        # Several are scheduled at once.
        played.sort(key=itemgetter(1))
    return tuple([Announcement(key, journal.at(start), journal.at_if(end)) for key, start, end in played])


def _scheduled(journal: Journal, fact: Fact) -> tuple[int, int] | None:
    starts_ms, ends_ms = (whole_number(fact.text(key), journal.anomalies) for key in ("starts_ms", "ends_ms"))
    if starts_ms is None or ends_ms is None or not 0 <= starts_ms <= ends_ms:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        return None
    return fact.at_us + starts_ms * 1000, fact.at_us + ends_ms * 1000


def _end(journal: Journal, played: list[tuple[str, int, int | None]], key: str, at_us: int) -> None:
    for place, (one, start_us, end_us) in enumerate(played):
        if one == key and end_us is None:
            played[place] = (key, start_us, at_us)
            return
    journal.anomalies.add(Anomaly.NOTICE_UNPAIRED)
