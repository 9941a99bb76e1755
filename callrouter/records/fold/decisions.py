"""What was decided about a call, as the dialplan wrote it down.

Rules:
- The first decision written down is the record's: a call keeps the plan it began with.
- A fallback is not a decision. One that is not spelled as agreed counts as a bad verdict.
- An empty fact is an absent one; a fact that cannot be read is noted as odd and left out.
- The instant that the plan was asked about is that of the arrival, in the rehearsal clock if there is one. A
  journal written before that was relied on says it in the decision, and then it is read there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from callrouter.records.fold.journal import Fact, Journal, first_at
from callrouter.vocabulary.cel import CelEvent, CelRowError, instant_of
from callrouter.vocabulary.journal import DecisionFact, Fallback, JournalEvent
from callrouter.vocabulary.record import Anomaly, RecordedDecision

_FALLBACK = "fallback"
_YES_OR_NO = {"1": True, "0": False}


def decision_of(journal: Journal) -> tuple[RecordedDecision | None, Fallback | None]:
    """Give the decision, or why there is none; both None when nothing was written down."""
    facts = journal.facts(JournalEvent.DECIDED)
    if not facts:
        return None, None
    if len(facts) > 1:
        journal.anomalies.add(Anomaly.SEVERAL_DECISIONS)
    first = facts[0]
    fallback = first.text(_FALLBACK)
    if fallback is not None:
        return None, _fallback(journal, fallback)
    return _decision(journal, first), None


def whole_number(journal: Journal, text: str | None) -> int | None:
    """Read a whole number of at most 12 digits; note what is not one."""
    if text is None:
        return None
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 12:
        return int(text)
    journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return None


def _fallback(journal: Journal, text: str) -> Fallback:
    try:
        return Fallback(text)
    except ValueError:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        return Fallback.BAD_VERDICT


def _decision(journal: Journal, fact: Fact) -> RecordedDecision:
    return RecordedDecision(
        line=fact.text(DecisionFact.LINE),
        mode=fact.text(DecisionFact.MODE),
        phase=fact.text(DecisionFact.PHASE),
        rule=fact.text(DecisionFact.RULE),
        reason=fact.text(DecisionFact.REASON),
        plan=fact.text(DecisionFact.PLAN),
        plan_version=fact.text(DecisionFact.PLAN_VERSION),
        plan_hash=fact.text(DecisionFact.PLAN_HASH),
        found_by=fact.text(DecisionFact.FOUND_BY),
        treatment=fact.text(DecisionFact.TREATMENT),
        notice=fact.text(DecisionFact.NOTICE),
        queue=fact.text(DecisionFact.QUEUE),
        priority=whole_number(journal, fact.text(DecisionFact.PRIORITY)),
        decided_at=_decided_at(journal, fact.text(DecisionFact.DECIDED_AT)),
        landing=fact.text(DecisionFact.LANDING),
        stray=_yes_or_no(journal, fact.text(DecisionFact.STRAY)),
        source=fact.text(DecisionFact.SOURCE),
        platform=fact.text(DecisionFact.PLATFORM),
        announcement=fact.text(DecisionFact.ANNOUNCEMENT),
        tag=fact.text(DecisionFact.TAG),
    )


def _yes_or_no(journal: Journal, text: str | None) -> bool | None:
    if text in _YES_OR_NO:
        return _YES_OR_NO[text]
    if text is not None:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return None


def _decided_at(journal: Journal, text: str | None) -> datetime | None:
    if text is None:
        return _arrival_asked_about(journal)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        return None
    return at


def _arrival_asked_about(journal: Journal) -> datetime | None:
    """Give the arrival's instant; what cannot be read of it, the arrival's own reader notes."""
    arrivals = journal.facts(JournalEvent.ARRIVED)
    if not arrivals:
        return None
    offset = whole_number(journal, arrivals[0].text("clock_offset")) or 0
    try:
        return _arrived_at(journal, arrivals[0]) + timedelta(seconds=offset)
    except OverflowError:
        return None


def _arrived_at(journal: Journal, arrival: Fact) -> datetime:
    started = first_at(journal.of_channel(journal.caller), CelEvent.CHAN_START)
    try:
        return instant_of(arrival.text("arrived_at") or "")
    except CelRowError:
        return started or arrival.at
