"""Opening the database: connection settings, schema, and the few statements that databases spell differently.

Rules:
- A commit that returned survives a power cut. SQLite: write-ahead log, synchronous=FULL, the file readable by its
  owner only. PostgreSQL: synchronous_commit, whatever the server's own settings say.
- The schema is made by the migrations, in `open_database`, before anyone else may use the engine; of several
  processes that start at once, one makes it and the others wait.
- In SQLite one transaction of this process writes at a time, in the order of asking: SQLite lets others only poll
  for its lock. A transaction that writes begins with a write: SQLite then takes its lock at once, waits for it, and
  can never find in mid-way that what it read has changed.
- In PostgreSQL nothing waits for ever: not a statement, not a lock, not a transaction whose process was stopped. A
  connection is tried before it is used, so a database that was away and is back is simply used again.
- Whatever goes wrong is a sqlalchemy.exc.SQLAlchemyError whose text holds neither a password nor a row's values.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callrouter.records.database_engine import DatabaseError, database_url, make_engine, unusable
from callrouter.records.schema import bring_up_to_date

__all__ = ["Database", "DatabaseError", "insert_new", "insert_or_update", "open_database"]


class Database:
    """An open database. Both kinds of transaction raise sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writing = asyncio.Lock()

    @property
    def dialect(self) -> str:
        """The database's kind: `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at its end, and leaves nothing behind if it fails."""
        async with AsyncExitStack() as held:
            if self.dialect == "sqlite":
                await held.enter_async_context(self._writing)
            connection = await held.enter_async_context(self.read())
            await held.enter_async_context(connection.begin())
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads."""
        try:
            connection = await self.engine.connect()
        except OSError as error:
            raise unusable(self.engine.url, error) from None
        try:
            yield connection
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def open_database(url: str) -> Database:
    """Open the database at a URL, such as `sqlite:////var/lib/callrouter/records.db`, or `postgresql://user@host/name`.

    Brings its schema up to date. Raises sqlalchemy.exc.SQLAlchemyError when it cannot be opened.
    """
    parsed = database_url(url)
    await bring_up_to_date(parsed)
    return Database(make_engine(parsed))


def insert_new(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Give an INSERT that passes over rows whose key is there already."""
    return _insert(dialect, table).on_conflict_do_nothing()


def insert_or_update(
    dialect: str, table: sa.Table, changed: Sequence[str]
) -> postgresql.Insert | sqlite.Insert:
    """Give an INSERT that overwrites the named columns of a row whose key is there already."""
    statement = _insert(dialect, table)
    key = list(table.primary_key.columns)
    return statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in changed}
    )


def _insert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    if dialect == "sqlite":
        return sqlite.insert(table)
    if dialect == "postgresql":
        return postgresql.insert(table)
    raise ValueError(f"records are kept in SQLite or PostgreSQL, not in {dialect}: change the database URL")
