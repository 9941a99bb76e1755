"""The database of records.

Rules:
- Journal rows and the file position behind them are one transaction, and so are the records of the calls that
  ended in it with their outbox rows: after a crash there is all of it or nothing.
- Everything may be done twice: a journal row, a record and a message each have a key.
- One call that cannot be folded or written costs only itself. Its rows stay, and `fold_missing` tries again.
- A call that took the safe default is explained afterwards by asking the plan what it would have said.
- Message ids follow from node, call and sequence alone, so that a database rebuilt from the journal gives the
  same ids and the receiver sees duplicates, not new calls. Nodes must therefore have different names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.call_rows import journal_values, rows_of_calls, without_record
from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database, insert_new, insert_or_update, open_database
from callrouter.records.fold import fold
from callrouter.records.outbox_rows import RowState, in_milliseconds
from callrouter.records.tables import call_record, journal_position, journal_row, outbox
from callrouter.records.tail import FilePosition
from callrouter.vocabulary.cel import CelEvent, CelRow, at_node
from callrouter.vocabulary.message import RECORD_CLOSED
from callrouter.vocabulary.record import (
    Anomaly,
    CallRecord,
    RecordedDecision,
    TerminalState,
    record_to_json,
)

log = structlog.get_logger(__name__)

Explain = Callable[[CallRecord], RecordedDecision | None]
"""Says what would have been decided about a call that took the safe default; None: that cannot be said."""

_MESSAGES = UUID("5f0c3c1e-6a0e-5a57-9f2c-3b1f0f6a12d5")
_MISSING_AT_ONCE = 100
"""Calls folded in one go at the start."""
_AT_ONCE = 400
"""Keys in one query: below every database's limit."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one transaction has added."""

    rows: int
    records: tuple[CallRecord, ...]


@dataclass(frozen=True, slots=True)
class _Folded:
    record: CallRecord
    record_values: dict[str, object]
    outbox_values: dict[str, object]


class Store:
    """The write side of the records' database; for reading see `reading`."""

    def __init__(
        self,
        database: Database,
        *,
        explain: Explain,
        now: Callable[[], datetime],
        rehearsal: bool = False,
        counters: RecordCounters | None = None,
    ) -> None:
        self.database = database
        self.counters = counters or RecordCounters()
        self._explain = explain
        self._now = now
        self._rehearsal = rehearsal

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        explain: Explain,
        now: Callable[[], datetime],
        rehearsal: bool = False,
        counters: RecordCounters | None = None,
    ) -> Store:
        """Open the database, bring its schema up to date and give the store."""
        database = await open_database(url)
        return cls(database, explain=explain, now=now, rehearsal=rehearsal, counters=counters)

    async def close(self) -> None:
        """Close every connection."""
        await self.database.close()

    async def positions(self, node: str) -> list[FilePosition]:
        """Give how far the node's journal files have been read."""
        columns = journal_position.c
        query = sa.select(columns.inode, columns.head, columns.offset).where(columns.node == node)
        async with self.database.read() as connection:
            return [FilePosition(*row) for row in await connection.execute(query)]

    async def ingest(self, node: str, rows: Sequence[CelRow], position: FilePosition) -> Ingested:
        """Store journal rows with their file's position, and the records of the calls that ended in them.

        Raises sqlalchemy.exc.SQLAlchemyError, and stores nothing, when the database is locked, full or gone.
        """
        dialect = self.database.dialect
        rows = [at_node(row, node) for row in rows]
        async with self.database.write() as connection:
            if rows:
                await connection.execute(
                    insert_new(dialect, journal_row), [journal_values(node, row) for row in rows]
                )
            await connection.execute(
                insert_or_update(dialect, journal_position, ("head", "offset")),
                {"node": node, "inode": position.inode, "head": position.head, "offset": position.offset},
            )
            ended = dict.fromkeys(row.linkedid for row in rows if row.event == CelEvent.LINKEDID_END)
            records = [
                record
                for linkedids in _portions(tuple(ended), _AT_ONCE)
                for record in await self._write_records(connection, node, linkedids)
            ]
        self.counters.rows_collected += len(rows)
        self.counters.records_written += len(records)
        return Ingested(len(rows), tuple(records))

    async def fold_missing(self, node: str) -> list[CallRecord]:
        """Write the records of calls whose rows are stored to their end and that have none.

        Raises sqlalchemy.exc.SQLAlchemyError; what was written until then stays.
        """
        async with self.database.read() as connection:
            linkedids = (await connection.scalars(without_record(node))).all()
        records: list[CallRecord] = []
        for portion in _portions(linkedids, _MISSING_AT_ONCE):
            async with self.database.write() as connection:
                # Changes nothing: a transaction that writes begins with a write.
                touched = sa.update(journal_position).where(journal_position.c.node == node)
                await connection.execute(touched.values(offset=journal_position.c.offset))
                written = await self._write_records(connection, node, portion)
            self.counters.records_written += len(written)
            records += written
        return records

    async def _write_records(
        self, connection: AsyncConnection, node: str, linkedids: Sequence[str]
    ) -> list[CallRecord]:
        calls = await rows_of_calls(connection, node, linkedids)
        now = in_milliseconds(self._now())
        folded = [one for rows in calls if (one := self._folded(node, rows, now)) is not None]
        written = await _already_written(connection, node, [one.record.call_id for one in folded])
        new = [one for one in folded if one.record.call_id not in written]
        if new:
            await connection.execute(sa.insert(call_record), [one.record_values for one in new])
            await connection.execute(sa.insert(outbox), [one.outbox_values for one in new])
            crashpoint(CrashPoint.RECORD_MADE)
        return [one.record for one in new]

    def _folded(self, node: str, rows: Sequence[CelRow], now_ms: int) -> _Folded | None:
        try:
            record = fold(rows, node)
            if record is None:
                return None
            record = self._explained(replace(record, rehearsal=record.rehearsal or self._rehearsal))
            body = json.dumps(record_to_json(record), separators=(",", ":"))
            return _Folded(record, _record_values(record, body), _outbox_values(record, body, now_ms))
        except Exception as error:
            # One call must not stop all others. Its rows stay in the journal, and the count is alarmed on.
            self.counters.calls_not_folded += 1
            log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                "a call could not be folded", call_id=rows[0].linkedid, error=type(error).__name__
            )
            return None

    def _explained(self, record: CallRecord) -> CallRecord:
        if record.decision is not None or record.terminal_state is TerminalState.REFUSED:
            return record
        try:
            decision = self._explain(record)
        except Exception as error:
            log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                "a call could not be explained", call_id=record.call_id, error=type(error).__name__
            )
            decision = None
        if decision is None:
            return replace(record, anomalies=tuple(sorted({*record.anomalies, Anomaly.NOT_EXPLAINED})))
        return replace(record, decision=decision, decision_derived=True)


def message_id(node: str, call_id: str, sequence: int) -> str:
    """Give the id that a call's message has for ever."""
    return str(uuid5(_MESSAGES, f"{node}\n{call_id}\n{sequence}"))


def _portions(keys: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


async def _already_written(connection: AsyncConnection, node: str, call_ids: Sequence[str]) -> set[str]:
    columns = call_record.c
    query = sa.select(columns.call_id).where(columns.node == node, columns.call_id.in_(call_ids))
    return set(await connection.scalars(query))


def _record_values(record: CallRecord, body: str) -> dict[str, object]:
    decision = record.decision
    return {
        "node": record.node,
        "call_id": record.call_id,
        "revision": record.revision,
        "arrived_at_ms": in_milliseconds(record.arrived_at),
        "line": decision.line if decision else None,
        "mode": decision.mode if decision else None,
        "phase": decision.phase if decision else None,
        "terminal_state": record.terminal_state,
        "rehearsal": record.rehearsal,
        "fallback": record.fallback,
        "body": body,
    }


def _outbox_values(record: CallRecord, body: str, now_ms: int) -> dict[str, object]:
    return {
        "id": message_id(record.node, record.call_id, record.revision),
        "node": record.node,
        "call_id": record.call_id,
        "seq": record.revision,
        "kind": RECORD_CLOSED,
        "rehearsal": record.rehearsal,
        "body": body,
        "state": RowState.WAITING,
        "attempts": 0,
        "created_at_ms": now_ms,
        "next_attempt_at_ms": now_ms,
    }
