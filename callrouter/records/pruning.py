"""Deleting what is old, and nothing else.

Rules:
- Records, open messages and dead letters are kept for ever.
- A call's pieces of the journal go when the last of them is older than `rows_days`, and the call is closed: it is not
  among the open ones, which include those that could not be folded.
- An acknowledged message goes when that was `delivered_days` ago and, where both sides compare what they have, it
  has been compared.
- The outbox's last row stays: SQLite numbers on from it, and the comparison goes by these numbers.
- Much is deleted in many small transactions: nobody waits for long.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from callrouter.records.database import Database
from callrouter.records.outbox_due import in_milliseconds
from callrouter.records.outbox_rows import RowState
from callrouter.records.tables import journal_piece, open_call, outbox, reconcile_cursor

_AT_ONCE: Final = 500
"""Rows in one transaction: some milliseconds."""
_BREATH_SECONDS: Final = 0.01
_ORDER: Final = {"journal_piece": (journal_piece.c.stored_at_ms,), "outbox": (outbox.c.position,)}


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows went, or would go."""

    pieces: int
    messages: int


async def prune_rows(
    database: Database,
    now: datetime,
    *,
    rows_days: int,
    delivered_days: int,
    reconciles: bool = True,
    dry_run: bool = False,
) -> Pruned:
    """Delete what is old; with `dry_run` only count it. `reconciles`: messages are compared before they may go.

    Raises sqlalchemy.exc.SQLAlchemyError; what was deleted until then stays deleted.
    """
    pieces = _old_pieces(in_milliseconds(now - timedelta(days=rows_days)))
    compared = await _compared_up_to(database) if reconciles else None
    messages = _old_messages(in_milliseconds(now - timedelta(days=delivered_days)), compared)
    if dry_run:
        return Pruned(await _count(database, pieces), await _count(database, messages))
    return Pruned(await _delete(database, journal_piece, pieces), await _delete(database, outbox, messages))


def _old_pieces(before_ms: int) -> sa.ColumnElement[bool]:
    columns, newer = journal_piece.c, journal_piece.alias("newer")
    goes_on = sa.exists().where(
        newer.c.node == columns.node,
        newer.c.linkedid == columns.linkedid,
        newer.c.stored_at_ms >= before_ms,
    )
    is_open = sa.exists().where(open_call.c.node == columns.node, open_call.c.linkedid == columns.linkedid)
    return sa.and_(columns.stored_at_ms < before_ms, ~goes_on, ~is_open)


def _old_messages(before_ms: int, compared_up_to: int | None) -> sa.ColumnElement[bool]:
    columns, last = outbox.c, outbox.alias("last")
    is_old = sa.and_(
        columns.state == RowState.ACKNOWLEDGED,
        columns.closed_at_ms < before_ms,
        columns.position < sa.select(sa.func.max(last.c.position)).scalar_subquery(),
    )
    return is_old if compared_up_to is None else sa.and_(is_old, columns.position <= compared_up_to)


async def _compared_up_to(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(sa.select(sa.func.min(reconcile_cursor.c.position))) or 0


async def _count(database: Database, are_old: sa.ColumnElement[bool]) -> int:
    async with database.read() as connection:
        return await connection.scalar(sa.select(sa.func.count()).where(are_old)) or 0


async def _delete(database: Database, table: sa.Table, are_old: sa.ColumnElement[bool]) -> int:
    key = tuple(table.primary_key.columns)
    found = sa.select(*key).where(are_old).order_by(*_ORDER[table.name]).limit(_AT_ONCE)
    deleted = 0
    while True:
        async with database.read() as connection:
            keys = [tuple(row) for row in await connection.execute(found)]
        if not keys:
            return deleted
        # Asked once more: a call may have gone on meanwhile.
        statement = sa.delete(table).where(sa.tuple_(*key).in_(keys), are_old)
        async with database.write() as connection:
            gone = (await connection.execute(statement)).rowcount
        deleted += gone
        if len(keys) < _AT_ONCE or not gone:
            return deleted
        await asyncio.sleep(_BREATH_SECONDS)
