"""Seats in the queues: Asterisk keeps them across its own restarts, the controller puts right what is not in order.

Rules:
- Look before acting: only a seat that the queue does not have is added, so that doing it twice does nothing.
- Nobody is paused or unpaused here: an agent's own word stands. Who is added while he is paused in another queue, or
  was under his old name in this one, is added paused, with the same reason.
- A member of an earlier version goes only once its successor is there. Who is no longer on the roster goes as well.
- A stranger's member is left alone, and told once.
- A seat that Asterisk refuses costs no other seat its calls: it is named, and the rest go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import structlog

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused
from callrouter.asterisk_link.ami_follow import Ami, take_snapshot
from callrouter.asterisk_link.ami_snapshot import Member, Queue, Snapshot
from callrouter.asterisk_link.backoff import Backoff
from callrouter.calls.seats import Roster, Seat, seat_of_member, seat_of_phone
from callrouter.vocabulary.seat_state import PauseReason

_log = structlog.get_logger(__name__)
_SEATS_AGAIN = Backoff(first_s=2.0, ceiling_s=60.0)
_ALREADY_THERE = "Unable to add interface: Already there"
"""Asterisk's word on a seat that another controller has just added, or that the snapshot was missing."""


@dataclass(frozen=True, slots=True)
class Joining:
    """A seat that its queue lacks."""

    seat: Seat
    pause: str | None = None
    """The reason with which it is paused from the start; None: it is not."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """A queue's member that the roster does not have there."""

    queue: str
    interface: str


@dataclass(frozen=True, slots=True)
class Disorder:
    """What has to be done so that the queues are as the roster says; empty when they are."""

    joining: tuple[Joining, ...] = ()
    leaving: tuple[Outsider, ...] = ()
    """Ours; when the joining ones are there."""
    strangers: tuple[Outsider, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of it."""

    added: tuple[Seat, ...] = ()
    refused: tuple[Seat, ...] = ()
    """Still missing: Asterisk knows no such queue, or would not have the seat."""
    removed: tuple[Outsider, ...] = ()


def disorder(roster: Roster, snapshot: Snapshot) -> Disorder:
    """Compare the queues with the roster."""
    wanted = {(seat.queue, seat.interface) for seat in roster.seats}
    ours = [queue for queue in snapshot.queues if queue.name in roster.queues]
    present = {(queue.name, member.interface) for queue in ours for member in queue.members}
    leaving, strangers = list[Outsider](), list[Outsider]()
    for queue, interface in sorted(present - wanted):
        is_ours = seat_of_member(interface) is not None or seat_of_phone(interface) in roster.names
        (leaving if is_ours else strangers).append(Outsider(queue, interface))
    return Disorder(
        tuple(
            Joining(seat, _pause_of(seat, ours))
            for seat in roster.seats
            if (seat.queue, seat.interface) not in present
        ),
        tuple(leaving),
        tuple(strangers),
    )


def _pause_of(seat: Seat, queues: list[Queue]) -> str | None:
    """Give the reason for which a seat takes no calls now, wherever it says so; None if it takes them."""
    for queue in queues:
        for member in queue.members:
            if queue.name == seat.queue and member.interface == seat.phone:
                return _reason(member)
    return next((_reason(member) for member in _memberships(seat, queues) if member.is_paused), None)


def _memberships(seat: Seat, queues: list[Queue]) -> Iterator[Member]:
    for queue in queues:
        yield from (member for member in queue.members if member.interface in (seat.interface, seat.phone))


def _reason(member: Member) -> str | None:
    return (member.pause_reason or PauseReason.UNSTATED.value) if member.is_paused else None


def add_headers(joining: Joining) -> dict[str, str]:
    """Return the headers of the QueueAdd that lets a seat join."""
    seat = joining.seat
    headers = {
        "Queue": seat.queue,
        "Interface": seat.interface,
        "StateInterface": seat.phone,
        "MemberName": seat.name,
        "Penalty": "0",
    }
    return headers if joining.pause is None else {**headers, "Paused": "true", "Reason": joining.pause}


async def add_seat(ami: Ami, joining: Joining) -> bool:
    """Add a seat to its queue; False if it has been there all along. Raises AmiError, AmiRefused among them."""
    try:
        await ami.action("QueueAdd", add_headers(joining))
    except AmiRefused as refusal:
        if refusal.response.get("Message") != _ALREADY_THERE:
            raise
        return False
    return True


async def put_in_order(
    ami: Ami, roster: Roster, snapshot: Snapshot, told: set[Outsider] | None = None
) -> Reconciled:
    """Make the queues what the roster says, and say what was done. `told`: strangers that were named before.

    Raises AmiTimeout or AmiLost when Asterisk does not answer; doing it again is safe, with a new snapshot.
    """
    found = disorder(roster, snapshot)
    added, refused, removed = list[Seat](), list[Seat](), list[Outsider]()
    for joining in found.joining:
        seat = joining.seat
        try:
            if await add_seat(ami, joining):
                added.append(seat)
        except AmiRefused as refusal:
            refused.append(seat)
            _log.error(
                "seat_refused", seat=seat.name, queue=seat.queue, reason=refusal.response.get("Message")
            )
    kept = {(seat.queue, seat.phone) for seat in refused}
    for outsider in found.leaving:
        # Its successor was refused: better called by the old name than not at all.
        if (outsider.queue, outsider.interface) not in kept and await _removed(ami, outsider):
            removed.append(outsider)
    _tell_strangers(found.strangers, told if told is not None else set())
    _log.info("seats_reconciled", added=len(added), refused=len(refused), removed=len(removed))
    return Reconciled(tuple(added), tuple(refused), tuple(removed))


async def _removed(ami: Ami, outsider: Outsider) -> bool:
    try:
        await ami.action("QueueRemove", {"Queue": outsider.queue, "Interface": outsider.interface})
    except AmiRefused as refusal:
        reason = refusal.response.get("Message")
        # Written into queues.conf by hand, or gone meanwhile: trying again would help nobody.
        _log.warning("member_not_removed", queue=outsider.queue, member=outsider.interface, reason=reason)
        return False
    _log.info("member_removed", queue=outsider.queue, member=outsider.interface)
    return True


def _tell_strangers(strangers: tuple[Outsider, ...], told: set[Outsider]) -> None:
    for stranger in strangers:
        if stranger not in told:
            told.add(stranger)
            _log.warning(
                "stranger_in_queue",
                queue=stranger.queue,
                member=stranger.interface,
                remedy="not ours: it stays; take it out with `queue remove member` if it should not be there",
            )


async def reconcile(ami: Ami, roster: Roster, snapshot: Snapshot, told: set[Outsider] | None = None) -> None:
    """Try until every seat is in its queue: one without calls is an agent lost. A lost link ends the trying."""
    told = set() if told is None else told
    for attempt in count(1):
        try:
            if not (await put_in_order(ami, roster, snapshot, told)).refused:
                return
        except AmiLost:
            return  # The next link brings its own snapshot.
        except AmiError as error:
            _log.warning("seats_not_reconciled", error=type(error).__name__)
        await asyncio.sleep(_SEATS_AGAIN.delay_s(attempt, chance=0))
        try:
            snapshot = await take_snapshot(ami)
        except AmiLost:
            return
        except AmiError as error:
            # The old one serves: a seat that is there already is not added twice.
            _log.warning("seats_not_seen", error=type(error).__name__)
