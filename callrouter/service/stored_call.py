"""One call as the database has it: its record, and what Asterisk wrote down about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from callrouter.records.database import Database
from callrouter.records.journal_pieces import read_piece
from callrouter.records.reading import RecordReader
from callrouter.records.tables import call_record, journal_piece
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow


@dataclass(frozen=True, slots=True)
class StoredJournal:
    """What Asterisk wrote down about a call; nothing when it was pruned."""

    cel: tuple[CelRow, ...]
    queue: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call as the database has it."""

    node: str
    revisions: tuple[dict[str, Any], ...]
    """In their JSON form, the newest last."""
    journal: StoredJournal

    @property
    def record(self) -> dict[str, Any]:
        """The newest revision."""
        return self.revisions[-1]


async def read_call(database: Database, call_id: str) -> StoredCall | None:
    """Give a call; None when there is none of this id. Raises sqlalchemy.exc.SQLAlchemyError."""
    revisions = await RecordReader(database.engine).revisions(call_id)
    if not revisions:
        return None
    # A call id begins with its node's name: where two nodes have one, the first is taken.
    node = str(revisions[0]["node"])
    columns, pieces = call_record.c, journal_piece.c
    is_it = sa.and_(columns.node == node, columns.call_id == call_id)
    linkedid = sa.select(columns.linkedid).where(is_it).limit(1).scalar_subquery()
    query = sa.select(pieces.rows).where(pieces.node == node, pieces.linkedid == linkedid)
    async with database.read() as connection:
        read = [read_piece(piece) for piece in await connection.scalars(query.order_by(pieces.piece))]
    return StoredCall(node, tuple(one for one in revisions if one["node"] == node), _journal(read))


def _journal(pieces: Sequence[tuple[Sequence[CelRow], Sequence[QueueRow]]]) -> StoredJournal:
    cel = {(row.uniqueid, row.event, row.at_us, row.extra): row for rows, _ in pieces for row in rows}
    queue = dict.fromkeys(row for _, rows in pieces for row in rows)
    return StoredJournal(tuple(sorted(cel.values(), key=lambda row: row.at_us)), tuple(queue))
