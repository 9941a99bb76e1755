"""Where the caller waited, and which seats were rung meanwhile. Pure.

Rules:
- A stay that was not written down as left ended with the caller's channel: the caller hung up in it.
- An end without a beginning is noted as odd; the stay is kept all the same, with no length.
- The seats that were rung come from the queue log. It knows whole seconds only, so its rows go by order first: what
  follows an entry belongs to the stay that was entered then, and what has no entry, to a stay of that second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from callrouter.records.fold.channels import endpoint_of
from callrouter.records.fold.facts import ENTERED
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.talks import Stretch
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.queue_log import QueueEvent, QueueRow
from callrouter.vocabulary.record_parts import QueueVisit, SeatTry
from callrouter.vocabulary.record_words import Anomaly, LegRole

_QUEUE_EVENT: Final = JournalEvent.QUEUE.value

_AGENT = LegRole.AGENT
_ENTER: Final = QueueEvent.ENTERQUEUE.value
_NO_ANSWER: Final = QueueEvent.RINGNOANSWER.value
_CANCELED: Final = QueueEvent.RINGCANCELED.value
_CONNECT: Final = QueueEvent.CONNECT.value
_RANG: Final[Mapping[str, int]] = {_NO_ANSWER: 0, _CANCELED: 0, _CONNECT: 2}
"""A seat was rung; in which of the data the log says how long."""
_PLACE_IN_A_SECOND: Final[Mapping[str, int]] = {_ENTER: 0, _NO_ANSWER: 1, _CANCELED: 1, _CONNECT: 2}
_SECOND: Final = 1_000_000
_LONGEST_TIME: Final = 9
"""Digits: a thousand million milliseconds are twelve days."""


class _Visit(NamedTuple):
    queue: str
    entered_us: int
    left_us: int
    status: str | None
    interface: str | None
    """Of the agent, as the dialplan wrote it down when the stay was left."""


def queue_visits_of(
    journal: Journal, talks: Sequence[Stretch], ended_us: int, queue: Sequence[QueueRow]
) -> tuple[QueueVisit, ...]:
    """Give the stays in queues, in order."""
    visits: list[_Visit] = []
    entered: tuple[str, int] | None = None
    for fact in journal.facts[_QUEUE_EVENT]:
        name = fact.text("queue") or ""
        if fact.state == ENTERED:
            if entered is not None:
                visits.append(_Visit(*entered, fact.at_us, None, None))
                journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
            entered = (name, fact.at_us)
            continue
        if entered is None or entered[0] != name:
            journal.anomalies.add(Anomaly.QUEUE_UNPAIRED)
            entered = (name, fact.at_us)
        visits.append(_Visit(*entered, fact.at_us, fact.text("status"), fact.text("agent")))
        entered = None
    if entered is not None:
        if ended_us < entered[1]:
            journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
        visits.append(_Visit(*entered, max(ended_us, entered[1]), None, None))
    tries = _tries(journal, visits, queue)
    return tuple([_visit(journal, visit, talks, tries.get(place, ())) for place, visit in enumerate(visits)])


def _visit(
    journal: Journal, visit: _Visit, talks: Sequence[Stretch], tries: tuple[SeatTry, ...]
) -> QueueVisit:
    name, entered_us, left_us, status, interface = visit
    here = [talk for talk in talks if talk.party.role is _AGENT and entered_us <= talk.starts_us < left_us]
    return QueueVisit(
        queue=name,
        entered_at=journal.at(entered_us),
        left_at=journal.at(left_us),
        wait_ms=journal.milliseconds(entered_us, here[0].starts_us if here else left_us),
        status=status,
        agent=(here[-1].party.endpoint if here else endpoint_of(interface or "")) or None,
        tries=tries,
    )


def _tries(
    journal: Journal, visits: Sequence[_Visit], queue: Iterable[QueueRow]
) -> Mapping[int, tuple[SeatTry, ...]]:
    """Give the seats that were rung, by the place of the visit."""
    tries: dict[int, tuple[SeatTry, ...]] = {}
    current = -1
    caller = journal.caller.uniqueid
    telling = {row for row in queue if row.event in _PLACE_IN_A_SECOND and row.call == caller}
    for row in sorted(telling, key=_order):
        if row.event == _ENTER:
            current = _place(visits, row, current + 1)
            continue
        # Not the second: an entry told which stay it is, and the clock may have been set since.
        place = current if current >= 0 and visits[current].queue == row.queue else _place(visits, row, 0)
        if place < 0:
            journal.anomalies.add(Anomaly.TRY_UNPAIRED)
        else:
            tries[place] = (*tries.get(place, ()), _try(journal, row))
    return tries


def _order(row: QueueRow) -> tuple[int, int, QueueRow]:
    return row.at_s, _PLACE_IN_A_SECOND[row.event], row


def _place(visits: Sequence[_Visit], row: QueueRow, first: int) -> int:
    """Give the first visit from there on that a row may belong to; -1 when there is none."""
    for place in range(first, len(visits)):
        one = visits[place]
        if one.queue == row.queue and one.entered_us // _SECOND <= row.at_s <= one.left_us // _SECOND:
            return place
    return -1


def _try(journal: Journal, row: QueueRow) -> SeatTry:
    event, data, place = row.event, row.data, _RANG[row.event]
    rang = data[place] if place < len(data) else ""
    is_time = rang.isdecimal() and rang.isascii() and len(rang) <= _LONGEST_TIME
    return SeatTry(
        seat=endpoint_of(row.member),
        at=journal.at(row.at_s * _SECOND),
        answered=event == _CONNECT,
        rang_ms=int(rang) * (1000 if event == _CONNECT else 1) if is_time else None,
    )
