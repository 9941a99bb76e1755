"""Which supervisor took part in the call, in whose talk, and how. Pure.

Rules:
- The rows of the call's own journal come in no order, when the caller's channel ends: what counts is the instant that
  each names itself. What has the same id is one supervision; each of its states counts once.
- One that nobody ended lasted with the call. An end without a beginning is odd, and kept with no length.
- The supervisor's own channel bears the id. In a conference it may be taken for a part of the call: it is never an
  agent's.
"""

from __future__ import annotations

from typing import Final

from callrouter.records.fold.facts import BEGAN, ENDED, Fact, instant_in, word_in
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Supervision
from callrouter.vocabulary.record_words import Anomaly, SupervisionKind

_SUPERVISION_EVENT: Final = JournalEvent.SUPERVISION.value


def supervisions_of(journal: Journal) -> tuple[Supervision, ...]:
    """Give the supervisions by beginning."""
    facts = journal.facts[_SUPERVISION_EVENT]
    if not facts:
        return ()
    found: dict[str, dict[str, Fact]] = {}
    for fact in facts:
        id_, state = fact.text("id"), fact.state
        if id_ is None or state not in {BEGAN, ENDED} or state is None:
            journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        else:
            found.setdefault(id_, {}).setdefault(state, fact)
    told = [_supervision(journal, states) for states in found.values()]
    return tuple(sorted(told, key=lambda one: (one.began_at, one.supervisor)))


def _supervision(journal: Journal, states: dict[str, Fact]) -> Supervision:
    began, ended = states.get(BEGAN), states.get(ENDED)
    if began is None:
        journal.anomalies.add(Anomaly.SUPERVISION_UNPAIRED)
    fact = began or states[ENDED]
    began_us = instant_in(fact.text("at"), fact.at_us, journal.anomalies)
    ended_us = instant_in(ended.text("at"), ended.at_us, journal.anomalies) if ended else None
    if ended_us is not None and ended_us < began_us:
        journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
        ended_us = began_us
    supervisor = fact.text("supervisor")
    if supervisor is None:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    return Supervision(
        supervisor=supervisor or "",
        seat=fact.text("seat"),
        kind=word_in(fact.text("kind"), SupervisionKind, journal.anomalies),
        began_at=journal.at(began_us),
        ended_at=journal.at_if(ended_us),
    )
