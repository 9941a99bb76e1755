"""Connections to SQLite and PostgreSQL: what an address may be, how each is set up, and what its errors may say.

Rules:
- `sqlite:///…` and `postgresql://…` are enough; the driver is ours to choose. libpq's `sslmode` is understood.
- An address is shown without its password, everywhere.
- PostgreSQL quotes the values of a refused row in its messages: that is cut off, for it holds personal data.
- What the network does to a connection (refused, reset, no answer in time) is a database error like any other, and
  the connection is not used again.
- A disposed engine leaves no thread behind that would still speak to the event loop.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread, current_thread
from typing import Any, Final
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect, ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
_SQLITE_BUSY_MS = 2_000
"""How long SQLite waits for a lock before it gives up; whoever asked tries again after a back-off."""
_SQLITE_PATIENT_MS = 120_000
_POSTGRESQL_SESSION: Final = {
    "application_name": "callrouter",
    "timezone": "UTC",
    "synchronous_commit": "on",
    "statement_timeout": "20s",
    "lock_timeout": "5s",
    # A process that was stopped between two statements must not keep others from its rows.
    "idle_in_transaction_session_timeout": "5s",
}
_POSTGRESQL_PATIENT: Final = {
    **_POSTGRESQL_SESSION,
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}
_DATA_EXCEPTION = "22"
"""The class of PostgreSQL's errors that quote the value even in their first line."""
_CONNECT_SECONDS = 5.0
_THREAD_SECONDS = 5.0
_COMMAND_SECONDS = 25.0
"""For an answer that never comes: the server itself gives a statement up before that."""
_CONNECTIONS = 5
_CONNECTIONS_AT_MOST = 10
_CONNECTION_WAIT_SECONDS = 10.0
_CONNECTION_AGE_SECONDS = 1800


class SqliteConnection(sqlite3.Connection):
    """A connection that gives up its locks when it is closed.

    Python closes with sqlite3_close_v2: as long as a cursor lives (in the traceback of a cancelled caller, say),
    SQLite keeps the closed connection, its open transaction and the lock of the whole file.
    """

    def close(self) -> None:
        """Take back what was not committed, and close."""
        with suppress(sqlite3.Error):
            self.rollback()
        super().close()


class SqliteEngine(AsyncEngine):
    """An engine that is disposed of only when the threads of its connections have ended.

    aiosqlite gives each connection a thread. When who waited for it is cancelled twice, SQLAlchemy closes it in a
    task that nobody awaits: the thread would outlive the event loop, fail to speak to it, and keep the process alive.
    """

    __slots__ = ("_threads",)

    def __init__(self, url: URL, **options: Any) -> None:
        self._threads: WeakSet[Thread] = WeakSet()
        options["connect_args"] = {"factory": self._connected}
        super().__init__(create_async_engine(url, **options).sync_engine)

    async def dispose(self, close: bool = True) -> None:
        """Close every connection, and wait for its thread; for one that somebody still uses no longer than 5 s."""
        await super().dispose(close)
        await asyncio.to_thread(self._join, _THREAD_SECONDS)

    def _connected(self, *arguments: Any, **options: Any) -> SqliteConnection:
        """Open a connection; aiosqlite calls this on the connection's thread."""
        self._threads.add(current_thread())
        return SqliteConnection(*arguments, **options)

    def _join(self, within_s: float) -> None:
        ends = time.monotonic() + within_s
        for thread in list(self._threads):
            thread.join(max(0.0, ends - time.monotonic()))


class DatabaseError(SQLAlchemyError):
    """The database cannot be used; the text says which, why, and what to do about it."""


def database_url(text: str) -> URL:
    """Read an address and choose its driver; raise DatabaseError when it is none of ours."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # Not quoted: it may hold a password.
        raise DatabaseError(
            "数据库地址无法识别 / the database URL cannot be read: write it as sqlite:////path/to/file or"
            " postgresql://user:password@host:5432/name, with special characters of the password as %XX"
        ) from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None:
        raise DatabaseError(
            f"不支持的数据库 / records are kept in SQLite or PostgreSQL, not in {url.drivername}:"
            " change database_url to sqlite:///… or postgresql://…"
        )
    return _with_asyncpg_words(url.set(drivername=driver))


def make_engine(url: URL, *, patient: bool = False, command_seconds: float = _COMMAND_SECONDS) -> AsyncEngine:
    """Make an engine; it connects when it is used. `patient`: for changes of the schema, which may take long."""
    if url.get_backend_name() == "sqlite":
        engine: AsyncEngine = SqliteEngine(url, hide_parameters=True, **_pool_of(url, patient))
        wait_ms = _SQLITE_PATIENT_MS if patient else _SQLITE_BUSY_MS

        def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
            _set_up_sqlite(connection, wait_ms)

        sa.event.listen(engine.sync_engine, "connect", set_up)
    else:
        engine = create_async_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={
                "timeout": _CONNECT_SECONDS,
                "command_timeout": None if patient else command_seconds,
                "server_settings": dict(_POSTGRESQL_PATIENT if patient else _POSTGRESQL_SESSION),
            },
            **_pool_of(url, patient),
        )
    _translate_errors(engine, url)
    return engine


def unusable(url: URL, error: BaseException) -> DatabaseError:
    """Say that a database could not be opened or reached."""
    place = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        remedy = "目录须存在、可写、有空间 / its folder must exist, be writable and have room"
    else:
        remedy = (
            "请检查 PostgreSQL 是否运行、地址与口令是否正确 / check that PostgreSQL runs there,"
            " and that database_url has the right user, password and database name"
        )
    return DatabaseError(
        f"数据库无法使用 / the database cannot be used: {place}: {type(error).__name__}; {remedy}"
    )


def create_private_file(url: URL) -> None:
    """Create SQLite's file, readable by its owner only; raise DatabaseError when that is impossible."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    try:
        descriptor = os.open(Path(url.database), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unusable(url, error) from None


def _with_asyncpg_words(url: URL) -> URL:
    mode = url.query.get("sslmode")
    if url.get_backend_name() != "postgresql" or mode is None:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def _pool_of(url: URL, patient: bool) -> Mapping[str, object]:
    if patient:
        return {"poolclass": NullPool}
    if url.get_backend_name() == "sqlite":
        return {}
    return {
        "pool_size": _CONNECTIONS,
        "max_overflow": _CONNECTIONS_AT_MOST - _CONNECTIONS,
        "pool_timeout": _CONNECTION_WAIT_SECONDS,
        "pool_recycle": _CONNECTION_AGE_SECONDS,
    }


def _set_up_sqlite(connection: DBAPIConnection, wait_ms: int) -> None:
    cursor = connection.cursor()
    for setting in (
        # First: the settings after it may meet another process's lock.
        f"busy_timeout={wait_ms}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _translate_errors(engine: AsyncEngine, url: URL) -> None:
    def connect(dialect: Dialect, _entry: object, arguments: Any, named: Any) -> DBAPIConnection:
        try:
            return dialect.connect(*arguments, **named)
        except OSError as error:
            raise unusable(url, error) from None

    sa.event.listen(engine.sync_engine, "do_connect", connect)
    sa.event.listen(engine.sync_engine, "handle_error", _handle_error)


def _handle_error(context: ExceptionContext) -> DatabaseError | None:
    original = context.original_exception
    if isinstance(original, OSError):
        # asyncpg's own time limit, or the network: the connection is in no state that we know.
        context.is_disconnect = True
        if context.engine is not None:
            return unusable(context.engine.url, original)
    wrapped = context.sqlalchemy_exception
    # Only what PostgreSQL itself said, or its driver in its name, has a SQLSTATE.
    state = getattr(original.__cause__, "sqlstate", None)
    if isinstance(wrapped, DBAPIError) and state:
        for error in (original, wrapped):
            error.args = tuple(_without_values(argument, state) for argument in error.args)
        original.__cause__ = None
        original.__suppress_context__ = True
    return None


def _without_values(value: object, state: str) -> object:
    if not isinstance(value, str):
        return value
    if state.startswith(_DATA_EXCEPTION):
        return f"a value is none that its column can hold (SQLSTATE {state})"
    return value.partition("\n")[0]
