"""From a line in Asterisk's journal to the ticketing side's own word that it has the record."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import aiomqtt
import asyncpg

from benchmarks.figures import percentile
from benchmarks.journal_rows import calls
from benchmarks.own_system import Installation
from benchmarks.processes import family_memory_mib
from benchmarks.table import Finding
from callrouter.local_system.secrets import read
from tests.postgresql import Postgresql

_SUSTAINED: Final = 12_000
_A_SECOND, _PACED_S = 50, 10
_AN_HOUR: Final = 18_000
"""Calls, at five a second."""
_WRITTEN_AT_ONCE: Final = 200
_IN_FLIGHT, _BARE = 20, 4000
_WITHIN_S: Final = 240.0
_OPEN: Final = "SELECT count(*) FROM outbox WHERE state <> 'acknowledged'"
_KNOWN: Final = "SELECT count(*) FROM call_record"
_LAGS: Final = """
SELECT outbox.closed_at_ms - call_record.ended_at_ms FROM outbox
JOIN call_record ON call_record.node = outbox.node AND call_record.call_id = outbox.call_id
WHERE outbox.revision = 1 ORDER BY outbox.position
"""


class _Run:
    """A system that makes and delivers records, the journal that we write for it, and its database."""

    def __init__(self, installation: Installation, url: str) -> None:
        self.installation = installation
        self._url = url
        self._placed = 0
        layout = installation.layout
        layout.cel_csv.parent.mkdir(parents=True, exist_ok=True)
        layout.queue_log.parent.mkdir(parents=True, exist_ok=True)

    def lines(self, number: int) -> list[tuple[bytes, bytes]]:
        """Make the lines of so many calls that have just ended, of the queue log and of the journal."""
        first, now = self._placed, time.time()
        self._placed += number
        return [
            (calls("sample_call.queue_log", place, 1, now), calls("sample_call.csv", place, 1, now))
            for place in range(first, first + number)
        ]

    def write(self, lines: Iterable[tuple[bytes, bytes]]) -> None:
        """Write them as Asterisk would, which writes both logs line by line: neither is far ahead of the other."""
        layout = self.installation.layout
        with (
            layout.queue_log.open("ab", buffering=0) as queue_log,
            layout.cel_csv.open("ab", buffering=0) as journal,
        ):
            for of_queue_log, of_journal in lines:
                queue_log.write(of_queue_log)
                journal.write(of_journal)

    async def is_over(self) -> float:
        """Wait until every call that was written is known, and acknowledged; give the instant (monotonic)."""
        await self._sees([(self._placed,), (0,)], _KNOWN, _OPEN)
        return time.perf_counter()

    async def is_collected(self) -> None:
        """Wait until every call that was written is known."""
        await self._sees([(self._placed,)], _KNOWN)

    async def _sees(self, expected: list[tuple[int, ...]], *queries: str) -> None:
        async with asyncio.timeout(_WITHIN_S):
            while True:
                if [row for query in queries for row in await self.rows(query)] == expected:
                    return
                await asyncio.sleep(0.05)

    async def rows(self, query: str) -> list[tuple[int, ...]]:
        """Ask the database."""
        if not self._url:
            return await asyncio.to_thread(_of_sqlite, self.installation.layout.database, query)
        connection = await asyncpg.connect(self._url)
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()


def delivery(cluster: Postgresql) -> list[Finding]:
    """Measure on SQLite, then on PostgreSQL."""
    found = asyncio.run(_on("", "SQLite"))

    async def on_postgresql() -> list[Finding]:
        async with cluster.database() as url:
            return await _on(url, "PostgreSQL")

    return [*found, *asyncio.run(on_postgresql())]


async def _on(url: str, name: str) -> list[Finding]:
    with Installation.made(asterisk=False, database_url=url) as installation:
        run = _Run(installation, url)
        roles = ("--roles", "broker,ticketing,collect,publish")
        with installation.running("serve", *roles):
            await _is_serving(installation)
            rate = await _sustained(run)
            before = await run.rows(_LAGS)
            lags = await _paced(run, len(before))
            bare = await _bare_publisher(installation) if not url else 0.0
        with installation.running("serve", "--roles", "collect") as serving:
            await _is_serving(installation)
            began = time.perf_counter()
            memory = await _an_hour_is_collected(run, serving)
            collected = _AN_HOUR / (time.perf_counter() - began)
        with installation.running("serve", "--roles", "broker,ticketing,publish"):
            await _is_serving(installation)
            began = time.perf_counter()
            drained = _AN_HOUR / (await run.is_over() - began)
    return [
        Finding(
            f"journal written -> acknowledged by the subscriber, sustained, {name}",
            "≥ 2000 /s",
            f"{rate:.0f} /s",
            f"publish and PUBACK alone, {_IN_FLIGHT} in flight: {bare:.0f} /s" if bare else "",
            met=rate >= 2000,
        ),
        Finding(
            f"… lag at {_A_SECOND} calls/s, end of the call -> acknowledged, p50 / p99, {name}",
            "p99 ≤ 2 s",
            f"{percentile(lags, 50):.0f} / {percentile(lags, 99):.0f} ms",
            "",
            met=percentile(lags, 99) <= 2000,
        ),
        Finding(
            f"an hour's backlog ({_AN_HOUR} calls): collected, then drained, {name}",
            "drained in ≤ 10 min",
            f"{collected:.0f} /s, {drained:.0f} /s ({_AN_HOUR / drained:.0f} s)",
            "",
            met=_AN_HOUR / drained <= 600,
        ),
        Finding(
            f"… memory of the process that collects it, at a third and at the end, {name}",
            "flat",
            f"{memory[0]:.0f} / {memory[1]:.0f} MiB",
            "",
            met=memory[1] <= 1.05 * memory[0],
        ),
    ]


async def _is_serving(installation: Installation) -> None:
    await installation.has_started()
    (installation.config.parent / "serve.out").write_text("")


async def _sustained(run: _Run) -> float:
    """Write faster than it can be read, from a quarter-second's head start on; give records a second."""
    # Made before: their making would take a core from what is measured.
    portions = [run.lines(_WRITTEN_AT_ONCE) for _ in range(_SUSTAINED // _WRITTEN_AT_ONCE)]
    began = time.perf_counter()
    for portion in portions:
        await asyncio.to_thread(run.write, portion)
    return _SUSTAINED / (await run.is_over() - began)


async def _paced(run: _Run, before: int) -> list[float]:
    began = time.perf_counter()
    for place in range(_A_SECOND * _PACED_S):
        await asyncio.sleep(max(0.0, began + place / _A_SECOND - time.perf_counter()))
        run.write(run.lines(1))
    await run.is_over()
    return [float(lag) for (lag,) in (await run.rows(_LAGS))[before:]]


async def _an_hour_is_collected(run: _Run, serving: int) -> tuple[float, float]:
    sizes = []
    for _ in range(3):
        for _ in range(_AN_HOUR // 3 // _WRITTEN_AT_ONCE):
            await asyncio.to_thread(run.write, run.lines(_WRITTEN_AT_ONCE))
        await run.is_collected()
        sizes.append(family_memory_mib(serving))
    return sizes[0], sizes[-1]


def _of_sqlite(database: Path, query: str) -> list[tuple[int, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return opened.execute(query).fetchall()


async def _bare_publisher(installation: Installation) -> float:
    """Publish to a topic that nobody hears; return the messages a second that the broker took."""
    settings = installation.settings
    client = aiomqtt.Client(
        settings.mqtt.host,
        settings.mqtt.port,
        protocol=aiomqtt.ProtocolVersion.V5,
        identifier="benchmark-alone",
        username="callrouter",
        password=read(installation.layout.secrets).mqtt_controller,
    )
    client.pending_calls_threshold = 2 * _IN_FLIGHT
    topic, payload = f"{settings.topic_prefix}/{settings.instance}/reconcile", b"x" * 2500
    async with client:

        async def publish() -> None:
            for _ in range(_BARE // _IN_FLIGHT):
                await client.publish(topic, payload, qos=1)

        began = time.perf_counter()
        await asyncio.gather(*(publish() for _ in range(_IN_FLIGHT)))
        return _BARE / (time.perf_counter() - began)
