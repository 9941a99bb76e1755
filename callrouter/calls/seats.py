"""Seats in the queues: Asterisk keeps them across its own restarts, the controller adds what is missing.

Rules:
- Look before acting: only a seat that the queue does not have is added, so that doing it twice does nothing.
- Who is already in a queue is never taken out or unpaused here: an agent's own word stands.
- A seat that Asterisk refuses costs no other seat its calls: it is named, and the rest go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from callrouter.asterisk_link.ami_errors import AmiRefused
from callrouter.asterisk_link.ami_messages import AmiResponse, Headers

_log = structlog.get_logger(__name__)


class Ami(Protocol):
    """What is needed of the link to Asterisk: `AmiClient` has it."""

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        """Send an action and return its answer. Raises AmiError."""


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
