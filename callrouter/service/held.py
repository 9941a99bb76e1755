"""What the database holds, as figures: asked for when somebody looks, never during a call.

Rules:
- Depth, age and dead letters are read from indexes that hold nothing but open and dead rows: cheap at any size.
- The calls by line, phase and state need a walk over all records: begun at most every 15 s, however often one asks,
  and not waited for; what was counted last is told meanwhile.
- Nobody waits for a database that does not answer: whoever asks for how we stand would take us for dead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.exc import SQLAlchemyError

from callrouter.records.reading import CallCount
from callrouter.service.figures import DatabaseFigures

CALLS_COUNTED_EVERY_S: Final = 15.0
_ANSWERED_WITHIN_S: Final = 0.7
"""Below what the controller waits for an answer (`records_link`)."""
_COUNTED_WITHIN_S: Final = 0.2
"""As long as one waits for it: enough for the first hundred thousand calls."""
_Calls = tuple[tuple[str, str, str, int], ...]


class Reader(Protocol):
    """Asks the database: `RecordReader`. Each method raises sqlalchemy.exc.SQLAlchemyError."""

    async def outbox_depth(self) -> int:
        """Messages that are not acknowledged."""

    async def dead_letters(self) -> int:
        """Messages that nobody sends any more."""

    async def oldest_waiting_age(self, now: datetime) -> timedelta:
        """How long the first open message has waited."""

    async def counts(self) -> list[CallCount]:
        """The calls, by line, phase and terminal state."""


class Held:
    """Reads the figures of one database."""

    def __init__(
        self,
        reader: Reader,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._now = now
        self._monotonic = monotonic
        self._calls: _Calls = ()
        self._counting: asyncio.Task[None] | None = None
        self._counted_until: float | None = None

    async def figures(self) -> DatabaseFigures | None:
        """Read them; None when the database cannot be asked: the other figures are wanted most then."""
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN_S):
                return await self._read()
        except (SQLAlchemyError, TimeoutError):
            return None

    async def _read(self) -> DatabaseFigures:
        await self._count_if_due()
        return DatabaseFigures(
            outbox_depth=await self._reader.outbox_depth(),
            outbox_dead_letters=await self._reader.dead_letters(),
            outbox_oldest_seconds=(await self._reader.oldest_waiting_age(self._now())).total_seconds(),
            calls=self._calls,
        )

    async def _count_if_due(self) -> None:
        is_due = self._counted_until is None or self._monotonic() >= self._counted_until
        if is_due and (self._counting is None or self._counting.done()):
            self._counting = asyncio.create_task(self._count(), name="calls are counted")
            await asyncio.wait((self._counting,), timeout=_COUNTED_WITHIN_S)

    async def _count(self) -> None:
        try:
            counts = await self._reader.counts()
        except SQLAlchemyError:
            return
        self._calls = tuple(
            (count.line or "none", count.phase or "none", count.terminal_state.value, count.calls)
            for count in counts
        )
        self._counted_until = self._monotonic() + CALLS_COUNTED_EVERY_S
