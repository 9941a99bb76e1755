"""The schema: what the migrations make, and what they carry over from version 1."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from callrouter.records import schema
from callrouter.records.database import Database, DatabaseError, open_database
from callrouter.records.database_engine import database_url as parsed
from callrouter.records.database_engine import make_engine
from callrouter.records.journal_pieces import read_piece
from callrouter.records.migrations.carry_over import FAULT_OF_VERSION_1
from callrouter.records.migrations.versions import v0002_revisions_leases as v0002
from callrouter.records.schema import VERSION, bring_up_to_date
from callrouter.records.tables import (
    call_record,
    journal_piece,
    journal_position,
    metadata,
    open_call,
    outbox,
)
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.message import Kind

Rows = Callable[[int], list[CelRow]]
Values = dict[str, object]
Open = Callable[[], Awaitable[Database]]

ARRIVED_MS = 1_632_988_801_000
BODY = json.dumps(
    {
        "call_id": "lab-1.1",
        "ended_at": "2021-09-30T08:00:31.500000Z",
        "decision": {"plan": "sichuan", "platform": "province"},
        "caller_raw": "13800138000",
    }
)


def record_of_version_1(number: int, body: str = BODY) -> Values:
    return {
        "node": "lab",
        "call_id": f"lab-{number}.1",
        "revision": 1,
        "arrived_at_ms": ARRIVED_MS,
        "line": "12315",
        "mode": "dual",
        "phase": "in_force",
        "terminal_state": "abandoned",
        "rehearsal": False,
        "fallback": None,
        "body": body,
    }


def message_of_version_1(number: int, state: str, body: str = BODY) -> Values:
    closed = state in ("acknowledged", "rejected")
    return {
        "id": f"00000000-0000-5000-8000-{number:012}",
        "node": "lab",
        "call_id": f"lab-{number}.1",
        "seq": 1,
        "kind": "cn.callrouter.record.closed.v1",
        "rehearsal": False,
        "body": body,
        "state": state,
        "attempts": 0 if state == "waiting" else 3,
        "created_at_ms": 5,
        "next_attempt_at_ms": 6,
        "acknowledged_at_ms": 7 if closed else None,
        "outcome": {"acknowledged": "stored", "rejected": "rejected"}.get(state),
        "reason": "no such line" if state == "rejected" else None,
    }


def journal_of_version_1(row: CelRow) -> Values:
    return {"node": "lab", **row._asdict()}


async def fill(url: str, **rows: list[Values]) -> None:
    engine = make_engine(parsed(url))
    async with engine.begin() as connection:
        for name, values in rows.items():
            table = sa.table(name, *(sa.column(column) for column in values[0]))
            await connection.execute(sa.insert(table), values)
    await engine.dispose()


@pytest.fixture
async def version_1(database_url: str) -> str:
    """A database as version 1 left it, empty."""
    await bring_up_to_date(parsed(database_url), to="0001")
    return database_url


@pytest.fixture
async def opened(version_1: str) -> AsyncIterator[Open]:
    """Opens the database with this version, which carries everything over."""
    databases: list[Database] = []

    async def open_it() -> Database:
        databases.append(await open_database(version_1))
        return databases[-1]

    yield open_it
    for database in databases:
        await database.close()


async def all_of(database: Database, table: sa.Table) -> list[sa.RowMapping]:
    async with database.read() as connection:
        query = sa.select(table).order_by(*table.primary_key.columns)
        return list((await connection.execute(query)).mappings())


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database_url: str) -> None:
    database = await open_database(database_url)

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    def partial_indexes(connection: sa.Connection) -> set[str | None]:
        where = f"{connection.dialect.name}_where"
        indexes = sa.inspect(connection).get_multi_indexes()
        return {
            index["name"]
            for of_table in indexes.values()
            for index in of_table
            if where in index.get("dialect_options", {})
        }

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(partial_indexes) == {
            "ix_call_record_corrections",
            "ix_outbox_dead",
            "ix_outbox_open",
        }
    await database.close()


async def test_a_record_keeps_its_text_and_gets_its_new_columns_from_it(
    version_1: str, opened: Open, call_rows: Rows
) -> None:
    other_channel = [row._replace(uniqueid="lab-2.1", linkedid="lab-1.9") for row in call_rows(2)]
    await fill(
        version_1,
        call_record=[record_of_version_1(1), record_of_version_1(2), record_of_version_1(3, "{damaged")],
        journal_row=[journal_of_version_1(row) for row in other_channel],
    )
    first, second, damaged = await all_of(await opened(), call_record)
    assert (first["linkedid"], second["linkedid"], damaged["linkedid"]) == ("lab-1.1", "lab-1.9", "lab-3.1")
    assert (first["ended_at_ms"], first["plan"], first["platform"]) == (
        1_632_988_831_500,
        "sichuan",
        "province",
    )
    assert first["answered_within_15_s"] is None
    assert (damaged["ended_at_ms"], damaged["plan"], damaged["body"]) == (ARRIVED_MS, None, "{damaged")
    assert first["body"] == BODY
    assert (first["line"], first["mode"], first["terminal_state"]) == ("12315", "dual", "abandoned")


@pytest.mark.parametrize(
    ("before", "after"),
    [("waiting", "open"), ("sent", "open"), ("acknowledged", "acknowledged"), ("rejected", "dead")],
)
async def test_a_message_goes_on_where_it_stood(
    version_1: str, opened: Open, before: str, after: str
) -> None:
    message = message_of_version_1(1, before)
    await fill(version_1, call_record=[record_of_version_1(1)], outbox=[message])
    [row] = await all_of(await opened(), outbox)
    assert row["state"] == after
    assert row["kind"] == Kind.RECORD_CLOSED
    assert (row["seq"], row["revision"]) == (1, 1)
    assert row["body"] is None, "the record has it"
    assert row["closed_at_ms"] == message["acknowledged_at_ms"]
    for kept in ("id", "attempts", "created_at_ms", "next_attempt_at_ms", "outcome", "reason"):
        assert row[kept] == message[kept]


async def test_a_message_that_is_not_its_record_keeps_its_own_body(version_1: str, opened: Open) -> None:
    await fill(
        version_1,
        call_record=[record_of_version_1(1)],
        outbox=[message_of_version_1(1, "rejected", "{torn"), message_of_version_1(2, "waiting")],
    )
    torn, without_record = await all_of(await opened(), outbox)
    assert (torn["body"], without_record["body"]) == ("{torn", BODY)


async def test_messages_are_numbered_on_after_the_last(version_1: str, opened: Open) -> None:
    await fill(version_1, outbox=[message_of_version_1(1, "waiting"), message_of_version_1(2, "waiting")])
    database = await opened()
    values = {name: value for name, value in message_of_version_1(3, "open").items() if "at_ms" not in name}
    del values["reason"], values["outcome"]
    async with database.write() as connection:
        await connection.execute(sa.insert(outbox).values(**values, created_at_ms=1, next_attempt_at_ms=1))
    assert [row["position"] for row in await all_of(database, outbox)] == [1, 2, 3]


async def test_the_rows_of_every_call_become_a_piece(version_1: str, opened: Open, call_rows: Rows) -> None:
    rows = [row for number in range(450) for row in call_rows(number)]
    await fill(version_1, journal_row=[journal_of_version_1(row) for row in reversed(rows)])
    pieces = await all_of(await opened(), journal_piece)
    assert len(pieces) == 450
    read = {piece["linkedid"]: read_piece(piece["rows"]) for piece in pieces}
    for number in range(450):
        assert read[f"lab-{number}.1"] == (tuple(call_rows(number)), ())
    assert {piece["piece"] for piece in pieces} == {1}


async def test_calls_without_a_record_are_open_and_those_that_failed_are_marked(
    version_1: str, opened: Open, call_rows: Rows
) -> None:
    recorded, still_up, failed = call_rows(1), call_rows(2)[:-1], call_rows(3)
    between_seats = [row._replace(context="seats") for row in call_rows(4) if not row.event.startswith("CR_")]
    await fill(
        version_1,
        call_record=[record_of_version_1(1)],
        journal_row=[journal_of_version_1(row) for row in (*recorded, *still_up, *failed, *between_seats)],
    )
    calls = await all_of(await opened(), open_call)
    assert [(call["linkedid"], call["fault"]) for call in calls] == [
        ("lab-2.1", None),
        ("lab-3.1", FAULT_OF_VERSION_1),
    ]
    assert calls[0]["since_us"] == still_up[0].at_us
    assert calls[0]["told"] == "[]"


async def test_the_journal_is_read_on_where_it_was_left(version_1: str, opened: Open) -> None:
    place = {"node": "lab", "inode": 2**40, "head": "6162", "offset": 2**33}
    await fill(version_1, journal_position=[place])
    [row] = await all_of(await opened(), journal_position)
    assert dict(row) == place | {"log": "cel"}


async def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    await (await open_database(database_url)).close()
    engine = make_engine(parsed(database_url))
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()
    with pytest.raises(DatabaseError, match="9999"):
        await open_database(database_url)


def test_there_is_no_way_back_that_would_lose_records() -> None:
    with pytest.raises(NotImplementedError, match="backup"):
        v0002.downgrade()


def test_the_version_that_is_looked_for_is_that_of_the_last_migration() -> None:
    folder = Path(schema.__file__).with_name("migrations")
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [VERSION]
