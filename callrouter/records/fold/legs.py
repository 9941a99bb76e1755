"""Who took part in a call, and when the caller talked to a person.

Rules:
- Every channel but the caller's is a leg of ours; one that began while the last resort was dialled is its
  leg, any other is an agent's. Local channels are plumbing and no legs.
- The caller talks to a person while both are in the same bridge, and only then: an answered leg alone is no
  talk.
- Asterisk names who ended a channel in `hangupsource`: a channel's name, or `dialplan/…` when we did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callrouter.records.fold.journal import DIALLED, Journal, first_at
from callrouter.vocabulary.cel import CelEvent, CelRow, extra_of
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record import Anomaly, HungUpBy, Leg, LegRole

_LOCAL = "Local/"
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Talk:
    """A stretch in which the caller and a person heard each other, `[starts, ends)`."""

    starts: datetime
    ends: datetime
    leg: Leg


@dataclass(frozen=True, slots=True)
class Hangup:
    """How a channel ended."""

    cause: int | None
    source: str


def milliseconds(start: datetime, end: datetime) -> int:
    """Give the whole milliseconds from start to end; 0 when the clock ran backwards."""
    return max(0, (end - start) // _MILLISECOND)


def legs_of(journal: Journal) -> tuple[Leg, ...]:
    """Give every party's channel, the caller's first, then in order of appearance."""
    windows = _last_resort_windows(journal)
    others = [uniqueid for uniqueid in journal.uniqueids if uniqueid != journal.caller]
    return tuple(
        _leg(journal, uniqueid, windows)
        for uniqueid in (journal.caller, *others)
        if not _channel_name(journal.of_channel(uniqueid)).startswith(_LOCAL)
    )


def talks_of(journal: Journal, legs: Sequence[Leg]) -> tuple[Talk, ...]:
    """Give the stretches in which the caller talked to a person, by beginning."""
    caller_stays = list(_stays(journal, journal.caller))
    talks = [
        Talk(max(entered, caller_entered), min(left, caller_left), leg)
        for leg in legs
        if leg.role is not LegRole.CALLER
        for bridge, entered, left in _stays(journal, leg.uniqueid)
        for caller_bridge, caller_entered, caller_left in caller_stays
        if bridge == caller_bridge and max(entered, caller_entered) < min(left, caller_left)
    ]
    return tuple(sorted(talks, key=lambda talk: (talk.starts, talk.ends, talk.leg.uniqueid)))


def talk_milliseconds(talks: Sequence[Talk]) -> int:
    """Give how long the caller talked; a stretch with two persons counts once."""
    total = timedelta()
    counted_to: datetime | None = None
    for talk in talks:
        starts = talk.starts if counted_to is None else max(talk.starts, counted_to)
        if talk.ends > starts:
            total += talk.ends - starts
            counted_to = talk.ends
    return total // _MILLISECOND


def hangup_of(journal: Journal, uniqueid: str) -> Hangup | None:
    """Read a channel's HANGUP row; None when there is none. Cause 0 means that Asterisk knew none."""
    row = next((row for row in journal.of_channel(uniqueid) if row.event == CelEvent.HANGUP), None)
    if row is None:
        return None
    extra = extra_of(row)
    cause, source = extra.get("hangupcause"), extra.get("hangupsource")
    known = isinstance(cause, int) and not isinstance(cause, bool) and 0 < cause <= 127
    return Hangup(
        cause if known and isinstance(cause, int) else None, source if isinstance(source, str) else ""
    )


def hung_up_by(journal: Journal, legs: Sequence[Leg]) -> HungUpBy | None:
    """Tell who ended the caller's channel; None when Asterisk did not say."""
    hangup = hangup_of(journal, journal.caller)
    if hangup is None or not hangup.source:
        return None
    for leg in legs:
        if leg.channel == hangup.source:
            return HungUpBy.CALLER if leg.role is LegRole.CALLER else HungUpBy.AGENT
    return HungUpBy.SYSTEM


def endpoint_of(channel: str) -> str:
    """Give `1001` for `PJSIP/1001-0000002a` and for `PJSIP/1001`."""
    resource = channel.partition("/")[2] or channel
    endpoint, dash, serial = resource.rpartition("-")
    return endpoint if dash and len(serial) == 8 else resource


def _leg(journal: Journal, uniqueid: str, windows: Sequence[tuple[datetime, datetime | None]]) -> Leg:
    rows = journal.of_channel(uniqueid)
    name = _channel_name(rows)
    started_at = first_at(rows, CelEvent.CHAN_START) or rows[0].at
    ended_at = first_at(rows, CelEvent.HANGUP) or first_at(rows, CelEvent.CHAN_END)
    if ended_at is not None and ended_at < started_at:
        journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
    hangup = hangup_of(journal, uniqueid)
    names = {row.channel for row in journal.rows}
    return Leg(
        channel=name,
        endpoint=endpoint_of(name),
        role=_role(uniqueid == journal.caller, started_at, windows),
        uniqueid=uniqueid,
        started_at=started_at,
        answered_at=first_at(rows, CelEvent.ANSWER),
        ended_at=ended_at,
        hangup_cause=hangup.cause if hangup else None,
        hung_up_by_us=hangup.source not in names if hangup and hangup.source else None,
    )


def _role(caller: bool, started_at: datetime, windows: Sequence[tuple[datetime, datetime | None]]) -> LegRole:
    if caller:
        return LegRole.CALLER
    if any(start <= started_at and (end is None or started_at < end) for start, end in windows):
        return LegRole.LAST_RESORT
    return LegRole.AGENT


def _last_resort_windows(journal: Journal) -> list[tuple[datetime, datetime | None]]:
    windows: list[tuple[datetime, datetime | None]] = []
    for fact in journal.facts(JournalEvent.LAST_RESORT):
        if fact.state == DIALLED:
            windows.append((fact.at, None))
        elif windows:
            windows[-1] = (windows[-1][0], fact.at)
    return windows


def _channel_name(rows: Sequence[CelRow]) -> str:
    # A channel is renamed when it is masqueraded; it is known by the name that it ended with.
    return next((row.channel for row in reversed(rows) if row.channel), "")


def _stays(journal: Journal, uniqueid: str) -> Iterator[tuple[str, datetime, datetime]]:
    """Give (bridge, entered, left); who was never seen leaving stayed to the channel's end."""
    rows = journal.of_channel(uniqueid)
    open_stays: dict[str, datetime] = {}
    for row in rows:
        bridge = str(extra_of(row).get("bridge_id", ""))
        if row.event == CelEvent.BRIDGE_ENTER:
            open_stays.setdefault(bridge, row.at)
        elif row.event == CelEvent.BRIDGE_EXIT and bridge in open_stays:
            yield bridge, open_stays.pop(bridge), row.at
    end = first_at(rows, CelEvent.HANGUP) or first_at(rows, CelEvent.CHAN_END) or journal.rows[-1].at
    for bridge, entered in open_stays.items():
        yield bridge, entered, end
