"""The row that says how far the outbox was compared with what the ticketing side has.

Rules:
- Who wants a comparison writes that into the row; who compares finds it there. They need not be one process.
- A wish that comes while one is being compared is not lost: what it has changed is not overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from callrouter.records.database import Database, insert_new
from callrouter.records.leases import Fence, check_fence
from callrouter.records.outbox_due import from_milliseconds, in_milliseconds
from callrouter.records.tables import reconcile_cursor

_WANTED = 0
"""In place of when it was finished."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far it was compared."""

    position: int
    """Up to this row everything is there."""
    finished_at: datetime | None
    """When it was compared the last time; None: never."""
    is_wanted: bool
    """Somebody has asked for a comparison."""


class CursorRow:
    """One cursor in the database. Each method is a transaction, and raises sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self._name = name

    async def read(self) -> Cursor:
        """Give the cursor, as it stands."""
        columns = reconcile_cursor.c
        query = sa.select(columns.position, columns.finished_at_ms).where(columns.name == self._name)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return Cursor(0, None, is_wanted=False)
        if row.finished_at_ms == _WANTED:
            return Cursor(row.position, None, is_wanted=True)
        return Cursor(row.position, from_milliseconds(row.finished_at_ms), is_wanted=False)

    async def want(self, *, from_the_beginning: bool = False) -> None:
        """Ask for a comparison, of all that is there or of what was not compared yet."""
        columns = reconcile_cursor.c
        values = {"finished_at_ms": _WANTED} | ({"position": 0} if from_the_beginning else {})
        async with self._database.write() as connection:
            await connection.execute(self._new(_WANTED))
            await connection.execute(
                sa.update(reconcile_cursor).where(columns.name == self._name).values(values)
            )

    async def move(self, since: int, until: int, fence: Fence | None = None) -> bool:
        """Move it from one position to another; False when it does not stand there any more."""
        columns = reconcile_cursor.c
        statement = (
            sa.update(reconcile_cursor)
            .where(columns.name == self._name, columns.position == since)
            .values(position=until)
        )
        async with self._database.write() as connection:
            if fence is not None:
                await check_fence(connection, fence)
            await connection.execute(self._new(_WANTED))
            return (await connection.execute(statement)).rowcount == 1

    async def finish(self, begun: Cursor, now: datetime, fence: Fence | None = None) -> None:
        """Note that the comparison that began with `begun` has ended, unless another is wanted meanwhile."""
        columns = reconcile_cursor.c
        before = _WANTED if begun.finished_at is None else in_milliseconds(begun.finished_at)
        statement = (
            sa.update(reconcile_cursor)
            .where(columns.name == self._name, columns.finished_at_ms == before)
            .values(finished_at_ms=in_milliseconds(now))
        )
        async with self._database.write() as connection:
            if fence is not None:
                await check_fence(connection, fence)
            await connection.execute(self._new(_WANTED))
            await connection.execute(statement)

    def _new(self, finished_at_ms: int) -> sa.Insert:
        """Give the INSERT of the row, should it not be there."""
        return insert_new(self._database.dialect, reconcile_cursor).values(
            name=self._name, position=0, finished_at_ms=finished_at_ms
        )
