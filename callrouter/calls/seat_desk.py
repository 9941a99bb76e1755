"""What somebody else than the seat's phone says for it: log in, log out, pause, back.

Rules:
- Each word sets the state that it names in all of the seat's queues, whatever it was: saying it twice does no harm.
- A seat that no queue has yet is added to all of its queues, in the very state that was asked for.
- It is a person's word, not the controller's: any controller with a link to Asterisk passes it on, in control or not.
"""

from __future__ import annotations

from typing import Final, Protocol

import structlog

from callrouter.asterisk_link.ami_errors import AmiRefused
from callrouter.asterisk_link.ami_follow import Ami
from callrouter.calls.seat_members import Joining, add_seat
from callrouter.calls.seats import Roster

_log = structlog.get_logger(__name__)
_NOT_FOUND: Final = "Interface not found"
"""Asterisk's word when no queue has the member."""


class UnknownSeat(Exception):
    """No seat of this installation has that name."""

    def __init__(self) -> None:
        super().__init__("no such seat; remedy: `callrouter seats list` names them, sip.seats holds them")


class Desk(Protocol):
    """Where a seat's state is set."""

    async def set_pause(self, seat: str, reason: str | None) -> None:
        """Pause a seat for a reason, or let it take calls (None). Raises UnknownSeat, AmiError."""


class SeatDesk:
    """Passes words on to Asterisk."""

    def __init__(self, ami: Ami, roster: Roster) -> None:
        self._ami = ami
        self._roster = roster

    async def set_pause(self, seat: str, reason: str | None) -> None:
        """Pause a seat for a reason in all its queues, or let it take calls (None). Raises UnknownSeat, AmiError."""
        memberships = self._roster.of(seat)
        if not memberships:
            raise UnknownSeat
        headers = {"Interface": memberships[0].interface, "Paused": "false" if reason is None else "true"}
        if reason is not None:
            headers["Reason"] = reason
        try:
            await self._ami.action("QueuePause", headers)
        except AmiRefused as refusal:
            if refusal.response.get("Message") != _NOT_FOUND:
                raise
            was_there = [not await add_seat(self._ami, Joining(each, reason)) for each in memberships]
            if any(was_there):
                # Somebody has added it meanwhile, in a state of his own.
                await self._ami.action("QueuePause", headers)
        _log.info("seat_told", seat=seat, pause=reason)
