"""A node: its logs, its database, and the collector between the two. Time stands still until it is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records.bodies import read_record
from callrouter.records.collect import Collector, Keep, LiveCalls
from callrouter.records.leases import Fence
from callrouter.records.store import Store
from callrouter.records.tables import call_record, lease, metadata
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import CallRecord

Rows = Callable[[int], list[CelRow]]
Bytes = Callable[[Iterable[CelRow]], bytes]
NOW = datetime(2021, 9, 30, 8, 1, tzinfo=UTC)
BOOT, LATER_BOOT = "abcdefghijklmnop", "zzzzzzzzzzzzzzzz"
FENCE = Fence("collect:n", 1)
A_LOT = 1 << 40


class Asterisk:
    """Says which calls are up, or nothing."""

    def __init__(self) -> None:
        self.up: set[str] = set()
        self.answers = True
        self.refuses = False
        self.looks = 0

    async def linked_ids(self) -> frozenset[str]:
        self.looks += 1
        if self.refuses:
            raise PermissionError
        if not self.answers:
            raise ConnectionRefusedError
        return frozenset(self.up)


class Site:
    """A node's logs, its database, and the collector between the two; time stands still until it is moved."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.cel, self.queue_log = folder / "cel.csv", folder / "queue_log"
        self.store = store
        self.seconds = 1000.0
        self.asterisk = Asterisk()
        self.fence: Fence | None = FENCE
        self.told = asyncio.Event()
        self.collector = self.restarted()

    def restarted(self, *, keep: Keep | None = None, live_calls: LiveCalls | None = None) -> Collector:
        self.store.forget("n")
        self.store.monotonic = self.monotonic
        self.collector = Collector(
            self.store,
            "n",
            cel_path=self.cel,
            queue_log_path=self.queue_log,
            on_messages=self.told.set,
            live_calls=live_calls or self.asterisk,
            fence=lambda: self.fence,
            keep=keep or Keep(A_LOT, journal_days=7, rows_days=90, delivered_days=30),
            poll_seconds=0.01,
            monotonic=self.monotonic,
        )
        return self.collector

    def monotonic(self) -> float:
        return self.seconds

    def writes(self, text: bytes) -> None:
        with self.cel.open("ab") as file:
            file.write(text)

    async def collect(self) -> None:
        """Collect until the logs came to their end."""
        while not await self.collector.collect_once():
            pass
        # Looking at Asterisk and removing what is old happen beside it.
        names = {"look at Asterisk", "remove what is old"}
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() in names))

    async def pass_time(self, seconds: float, until: Callable[[], bool] = lambda: False) -> float:
        """Collect every half second; give how long it took until that was so."""
        began = self.seconds
        while self.seconds < began + seconds and not until():
            self.seconds += 0.5
            await self.collect()
        return self.seconds - began

    async def records(self) -> list[CallRecord]:
        query = sa.select(call_record.c.body).order_by(call_record.c.call_id, call_record.c.revision)
        async with self.store.database.read() as connection:
            return [read_record(body) for body in await connection.scalars(query)]

    async def count(self, table: str) -> int:
        query = sa.select(sa.func.count()).select_from(metadata.tables[table])
        async with self.store.database.read() as connection:
            return await connection.scalar(query) or 0

    async def take_lease(self, token: int) -> None:
        async with self.store.database.write() as connection:
            await connection.execute(sa.update(lease).values(token=token))


@asynccontextmanager
async def running(collector: Collector) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(collector.run())
    try:
        async with asyncio.timeout(20):
            yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 -- counters have no event
        await asyncio.sleep(0.01)


def of_boot(rows: Iterable[CelRow], boot: str) -> list[CelRow]:
    return [
        row._replace(uniqueid=f"{boot}-{row.uniqueid[4:]}", linkedid=f"{boot}-{row.linkedid[4:]}")
        for row in rows
    ]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    store = await Store.open(
        f"sqlite:///{tmp_path / 'records.db'}",
        explain=lambda _record: None,
        prove=lambda record: record,
        now=lambda: NOW,
    )
    async with store.database.write() as connection:
        row = {"name": FENCE.name, "holder": "x", "token": FENCE.token, "renewals": 0}
        await connection.execute(sa.insert(lease), row)
    yield Site(tmp_path, store)
    await store.close()
