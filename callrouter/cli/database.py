"""The records' database, for a command: to read beside a running system, or to change a little."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from callrouter.cli.columns import BEIJING
from callrouter.cli.instance import Instance, UnusableDatabaseError
from callrouter.clock import ClockError
from callrouter.layout import database_address
from callrouter.records.database import Database
from callrouter.records.database_engine import DatabaseError, database_url, make_engine
from callrouter.records.reading import Wanted
from callrouter.vocabulary.record_words import TerminalState


@asynccontextmanager
async def opened(instance: Instance, *, to_write: bool = False) -> AsyncIterator[Database]:
    """Open the database as it is: its schema is made by those who serve. Raises UnusableDatabaseError."""
    try:
        url = database_url(database_address(instance.settings, instance.layout))
        if url.get_backend_name() == "sqlite":
            _require_file(url)
        database = Database(make_engine(url if to_write else _read_only(url)))
        try:
            yield database
        finally:
            await database.close()
    except DatabaseError as error:
        raise UnusableDatabaseError(str(error)) from None
    except SQLAlchemyError as error:
        raise UnusableDatabaseError(
            f"数据库无法读写 / the database cannot be used ({type(error).__name__}); "
            "系统启动过、版本一致吗？ / was the system started with this version? remedy: callrouter serve"
        ) from None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls, as somebody typed it."""

    since: str | None
    until: str | None
    line: str | None
    state: TerminalState | None

    def wanted(self) -> Wanted:
        """Read it. Raises ClockError for an instant that is none."""
        return Wanted(_instant(self.since), _instant(self.until), self.line, self.state)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ClockError(
            f"{text!r}: 应为日期或时刻 / a date or an instant is needed, such as 2021-10-01 or 2021-10-01T08:00"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=BEIJING)


def _require_file(url: URL) -> None:
    file = Path(url.database or "")
    if not file.is_file():
        raise UnusableDatabaseError(
            f"{file}: 还没有记录库 / no records there yet; remedy: callrouter serve, or name the settings by --config"
        )


def _read_only(url: URL) -> URL:
    """SQLite's own way not to write: what only reads can spoil nothing, and needs no lock."""
    if url.get_backend_name() != "sqlite":
        return url
    return url.set(database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})
