"""What an agent did for the record: notes, tickets, the mark of a report that is passed on first, guidance. Pure.

Rules:
- The rows come in no order, most when the caller's channel ends: what counts is the instant that each names itself.
- What has the same id is one: a note's parts are put together, and what was said twice is there once. Parts that are
  missing leave a gap, which is odd.
- A note is personal data. It is in the record, and nowhere else; it is cut at the length that a desk may send.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from callrouter.records.fold.facts import Fact, instant_in, whole_number
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_parts import Enforcement, Guided, Note, Survey, Ticket
from callrouter.vocabulary.record_words import Anomaly

_DESK_EVENT: Final = JournalEvent.DESK.value

_NOTE, _TICKET, _ENFORCEMENT, _GUIDANCE = "note", "ticket", "enforcement", "guidance"
_KINDS: Final = frozenset({_NOTE, _TICKET, _ENFORCEMENT, _GUIDANCE})
_LONGEST_NOTE: Final = 500
_UNREADABLE = Anomaly.UNREADABLE_FACT


class Desk(NamedTuple):
    """What an agent wrote down."""

    notes: tuple[Note, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    enforcement: Enforcement | None = None
    guided: tuple[Guided, ...] = ()


NOTHING: Final = Desk()


def desk_of(journal: Journal) -> Desk:
    """Give what was written down, each by the instant when it was said."""
    facts = journal.facts[_DESK_EVENT]
    if not facts:
        return NOTHING
    words: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        kind, id_ = fact.text("kind"), fact.text("id")
        if kind not in _KINDS or kind is None or id_ is None:
            journal.anomalies.add(_UNREADABLE)
        else:
            words.setdefault((kind, id_), []).append(fact)
    said = sorted(
        (instant_in(parts[0].text("at"), parts[0].at_us, journal.anomalies), kind, id_)
        for (kind, id_), parts in words.items()
    )
    notes: list[Note] = []
    tickets: list[Ticket] = []
    marks: list[Enforcement] = []
    guided: list[Guided] = []
    for at_us, kind, id_ in said:
        parts = words[kind, id_]
        at, by = journal.at(at_us), parts[0].text("by")
        if kind == _ENFORCEMENT:
            marks.append(Enforcement(at, by))
        elif kind == _NOTE and (text := _text(journal, parts)):
            notes.append(Note(at, by, text))
        elif kind == _TICKET and (number := parts[0].text("number")):
            tickets.append(Ticket(at, by, number))
        elif kind == _GUIDANCE and (about := parts[0].text("about")):
            guided.append(Guided(at, by, about))
        else:
            journal.anomalies.add(_UNREADABLE)
    return Desk(tuple(notes), tuple(tickets), marks[0] if marks else None, tuple(guided))


def asked_for_a_rating(survey: Survey | None, enforcement: Enforcement | None) -> Survey | None:
    """Give the survey; None where it was left out because of the mark: then it is no agent's favour."""
    return None if enforcement is not None and survey is not None and survey.waived else survey


def _text(journal: Journal, facts: Sequence[Fact]) -> str:
    parts: dict[int, str] = {}
    for fact in facts:
        number = whole_number(fact.text("part"), journal.anomalies)
        parts.setdefault(number or 1, fact.text("text") or "")
    of = whole_number(facts[0].text("of"), journal.anomalies) or 1
    if len(parts) != of or max(parts) != of or not all(parts.values()):
        journal.anomalies.add(Anomaly.NOTE_INCOMPLETE)
    return "".join(parts[number] for number in sorted(parts))[:_LONGEST_NOTE]
