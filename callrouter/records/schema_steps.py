"""Changing the database's schema, step by step, with alembic: needed when this program's version is new here.

Kept apart from `schema`: loading alembic takes longer than all that a database which is up to date wants.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from callrouter.records.database_engine import DatabaseError

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(connection: Connection, present: str | None, to: str) -> None:
    """Take the steps from one version to another, in the connection's transaction.

    Raises DatabaseError for a schema that is newer than this program, and sqlalchemy.exc.SQLAlchemyError.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseError(
            f"数据库由更新的版本建立 / the database's schema is {present}, made by a newer CallRouter than this one:"
            " start that version, or restore a backup that was made before it was installed"
        )
    command.upgrade(config, to)
