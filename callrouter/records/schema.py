"""Bringing the database's schema up to date, once, whoever comes first.

Rules:
- All steps are one transaction: a schema is at a version or at the one before, never in between.
- Whoever starts takes a lock first (an advisory one in PostgreSQL, the file's own in SQLite), so of processes that
  start at once one does the work, and the others then find nothing to do.
- A schema that is newer than this program is left alone, and the program says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, Connection

from callrouter.records.database_engine import DatabaseError, create_private_file, make_engine, unusable

ADVISORY_LOCK: Final = 0x63616C6C726F7574
"""PostgreSQL's lock on the schema: `callrout`, as a number that no other program takes."""
_MIGRATIONS = Path(__file__).parent / "migrations"


async def bring_up_to_date(url: URL, *, to: str = "head") -> None:
    """Make or change the tables. Raises sqlalchemy.exc.SQLAlchemyError; the schema is then as it was."""
    create_private_file(url)
    engine = make_engine(url, patient=True)
    try:
        async with engine.begin() as connection:
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
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    _refuse_a_newer_schema(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, to)


def _refuse_a_newer_schema(connection: Connection, known: ScriptDirectory) -> None:
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in {script.revision for script in known.walk_revisions()}:
        raise DatabaseError(
            f"数据库由更新的版本建立 / the database's schema is {present}, made by a newer CallRouter than this one:"
            " start that version, or restore a backup that was made before it was installed"
        )
