"""One call as the database has it: its record, and what Asterisk wrote down about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from callrouter.records.database import Database
from callrouter.records.journal_pieces import read_piece
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
    columns = call_record.c
    query = sa.select(columns.node, columns.linkedid, columns.body).where(columns.call_id == call_id)
    async with database.read() as connection:
        rows = (await connection.execute(query.order_by(columns.node, columns.revision))).all()
        # A call id begins with its node's name: where two nodes have one, the first is taken.
        rows = [row for row in rows if row.node == rows[0].node]
        if not rows:
            return None
        pieces = await connection.scalars(
            sa.select(journal_piece.c.rows)
            .where(journal_piece.c.node == rows[0].node, journal_piece.c.linkedid == rows[0].linkedid)
            .order_by(journal_piece.c.piece)
        )
        journal = _journal([read_piece(piece) for piece in pieces])
    return StoredCall(rows[0].node, tuple(json.loads(row.body) for row in rows), journal)


def _journal(pieces: Sequence[tuple[Sequence[CelRow], Sequence[QueueRow]]]) -> StoredJournal:
    cel = {(row.uniqueid, row.event, row.at_us, row.extra): row for rows, _ in pieces for row in rows}
    queue = dict.fromkeys(row for _, rows in pieces for row in rows)
    return StoredJournal(tuple(sorted(cel.values(), key=lambda row: row.at_us)), tuple(queue))
