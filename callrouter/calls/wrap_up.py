"""Wrap-up: a seat takes no calls while its agent finishes a ticket.

Rules:
- It is the pause for paperwork (`*25`), in all of the seat's queues; no call is needed for it.
- An agent's other word stands: who is at his meal, or out, is not brought back, nor said to be at something else.
  Whoever was paused for letting it ring may say that he finishes a ticket.
- It is answered when Asterisk was seen to have done it, so that the next word is judged by it.
"""

from __future__ import annotations

import asyncio
from typing import Final

from callrouter.asterisk_link.ami_errors import AmiError, AmiRefused
from callrouter.calls.desk_protocol import AsteriskAwayError, AsteriskRefusedError, AsteriskSilentError
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_desk import Desk, UnknownSeat
from callrouter.vocabulary.seat_state import NO_ANSWER, PauseReason

_SEEN_EVERY_S: Final = 0.005
_GIVES_WAY: Final = frozenset({None, NO_ANSWER})


class WrapUp:
    """Wrap-up for all seats; `within_s`: what a word may take. Whoever asks sees first that there is a link."""

    def __init__(self, seats: Desk, board: SeatBoard, within_s: float) -> None:
        self._seats = seats
        self._board = board
        self._within_s = within_s

    async def set(self, seat: str, *, on: bool) -> str | None:
        """Begin or end it; return the pause that holds now. Raises DeskError, UnknownSeat."""
        paused = self._pause_of(seat)
        wanted = PauseReason.PAPERWORK.value
        if on and paused in _GIVES_WAY:
            return await self._say(seat, wanted)
        if not on and paused == wanted:
            return await self._say(seat, None)
        return paused

    def _pause_of(self, seat: str) -> str | None:
        if not self._board.is_known:
            raise AsteriskAwayError
        rows = [row for row in self._board.rows() if row.seat == seat]
        if not rows:
            raise UnknownSeat
        return next((row.reason for row in rows if row.reason is not None), None)

    async def _say(self, seat: str, reason: str | None) -> str | None:
        is_done = False
        try:
            async with asyncio.timeout(self._within_s):
                await self._seats.set_pause(seat, reason)
                is_done = True
                while self._pause_of(seat) != reason:  # noqa: ASYNC110 -- the board has no event of its own
                    await asyncio.sleep(_SEEN_EVERY_S)
        except TimeoutError:
            if not is_done:
                raise AsteriskSilentError from None
        except AmiRefused:
            raise AsteriskRefusedError from None
        except AmiError:
            # Whoever asks has seen that there is a link: it was lost on the way, and it may be done.
            raise AsteriskSilentError from None
        return reason
