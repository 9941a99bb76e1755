"""The database: all of it or nothing, and everything twice without harm."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from callrouter.records.collect import Collector
from callrouter.records.database import open_database
from callrouter.records.fold import fold
from callrouter.records.outbox_rows import RowState
from callrouter.records.reading import CallCount, RecordReader
from callrouter.records.store import Ingested, Store
from callrouter.records.tables import metadata
from callrouter.records.tail import FilePosition
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import CallRecord, RecordedDecision, TerminalState

Rows = Callable[[int], list[CelRow]]
Bytes = Callable[[Iterable[CelRow]], bytes]
NOW = datetime(2021, 10, 1, tzinfo=UTC)
HERE = FilePosition(1, "00", 100)


def nothing_to_say(_record: CallRecord) -> RecordedDecision | None:
    return None


def some_decision(_record: CallRecord) -> RecordedDecision:
    empty = RecordedDecision(**{field.name: None for field in fields(RecordedDecision)})
    return replace(empty, line="12300", mode="merged", phase="ended")


def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(url(tmp_path), explain=nothing_to_say, now=lambda: NOW)
    yield opened
    await opened.close()


async def count(store: Store, table: str) -> int:
    async with store.database.engine.connect() as connection:
        return await connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[table])) or 0


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    database = await open_database(url(tmp_path))

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


async def test_the_database_is_private_durable_and_opens_twice(tmp_path: Path) -> None:
    for _ in range(2):
        database = await open_database(url(tmp_path))
        async with database.read() as connection:
            modes = [
                await connection.scalar(sa.text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        await database.close()
        assert modes == ["wal", 2, 1]
    assert (tmp_path / "records.db").stat().st_mode & 0o777 == 0o600


async def test_a_call_is_folded_when_its_last_row_has_come_and_not_before(
    store: Store, call_rows: Rows
) -> None:
    rows = call_rows(1)
    assert (await store.ingest("n", rows[:-1], HERE)).records == ()
    (record,) = (await store.ingest("n", rows[-1:], HERE)).records
    assert record.terminal_state is TerminalState.ABANDONED
    reader = RecordReader(store.database.engine)
    body = await reader.record("lab-1.1")
    assert body is not None
    assert (body["call_id"], body["called_raw"]) == ("lab-1.1", "12315")
    assert await reader.recent(5) == [body]
    assert await reader.counts() == [CallCount("12315", "in_force", TerminalState.ABANDONED, 1)]
    assert await reader.outbox_depth() == 1
    assert await reader.oldest_waiting_age(NOW + timedelta(seconds=5)) == timedelta(seconds=5)
    (delivery,) = await reader.deliveries("lab-1.1")
    assert (delivery.state, delivery.sequence) == (RowState.WAITING, 1)


async def test_reading_the_same_rows_again_changes_nothing(store: Store, call_rows: Rows) -> None:
    await store.ingest("n", call_rows(1), HERE)
    assert (await store.ingest("n", call_rows(1), HERE)).records == ()
    assert [await count(store, name) for name in ("journal_row", "call_record", "outbox")] == [6, 1, 1]


async def test_the_same_call_on_another_node_is_another_call(store: Store, call_rows: Rows) -> None:
    for node in ("n", "m"):
        assert len((await store.ingest(node, call_rows(1), HERE)).records) == 1
    assert await count(store, "outbox") == 2


async def test_a_fault_between_record_and_outbox_row_leaves_neither(store: Store, call_rows: Rows) -> None:
    def fail(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO outbox"):
            raise sa.exc.OperationalError("the disk is full", {}, Exception())

    sa.event.listen(store.database.engine.sync_engine, "before_cursor_execute", fail)
    with pytest.raises(sa.exc.OperationalError):
        await store.ingest("n", call_rows(1), HERE)
    sa.event.remove(store.database.engine.sync_engine, "before_cursor_execute", fail)
    tables = ("journal_row", "journal_position", "call_record", "outbox")
    assert [await count(store, name) for name in tables] == [0, 0, 0, 0]
    assert store.counters.records_written == 0
    assert len((await store.ingest("n", call_rows(1), HERE)).records) == 1


async def test_the_position_is_kept_per_file(store: Store) -> None:
    await store.ingest("n", [], HERE)
    await store.ingest("n", [], replace(HERE, offset=200))
    await store.ingest("n", [], replace(HERE, inode=2))
    assert sorted(await store.positions("n"), key=lambda one: one.inode) == [
        replace(HERE, offset=200),
        replace(HERE, inode=2),
    ]
    assert await store.positions("other") == []


async def test_a_fallback_call_is_explained_afterwards(tmp_path: Path, call_rows: Rows) -> None:
    store = await Store.open(url(tmp_path), explain=some_decision, now=lambda: NOW, rehearsal=True)
    rows = [
        replace(row, extra='{"extra":"fallback=no_verdict"}') if row.event == "CR_DECIDED" else row
        for row in call_rows(1)
    ]
    (record,) = (await store.ingest("n", rows, HERE)).records
    assert record.decision is not None
    assert (record.decision.line, record.decision_derived, record.fallback) == ("12300", True, "no_verdict")
    assert record.rehearsal
    assert await RecordReader(store.database.engine).counts() == [
        CallCount("12300", "ended", TerminalState.ABANDONED, 1)
    ]
    await store.close()


async def test_an_explanation_that_fails_costs_no_record(tmp_path: Path, call_rows: Rows) -> None:
    def broken(_record: CallRecord) -> RecordedDecision:
        raise KeyError

    store = await Store.open(url(tmp_path), explain=broken, now=lambda: NOW)
    rows = [row for row in call_rows(1) if row.event != "CR_DECIDED"]
    (record,) = (await store.ingest("n", rows, HERE)).records
    assert set(record.anomalies) == {"no_decision", "not_explained"}
    await store.close()


async def test_a_call_that_could_not_be_folded_is_folded_at_the_next_start_once(
    tmp_path: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "cel.csv"
    calls = [row for number in range(30) for row in call_rows(number)]
    refused = [
        replace(row, event="CR_REFUSED") if row.event == "CR_ARRIVED" else row for row in call_rows(40)
    ]
    unfinished = call_rows(50)[:-1]
    an_agents_own = [replace(row, context="from-seat") for row in (call_rows(60)[0], call_rows(60)[-1])]
    gone_at_once = [row for row in call_rows(45) if not row.event.startswith("CR_")]
    every = [*calls, *refused, *unfinished, *an_agents_own, *gone_at_once]
    journal.write_bytes(csv_bytes(every))
    failing = {f"lab-{number}.1" for number in (*range(5, 25), 40, 45)}

    def fold_some(rows: Sequence[CelRow], node: str) -> CallRecord | None:
        if rows[0].linkedid in failing:
            raise KeyError
        return fold(rows, node)

    monkeypatch.setattr("callrouter.records.store.fold", fold_some)
    missing = failing
    for written in (10, 22, 0):
        store = await Store.open(url(tmp_path), explain=nothing_to_say, now=lambda: NOW)
        told = asyncio.Event()
        collector = Collector(store, journal, "n", on_records=told.set)
        while await collector.collect_once():
            pass
        assert store.counters.records_written == written
        assert told.is_set() == bool(written)
        assert store.counters.calls_not_folded == len(missing)
        bodies = await RecordReader(store.database.engine).recent(100)
        ids = sorted(str(body["call_id"]) for body in bodies)
        assert ids == sorted({*(f"lab-{number}.1" for number in (*range(30), 40, 45))} - missing)
        assert await count(store, "outbox") == len(ids)
        await store.close()
        monkeypatch.undo()
        missing = set()


async def test_a_record_that_cannot_be_written_as_json_costs_only_itself(
    tmp_path: Path, call_rows: Rows
) -> None:
    def odd(record: CallRecord) -> RecordedDecision:
        decision = some_decision(record)
        return replace(decision, phase=object()) if record.call_id == "lab-1.1" else decision  # type: ignore[arg-type]  # the fault

    store = await Store.open(url(tmp_path), explain=odd, now=lambda: NOW)
    rows = [row for number in (1, 2) for row in call_rows(number) if row.event != "CR_DECIDED"]
    ingested = await store.ingest("n", rows, HERE)
    assert [record.call_id for record in ingested.records] == ["lab-2.1"]
    assert store.counters.calls_not_folded == 1
    await store.close()


async def test_an_unforeseen_error_does_not_end_collecting(
    store: Store, tmp_path: Path, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, written = tmp_path / "cel.csv", asyncio.Event()
    journal.write_bytes(csv_bytes(call_rows(1)))
    ingest = store.ingest

    async def fail_once(*_arguments: object) -> Ingested:
        monkeypatch.setattr(store, "ingest", ingest)
        raise ZeroDivisionError

    monkeypatch.setattr(store, "ingest", fail_once)
    collecting = asyncio.create_task(
        Collector(store, journal, "n", on_records=written.set, poll_seconds=0.01).run()
    )
    async with asyncio.timeout(5):
        await asyncio.wait(
            {collecting, waiting := asyncio.create_task(written.wait())}, return_when="FIRST_COMPLETED"
        )
    assert waiting.done()
    assert not collecting.done()
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    assert store.counters.unforeseen_errors == 1


async def test_a_locked_database_only_delays(
    store: Store, tmp_path: Path, call_rows: Rows, csv_bytes: Bytes
) -> None:
    journal = tmp_path / "cel.csv"
    written = asyncio.Event()
    collector = Collector(store, journal, "n", on_records=written.set, poll_seconds=0.02)
    blocker = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    journal.write_bytes(csv_bytes(call_rows(1) + call_rows(2)))
    collecting = asyncio.create_task(collector.run())
    async with asyncio.timeout(10):
        while store.counters.database_failures == 0:  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.02)
        assert not written.is_set()
        blocker.execute("ROLLBACK")
        blocker.close()
        await written.wait()
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    assert await count(store, "call_record") == 2
