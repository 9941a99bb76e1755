"""Stores on a database of a test's own, and what there is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from callrouter.records.bodies import read_record
from callrouter.records.store import Ingested, Store
from callrouter.records.tables import call_record, metadata, outbox
from callrouter.records.tail import Batch, FilePosition
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord, RecordedDecision

Rows = Callable[[int], list[CelRow]]
NOW = datetime(2021, 10, 1, tzinfo=UTC)
HERE = FilePosition(1, "00", 100)


def nothing_to_say(_record: CallRecord) -> RecordedDecision | None:
    return None


def some_decision(_record: CallRecord) -> RecordedDecision:
    nothing: dict[str, Any] = {field.name: None for field in fields(RecordedDecision)}
    empty = RecordedDecision(**{**nothing, "reasons": ()})
    return replace(empty, line="12300", mode="merged", phase="ended")


def as_it_is(record: CallRecord) -> CallRecord:
    return record


@dataclass
class Stores:
    """Opens stores on one database, each as after a restart."""

    url: str
    opened: list[Store]

    async def open(self, **more: Any) -> Store:
        given = {"explain": nothing_to_say, "prove": as_it_is, "now": lambda: NOW} | more
        store = await Store.open(self.url, **given)
        self.opened.append(store)
        return store


def cel(*calls: Iterable[CelRow], position: FilePosition = HERE) -> Batch[CelRow]:
    return Batch(tuple(row for rows in calls for row in rows), 0, position, is_full=False)


def queue(*lines: QueueRow) -> Batch[QueueRow]:
    return Batch(lines, 0, HERE, is_full=False)


async def read(store: Store, *calls: Iterable[CelRow]) -> Ingested:
    return await store.ingest("n", cel(*calls), None)


async def count(store: Store, *tables: str) -> list[int]:
    async with store.database.read() as connection:
        return [
            await connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[table])) or 0
            for table in tables
        ]


EVERYTHING = ("journal_piece", "open_call", "call_record", "outbox")


async def messages(store: Store, call_id: str = "lab-1.1") -> list[tuple[int, str, int | None]]:
    columns = outbox.c
    query = sa.select(columns.seq, columns.kind, columns.revision).where(columns.call_id == call_id)
    async with store.database.read() as connection:
        return [
            (row.seq, row.kind.split(".")[-2], row.revision)
            for row in await connection.execute(query.order_by(columns.position))
        ]


async def records(store: Store) -> list[CallRecord]:
    query = sa.select(call_record.c.body).order_by(
        call_record.c.node, call_record.c.call_id, call_record.c.revision
    )
    async with store.database.read() as connection:
        return [read_record(body) for body in await connection.scalars(query)]


@pytest.fixture
async def stores(database_url: str) -> AsyncIterator[Stores]:
    made = Stores(database_url, [])
    yield made
    for store in made.opened:
        await store.close()


@pytest.fixture
async def sqlite_stores(tmp_path: Path) -> AsyncIterator[Stores]:
    made = Stores(f"sqlite:///{tmp_path / 'records.db'}", [])
    yield made
    for store in made.opened:
        await store.close()
