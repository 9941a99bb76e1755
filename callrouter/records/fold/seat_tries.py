"""Which seats were rung while the caller waited. Pure.

Rules:
- The queue log tells of every seat that was rung. It knows whole seconds only, so its rows go by order first: what
  follows an entry belongs to the stay that was entered then, and what has no entry, to a stay of that second.
- The journal tells of a seat that was rung in vain through its Local channel: exactly when, and why. Where both do,
  they are one try; where the queue log is silent, the journal suffices.
- A seat that was reached through a Local channel answers when it is picked up. The queue log has the connection.
- A seat that is rung while somebody is brought into the call is called for that, and the caller is in no queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from callrouter.records.fold.channels import ANSWER, Channel, endpoint_of, is_plumbing
from callrouter.records.fold.facts import Fact, cause_in
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.talks import Stretch
from callrouter.records.fold.transfers import Attempt
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.queue_log import QueueEvent, QueueRow
from callrouter.vocabulary.record_parts import SeatTry
from callrouter.vocabulary.record_words import Anomaly

_SEAT_EVENT: Final = JournalEvent.SEAT.value

_ENTER: Final = QueueEvent.ENTERQUEUE.value
_NO_ANSWER: Final = QueueEvent.RINGNOANSWER.value
_CANCELED: Final = QueueEvent.RINGCANCELED.value
_CONNECT: Final = QueueEvent.CONNECT.value
_RANG: Final[Mapping[str, int]] = {_NO_ANSWER: 0, _CANCELED: 0, _CONNECT: 2}
"""A seat was rung; in which of the data the log says how long."""
_PLACE_IN_A_SECOND: Final[Mapping[str, int]] = {_ENTER: 0, _NO_ANSWER: 1, _CANCELED: 2, _CONNECT: 2}
_SECOND: Final = 1_000_000
_LONGEST_TIME: Final = 9
"""Digits: a thousand million milliseconds are twelve days."""


class Visit(NamedTuple):
    """A stay in a queue."""

    queue: str
    entered_us: int
    left_us: int
    status: str | None
    interface: str | None
    """Of the agent, as the dialplan wrote it down when the stay was left."""


class _Try(NamedTuple):
    second: int
    place: int
    """Within the second."""
    at_us: int
    told: SeatTry


def tries_of(
    journal: Journal,
    visits: Sequence[Visit],
    talks: Sequence[Stretch],
    attempts: Sequence[Attempt],
    queue: Iterable[QueueRow],
) -> Mapping[int, tuple[SeatTry, ...]]:
    """Give the seats that were rung, in order, by the place of the visit."""
    tries: dict[int, list[_Try]] = {}
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
            tries.setdefault(place, []).append(_logged(journal, row, talks))
    for fact in journal.facts[_SEAT_EVENT]:
        if any(one.is_in_flight(fact.at_us) for one in attempts):
            continue
        place = _place_at(visits, fact.at_us)
        if place < 0:
            journal.anomalies.add(Anomaly.TRY_UNPAIRED)
        else:
            _put(tries.setdefault(place, []), _refused(journal, fact))
    for known in tries.values():
        if len(known) > 1:
            known.sort(key=_in_order)
    return {place: tuple([one.told for one in known]) for place, known in tries.items()}


def _in_order(one: _Try) -> tuple[int, int, int]:
    return one.second, one.place, one.at_us


def _order(row: QueueRow) -> tuple[int, int, QueueRow]:
    return row.at_s, _PLACE_IN_A_SECOND[row.event], row


def _place(visits: Sequence[Visit], row: QueueRow, first: int) -> int:
    """Give the first visit from there on that a row may belong to; -1 when there is none."""
    for place in range(first, len(visits)):
        one = visits[place]
        if one.queue == row.queue and one.entered_us // _SECOND <= row.at_s <= one.left_us // _SECOND:
            return place
    return -1


def _place_at(visits: Sequence[Visit], at_us: int) -> int:
    """Give the last visit that had been entered by then; -1 when there is none."""
    return max((place for place, one in enumerate(visits) if one.entered_us <= at_us), default=-1)


def _logged(journal: Journal, row: QueueRow, talks: Iterable[Stretch]) -> _Try:
    event, data, where = row.event, row.data, _RANG[row.event]
    seat, answered, at_us = endpoint_of(row.member), event == _CONNECT, row.at_s * _SECOND
    rang = data[where] if where < len(data) else ""
    is_time = rang.isdecimal() and rang.isascii() and len(rang) <= _LONGEST_TIME
    rang_ms = int(rang) * (1000 if answered else 1) if is_time else None
    if answered and (leg := _picked_up(journal, seat, row.at_s, talks)) is not None:
        at_us = leg.firsts[ANSWER]
        rang_ms = max(0, at_us - leg.started_us) // 1000
    told = SeatTry(seat, journal.at(at_us), answered, rang_ms)
    return _Try(row.at_s, _PLACE_IN_A_SECOND[event], at_us, told)


def _picked_up(journal: Journal, seat: str, second: int, talks: Iterable[Stretch]) -> Channel | None:
    """Give the leg to a seat that was connected then through a Local channel, and is known to have answered."""
    for talk in talks:
        leg = talk.party.channel
        if (
            talk.party.endpoint == seat
            and ANSWER in leg.firsts
            and abs(talk.starts_us // _SECOND - second) <= 1
        ):
            return leg if _is_behind_a_local(journal, seat) else None
    return None


def _is_behind_a_local(journal: Journal, seat: str) -> bool:
    return any(is_plumbing(one.name) and endpoint_of(one.name) == seat for one in journal.channels.values())


def _refused(journal: Journal, fact: Fact) -> _Try:
    seat, at_us = fact.text("seat") or "", fact.at_us
    if not seat:
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
    local = journal.channels[fact.uniqueid]
    leg = _leg_behind(journal, seat, local.started_us, at_us)
    until_us = min(at_us, leg.firsts.get(ANSWER, at_us)) if leg else at_us
    rang_ms = max(0, until_us - local.started_us) // 1000
    cause = cause_in(fact.text("cause"), journal.anomalies)
    told = SeatTry(
        seat, journal.at(at_us), answered=False, rang_ms=rang_ms, status=fact.text("status"), cause=cause
    )
    return _Try(at_us // _SECOND, _PLACE_IN_A_SECOND[_NO_ANSWER], at_us, told)


def _leg_behind(journal: Journal, seat: str, since_us: int, until_us: int) -> Channel | None:
    """Give the channel to the seat that a Local channel dialled between these instants."""
    for channel in journal.channels.values():
        began = since_us <= channel.started_us <= until_us
        if began and not is_plumbing(channel.name) and endpoint_of(channel.name) == seat:
            return channel
    return None


def _put(known: list[_Try], exact: _Try) -> None:
    """Put what the journal tells in the place of what the queue log tells of the same try."""
    for place, one in enumerate(known):
        same = one.told.seat == exact.told.seat and one.told.status is None and not one.told.answered
        if same and abs(one.second - exact.second) <= 1:
            known[place] = exact._replace(second=one.second, place=one.place)
            return
    known.append(exact)
