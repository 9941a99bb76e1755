"""Writing a batch: what becomes of each call in the database, in one transaction with how far the logs were read.

Rules:
- Rows of a table go in together: a batch costs much the same for one call as for a hundred.
- The driver gets the values as they are: each is what its column holds (bool, int, str, bytes or None). SQLAlchemy
  would look at every one once more, which took as long as SQLite takes to store them.
- What the database itself refuses (a text it cannot hold, a key that is there already) costs one call and not the
  batch: it is then written call by call, and the one that is refused is marked. It is not for what ails the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from callrouter.records.call_writes import CallWrites
from callrouter.records.database import insert_or_update
from callrouter.records.row_values import Values, open_call_values
from callrouter.records.tables import call_record, journal_piece, journal_position, open_call, outbox

log = structlog.get_logger(__name__)

_NEW_PIECE: Final = sa.insert(journal_piece).inline()
_NEW_RECORD: Final = sa.insert(call_record).inline()
_NEW_MESSAGE: Final = sa.insert(outbox).inline()
_PIECES_GO, _NOTE_GOES = (
    sa.delete(table).where(
        table.c.node == sa.bindparam("of_node"), table.c.linkedid == sa.bindparam("of_call")
    )
    for table in (journal_piece, open_call)
)
_NOTE, _POSITION = (
    {dialect: insert_or_update(dialect, table, changed) for dialect in ("sqlite", "postgresql")}
    for table, changed in ((open_call, ("told", "fault")), (journal_position, ("head", "offset")))
)
_SAYS_NO = ("22", "23", "54")
"""Classes of SQLSTATE: data exception, integrity constraint, program limit."""


async def write_calls(connection: AsyncConnection, dialect: str, calls: Sequence[CallWrites]) -> None:
    """Write what there is about calls. Raises sqlalchemy.exc.SQLAlchemyError, OverflowError and UnicodeError."""
    await _run(connection, _NEW_PIECE, [one.piece for one in calls if one.piece])
    await _run(connection, _NEW_RECORD, [one.record for one in calls if one.record])
    await _run(connection, _NEW_MESSAGE, [message for one in calls for message in one.messages])
    await _run(connection, _PIECES_GO, [_key(one) for one in calls if one.pieces_go])
    await _run(connection, _NOTE_GOES, [_key(one) for one in calls if one.note_goes])
    await _run(connection, _NOTE[dialect], [one.note for one in calls if one.note])


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
    await _run(connection, _POSITION[dialect], positions)


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


def _key(call: CallWrites) -> Values:
    return {"of_node": call.node, "of_call": call.linkedid}


async def _run(connection: AsyncConnection, statement: sa.UpdateBase, rows: Sequence[Values]) -> None:
    if rows:
        text, values_of = _spelled(statement, connection.dialect, tuple(rows[0]))
        await connection.exec_driver_sql(text, list(map(values_of, rows)))


@lru_cache(maxsize=64)
def _spelled(
    statement: sa.UpdateBase, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, Callable[[Values], tuple[object, ...]]]:
    """Spell a statement for the driver; also give what puts a row's values into the order of its parameters."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)
    assert compiled.positiontup is not None
    return compiled.string, itemgetter(*compiled.positiontup)
