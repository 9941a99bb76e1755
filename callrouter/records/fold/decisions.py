"""What was decided about a call, as the dialplan wrote it down. Pure.

Rules:
- The first decision written down is the record's: a call keeps the plan it began with.
- A fallback is not a decision. One that is not spelled as agreed counts as a bad verdict.
- The instant that the plan was asked about is that of the arrival, in the rehearsal clock if there is one. A
  journal written before that was relied on says it in the decision, and then it is read there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from callrouter.records.fold.arrival import Arrival
from callrouter.records.fold.facts import Fact, whole_number, word_in
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import DecisionFact, Fallback, JournalEvent
from callrouter.vocabulary.reasons_told import RecordedReason, read
from callrouter.vocabulary.record import RecordedDecision
from callrouter.vocabulary.record_words import Anomaly

_DECIDED_EVENT: Final = JournalEvent.DECIDED.value
_ARRIVED_EVENT: Final = JournalEvent.ARRIVED.value

FALLBACK: Final = "fallback"
_PRIORITY, _STRAY, _DECIDED_AT, _BECAUSE = (
    DecisionFact.PRIORITY.value,
    DecisionFact.STRAY.value,
    DecisionFact.DECIDED_AT.value,
    DecisionFact.BECAUSE.value,
)
_TEXTS: Final = tuple(
    fact.value for fact in DecisionFact if fact.value not in {_PRIORITY, _STRAY, _DECIDED_AT, _BECAUSE}
)
"""The facts that are kept as they are written; the record has them under the same names."""
_REASON, _RULE = DecisionFact.REASON.value, DecisionFact.RULE.value
_YES_OR_NO: Final = {"1": True, "0": False}
_UNREADABLE = Anomaly.UNREADABLE_FACT
_BAD_VERDICT = Fallback.BAD_VERDICT


def decision_of(journal: Journal, arrival: Arrival) -> tuple[RecordedDecision | None, Fallback | None]:
    """Give the decision, or why there is none; both None when nothing was written down."""
    facts = journal.facts[_DECIDED_EVENT]
    if not facts:
        return None, None
    if len(facts) > 1:
        journal.anomalies.add(Anomaly.SEVERAL_DECISIONS)
    first = facts[0]
    fallback = fallback_in(first, journal.anomalies)
    return (None, fallback) if fallback is not None else (_decision(journal, arrival, first), None)


def fallback_in(fact: Fact, anomalies: set[Anomaly]) -> Fallback | None:
    """Give why there is no decision; None when there is one."""
    text = fact.text(FALLBACK)
    return None if text is None else word_in(text, Fallback, anomalies) or _BAD_VERDICT


def platform_path(decision: RecordedDecision | None) -> tuple[str, ...]:
    """Give the platforms that the call passed: those before us, where it came in, where it was to be answered."""
    if decision is None:
        return ()
    entry, platform = decision.entry, decision.platform
    passed = tuple(decision.path.split("+")) if decision.path else ()
    if entry and platform and entry != platform:
        return *passed, entry, platform
    place = entry or platform
    return (*passed, place) if place else passed


def _decision(journal: Journal, arrival: Arrival, fact: Fact) -> RecordedDecision:
    text = fact.text
    reason = text(_REASON)
    return RecordedDecision(
        **fact.texts(_TEXTS),
        priority=whole_number(text(_PRIORITY), journal.anomalies),
        stray=_yes_or_no(journal, text(_STRAY)),
        decided_at=_decided_at(journal, arrival, text(_DECIDED_AT)),
        reasons=() if reason is None else reasons_in(reason, text(_RULE), text(_BECAUSE)),
    )


@lru_cache(maxsize=4096)
def reasons_in(reason: str, rule: str | None, because: str | None) -> tuple[RecordedReason, ...]:
    """Give all steps of the argument. Calls under one rule have the same."""
    return read(RecordedReason(reason, rule), because)


def _yes_or_no(journal: Journal, text: str | None) -> bool | None:
    if text in _YES_OR_NO:
        return _YES_OR_NO[text]
    if text is not None:
        journal.anomalies.add(_UNREADABLE)
    return None


def _decided_at(journal: Journal, arrival: Arrival, text: str | None) -> datetime | None:
    if text is not None:
        return _written_instant(journal, text)
    if not journal.facts[_ARRIVED_EVENT]:
        return None
    return arrival.rehearsal_at if arrival.offset_s else arrival.at


def _written_instant(journal: Journal, text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        if at.utcoffset() is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    journal.anomalies.add(_UNREADABLE)
    return None
