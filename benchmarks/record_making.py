"""Rows of Asterisk's journal become stored records: cut, fold, commit."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.figures import percentile
from benchmarks.journal_rows import CALLS_A_BATCH, calls
from benchmarks.table import Finding
from callrouter.layout import SETUP_FOLDER
from callrouter.records.call_writes import CallWrites
from callrouter.records.cel_csv import cut
from callrouter.records.cut import Cut, Row
from callrouter.records.database import Database, open_database
from callrouter.records.fold import fold, milestones
from callrouter.records.leases import Fence
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.records.row_values import Values
from callrouter.records.store import Store
from callrouter.records.tail import Batch, FilePosition
from callrouter.vocabulary.cel import at_node
from tests.postgresql import Postgresql

_CALLS: Final = 6400
_REPEATS: Final = 2000
_NODE: Final = "node1"
_TABLES: Final = ("journal_piece", "call_record", "outbox")


class _Watched(Store):
    """A store that keeps how long each of its transactions took."""

    def __init__(self, database: Database) -> None:
        super().__init__(
            database,
            explain=lambda _record: None,
            prove=lambda record: record,
            now=lambda: datetime.now(UTC),
        )
        self.commits: list[float] = []

    async def _transaction(
        self,
        writes: Sequence[CallWrites],
        positions: Sequence[Values],
        fence: Fence | None,
        *,
        one_by_one: bool,
    ) -> set[str]:
        began = time.perf_counter()
        refused = await super()._transaction(writes, positions, fence, one_by_one=one_by_one)
        self.commits.append(time.perf_counter() - began)
        return refused


def making(cluster: Postgresql) -> list[Finding]:
    """Fold one call again and again; then store thousands, on both databases."""
    return [*_folding(), *asyncio.run(_storing(cluster))]


def _folding() -> list[Finding]:
    text, queue_text = (
        calls("sample_call.csv", 1, 1, time.time()),
        calls("sample_call.queue_log", 1, 1, time.time()),
    )
    rows, queue = [at_node(row, _NODE) for row in cut(text).rows], cut_queue_log(queue_text).rows
    folded = _microseconds(lambda: fold(rows, _NODE, queue))
    told = _microseconds(lambda: milestones(rows))
    parsed = _microseconds(lambda: cut(text))
    return [
        Finding(
            f"fold(): the record of a call of {len(rows)} rows, p50 / p99",
            "",
            f"{percentile(folded, 50):.0f} / {percentile(folded, 99):.0f} µs",
            f"cutting its rows {percentile(parsed, 50):.0f}, what is told live {percentile(told, 50):.0f} µs",
        )
    ]


def _microseconds(work: Callable[[], object]) -> list[float]:
    took = []
    for _ in range(_REPEATS):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1e6)
    return took


async def _storing(cluster: Postgresql) -> list[Finding]:
    with TemporaryDirectory(dir=SETUP_FOLDER) as folder:
        path = Path(folder) / "records.db"
        on_sqlite = await _stored(f"sqlite:///{path}", "SQLite")
        alone = _sqlite_alone(path)
    async with cluster.database() as url:
        on_postgresql = await _stored(url, "PostgreSQL")
    peer = f"sqlite3 alone, the same rows in as many transactions: {alone:.0f} /s"
    return [
        *on_sqlite(peer),
        *on_postgresql("the same, on SQLite: see above"),
    ]


async def _stored(url: str, name: str) -> Callable[[str], list[Finding]]:
    store = _Watched(await open_database(url))
    took = []
    try:
        for place in range(0, _CALLS, CALLS_A_BATCH):
            text = calls("sample_call.csv", place, CALLS_A_BATCH, time.time())
            queue_text = calls("sample_call.queue_log", place, CALLS_A_BATCH, time.time())
            began = time.perf_counter()
            cel, queue = _batch(cut(text), place), _batch(cut_queue_log(queue_text), place)
            stored = await store.ingest(_NODE, cel, queue)
            took.append(time.perf_counter() - began)
            assert len(stored.records) == CALLS_A_BATCH
    finally:
        await store.close()
    whole, commit = _CALLS / sum(took), _CALLS / sum(store.commits)
    p99 = percentile(store.commits, 99)

    def findings(peer: str) -> list[Finding]:
        return [
            Finding(
                f"records made durable on {name}, {CALLS_A_BATCH} to a commit; a commit's p50 / p99",
                "≥ 5000 /s, p99 ≤ 20 ms",
                f"{commit:.0f} /s; {percentile(store.commits, 50) * 1000:.1f} / {p99 * 1000:.1f} ms",
                peer,
                met=commit >= 5000 and p99 <= 0.020,
            ),
            Finding(f"… with cutting and folding, in one process, on {name}", "", f"{whole:.0f} /s", ""),
        ]

    return findings


def _batch(cut_rows: Cut[Row], place: int) -> Batch[Row]:
    return Batch(cut_rows.rows, cut_rows.unreadable, FilePosition(1, "00", place + 1), is_full=True)


def _sqlite_alone(database: Path) -> float:
    """Copy what was stored into a second database, in as many transactions; return records a second."""
    copy = database.with_name("copy.db")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        target.execute("PRAGMA journal_mode=WAL")
        target.execute("PRAGMA synchronous=FULL")
        schema = "SELECT sql FROM sqlite_master WHERE tbl_name IN (?, ?, ?) AND sql IS NOT NULL"
        for (statement,) in source.execute(schema, _TABLES).fetchall():
            target.execute(statement)
        stored = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}
        transactions = -(-_CALLS // CALLS_A_BATCH)
        began = time.perf_counter()
        for place in range(transactions):
            with target:
                for table, rows in stored.items():
                    _insert(target, table, rows[place::transactions])
        return _CALLS / (time.perf_counter() - began)


def _insert(target: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    marks = ",".join("?" * len(rows[0]))
    target.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
