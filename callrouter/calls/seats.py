"""Seats in the queues: Asterisk keeps them across its own restarts, the controller adds what is missing.

Rules:
- Look before acting: only a seat that the queue does not have is added, so that doing it twice does nothing.
- Who is already in a queue is never taken out or unpaused here: an agent's own word stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

_log = structlog.get_logger(__name__)


class ListItem(Protocol):
    """An event of a list action's answer."""

    @property
    def name(self) -> str:
        """The event's name."""

    def get(self, name: str, default: str = "") -> str:
        """Return a header's value."""


class QueueLink(Protocol):
    """What this needs of AMI."""

    async def queue_members(self, queue: str) -> Iterable[ListItem]:
        """Return the items of QueueStatus."""

    async def act(self, name: str, headers: Mapping[str, str]) -> None:
        """Carry out an action."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A SIP account that answers a queue."""

    name: str
    queue: str

    @property
    def interface(self) -> str:
        """The seat's address in Asterisk."""
        return f"PJSIP/{self.name}"


async def add_missing_seats(link: QueueLink, seats: Iterable[Seat]) -> int:
    """Add each seat that its queue lacks; return how many were added."""
    added = 0
    present: dict[str, set[str]] = {}
    for seat in seats:
        if seat.queue not in present:
            items = await link.queue_members(seat.queue)
            present[seat.queue] = {item.get("Location") for item in items if item.name == "QueueMember"}
        if seat.interface in present[seat.queue]:
            continue
        await link.act(
            "QueueAdd", {"Queue": seat.queue, "Interface": seat.interface, "MemberName": seat.name}
        )
        added += 1
    _log.info("seats_reconciled", added=added)
    return added
