"""Seats in the queues: Asterisk keeps them across its own restarts, the controller adds what is missing.

Rules:
- Look before acting: only a seat that the queue does not have is added, so that doing it twice does nothing.
- Who is already in a queue is never taken out or unpaused here: an agent's own word stands.
- A seat that Asterisk refuses costs no other seat its calls: it is named, and the rest go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

import structlog

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused
from callrouter.asterisk_link.ami_follow import Ami, FollowedAmi, follow, take_snapshot
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.asterisk_link.backoff import Backoff

_log = structlog.get_logger(__name__)
_SEATS_AGAIN = Backoff(first_s=2.0, ceiling_s=60.0)
_ALREADY_THERE = "Unable to add interface: Already there"
"""Asterisk's word on a seat that another controller has just added, or that the snapshot was missing."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A SIP account that answers a queue."""

    name: str
    queue: str

    @property
    def interface(self) -> str:
        """The seat's address in Asterisk."""
        return f"PJSIP/{self.name}"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of the seats that were missing."""

    added: tuple[Seat, ...]
    refused: tuple[Seat, ...]
    """Still missing: Asterisk knows no such queue, or would not have the seat."""


async def add_missing_seats(ami: Ami, seats: Iterable[Seat], snapshot: Snapshot) -> Reconciled:
    """Add each seat that its queue lacks in `snapshot`, and say which were added and which refused.

    Raises AmiTimeout or AmiLost when Asterisk does not answer; doing it again is safe, with a new snapshot.
    """
    added: list[Seat] = []
    refused: list[Seat] = []
    present = {(queue.name, member.interface) for queue in snapshot.queues for member in queue.members}
    for seat in seats:
        if (seat.queue, seat.interface) in present:
            continue
        headers = {"Queue": seat.queue, "Interface": seat.interface, "MemberName": seat.name}
        try:
            await ami.action("QueueAdd", headers)
        except AmiRefused as refusal:
            reason = refusal.response.get("Message")
            if reason == _ALREADY_THERE:
                continue
            refused.append(seat)
            _log.error("seat_refused", seat=seat.name, queue=seat.queue, reason=reason)
        else:
            added.append(seat)
    _log.info("seats_reconciled", added=len(added), refused=len(refused))
    return Reconciled(tuple(added), tuple(refused))


async def keep_seats(ami: FollowedAmi, seats: tuple[Seat, ...]) -> None:
    """Look after the seats each time that the state of Asterisk is known anew."""
    async for news in follow(ami):
        if isinstance(news, Snapshot):
            await reconcile(ami, seats, news)


async def reconcile(ami: Ami, seats: tuple[Seat, ...], snapshot: Snapshot) -> None:
    """Try until every seat is in its queue: one without calls is an agent lost. A lost link ends the trying."""
    for attempt in count(1):
        try:
            if not (await add_missing_seats(ami, seats, snapshot)).refused:
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
