"""How fast the records' path is: journal rows to stored records, stored records to acknowledged ones.

Rules:
- Durable means durable: SQLite with a write-ahead log and synchronous=FULL, a real broker, the reference
  subscriber, which commits before it acknowledges. All on this machine's disk and cores.
- The peer of storing is sqlite3 alone, writing the same rows with the same settings in the same batches.
- The peer of delivering is a bare publisher through the same broker, 20 messages in flight, to nobody.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiomqtt

from benchmarks.figures import percentile
from benchmarks.journal_rows import CALLS_A_BATCH, batches, call_rows
from benchmarks.own_system import Installation, until
from benchmarks.table import Finding
from callrouter.layout import Layout
from callrouter.local_system.secrets import read
from callrouter.local_system.system import LocalSystem
from callrouter.records.database import open_database
from callrouter.records.delivery import Outbox
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.store import Store
from callrouter.settings import Settings
from callrouter.ticketing.cloud_event import encode_event
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher

_CALLS_STORED, _CALLS_A_SECOND, _PACED_S = 4000, 50, 6
_IN_FLIGHT = 20
_TABLES: Final = ("journal_row", "call_record", "outbox")
_NODE: Final = "node1"


def measure() -> list[Finding]:
    """Store, then deliver, then deliver at a pace."""
    with Installation.made(asterisk=False, controller=False) as installation:
        return asyncio.run(_measure(installation))


async def _measure(installation: Installation) -> list[Finding]:
    settings = installation.settings
    database = Layout.of(settings).database
    database.parent.mkdir(parents=True)
    async with LocalSystem(settings, None, installation.config, report=lambda _step: None) as system:
        await installation.ticketing_listens()
        store = await Store.open(f"sqlite+aiosqlite:///{database}", explain=lambda _record: None, now=_now)
        try:
            storing = await _storing(store, database)
            payload = await _a_payload(store, settings)
            async with _delivering(store, settings) as outbox:
                rate = await _drain(store, database)
                lags = await _paced(store, outbox, database)
        finally:
            await store.close()
        await system.children["ticketing"].stop()
        bare = await _bare_publisher(settings, payload)
    return [
        storing,
        Finding(
            "outbox -> acknowledged by the subscriber, a backlog drained",
            "≥ 2000 /s",
            f"{rate:.0f} /s",
            f"publish and PUBACK alone, {_IN_FLIGHT} in flight: {bare:.0f} /s",
            met=rate >= 2000,
        ),
        Finding(
            f"… lag at {_CALLS_A_SECOND} calls/s, stored -> acknowledged, p50 / p99",
            "p99 ≤ 2 s",
            f"{percentile(lags, 50):.0f} / {percentile(lags, 99):.0f} ms",
            "",
            met=percentile(lags, 99) <= 2000,
        ),
    ]


async def _storing(store: Store, database: Path) -> Finding:
    took = []
    for rows, position in batches(call_rows(_CALLS_STORED)):
        began = time.perf_counter()
        await store.ingest(_NODE, rows, position)
        took.append(time.perf_counter() - began)
    ours, alone = _CALLS_STORED / sum(took), await _sqlite_alone(database)
    return Finding(
        f"journal rows -> stored records, durable; a batch of {CALLS_A_BATCH} calls, p50 / p99",
        "≥ 5000 /s, p99 ≤ 20 ms",
        f"{ours:.0f} /s; {percentile(took, 50) * 1000:.0f} / {percentile(took, 99) * 1000:.0f} ms",
        f"sqlite3 alone, the same rows: {alone:.0f} /s; ours takes {alone / ours:.1f} x",
        met=ours >= 5000 and percentile(took, 99) <= 0.020,
    )


async def _sqlite_alone(database: Path) -> float:
    """Copy what was stored into a second database, in as many transactions; return records a second."""
    copy = database.with_name("copy.sqlite3")
    await (await open_database(f"sqlite+aiosqlite:///{copy}")).close()
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        target.execute("PRAGMA synchronous=FULL")
        stored = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}
        transactions = -(-_CALLS_STORED // CALLS_A_BATCH)
        began = time.perf_counter()
        for place in range(transactions):
            with target:
                for table, rows in stored.items():
                    _insert(target, table, rows[place::transactions])
        return _CALLS_STORED / (time.perf_counter() - began)


def _insert(target: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    marks = ",".join("?" * len(rows[0]))
    target.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


@asynccontextmanager
async def _delivering(store: Store, settings: Settings) -> AsyncIterator[Outbox]:
    publisher = MqttPublisher(
        Broker(settings.mqtt.host, settings.mqtt.port, "benchmark", "callrouter", _password(settings)),
        topic_prefix=settings.topic_prefix,
        instance=settings.instance,
    )
    outbox = Outbox(OutboxRows(store.database), publisher, now=_now, counters=store.counters)
    running = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        running.cancel()
        await asyncio.wait({running})


async def _drain(store: Store, database: Path) -> float:
    """Return the acknowledged messages a second, from the link's coming up to the last."""
    await until(lambda: store.counters.broker_connected)
    began = time.perf_counter()
    await until(lambda: _nothing_is_open(database))
    return _CALLS_STORED / (time.perf_counter() - began)


async def _paced(store: Store, outbox: Outbox, database: Path) -> list[float]:
    """Store one call after the other at an even pace; return how long each took to be acknowledged, in ms."""
    began = time.perf_counter()
    paced = call_rows(_CALLS_A_SECOND * _PACED_S, since=_CALLS_STORED)
    for place, (rows, position) in enumerate(batches(paced, calls=1)):
        await asyncio.sleep(max(0.0, began + place / _CALLS_A_SECOND - time.perf_counter()))
        await store.ingest(_NODE, rows, position)
        outbox.wake()
    await until(lambda: _nothing_is_open(database))
    with closing(sqlite3.connect(database)) as opened:
        query = "SELECT acknowledged_at_ms - created_at_ms FROM outbox ORDER BY position DESC LIMIT ?"
        return [lag for (lag,) in opened.execute(query, (len(paced),))]


def _nothing_is_open(database: Path) -> bool:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        query = "SELECT count(*) FROM outbox WHERE acknowledged_at_ms IS NULL"
        (count,) = opened.execute(query).fetchone()
        return int(count) == 0


async def _a_payload(store: Store, settings: Settings) -> bytes:
    [first] = (await OutboxRows(store.database).due(_now(), limit=1, again=1, but=())).messages
    return encode_event(first.message, settings.instance)


async def _bare_publisher(settings: Settings, payload: bytes) -> float:
    """Publish to a broker whose receiver is away; return the messages a second that it took."""
    client = aiomqtt.Client(
        settings.mqtt.host,
        settings.mqtt.port,
        protocol=aiomqtt.ProtocolVersion.V5,
        identifier="benchmark-alone",
        username="callrouter",
        password=_password(settings),
    )
    client.pending_calls_threshold = 2 * _IN_FLIGHT
    topic = f"{settings.topic_prefix}/{settings.instance}/records"
    async with client:

        async def publish() -> None:
            for _ in range(_CALLS_STORED // _IN_FLIGHT):
                await client.publish(topic, payload, qos=1)

        began = time.perf_counter()
        await asyncio.gather(*(publish() for _ in range(_IN_FLIGHT)))
        return _CALLS_STORED / (time.perf_counter() - began)


def _password(settings: Settings) -> str:
    return read(Layout.of(settings).secrets).mqtt_controller


def _now() -> datetime:
    return datetime.now(UTC)
