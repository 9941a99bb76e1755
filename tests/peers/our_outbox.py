"""Our outbox above our publisher, with a store of its own, against whatever broker a test has."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callrouter.records.delivery import Outbox
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.reading import RecordReader
from callrouter.records.store import Store
from callrouter.records.tail import FilePosition
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from callrouter.vocabulary.cel import CelRow

ACKS = "callrouter/test/acks"
RECORDS = "callrouter/test/records"
A_CALL = datetime(2021, 9, 30, 8, 0, tzinfo=UTC)
SOON_S = 10.0
LONG_S = 60.0
"""Longer than any test may take: who waits this long was not woken."""


def abandoned_call(number: int) -> list[CelRow]:
    call_id = f"lab-{number}.1"
    arrived = '{"extra":"called=12315&caller=13800138000&clock_offset=0"}'
    at = A_CALL + timedelta(seconds=number)
    return [
        CelRow(event, at, call_id, call_id, "PJSIP/t-1", "", "", "", "", "", extra)
        for event, extra in (
            *(("CHAN_START", ""), ("CR_ARRIVED", arrived)),
            *(("HANGUP", ""), ("LINKEDID_END", "")),
        )
    ]


class OurSystem:
    """A store with its outbox and publisher, running against a broker."""

    def __init__(self, store: Store, outbox: Outbox) -> None:
        self.store, self.outbox = store, outbox
        self.reader = RecordReader(store.database.engine)

    async def write(self, calls: range) -> None:
        rows = [row for number in calls for row in abandoned_call(number)]
        await self.store.ingest("n", rows, FilePosition(1, "00", 100))
        self.outbox.wake()

    async def until(self, reached: Callable[[], bool]) -> None:
        while not reached():  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def our_system(folder: Path, port: int, timeout_s: float = LONG_S) -> AsyncIterator[OurSystem]:
    def now() -> datetime:
        return datetime.now(UTC)

    store = await Store.open(
        f"sqlite+aiosqlite:///{folder / 'records.db'}", explain=lambda _record: None, now=now
    )
    publisher = MqttPublisher(
        Broker("127.0.0.1", port, "callrouter-test"),
        topic_prefix="callrouter",
        instance="test",
        timeout=timeout_s,
        shortest_wait=0.01,
        longest_wait=0.1,
    )
    outbox = Outbox(
        OutboxRows(store.database),
        publisher,
        now=now,
        counters=store.counters,
        acknowledged_within=timedelta(seconds=0.2),
        longest_wait=timedelta(seconds=0.2),
        chance=lambda: 0.0,
    )
    running = asyncio.create_task(outbox.run())
    system = OurSystem(store, outbox)
    try:
        async with asyncio.timeout(SOON_S):
            await system.until(lambda: store.counters.broker_connected)
            yield system
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()
