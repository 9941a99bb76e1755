"""What is deleted when it is old, and what is kept for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from callrouter.records.database import Database, open_database
from callrouter.records.outbox_due import in_milliseconds
from callrouter.records.pruning import Pruned, prune_rows
from callrouter.records.tables import journal_piece, open_call, outbox, reconcile_cursor

NOW = datetime(2022, 1, 1, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


def days_ago(days: float) -> int:
    return in_milliseconds(NOW - timedelta(days=days))


async def add(database: Database, table: sa.Table, *rows: dict[str, object]) -> None:
    async with database.write() as connection:
        await connection.execute(sa.insert(table), list(rows))


def piece(linkedid: str, days: float, number: int = 1) -> dict[str, object]:
    return {"node": "n", "linkedid": linkedid, "piece": number, "stored_at_ms": days_ago(days), "rows": b"x"}


def message(number: int, state: str, days: float | None) -> dict[str, object]:
    return {
        "position": number,
        "id": str(number),
        "node": "n",
        "call_id": f"c{number}",
        "seq": 1,
        "kind": "k",
        "state": state,
        "attempts": 0,
        "created_at_ms": days_ago(days or 400),
        "next_attempt_at_ms": 0,
        "closed_at_ms": None if days is None else days_ago(days),
    }


async def prune(database: Database, *, reconciles: bool = False, dry_run: bool = False) -> Pruned:
    return await prune_rows(
        database, NOW, rows_days=90, delivered_days=30, reconciles=reconciles, dry_run=dry_run
    )


async def calls_left(database: Database) -> list[tuple[str, int]]:
    columns = journal_piece.c
    async with database.read() as connection:
        rows = await connection.execute(
            sa.select(columns.linkedid, columns.piece).order_by(columns.linkedid, columns.piece)
        )
        return [(linkedid, number) for linkedid, number in rows]


async def messages_left(database: Database) -> list[int]:
    async with database.read() as connection:
        return list(await connection.scalars(sa.select(outbox.c.position).order_by(outbox.c.position)))


async def test_the_rows_of_an_old_call_go_and_of_a_younger_one_stay(database: Database) -> None:
    await add(database, journal_piece, piece("old", 90.1), piece("young", 89.9))
    assert await prune(database) == Pruned(1, 0)
    assert await calls_left(database) == [("young", 1)]


async def test_a_call_goes_as_a_whole_or_not_at_all(database: Database) -> None:
    await add(database, journal_piece, piece("a", 95), piece("a", 80, 2), piece("b", 95), piece("b", 91, 2))
    assert await prune(database) == Pruned(2, 0)
    assert await calls_left(database) == [("a", 1), ("a", 2)]


async def test_a_call_that_is_open_or_could_not_be_folded_keeps_its_rows(database: Database) -> None:
    await add(database, journal_piece, piece("up", 400), piece("faulty", 400), piece("closed", 400))
    for linkedid, fault in (("up", None), ("faulty", "ValueError")):
        await add(
            database,
            open_call,
            {"node": "n", "linkedid": linkedid, "since_us": 0, "told": "[]", "fault": fault},
        )
    await prune(database)
    assert await calls_left(database) == [("faulty", 1), ("up", 1)]


async def test_only_messages_that_were_acknowledged_long_ago_go(database: Database) -> None:
    await add(
        database,
        outbox,
        message(1, "acknowledged", 31),
        message(2, "acknowledged", 29),
        message(3, "open", None),
        message(4, "dead", 300),
        message(5, "acknowledged", 31),
        message(6, "acknowledged", 1),
    )
    assert await prune(database) == Pruned(0, 2)
    assert await messages_left(database) == [2, 3, 4, 6]


@pytest.mark.parametrize(("cursor", "left"), [(None, [1, 2, 3]), (1, [2, 3]), (2, [3])])
async def test_a_message_is_compared_before_it_goes(
    database: Database, cursor: int | None, left: list[int]
) -> None:
    await add(database, outbox, *(message(number, "acknowledged", 31) for number in (1, 2, 3)))
    if cursor is not None:
        await add(database, reconcile_cursor, {"name": "x", "position": cursor, "finished_at_ms": 0})
    await prune(database, reconciles=True)
    assert await messages_left(database) == left


async def test_numbers_are_not_given_again_after_everything_was_pruned(database: Database) -> None:
    await add(database, outbox, *(message(number, "acknowledged", 31) for number in range(1, 8)))
    assert await prune(database) == Pruned(0, 6)
    values = {name: value for name, value in message(99, "open", None).items() if name != "position"}
    if database.dialect == "postgresql":  # its sequence knows nothing of the numbers given by hand
        async with database.write() as connection:
            await connection.execute(sa.text("SELECT setval('outbox_position_seq', 7)"))
    await add(database, outbox, values)
    assert await messages_left(database) == [7, 8]


async def test_much_is_deleted_in_portions(database: Database) -> None:
    await add(database, journal_piece, *(piece(f"c{number:04}", 100) for number in range(1201)))
    await add(database, outbox, *(message(number, "acknowledged", 31) for number in range(1, 1203)))
    wrote: list[str] = []
    sa.event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda _1, _2, statement, *_: wrote.append(statement) if "DELETE" in statement else None,
    )
    assert await prune(database) == Pruned(1201, 1201)
    assert len(wrote) == 6
    assert await calls_left(database) == []


async def test_a_trial_deletes_nothing_and_tells_the_same(database: Database) -> None:
    await add(database, journal_piece, piece("old", 100), piece("young", 1))
    await add(database, outbox, message(1, "acknowledged", 31), message(2, "open", None))
    told = await prune(database, dry_run=True)
    assert told == Pruned(1, 1)
    assert await messages_left(database) == [1, 2]
    assert await prune(database) == told
    assert await prune(database) == Pruned(0, 0)
