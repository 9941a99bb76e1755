"""What happens to the calls of the desks, told to whoever listens.

Rules:
- Nobody who listens slowly delays anybody: he is told that changes are missing, and looks again.
- The latest changes are kept, so that who comes back with the number that he heard last misses none of them.
- Numbers begin where no earlier run of the controller can have been, so that none of another run's is taken for ours.
- Of a call that its agent has left, only who listens to all calls hears more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Final

from callrouter.calls.desk_protocol import DeskChange, DeskNews
from callrouter.calls.transfer_board import Change

KEPT: Final = 1024
"""Changes that are remembered, of all calls."""
WAITING: Final = 64
"""Changes that wait for one listener."""
_RUNS_APART: Final = 1000
"""Numbers in a second: more changes than all calls of one Asterisk make."""


class DeskChanges:
    """The changes, in order. `now` is asked for each one's instant."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._first = int(now().timestamp()) * _RUNS_APART
        self._number = self._first
        self._kept: deque[DeskChange] = deque(maxlen=KEPT)
        self._listeners: set[_Listener] = set()
        self._told = asyncio.Event()

    def tell(self, change: Change) -> None:
        """Tell what has become of a call."""
        call = change.call
        self._put(
            DeskChange(
                self._next(),
                change.what,
                self._now(),
                call.call_id,
                None if call.agent_channel is None else call.seat,
                call.at.state,
                call.at.attempt,
                call.at.target,
                change.stimulus,
                call.outcome,
            )
        )

    def resync(self) -> None:
        """Tell everybody that changes are missing."""
        self._put(self._missing())

    async def another(self) -> None:
        """Wait for the next change."""
        await self._told.wait()

    async def subscribe(self, seat: str | None, after: int | None = None) -> AsyncGenerator[DeskChange, None]:
        """See `TransferDesk.subscribe`."""
        listener = _Listener(seat, self._missing)
        before = [change for change in self._since(after) if listener.is_for(change)]
        # More than may wait: one word for all of them, for what comes behind must bear higher numbers.
        for change in before if len(before) <= WAITING else [self._missing()]:
            listener.hear(change)
        self._listeners.add(listener)
        try:
            while True:
                yield await listener.next()
        finally:
            self._listeners.discard(listener)

    def _since(self, after: int | None) -> list[DeskChange]:
        if after is None:
            return []
        oldest = self._kept[0].number if self._kept else self._number + 1
        if not oldest - 1 <= after <= self._number:
            return [self._missing()]
        return [change for change in self._kept if change.number > after]

    def _missing(self) -> DeskChange:
        # It stands for those up to now: who comes back with its number goes on behind them.
        return DeskChange(self._number, DeskNews.RESYNC, self._now())

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _put(self, change: DeskChange) -> None:
        if change.what is not DeskNews.RESYNC:
            self._kept.append(change)
        else:
            # What came before is not the whole of it any more.
            self._kept.clear()
            change = DeskChange(self._next(), change.what, change.at)
        for listener in self._listeners:
            listener.hear(change)
        self._told.set()
        self._told = asyncio.Event()


class _Listener:
    """One who listens."""

    def __init__(self, seat: str | None, missing: Callable[[], DeskChange]) -> None:
        self._seat = seat
        self._missing = missing
        self._waiting: deque[DeskChange] = deque()
        self._filled = asyncio.Event()

    def is_for(self, change: DeskChange) -> bool:
        """Whether it is any of the listener's business."""
        return self._seat in {None, change.seat} or change.what is DeskNews.RESYNC

    def hear(self, change: DeskChange) -> None:
        """Let a change wait for the listener, if it is for him."""
        if not self.is_for(change):
            return
        if len(self._waiting) >= WAITING:
            self._waiting.clear()
            change = self._missing()
        self._waiting.append(change)
        self._filled.set()

    async def next(self) -> DeskChange:
        """Wait for the next one."""
        while not self._waiting:
            self._filled.clear()
            await self._filled.wait()
        return self._waiting.popleft()
