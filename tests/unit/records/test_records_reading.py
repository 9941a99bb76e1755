"""What may be asked about records and the outbox."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from callrouter.records.database import Database, open_database
from callrouter.records.outbox_due import in_milliseconds
from callrouter.records.outbox_rows import RowState
from callrouter.records.reading import CallCount, Promptness, RecordReader, Wanted
from callrouter.records.tables import call_record, open_call, outbox
from callrouter.vocabulary.record_words import TerminalState

T0 = datetime(2021, 9, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def reader(database: Database) -> RecordReader:
    return RecordReader(database.engine)


def record(number: int, revision: int = 1, node: str = "n1", **columns: object) -> dict[str, object]:
    return {
        "node": node,
        "call_id": f"{node}-{number}",
        "revision": revision,
        "linkedid": f"{node}-{number}",
        "arrived_at_ms": in_milliseconds(T0 + timedelta(minutes=number)),
        "ended_at_ms": in_milliseconds(T0 + timedelta(minutes=number + 1)),
        "line": "12315",
        "phase": "in_force",
        "terminal_state": "completed",
        "answered_within_15_s": None,
        "body": json.dumps({"number": number, "revision": revision, "node": node}),
    } | columns


def message(number: int, state: str, **columns: object) -> dict[str, object]:
    return {
        "position": number,
        "id": f"id{number}",
        "node": "n1",
        "call_id": "n1-1",
        "seq": number,
        "kind": "k",
        "state": state,
        "attempts": 0,
        "created_at_ms": in_milliseconds(T0 + timedelta(seconds=number)),
        "next_attempt_at_ms": 0,
        "closed_at_ms": None,
        "outcome": None,
        "reason": None,
    } | columns


async def add(database: Database, table: sa.Table, *rows: dict[str, object]) -> None:
    async with database.write() as connection:
        await connection.execute(sa.insert(table), list(rows))


async def numbers(reader: RecordReader, wanted: Wanted, size: int = 100) -> list[tuple[object, object]]:
    """All pages, one after the other."""
    found: list[tuple[object, object]] = []
    after = None
    while True:
        page = await reader.page(wanted, limit=size, after=after)
        assert len(page.records) <= size
        found += [(one["number"], one["revision"]) for one in page.records]
        if page.after is None:
            return found
        after = page.after


async def test_a_call_is_spoken_of_by_its_newest_revision(database: Database, reader: RecordReader) -> None:
    await add(database, call_record, record(1), record(1, 2), record(2), record(3, node="n0"))
    newest = await reader.record("n1-1")
    assert newest is not None
    assert newest["revision"] == 2
    assert [one["revision"] for one in await reader.revisions("n1-1")] == [1, 2]
    assert await reader.record("n0-3") is not None
    assert await reader.record("n1-9") is None
    assert await reader.revisions("n1-9") == []
    assert [(one["number"], one["revision"]) for one in await reader.recent(2)] == [(3, 1), (2, 1)]
    assert await numbers(reader, Wanted()) == [(3, 1), (2, 1), (1, 2)]


async def test_pages_follow_each_other_without_gap_or_repetition(
    database: Database, reader: RecordReader
) -> None:
    same_instant = [record(number, arrived_at_ms=5) for number in range(7)]
    elsewhere = [record(number, node="n2", arrived_at_ms=5) for number in range(10, 13)]
    await add(database, call_record, *same_instant, *elsewhere, record(20), record(20, 2), record(21))
    whole = await numbers(reader, Wanted())
    assert len(whole) == 12
    for size in (1, 2, 5, 12):
        assert await numbers(reader, Wanted(), size) == whole


async def test_calls_are_found_by_time_line_and_state(database: Database, reader: RecordReader) -> None:
    await add(
        database,
        call_record,
        record(1, line="12300"),
        record(2),
        record(3, terminal_state="abandoned"),
        record(4, line=None),
    )
    at = [T0 + timedelta(minutes=minute) for minute in range(6)]
    assert await numbers(reader, Wanted(since=at[2], until=at[4])) == [(3, 1), (2, 1)]
    assert await numbers(reader, Wanted(line="12315")) == [(3, 1), (2, 1)]
    assert await numbers(reader, Wanted(terminal_state=TerminalState.ABANDONED)) == [(3, 1)]
    assert await numbers(reader, Wanted(line="12300", until=at[1])) == []


async def test_a_corrected_call_counts_once_and_as_corrected(
    database: Database, reader: RecordReader
) -> None:
    await add(
        database,
        call_record,
        record(1, terminal_state="interrupted"),
        record(1, 2, terminal_state="abandoned"),
        record(1, 3),
        record(2),
        record(3, line=None, phase=None, terminal_state="refused"),
    )
    assert sorted(await reader.counts(), key=lambda count: count.calls) == [
        CallCount(None, None, TerminalState.REFUSED, 1),
        CallCount("12315", "in_force", TerminalState.COMPLETED, 2),
    ]


async def test_promptness_counts_by_line_who_was_answered_in_15_s(
    database: Database, reader: RecordReader
) -> None:
    await add(
        database,
        call_record,
        record(1, answered_within_15_s=True),
        record(2, answered_within_15_s=False),
        record(2, 2, answered_within_15_s=True),
        record(3, answered_within_15_s=False),
        record(4),
        record(5, line="12300", answered_within_15_s=False),
        record(6, line="12345"),
    )
    found = {one.line: one for one in await reader.promptness()}
    assert found == {"12315": Promptness("12315", 2, 1), "12300": Promptness("12300", 0, 1)}


async def test_deliveries_tell_where_each_message_stands(database: Database, reader: RecordReader) -> None:
    closed = in_milliseconds(T0)
    await add(
        database,
        outbox,
        message(1, "acknowledged", closed_at_ms=closed, outcome="stored"),
        message(2, "dead", closed_at_ms=closed, reason="no such line"),
        message(3, "open", attempts=4),
        message(4, "open", call_id="n1-2"),
    )
    first, second, third = await reader.deliveries("n1-1")
    assert (first.state, first.acknowledged_at, first.outcome) == (RowState.ACKNOWLEDGED, T0, "stored")
    assert (second.state, second.acknowledged_at, second.reason) == (RowState.DEAD, None, "no such line")
    assert (third.sequence, third.attempts, third.closed_at) == (3, 4, None)
    assert await reader.deliveries("n1-9") == []


async def test_depth_age_and_dead_letters_of_the_outbox(database: Database, reader: RecordReader) -> None:
    now = T0 + timedelta(seconds=10)
    assert (await reader.outbox_depth(), await reader.dead_letters()) == (0, 0)
    assert await reader.oldest_waiting_age(now) == timedelta()
    await add(
        database,
        outbox,
        message(1, "acknowledged"),
        message(2, "dead"),
        message(3, "open"),
        message(4, "open"),
    )
    assert (await reader.outbox_depth(), await reader.dead_letters()) == (2, 1)
    assert await reader.oldest_waiting_age(now) == timedelta(seconds=7)
    assert await reader.oldest_waiting_age(T0) == timedelta(), "the clock was set back"


async def test_open_calls_are_told_the_oldest_first(database: Database, reader: RecordReader) -> None:
    values = {"node": "n1", "told": "[]"}
    await add(
        database,
        open_call,
        values | {"linkedid": "b", "since_us": 1_000_000, "fault": "ValueError"},
        values | {"linkedid": "a", "since_us": 2_000_000, "fault": None},
    )
    first, second = await reader.open_calls()
    assert (first.linkedid, first.fault, first.since.second) == ("b", "ValueError", 1)
    assert (second.linkedid, second.fault) == ("a", None)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        ("outbox_depth", "ix_outbox_open"),
        ("dead_letters", "ix_outbox_dead"),
        ("counts", "COVERING INDEX ix_call_record_line_phase_terminal_state_answered_within_15_s"),
        ("promptness", "COVERING INDEX ix_call_record_line_phase_terminal_state_answered_within_15_s"),
        ("counts", "ix_call_record_corrections"),
        ("page", "ix_call_record_arrived_at_ms"),
        ("page of a line", "ix_call_record_line_arrived_at_ms"),
        ("revisions", "(node=? AND call_id=?)"),
        ("deliveries", "(node=? AND call_id=?)"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_answers_from_an_index(
    database: Database, reader: RecordReader, ask: str, index: str
) -> None:
    await add(database, call_record, record(1))
    await add(database, outbox, message(1, "open"))
    asked: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _1, _2, statement, parameters, *_: asked.append((statement, parameters)),
    )
    match ask:
        case "page":
            await reader.page(Wanted(), limit=5)
        case "page of a line":
            await reader.page(Wanted(line="12315"), limit=5)
        case "revisions" | "deliveries":
            await getattr(reader, ask)("n1-1")
        case _:
            await getattr(reader, ask)()
    file = str(database.engine.url.database)
    with closing(sqlite3.connect(file)) as connection:
        plans: list[str] = [
            row[3]
            for statement, parameters in asked
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert any(index in plan for plan in plans), plans
    # Nothing goes through a whole table, nor through an index that it has no condition on.
    assert not [plan for plan in plans if plan.startswith("SCAN") and "INDEX" not in plan], plans
