"""Seats in the queues: Asterisk keeps them across its own restarts, the controller adds what is missing.

Rules:
- Look before acting: only a seat that the queue does not have is added, so that doing it twice does nothing.
- Who is already in a queue is never taken out or unpaused here: an agent's own word stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from callrouter.asterisk_link.ami_client import AmiClient

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seat:
    """A SIP account that answers a queue."""

    name: str
    queue: str

    @property
    def interface(self) -> str:
        """The seat's address in Asterisk."""
        return f"PJSIP/{self.name}"


async def add_missing_seats(ami: AmiClient, seats: Iterable[Seat]) -> int:
    """Add each seat that its queue lacks; return how many were added.

    Raises AmiError when Asterisk does not answer; doing it again is safe.
    """
    added = 0
    present: dict[str, set[str]] = {}
    for seat in seats:
        if seat.queue not in present:
            present[seat.queue] = await _members(ami, seat.queue)
        if seat.interface in present[seat.queue]:
            continue
        headers = {"Queue": seat.queue, "Interface": seat.interface, "MemberName": seat.name}
        await ami.action("QueueAdd", headers)
        added += 1
    _log.info("seats_reconciled", added=added)
    return added


async def _members(ami: AmiClient, queue: str) -> set[str]:
    status = await ami.action("QueueStatus", {"Queue": queue})
    return {item.get("Location") for item in status.items if item.name == "QueueMember"}
