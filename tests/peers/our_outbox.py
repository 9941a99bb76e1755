"""Our outbox above our publisher, with a database of its own, against whatever broker a test has."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database
from callrouter.records.delivery import Outbox
from callrouter.records.outbox_rows import OutboxRows
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from tests.unit.records.written_outbox import opened, records, states, write

ACKS = "callrouter/test/acks"
RECORDS = "callrouter/test/records"
SOON_S = 10.0
LONG_S = 60.0
"""Longer than any test may take: who waits this long was not woken."""


class OurSystem:
    """An outbox and its publisher, running against a broker."""

    def __init__(self, database: Database, outbox: Outbox, counters: RecordCounters) -> None:
        self.database, self.outbox, self.counters = database, outbox, counters

    async def write(self, calls: range) -> None:
        await write(self.database, records(calls))
        self.outbox.wake()

    async def depth(self) -> int:
        return list((await states(self.database)).values()).count("open")

    async def until(self, reached: Callable[[], bool]) -> None:
        while not reached():  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def our_system(folder: Path, port: int, timeout_s: float = LONG_S) -> AsyncIterator[OurSystem]:
    async with opened(f"sqlite:///{folder / 'records.db'}") as database:
        publisher = MqttPublisher(
            Broker("127.0.0.1", port, "callrouter-test"),
            topic_prefix="callrouter",
            instance="test",
            timeout=timeout_s,
            shortest_wait=0.01,
            longest_wait=0.1,
        )
        counters = RecordCounters()
        outbox = Outbox(
            *(OutboxRows(database), publisher),
            now=lambda: datetime.now(UTC),
            counters=counters,
            acknowledged_within=timedelta(seconds=0.2),
            longest_wait=timedelta(seconds=0.2),
            chance=lambda: 0.0,
        )
        running = asyncio.create_task(outbox.run())
        system = OurSystem(database, outbox, counters)
        try:
            async with asyncio.timeout(SOON_S):
                await system.until(lambda: counters.broker_connected)
                yield system
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def events_in(payload: bytes) -> list[dict[str, Any]]:
    """The events of a message: one, or a batch."""
    value = json.loads(payload)
    return value if isinstance(value, list) else [value]
