"""What only a real server shows: going away and coming back, passwords, time limits."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from callrouter.records.database import Database, DatabaseError, open_database
from callrouter.records.database_engine import database_url as parsed
from callrouter.records.database_engine import make_engine
from callrouter.records.leases import LeaseKeeper
from callrouter.records.schema import ADVISORY_LOCK
from callrouter.records.tables import reconcile_cursor
from tests.postgresql import Postgresql, running_postgresql

ONE = {"name": "x", "position": 1, "finished_at_ms": 5}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgresql]:
    """A cluster that this module may stop and kill."""
    with running_postgresql() as server:
        yield server


async def write_one(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(sa.delete(reconcile_cursor))
        await connection.execute(sa.insert(reconcile_cursor).values(ONE))


async def test_the_server_is_durable_and_so_is_every_session(postgresql_url: str) -> None:
    database = await open_database(postgresql_url)
    async with database.read() as connection:
        shown = {
            name: await connection.scalar(sa.text(f"SHOW {name}"))
            for name in (
                *("fsync", "full_page_writes", "synchronous_commit", "application_name"),
                *("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"),
            )
        }
    await database.close()
    assert shown == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "application_name": "callrouter",
        "statement_timeout": "20s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "5s",
    }


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_goes_away_and_comes_back_is_used_again(
    server: Postgresql, how: signal.Signals
) -> None:
    async with server.database() as url:
        database = await open_database(url)
        await asyncio.gather(*(write_one(database) for _ in range(2)), return_exceptions=True)
        server.stop(how)
        for _ in range(2):
            with pytest.raises(SQLAlchemyError):
                await write_one(database)
        server.start()
        await write_one(database)
        await database.close()


async def test_connections_that_died_unnoticed_are_not_used(server: Postgresql) -> None:
    async with server.database() as url:
        database = await open_database(url)
        async with database.read() as one, database.read() as two:
            await one.execute(sa.text("SELECT 1"))
            await two.execute(sa.text("SELECT 1"))
        server.stop()
        server.start()
        await write_one(database)
        await database.close()


async def test_who_comes_while_another_changes_the_schema_waits(
    postgresql: Postgresql, postgresql_url: str
) -> None:
    changing = make_engine(parsed(postgresql_url))
    async with changing.begin() as connection:
        await connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        opening = asyncio.create_task(open_database(postgresql_url))
        done, _ = await asyncio.wait([opening], timeout=0.5)
        assert not done
    await (await asyncio.wait_for(opening, 5)).close()
    await changing.dispose()


async def test_a_server_that_dies_in_mid_transaction_fails_that_one_alone(server: Postgresql) -> None:
    async with server.database() as url:
        database = await open_database(url)

        async def write_two() -> None:
            async with database.write() as connection:
                await connection.execute(sa.insert(reconcile_cursor).values(ONE))
                server.stop(signal.SIGQUIT)
                await connection.execute(sa.insert(reconcile_cursor).values(ONE | {"name": "y"}))

        with pytest.raises(SQLAlchemyError):
            await write_two()
        server.start()
        async with database.read() as connection:
            assert await connection.scalar(sa.select(sa.func.count()).select_from(reconcile_cursor)) == 0
        await database.close()


async def test_a_lease_outlives_a_server_that_goes_away(server: Postgresql) -> None:
    async with server.database() as url:
        database = await open_database(url)
        keeper = LeaseKeeper(database, "publish:x", "a", ttl_s=1.0, monotonic=asyncio.get_running_loop().time)
        running = asyncio.create_task(keeper.run())
        first = await asyncio.wait_for(keeper.wait_held(), 5)
        server.stop()
        await asyncio.wait_for(keeper.wait_lost(), 2)
        server.start()
        assert await asyncio.wait_for(keeper.wait_held(), 5) == first
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


async def test_a_server_that_says_nothing_is_given_up_and_its_connection_not_used_again(
    postgresql: Postgresql, postgresql_url: str
) -> None:
    await (await open_database(postgresql_url)).close()
    database = Database(make_engine(parsed(postgresql_url), command_seconds=0.3))
    async with database.read() as connection:
        backend = await connection.scalar(sa.text("SELECT pg_backend_pid()"))
    assert backend is not None
    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(SQLAlchemyError):
            await asyncio.wait_for(write_one(database), 10)
        async with database.read() as connection:
            assert await connection.scalar(sa.text("SELECT pg_backend_pid()")) != backend
    finally:
        os.kill(backend, signal.SIGCONT)
    await database.close()


async def test_a_statement_that_takes_too_long_is_a_database_error(postgresql_url: str) -> None:
    await (await open_database(postgresql_url)).close()
    database = Database(make_engine(parsed(postgresql_url), command_seconds=0.3))
    with pytest.raises(DatabaseError, match="TimeoutError"):
        async with database.read() as connection:
            await connection.execute(sa.text("SELECT pg_sleep(5)"))
    await write_one(database)
    await database.close()


async def test_a_lock_is_not_waited_for_for_ever(postgresql_url: str) -> None:
    database = await open_database(postgresql_url)
    await write_one(database)
    async with database.write() as connection, database.write() as other:
        await connection.execute(sa.update(reconcile_cursor).values(position=2))
        await other.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            await other.execute(sa.update(reconcile_cursor).values(position=3))
    await database.close()


async def test_a_process_stopped_in_mid_transaction_does_not_keep_others_from_its_rows(
    postgresql_url: str,
) -> None:
    database = await open_database(postgresql_url)
    await write_one(database)

    async def stand_still() -> None:
        async with database.write() as connection:
            await connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = '100ms'"))
            await connection.execute(sa.update(reconcile_cursor).values(position=2))
            await asyncio.sleep(0.4)
            await write_one(database)  # on another connection: the row is free again
            await connection.execute(sa.update(reconcile_cursor).values(position=3))

    with pytest.raises(SQLAlchemyError):
        await stand_still()
    async with database.read() as connection:
        assert await connection.scalar(sa.select(reconcile_cursor.c.position)) == 1
    await database.close()


async def test_a_wrong_password_is_told_without_any_password(
    postgresql: Postgresql, postgresql_url: str
) -> None:
    name = postgresql_url.partition("@/")[2].partition("?")[0]
    await postgresql.run("DROP ROLE IF EXISTS secretive", "CREATE ROLE secretive LOGIN PASSWORD 'geheim'")
    await postgresql.run(f"ALTER DATABASE {name} OWNER TO secretive")
    await (await open_database(postgresql.url(name, "secretive:geheim"))).close()
    with pytest.raises(SQLAlchemyError) as caught:
        await open_database(postgresql.url(name, "secretive:falsch"))
    assert "secretive" in str(caught.value)
    assert "falsch" not in str(caught.value)


async def test_a_server_that_is_not_there_is_named_with_a_remedy(server: Postgresql) -> None:
    url = server.url("nowhere", "somebody:geheim")
    server.stop()
    with pytest.raises(DatabaseError, match=r"nowhere.*check that PostgreSQL runs") as caught:
        await open_database(url)
    assert "geheim" not in str(caught.value)
    server.start()
