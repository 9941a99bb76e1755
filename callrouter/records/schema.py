"""Bringing the database's schema up to date, once, whoever comes first.

Rules:
- All steps are one transaction: a schema is at a version or at the one before, never in between.
- Whoever starts takes a lock first (an advisory one in PostgreSQL, the file's own in SQLite), so of processes that
  start at once one does the work, and the others then find nothing to do.
- A schema that is newer than this program is left alone, and the program says so.
- A schema that is up to date is only looked at: a process that was killed is back sooner.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from callrouter.records.database_engine import create_private_file, make_engine, unusable

VERSION: Final = "0002"
"""The last of the migrations: what this program works with."""
ADVISORY_LOCK: Final = 0x63616C6C726F7574
"""PostgreSQL's lock on the schema: `callrout`, as a number that no other program takes."""
_PRESENT: Final = sa.table("alembic_version", sa.column("version_num", sa.String))


async def bring_up_to_date(url: URL, *, to: str = VERSION) -> None:
    """Make or change the tables. Raises sqlalchemy.exc.SQLAlchemyError; the schema is then as it was."""
    create_private_file(url)
    engine = make_engine(url, patient=True)
    try:
        async with engine.connect() as connection:
            if await connection.run_sync(_present) == to:
                return
            await connection.rollback()
            async with connection.begin():
                await connection.run_sync(_migrate, to)
    except OSError as error:
        raise unusable(url, error) from None
    finally:
        await engine.dispose()


def _migrate(connection: Connection, to: str) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
    from callrouter.records.schema_steps import migrate  # noqa: PLC0415 - slow to load, and seldom needed

    migrate(connection, _present(connection), to)


def _present(connection: Connection) -> str | None:
    """The version that the schema has; None before the first."""
    if not sa.inspect(connection).has_table(_PRESENT.name):
        return None
    return connection.scalar(sa.select(_PRESENT.c.version_num))
