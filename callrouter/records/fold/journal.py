"""The rows of one call, put in order.

Rules:
- The order in which rows come does not matter, nor how often: the same set of rows is the same call.
- Rows are ordered by instant; Asterisk stamps several with the same microsecond, so at equal instants a
  beginning comes before its end, and the end of the call comes last.
- What is odd is noted and never raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from callrouter.vocabulary.cel import CelEvent, CelRow, facts_of
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, JournalEvent
from callrouter.vocabulary.record import Anomaly

_AT_EQUAL_INSTANTS: Mapping[str, int] = {
    name: place
    for place, name in enumerate(
        (
            CelEvent.CHAN_START,
            JournalEvent.ARRIVED,
            JournalEvent.CLUES,
            JournalEvent.REFUSED,
            JournalEvent.DECIDED,
            JournalEvent.NOTICE,
            CelEvent.ANSWER,
            JournalEvent.QUEUE,
            JournalEvent.LAST_RESORT,
            CelEvent.BRIDGE_ENTER,
            CelEvent.BRIDGE_EXIT,
            JournalEvent.VOICEMAIL,
            CelEvent.HANGUP,
            CelEvent.CHAN_END,
            CelEvent.LINKEDID_END,
        )
    )
}
_LONGEST_TEXT = 512
"""Characters of a caller's text that a record keeps."""

STARTED = "started"
FINISHED = "finished"
ENTERED = "entered"
DIALLED = "dialled"
LEFT = "left"
_BEGINNINGS = frozenset({STARTED, ENTERED, DIALLED})


@dataclass(frozen=True, slots=True)
class Fact:
    """A user event of ours with its facts read."""

    at: datetime
    facts: Mapping[str, str]

    def text(self, key: str) -> str | None:
        """Give a fact, shortened; None when it is absent or empty."""
        return self.facts.get(key, "")[:_LONGEST_TEXT] or None

    @property
    def state(self) -> str | None:
        """The fact `state`."""
        return self.text("state")


@dataclass(slots=True)
class Journal:
    """One call's rows, without repetition and in order, and what was found odd so far."""

    rows: Sequence[CelRow]
    caller: str
    """The uniqueid of the caller's channel."""
    anomalies: set[Anomaly] = field(default_factory=set)

    def facts(self, event: JournalEvent) -> list[Fact]:
        """Give the user events of a name, in order."""
        return [Fact(row.at, facts_of(row)) for row in self.rows if row.event == event]

    def of_channel(self, uniqueid: str) -> list[CelRow]:
        """Give a channel's rows, in order."""
        return [row for row in self.rows if row.uniqueid == uniqueid]

    @property
    def uniqueids(self) -> tuple[str, ...]:
        """The channels, in the order of their first rows."""
        return tuple(dict.fromkeys(row.uniqueid for row in self.rows))


def journal_of(rows: Iterable[CelRow]) -> Journal | None:
    """Order a call's rows and find the caller's channel; None when no call of ours arrived in them."""
    ordered: dict[tuple[str, str, datetime], CelRow] = {}
    for row in sorted(rows, key=_order):
        ordered.setdefault((row.uniqueid, row.event, row.at), row)
    kept = tuple(ordered.values())
    arrivals = [row for row in kept if row.event in {JournalEvent.ARRIVED, JournalEvent.REFUSED}]
    arrivals = arrivals or [row for row in kept if _enters(row)]
    if not arrivals:
        return None
    first = next((row for row in arrivals if row.uniqueid == row.linkedid), arrivals[0])
    journal = Journal(kept, first.uniqueid)
    if sum(row.event == JournalEvent.ARRIVED for row in arrivals) > 1:
        journal.anomalies.add(Anomaly.SEVERAL_ARRIVALS)
    return journal


def first_at(rows: Iterable[CelRow], event: CelEvent) -> datetime | None:
    """Give the instant of the first row of an event."""
    return next((row.at for row in rows if row.event == event), None)


def _enters(row: CelRow) -> bool:
    return (
        row.event == CelEvent.CHAN_START and row.context == ARRIVAL_CONTEXT and row.uniqueid == row.linkedid
    )


def _order(row: CelRow) -> tuple[object, ...]:
    place = _AT_EQUAL_INSTANTS.get(row.event, len(_AT_EQUAL_INSTANTS) // 2)
    ends = row.event.startswith("CR_") and facts_of(row).get("state") not in _BEGINNINGS
    return (
        *(row.at, place, ends, row.uniqueid, row.event),
        *(row.linkedid, row.channel, row.extra, row.context, row.exten, row.app, row.caller_number, row.peer),
    )
