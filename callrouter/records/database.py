"""Opening the database: connection settings, schema, and the few statements that databases spell differently.

Rules:
- SQLite: write-ahead log, synchronous=FULL (a commit survives a power cut), the file readable by its owner
  only.
- The schema is made by the migrations, in `open_database`, before anyone else may use the engine.
- Within this process one transaction writes at a time, in the order of asking: SQLite lets others only poll for
  its lock.
- A transaction that writes begins with a write: SQLite then takes its lock at once, waits for it, and can
  never find in mid-way that what it read has changed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_TIMEOUT_MS = 2000
"""How long SQLite waits for a lock before it gives up; whoever asked tries again after a back-off."""
_SQLITE_SETTINGS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)


class Database:
    """An open database. Both kinds of transaction raise sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._writing = asyncio.Lock()

    @property
    def dialect(self) -> str:
        """The database's kind, such as `sqlite`."""
        return self.engine.dialect.name

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at its end, and leaves nothing behind if it fails."""
        async with self._writing, self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that only reads."""
        async with self.engine.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def open_database(url: str) -> Database:
    """Open the database at a SQLAlchemy URL, such as `sqlite+aiosqlite:////var/lib/callrouter/records.db`.

    Brings its schema up to date. Raises sqlalchemy.exc.SQLAlchemyError when it cannot be opened.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _create_private_file(Path(parsed.database))
    engine = create_async_engine(parsed, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate)
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine)


def insert_new(dialect: str, table: sa.Table) -> sa.Insert:
    """Give an INSERT that passes over rows whose key is there already."""
    return _insert(dialect, table).on_conflict_do_nothing()


def insert_or_update(dialect: str, table: sa.Table, changed: Sequence[str]) -> sa.Insert:
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


def _create_private_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in _SQLITE_SETTINGS:
        cursor.execute(setting)
    cursor.close()


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
