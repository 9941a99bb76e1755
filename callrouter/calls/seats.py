"""Seats in the queues: Asterisk keeps them across its own restarts, the controller adds what is missing.

Rules:
- Look before acting: only a seat that the queue does not have is added, so that doing it twice does nothing.
- Who is already in a queue is never taken out or unpaused here: an agent's own word stands.
- A seat that Asterisk refuses costs no other seat its calls: it is named, and the rest go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import structlog

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused
from callrouter.asterisk_link.ami_events import SnapshotNeeded
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.backoff import Backoff

_log = structlog.get_logger(__name__)
_SEATS_AGAIN = Backoff(first_s=2.0, ceiling_s=60.0)


class Ami(Protocol):
    """What is needed of the link to Asterisk: `AmiClient` has it."""

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        """Send an action and return its answer. Raises AmiError."""


class FollowedAmi(Ami, Protocol):
    """A link that also tells when a new one stands."""

    @property
    def events(self) -> AsyncIterator[AmiMessage | SnapshotNeeded]:
        """What Asterisk tells, in order."""


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


async def add_missing_seats(ami: Ami, seats: Iterable[Seat]) -> Reconciled:
    """Add each seat that its queue lacks, and say which were added and which refused.

    Raises AmiTimeout or AmiLost when Asterisk does not answer; doing it again is safe.
    """
    added: list[Seat] = []
    refused: list[Seat] = []
    present: dict[str, set[str]] = {}
    for seat in seats:
        if seat.queue not in present:
            present[seat.queue] = await _members(ami, seat.queue)
        if seat.interface in present[seat.queue]:
            continue
        headers = {"Queue": seat.queue, "Interface": seat.interface, "MemberName": seat.name}
        try:
            await ami.action("QueueAdd", headers)
        except AmiRefused as refusal:
            refused.append(seat)
            reason = refusal.response.get("Message")
            _log.error("seat_refused", seat=seat.name, queue=seat.queue, reason=reason)
        else:
            added.append(seat)
    _log.info("seats_reconciled", added=len(added), refused=len(refused))
    return Reconciled(tuple(added), tuple(refused))


async def _members(ami: Ami, queue: str) -> set[str]:
    try:
        status = await ami.action("QueueStatus", {"Queue": queue})
    except AmiRefused:
        # Then adding will tell what is wrong, seat by seat.
        return set()
    return {item.get("Location") for item in status.items if item.name == "QueueMember"}


async def keep_seats(ami: FollowedAmi, seats: tuple[Seat, ...]) -> None:
    """Look after the seats each time the link to Asterisk is there anew."""
    async for news in ami.events:
        if isinstance(news, SnapshotNeeded):
            await reconcile(ami, seats)


async def reconcile(ami: Ami, seats: tuple[Seat, ...]) -> None:
    """Try until every seat is in its queue: one without calls is an agent lost. A lost link ends the trying."""
    for attempt in count(1):
        try:
            if not (await add_missing_seats(ami, seats)).refused:
                return
        except AmiLost:
            return  # The next link brings its own news.
        except AmiError as error:
            _log.warning("seats_not_reconciled", error=type(error).__name__)
        await asyncio.sleep(_SEATS_AGAIN.delay_s(attempt, chance=0))
