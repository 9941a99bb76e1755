"""An outbox that runs on a database of its own, with a ticketing side that does what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database
from callrouter.records.delivery import DeliveryListener, Outbox, Publisher
from callrouter.records.leases import Fence
from callrouter.records.outbox_rows import OutboxRows
from callrouter.ticketing.publisher_double import PublisherDouble
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome
from tests.unit.records.written_outbox import Row, opened, states, write


class System:
    """The outbox, its rows, and the other side."""

    def __init__(
        self, database: Database, side: PublisherDouble, outbox: Outbox, counters: RecordCounters
    ) -> None:
        self.database = database
        self.rows = OutboxRows(database)
        self.side = side
        self.outbox = outbox
        self.counters = counters

    async def write(self, rows: Sequence[Row]) -> None:
        await write(self.database, rows)
        self.outbox.wake()

    async def state(self, row: Row) -> str:
        return (await states(self.database))[row.id]

    async def link(self) -> DeliveryListener:
        return await self.side.listener

    async def acknowledge(
        self, *ids: str, outcome: Outcome = Outcome.STORED, reason: str | None = None
    ) -> None:
        """Say it, and wait until it is written down."""
        done = spoken(self.counters)
        await self.side.say(*(Acknowledgement(id_, outcome, reason) for id_ in ids))
        await until(lambda: spoken(self.counters) >= done + len(ids))

    async def next_messages(self, count: int) -> list[Message]:
        """The next messages, in however many batches they come."""
        messages: list[Message] = []
        while len(messages) < count:
            messages += await self.side.next()
        return messages


def spoken(counters: RecordCounters) -> int:
    return (
        counters.acknowledged
        + counters.rejected
        + counters.repeated_acknowledgements
        + counters.unknown_acknowledgements
    )


async def until(reached: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(
    folder: Path,
    side: PublisherDouble | None,
    *,
    window: int = 1000,
    within: float = 0.15,
    longest_wait: float = 0.3,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    fence: Callable[[], Fence | None] | None = None,
    before: Sequence[Row] = (),
    publisher: Publisher | None = None,
    pace: float = 0.02,
) -> AsyncIterator[System]:
    """Run an outbox; `before` was written when it starts."""
    async with opened(f"sqlite:///{folder / 'records.db'}") as database:
        if before:
            await write(database, before)
        side = side or PublisherDouble()
        counters = RecordCounters()
        outbox = Outbox(
            OutboxRows(database),
            publisher or side,
            now=now,
            counters=counters,
            fence=fence,
            window=window,
            acknowledged_within=timedelta(seconds=within),
            longest_wait=timedelta(seconds=longest_wait),
            pace=timedelta(seconds=pace),
            chance=lambda: 0.0,
        )
        task = asyncio.create_task(outbox.run())
        try:
            yield System(database, side, outbox, counters)
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
