"""How a call came in: its numbers, its trunk, its instant. Pure.

Rules:
- A caller who left before the dialplan's first step arrived all the same: the channel itself tells of such a call.
- The instant is the one that the dialplan asked the plan about: a phase boundary must not fall between the two. A
  rehearsal shifts it by a constant and never replaces it.
- The called number's canonical form asks no plan, so that a record stays what it is when plans change: what has the
  shape of a short code (five or six digits behind `0` or `+86` and an area code; three to six alone; 1 or 9 first)
  is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from callrouter.records.fold.channels import CHAN_START, endpoint_of
from callrouter.records.fold.facts import Fact, kept, whole_number
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.cel import CelRow, CelRowError, facts_in, microseconds_in
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.numbers import PhoneNumber, parse_number
from callrouter.vocabulary.record_words import Anomaly
from callrouter.vocabulary.wire_text import without_controls

_ARRIVED_EVENT: Final = JournalEvent.ARRIVED.value
_REFUSED_EVENT: Final = JournalEvent.REFUSED.value
_CLUES_EVENT: Final = JournalEvent.CLUES.value
_ARRIVALS: Final = frozenset({_ARRIVED_EVENT, _REFUSED_EVENT})

_CODE_ALONE = re.compile(r"[19][0-9]{2,5}", re.ASCII)
_CODE_AT_THE_END = re.compile(r"(?=([19][0-9]{4,5})$)", re.ASCII)
_SEPARATORS = re.compile(r"[ \-().]")
_UNREADABLE = Anomaly.UNREADABLE_FACT


class Arrival(NamedTuple):
    """What was written down when the call came in."""

    fact: Fact
    refused: bool
    at_us: int
    at: datetime
    rehearsal_at: datetime | None
    """In the rehearsal clock; None when there is none, or it leaves the calendar."""
    offset_s: int
    """Of the rehearsal clock; 0 when live."""


def arrival_of(journal: Journal) -> Arrival:
    """Give the arrival; note what is odd about it."""
    refusals = journal.facts[_REFUSED_EVENT]
    arrivals = journal.facts[_ARRIVED_EVENT] or refusals
    fact = arrivals[0] if arrivals else entry(journal.caller.first_row)
    at_us = _arrived_us(journal, fact)
    offset_s = whole_number(fact.text("clock_offset"), journal.anomalies) or 0
    at = journal.at(at_us)
    return Arrival(
        fact, bool(refusals), at_us, at, _shifted(journal, at, offset_s) if offset_s else None, offset_s
    )


def entry(row: CelRow) -> Fact:
    """Give what the channel itself tells of an arrival that the dialplan did not come to write down."""
    facts = {"called": row.exten, "caller": row.caller_number, "trunk": endpoint_of(row.channel)}
    return Fact(row.at_us, row.uniqueid, kept({key: without_controls(text) for key, text in facts.items()}))


def arrived_us(fact: Fact, started_us: int | None) -> tuple[int, bool]:
    """Give the instant of an arrival, and whether what was written of it could be read."""
    written = fact.text("arrived_at")
    if written is not None:
        try:
            return microseconds_in(written), True
        except CelRowError:
            pass
    return fact.at_us if started_us is None else started_us, written is None


def is_rehearsal(rows: Iterable[CelRow]) -> bool:
    """Say whether the arrival in a call's rows bears the offset of a rehearsal clock, as `arrival_of` reads it."""
    arrivals = [row for row in rows if row.event in _ARRIVALS]
    told = [row for row in arrivals if row.event == _ARRIVED_EVENT] or arrivals
    if not told:
        return False
    first = min(told, key=attrgetter("at_us"))
    return bool(whole_number(kept(facts_in(first.extra)).get("clock_offset"), set()))


def clue(journal: Journal, header: str) -> str | None:
    """Give what the dialled line may have been found in."""
    for fact in journal.facts[_CLUES_EVENT]:
        if text := fact.text(header):
            return text
    return None


@lru_cache(maxsize=4096)
def canonical(called: str) -> str | None:
    """Spell a called number as any record does; None when it is no number."""
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", called.partition(";")[0]))
    # Without a prefix before the area code it may be a landline's local number as well.
    codes = set(_CODE_AT_THE_END.findall(bare)) if bare.startswith(("0", "+")) else set()
    if _CODE_ALONE.fullmatch(bare):
        codes.add(bare)
    number = parse_number(called, codes)
    return number.canonical if isinstance(number, PhoneNumber) else None


def _arrived_us(journal: Journal, fact: Fact) -> int:
    started_us = journal.caller.firsts.get(CHAN_START)
    at_us, readable = arrived_us(fact, started_us)
    if not readable:
        journal.anomalies.add(_UNREADABLE)
    if started_us is None and (not readable or fact.text("arrived_at") is None):
        journal.anomalies.add(Anomaly.NO_CHANNEL_START)
    return at_us


def _shifted(journal: Journal, at: datetime, offset_s: int) -> datetime | None:
    try:
        return at + timedelta(seconds=offset_s)
    except OverflowError:
        journal.anomalies.add(_UNREADABLE)
        return None
