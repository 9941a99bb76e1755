"""The rows of one call, put in order, each read once. Pure.

Rules:
- The order in which rows come does not matter, nor how often: the same set of rows is the same call.
- Rows are ordered by instant; Asterisk stamps several with the same microsecond, so at equal instants a
  beginning comes before its end, and the end of the call comes last.
- What is odd is noted and never raised.
- Reckoning is done in whole microseconds; what the record keeps becomes an instant at the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Final

from callrouter.records.fold.channels import CHAN_START, Channel, channels_of
from callrouter.records.fold.facts import LAST_PLACE, PLACE_OF_STATE, Fact, fact_of, facts_about
from callrouter.vocabulary.cel import CelEvent, CelRow, instant_at
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, JournalEvent
from callrouter.vocabulary.record_words import Anomaly

_PLACE_AT_EQUAL_INSTANTS: Final[Mapping[str, int]] = {
    name.value: place
    for place, name in enumerate(
        (
            CelEvent.CHAN_START,
            JournalEvent.ARRIVED,
            JournalEvent.CLUES,
            JournalEvent.REFUSED,
            JournalEvent.DECIDED,
            JournalEvent.LEG,
            JournalEvent.NOTICE,
            JournalEvent.MENU,
            CelEvent.ANSWER,
            JournalEvent.QUEUE,
            JournalEvent.SEAT,
            JournalEvent.LAST_RESORT,
            JournalEvent.RECORDING,
            JournalEvent.HOLD,
            JournalEvent.TRANSFER,
            CelEvent.BRIDGE_ENTER,
            CelEvent.BRIDGE_EXIT,
            JournalEvent.SURVEY,
            JournalEvent.VOICEMAIL,
            JournalEvent.CALL_BACK,
            JournalEvent.SUPERVISION,
            JournalEvent.DESK,
            CelEvent.HANGUP,
            CelEvent.CHAN_END,
            CelEvent.LINKEDID_END,
        )
    )
}
_PLACE_OF_OTHERS: Final = len(_PLACE_AT_EQUAL_INSTANTS) // 2
_OURS: Final = frozenset(event.value for event in JournalEvent)
_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR: Final = 3_600_000_000
_hour_at: Final = lru_cache(maxsize=64)(instant_at)
_at_us: Final = attrgetter("at_us")
_channel: Final = attrgetter("channel")
_ARRIVED = JournalEvent.ARRIVED.value
_ARRIVALS: Final = frozenset({_ARRIVED, JournalEvent.REFUSED.value})
_BACKWARDS = Anomaly.TIME_RAN_BACKWARDS


@dataclass(slots=True)
class Journal:
    """One call's rows, in order and without repetition, and what was found odd so far."""

    caller: Channel
    channels: Mapping[str, Channel]
    """By uniqueid, in the order of their first rows."""
    last_us: int
    """Of the last row."""
    channel_names: AbstractSet[str]
    """All that its channels were ever called."""
    facts: Mapping[str, Sequence[Fact]]
    """The user events of ours by their names, in order; none of a name is an empty sequence."""
    _hour_us: int
    _hour_at: datetime
    """Instants are told from the hour of the first, which other calls know too: the way from 1970 is longer."""
    anomalies: set[Anomaly] = field(default_factory=set)

    def at(self, at_us: int) -> datetime:
        """Give the instant, for the record."""
        return self._hour_at + _MICROSECOND * (at_us - self._hour_us)

    def at_if(self, at_us: int | None) -> datetime | None:
        """Give the instant, for the record, if there is one."""
        return None if at_us is None else self.at(at_us)

    def milliseconds(self, start_us: int, end_us: int) -> int:
        """Give the whole milliseconds from start to end; 0, and odd, when the clock ran backwards."""
        if end_us < start_us:
            self.anomalies.add(_BACKWARDS)
            return 0
        return (end_us - start_us) // 1000


def journal_of(rows: Sequence[CelRow]) -> Journal | None:
    """Order a call's rows and find the caller's channel; None when no call of ours arrived in them."""
    ordered = rows if _are_in_order(rows) else _ordered(rows)
    channels = channels_of(ordered)
    facts: dict[str, list[Fact]] = {event: [] for event in _OURS}
    arrivals: list[CelRow] = []
    for row in ordered:
        event = row.event
        if event in facts:
            facts[event].append(fact_of((row.at_us, row.uniqueid, facts_about(event, row.extra))))
            if event in _ARRIVALS:
                arrivals.append(row)
    caller = _caller(arrivals or [row for row in ordered if begins_a_call(row)])
    if caller is None:
        return None
    hour_us = ordered[0].at_us // _HOUR * _HOUR
    journal = Journal(
        caller=channels[caller],
        channels=channels,
        last_us=ordered[-1].at_us,
        channel_names=frozenset(map(_channel, ordered)),
        facts=facts,
        _hour_us=hour_us,
        _hour_at=_hour_at(hour_us),
    )
    if len(facts[_ARRIVED]) > 1:
        journal.anomalies.add(Anomaly.SEVERAL_ARRIVALS)
    for channel in channels.values():
        if channel.ran_backwards:
            journal.anomalies.add(_BACKWARDS)
    return journal


def begins_a_call(row: CelRow) -> bool:
    """Whether a caller's channel starts with it."""
    return row.event == CHAN_START and row.context == ARRIVAL_CONTEXT and row.uniqueid == row.linkedid


def _are_in_order(rows: Iterable[CelRow]) -> bool:
    """Whether they are, and none comes twice, as Asterisk nearly always writes them."""
    place = _PLACE_AT_EQUAL_INSTANTS.get
    before_us, before = -1, ""
    for row in rows:
        event, at_us = row.event, row.at_us
        if at_us <= before_us and (
            at_us < before_us or place(before, _PLACE_OF_OTHERS) >= place(event, _PLACE_OF_OTHERS)
        ):
            return False
        before_us, before = at_us, event
    return True


def _ordered(rows: Iterable[CelRow]) -> list[CelRow]:
    """Order the rows; of two with the same identity the first."""
    ordered = sorted(rows, key=_at_us)
    at_us = [row.at_us for row in ordered]
    kept: list[CelRow] = []
    begin = 0
    for place in [place for place, both in enumerate(pairwise(at_us), 1) if both[0] == both[1]]:
        if place <= begin:
            continue
        kept += ordered[begin : place - 1]
        begin = bisect_right(at_us, at_us[place], place)
        kept += _settled(ordered[place - 1 : begin])
    return kept + ordered[begin:]


def _settled(at_once: Sequence[CelRow]) -> Iterable[CelRow]:
    """Order rows of the same instant."""
    kept: dict[tuple[str, str, str], CelRow] = {}
    for row in sorted(at_once, key=_order):
        kept.setdefault((row.uniqueid, row.event, row.extra), row)
    return kept.values()


def _order(row: CelRow) -> tuple[int, int, str, CelRow]:
    """Give the place of a row among those of its instant."""
    event = row.event
    state = (
        PLACE_OF_STATE.get(facts_about(event, row.extra).get("state"), LAST_PLACE) if event in _OURS else 0
    )
    return _PLACE_AT_EQUAL_INSTANTS.get(event, _PLACE_OF_OTHERS), state, row.uniqueid, row


def _caller(arrivals: Sequence[CelRow]) -> str | None:
    """Give the uniqueid of the caller's channel, of the rows that tell of an arrival."""
    own = [row for row in arrivals if row.uniqueid == row.linkedid]
    return (own or arrivals)[0].uniqueid if arrivals else None
