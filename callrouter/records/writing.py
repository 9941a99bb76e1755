"""Writing a batch: what becomes of each call in the database, in one transaction with how far the logs were read.

Rules:
- Rows of a table go in together: a batch costs much the same for one call as for a hundred.
- What the database itself refuses (a text it cannot hold, a key that is there already) costs one call and not the
  batch: it is then written call by call, and the one that is refused is marked. It is not for what ails the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.call_writes import CallWrites
from callrouter.records.database import insert_or_update
from callrouter.records.row_values import Values, open_call_values
from callrouter.records.tables import call_record, journal_piece, journal_position, open_call, outbox

log = structlog.get_logger(__name__)

_SAYS_NO = ("22", "23", "54")
"""Classes of SQLSTATE: data exception, integrity constraint, program limit."""


async def write_calls(connection: AsyncConnection, dialect: str, calls: Sequence[CallWrites]) -> None:
    """Write what there is about calls. Raises sqlalchemy.exc.SQLAlchemyError, OverflowError and UnicodeError."""
    await _insert(connection, journal_piece, [one.piece for one in calls if one.piece])
    await _insert(connection, call_record, [one.record for one in calls if one.record])
    await _insert(connection, outbox, [message for one in calls for message in one.messages])
    await _delete(connection, journal_piece, [one for one in calls if one.pieces_go])
    await _delete(connection, open_call, [one for one in calls if one.note_goes])
    notes = [one.note for one in calls if one.note]
    if notes:
        await connection.execute(insert_or_update(dialect, open_call, ("told", "fault")), notes)


async def write_calls_one_by_one(
    connection: AsyncConnection, dialect: str, calls: Iterable[CallWrites]
) -> set[str]:
    """Write them so that each costs only itself; give the linkedids of those that the database refused."""
    refused: set[str] = set()
    for call in calls:
        error = await _refusal(connection, dialect, call)
        if error is None:
            continue
        refused.add(call.linkedid)
        log.error("the database refuses what there is about a call", call_id=call.linkedid, error=error)
        note = open_call_values(call.node, call.linkedid, call.since_us, call.told_before, error)
        marked = replace(call, note=note, note_goes=False, record=None, messages=[])
        # Its rows may be what is refused: they stay in the file.
        if await _refusal(connection, dialect, marked):
            await _refusal(connection, dialect, replace(marked, piece=None))
    return refused


async def write_positions(connection: AsyncConnection, dialect: str, positions: Sequence[Values]) -> None:
    """Write how far logs were read."""
    if positions:
        await connection.execute(
            insert_or_update(dialect, journal_position, ("head", "offset")), list(positions)
        )


def is_refusal(error: Exception) -> bool:
    """Say whether the database says no to what was written, and would say so again."""
    if isinstance(error, (IntegrityError, DataError, OverflowError, UnicodeError)):
        return True
    return isinstance(error, DBAPIError) and str(getattr(error.orig, "sqlstate", None))[:2] in _SAYS_NO


async def _refusal(connection: AsyncConnection, dialect: str, call: CallWrites) -> str | None:
    try:
        async with connection.begin_nested():
            await write_calls(connection, dialect, [call])
    except Exception as error:
        if not is_refusal(error):
            raise
        return type(error).__name__
    return None


async def _insert(connection: AsyncConnection, table: sa.Table, rows: Collection[Values]) -> None:
    if rows:
        await connection.execute(sa.insert(table), list(rows))


async def _delete(connection: AsyncConnection, table: sa.Table, calls: Collection[CallWrites]) -> None:
    if calls:
        statement = sa.delete(table).where(
            table.c.node == sa.bindparam("of_node"), table.c.linkedid == sa.bindparam("of_call")
        )
        await connection.execute(statement, [{"of_node": one.node, "of_call": one.linkedid} for one in calls])
