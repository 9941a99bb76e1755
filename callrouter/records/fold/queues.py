"""Where the caller waited, and which seats were rung meanwhile. Pure.

Rules:
- A stay that was not written down as left ended with the caller's channel: the caller hung up in it.
- An end without a beginning is noted as odd; the stay is kept all the same, with no length.
- The seats that were rung come from the queue log. It knows whole seconds only, so its rows go by order first: what
  follows an entry belongs to the stay that was entered then, and what has no entry, to a stay of that second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from callrouter.records.fold.channels import endpoint_of
from callrouter.records.fold.facts import ENTERED, Fact
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.talks import Stretch
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.queue_log import QueueEvent, QueueRow
from callrouter.vocabulary.record_parts import QueueVisit, SeatTry
from callrouter.vocabulary.record_words import Anomaly, LegRole

_QUEUE_EVENT: Final = JournalEvent.QUEUE.value

_AGENT = LegRole.AGENT
_ENTER, _CONNECT = QueueEvent.ENTERQUEUE, QueueEvent.CONNECT
_RANG: Final[Mapping[str, int]] = {QueueEvent.RINGNOANSWER: 0, QueueEvent.RINGCANCELED: 0, _CONNECT: 2}
"""A seat was rung; in which of the data the log says how long."""
_PLACE_IN_A_SECOND: Final[Mapping[str, int]] = {
    _ENTER: 0,
    QueueEvent.RINGNOANSWER: 1,
    QueueEvent.RINGCANCELED: 1,
    _CONNECT: 2,
}
_LONGEST_TIME: Final = 9
"""Digits: a thousand million milliseconds are twelve days."""


class _Visit(NamedTuple):
    visit: QueueVisit
    entered_s: int
    left_s: int


def queue_visits_of(
    journal: Journal, talks: Sequence[Stretch], ended_us: int, queue: Sequence[QueueRow]
) -> tuple[QueueVisit, ...]:
    """Give the stays in queues, in order."""
    visits: list[_Visit] = []
    entered: tuple[str, int] | None = None
    for fact in journal.facts(_QUEUE_EVENT):
        name = fact.text("queue") or ""
        if fact.state == ENTERED:
            if entered is not None:
                visits.append(_visit(journal, entered, fact.at_us, talks))
                journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
            entered = (name, fact.at_us)
            continue
        if entered is None or entered[0] != name:
            journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
        began = entered if entered is not None and entered[0] == name else (name, fact.at_us)
        visits.append(_visit(journal, began, fact.at_us, talks, fact))
        entered = None
    if entered is not None:
        if ended_us < entered[1]:
            journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
        visits.append(_visit(journal, entered, max(ended_us, entered[1]), talks))
    if not queue:
        return tuple([one.visit for one in visits])
    tries = _tries(journal, visits, queue)
    return tuple(
        replace(one.visit, tries=own) if own else one.visit for one, own in zip(visits, tries, strict=True)
    )


def _visit(
    journal: Journal,
    entered: tuple[str, int],
    left_us: int,
    talks: Sequence[Stretch],
    left: Fact | None = None,
) -> _Visit:
    name, entered_us = entered
    here = [talk for talk in talks if talk.party.role is _AGENT and entered_us <= talk.starts_us < left_us]
    interface = left.text("agent") if left else None
    agent = endpoint_of(here[-1].party.channel.name if here else interface or "") or None
    visit = QueueVisit(
        queue=name,
        entered_at=journal.at(entered_us),
        left_at=journal.at(left_us),
        wait_ms=journal.milliseconds(entered_us, here[0].starts_us if here else left_us),
        status=left.text("status") if left else None,
        agent=agent,
    )
    return _Visit(visit, entered_us // 1_000_000, left_us // 1_000_000)


def _tries(
    journal: Journal, visits: Sequence[_Visit], queue: Iterable[QueueRow]
) -> list[tuple[SeatTry, ...]]:
    """Give the seats that were rung in each visit."""
    tries: list[tuple[SeatTry, ...]] = [() for _ in visits]
    current = -1
    for row in sorted({row for row in queue if row.call == journal.caller.uniqueid}, key=_order):
        if row.event == _ENTER:
            current = _place(visits, row, current + 1)
        elif row.event in _RANG:
            place = current if _fits(visits, current, row) else _place(visits, row, 0)
            if place < 0:
                journal.anomalies.add(Anomaly.TRY_UNPAIRED)
            else:
                tries[place] += (_try(row),)
    return tries


def _order(row: QueueRow) -> tuple[int, int, QueueRow]:
    return row.at_s, _PLACE_IN_A_SECOND.get(row.event, len(_PLACE_IN_A_SECOND)), row


def _fits(visits: Sequence[_Visit], place: int, row: QueueRow) -> bool:
    # Not the second: an entry told which stay it is, and the clock may have been set since.
    return 0 <= place < len(visits) and visits[place].visit.queue == row.queue


def _place(visits: Sequence[_Visit], row: QueueRow, first: int) -> int:
    """Give the first visit from there on that a row may belong to; -1 when there is none."""
    for place in range(first, len(visits)):
        one = visits[place]
        if one.visit.queue == row.queue and one.entered_s <= row.at_s <= one.left_s:
            return place
    return -1


def _try(row: QueueRow) -> SeatTry:
    return SeatTry(
        seat=endpoint_of(row.member),
        at=datetime.fromtimestamp(row.at_s, UTC),
        answered=row.event == _CONNECT,
        rang_ms=_rang_ms(row),
    )


def _rang_ms(row: QueueRow) -> int | None:
    place = _RANG[row.event]
    text = row.data[place] if place < len(row.data) else ""
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_TIME):
        return None
    return int(text) * (1000 if row.event == _CONNECT else 1)
