"""Opening a database, and what becomes of it when two come at once or something is wrong with it."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from callrouter.records.database import Database, DatabaseError, insert_new, insert_or_update, open_database
from callrouter.records.database_engine import SqliteConnection
from callrouter.records.database_engine import database_url as parsed
from callrouter.records.tables import metadata, reconcile_cursor

ONE = {"name": "x", "position": 1, "finished_at_ms": 5}
OPENS_IT = """
import asyncio, sys
from callrouter.records.database import open_database
asyncio.run(open_database(sys.argv[1]))
"""


async def positions(database: Database) -> list[tuple[str, int]]:
    columns = reconcile_cursor.c
    async with database.read() as connection:
        rows = await connection.execute(sa.select(columns.name, columns.position).order_by(columns.name))
        return [(name, position) for name, position in rows]


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:////var/lib/records.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:////var/lib/records.db", "sqlite+aiosqlite"),
        ("postgresql://u@h/n", "postgresql+asyncpg"),
        ("postgres://u@h/n", "postgresql+asyncpg"),
        ("postgresql+asyncpg://u@h/n", "postgresql+asyncpg"),
    ],
)
def test_an_address_needs_no_driver(given: str, driver: str) -> None:
    assert parsed(given).drivername == driver


def test_the_word_that_other_programs_use_for_encryption_is_understood() -> None:
    assert dict(parsed("postgresql://u@h/n?sslmode=require").query) == {"ssl": "require"}


@pytest.mark.parametrize(
    "wrong", ["mysql://root:geheim@h/n", "records.db", "postgresql://u:geheim@h:port/n", ""]
)
def test_another_kind_of_address_is_refused_with_a_remedy_and_without_its_password(wrong: str) -> None:
    with pytest.raises(DatabaseError, match="sqlite:///") as caught:
        parsed(wrong)
    assert "geheim" not in str(caught.value)


async def test_a_folder_that_is_not_there_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"missing/records\.db.*FileNotFoundError.*must exist"):
        await open_database(f"sqlite:///{tmp_path}/missing/records.db")


async def test_the_sqlite_database_is_private_durable_and_opens_twice(tmp_path: Path) -> None:
    for _ in range(2):
        database = await open_database(f"sqlite:///{tmp_path / 'records.db'}")
        async with database.read() as connection:
            modes = [
                await connection.scalar(sa.text(f"PRAGMA {name}"))
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
        await database.close()
        assert modes == ["wal", 2, 1, 2000]
    assert (tmp_path / "records.db").stat().st_mode & 0o777 == 0o600


async def test_what_is_there_already_is_passed_over_or_overwritten_as_asked(database_url: str) -> None:
    database = await open_database(database_url)
    new = insert_new(database.dialect, reconcile_cursor)
    overwrite = insert_or_update(database.dialect, reconcile_cursor, ("position",))
    async with database.write() as connection:
        await connection.execute(new, [ONE, ONE | {"position": 2}, ONE | {"name": "y"}])
    assert await positions(database) == [("x", 1), ("y", 1)]
    async with database.write() as connection:
        await connection.execute(overwrite, [ONE | {"position": 3, "finished_at_ms": 9}])
    assert await positions(database) == [("x", 3), ("y", 1)]
    await database.close()


async def test_a_transaction_that_fails_leaves_nothing(database_url: str) -> None:
    database = await open_database(database_url)

    async def fail_after_writing() -> None:
        async with database.write() as connection:
            await connection.execute(sa.insert(reconcile_cursor).values(ONE))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_writing()
    assert await positions(database) == []
    await database.close()


async def test_writers_that_come_together_all_get_their_turn(database_url: str) -> None:
    database = await open_database(database_url)
    async with database.write() as connection:
        await connection.execute(sa.insert(reconcile_cursor).values(ONE | {"position": 0}))

    async def add_one() -> None:
        async with database.write() as connection:
            more = reconcile_cursor.c.position + 1
            await connection.execute(sa.update(reconcile_cursor).values(position=more))

    await asyncio.gather(*(add_one() for _ in range(40)))
    assert await positions(database) == [("x", 40)]
    await database.close()


async def test_processes_that_start_at_once_make_one_schema(database_url: str) -> None:
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPENS_IT, database_url, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    told = await asyncio.gather(*(process.communicate() for process in started))
    assert [(process.returncode, errors) for process, (_, errors) in zip(started, told, strict=True)] == [
        (0, b"")
    ] * 3
    database = await open_database(database_url)
    async with database.read() as connection:
        names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
    assert set(names) == {*metadata.tables, "alembic_version"}
    await database.close()


async def test_a_schema_change_that_fails_leaves_the_schema_as_it_was(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr("callrouter.records.migrations.carry_over.carry_over_calls", fails)
        with pytest.raises(RuntimeError):
            await open_database(database_url)
    database = await open_database(database_url)
    assert await positions(database) == []
    await database.close()


async def test_no_error_quotes_a_caller(database_url: str) -> None:
    database = await open_database(database_url)
    caller = "13800138000"
    for values in (
        {"name": caller, "position": None, "finished_at_ms": 1},
        {"name": "x", "position": 1, "finished_at_ms": caller + "x"},
    ):
        if database.dialect == "sqlite" and values["position"]:
            continue  # SQLite keeps what it is given
        with pytest.raises(SQLAlchemyError) as caught:
            async with database.write() as connection:
                await connection.execute(sa.insert(reconcile_cursor).values(values))
        error: BaseException | None = caught.value
        while error is not None:
            assert caller not in str(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    await database.close()


async def test_a_locked_sqlite_file_is_an_error_in_two_seconds_and_then_usable_again(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'records.db'}")
    other = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SQLAlchemyError, match="locked"):
        async with database.write() as connection:
            await connection.execute(sa.insert(reconcile_cursor).values(ONE))
    other.execute("ROLLBACK")
    other.close()
    async with database.write() as connection:
        await connection.execute(sa.insert(reconcile_cursor).values(ONE))
    assert await positions(database) == [("x", 1)]
    await database.close()


async def test_a_cancelled_transaction_leaves_no_lock_wherever_it_was(database_url: str) -> None:
    database = await open_database(database_url)

    async def writes() -> None:
        async with database.write() as connection:
            for position in range(5):
                values = {**ONE, "position": position}
                upsert = insert_or_update(database.dialect, reconcile_cursor, ["position"])
                await connection.execute(upsert.values(values))
                await connection.execute(sa.select(reconcile_cursor.c.position))

    try:
        for moment in range(60):
            task = asyncio.create_task(writes())
            await asyncio.sleep(moment * 0.000_1)
            task.cancel()
            # Its error is kept, and with it what the transaction had in its hands.
            errors = await asyncio.gather(task, return_exceptions=True)
            async with asyncio.timeout(1), database.write() as connection:
                await connection.execute(sa.delete(reconcile_cursor))
            assert len(errors) == 1
    finally:
        await database.close()


def test_a_closed_sqlite_connection_has_no_lock_although_a_cursor_is_alive(tmp_path: Path) -> None:
    file = tmp_path / "some.db"
    mine = sqlite3.connect(file, factory=SqliteConnection)
    mine.execute("CREATE TABLE t (x)")
    cursor = mine.execute("INSERT INTO t VALUES (1), (2) RETURNING x")
    mine.close()
    other = sqlite3.connect(file, timeout=0)
    other.execute("INSERT INTO t VALUES (3)")
    assert other.execute("SELECT x FROM t").fetchall() == [(3,)]
    other.close()
    assert cursor is not None


async def test_no_thread_of_a_closed_sqlite_database_is_left_even_of_who_was_cancelled_twice(
    tmp_path: Path,
) -> None:
    before = set(threading.enumerate())
    database = await open_database(f"sqlite:///{tmp_path / 'records.db'}")
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i) FROM n"

    async def asks() -> None:
        async with database.read() as connection:
            await connection.execute(sa.text(slow))

    asking = asyncio.create_task(asks())
    await asyncio.sleep(0.05)
    while not asking.done():
        asking.cancel()
        await asyncio.sleep(0.005)
    await database.close()
    left = {each.name for each in set(threading.enumerate()) - before}
    assert not {name for name in left if "connection_worker" in name}
