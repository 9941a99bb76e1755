"""The write side of the records' database: what was read of a node's logs becomes records and messages.

Rules:
- How far the logs were read, the rows of calls that go on, the records of those that are over and all messages about
  either are one transaction: after a crash there is all of it or nothing.
- Everything may be done twice: what was read before is known by its key, and a record that says the same is not
  written again. What says something else is a new revision, never an edit.
- One call that cannot be folded or written costs only itself. Its rows stay, and `fold_again` tries again.
- When a transaction failed, nobody knows what of it came about: the open calls are forgotten and loaded anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.bodies import live_body
from callrouter.records.call_writes import CallWrites, call_writes
from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database, open_database
from callrouter.records.fold import milestones
from callrouter.records.gathering import Gathered, gather
from callrouter.records.leases import Fence, check_fence
from callrouter.records.open_calls import Changes, OpenCall, OpenCalls
from callrouter.records.record_making import Explain, Fault, Made, Making, Prove, RecordMaker
from callrouter.records.row_values import Values, position_values
from callrouter.records.stored_calls import open_linkedids, stored_calls, with_record
from callrouter.records.tables import journal_position
from callrouter.records.tail import Batch, FilePosition
from callrouter.records.writing import (
    is_refusal,
    write_calls,
    write_calls_one_by_one,
    write_positions,
)
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.live import Milestone
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import ClosedBy

log = structlog.get_logger(__name__)

CEL = "cel"
QUEUE = "queue"
"""The logs, as `journal_position` names them."""
_AGAIN_AT_ONCE = 100
"""Calls folded in one go at the start."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one transaction has added."""

    rows: int
    records: tuple[CallRecord, ...]
    messages: int


class Store:
    """Writes records. One node's batches come one after the other, from one process at a time (`leases`)."""

    def __init__(
        self,
        database: Database,
        *,
        explain: Explain,
        prove: Prove,
        now: Callable[[], datetime],
        rehearsal: bool = False,
        live_events: bool = True,
        counters: RecordCounters | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database = database
        self.counters = counters or RecordCounters()
        self.now = now
        self.monotonic = monotonic
        self._maker = RecordMaker(explain=explain, prove=prove, rehearsal=rehearsal, counters=self.counters)
        self._rehearsal = rehearsal
        self._live_events = live_events
        self._books: dict[str, OpenCalls] = {}

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        explain: Explain,
        prove: Prove,
        now: Callable[[], datetime],
        rehearsal: bool = False,
        live_events: bool = True,
        counters: RecordCounters | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Store:
        """Open the database, bring its schema up to date and give the store."""
        return cls(
            await open_database(url),
            explain=explain,
            prove=prove,
            now=now,
            rehearsal=rehearsal,
            live_events=live_events,
            counters=counters,
            monotonic=monotonic,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.database.close()

    async def positions(self, node: str, log_name: str = CEL) -> list[FilePosition]:
        """Give how far the files of one of the node's logs, `CEL` or `QUEUE`, have been read."""
        columns = journal_position.c
        query = sa.select(columns.inode, columns.head, columns.offset)
        query = query.where(columns.node == node, columns.log == log_name)
        async with self.database.read() as connection:
            return [FilePosition(*row) for row in await connection.execute(query)]

    async def open_calls(self, node: str) -> OpenCalls:
        """Give the node's open calls, from memory or, the first time, from the database."""
        book = self._books.get(node)
        if book is None:
            async with self.database.read() as connection:
                linkedids, faulty = await open_linkedids(connection, node)
                calls = await stored_calls(connection, node, linkedids, at=self.monotonic())
            book = self._books[node] = OpenCalls(calls.values(), faulty)
            self.counters.open_calls = len(book)
        return book

    def forget(self, node: str) -> None:
        """Know the node's open calls no longer: another process may have taken over, or a transaction has failed."""
        self._books.pop(node, None)

    async def settle(self, node: str, fence: Fence) -> None:
        """Wait until no transaction is under way that was begun with the fence, and know nothing from before.

        One whose answer was lost may still be committed. Each holds the row of the lease until it is over, and so
        does this one. Raises LeaseLostError and sqlalchemy.exc.SQLAlchemyError.
        """
        self.forget(node)
        async with self.database.write() as connection:
            await check_fence(connection, fence)

    async def ingest(
        self,
        node: str,
        cel: Batch[CelRow] | None,
        queue: Batch[QueueRow] | None,
        *,
        fence: Fence | None = None,
        over: Collection[str] = (),
    ) -> Ingested:
        """Store what was read of the logs, and close the calls `over` (linkedids) though their end was not read.

        Raises LeaseLostError when the fence is another's, sqlalchemy.exc.SQLAlchemyError when the database is locked,
        full or gone. Nothing is known to be stored then: ask `positions` where to go on.
        """
        at = self.monotonic()
        new = gather(node, cel.rows if cel else (), queue.rows if queue else ())
        positions = [
            position_values(node, log_name, batch.position)
            for log_name, batch in ((CEL, cel), (QUEUE, queue))
            if batch is not None
        ]
        try:
            book = await self.open_calls(node)
            stored = await self._stored(node, book, new, over, at)
            changes = book.apply(new, stored=stored, over=over, at=at, tell=self._tell)
            making = await self._make(node, changes)
            writes = call_writes(changes.calls, making, node=node, now=self.now(), rehearsal=self._rehearsal)
            refused = await self._write(writes, positions, fence)
        except BaseException:
            self.forget(node)
            raise
        faulty = {linkedid for linkedid, made in making.items() if isinstance(made, Fault)} | refused
        book.adopt(changes, faulty)
        rows = (len(cel.rows) if cel else 0) + (len(queue.rows) if queue else 0)
        written = [one for one in writes if one.linkedid not in refused]
        ingested = Ingested(
            rows,
            tuple(
                made.record
                for linkedid, made in making.items()
                if isinstance(made, Made) and linkedid not in refused
            ),
            sum(len(one.messages) for one in written),
        )
        self._count(ingested, new, changes, len(refused), len(book))
        return ingested

    async def fold_again(self, node: str, *, fence: Fence | None = None) -> list[CallRecord]:
        """Try again to make records of calls that are over and could not be folded. Raises as `ingest` does."""
        faulty = sorted((await self.open_calls(node)).faulty)
        records: list[CallRecord] = []
        for start in range(0, len(faulty), _AGAIN_AT_ONCE):
            portion = faulty[start : start + _AGAIN_AT_ONCE]
            records += (await self.ingest(node, None, None, fence=fence, over=portion)).records
        return records

    async def _stored(
        self, node: str, book: OpenCalls, new: Gathered, over: Collection[str], at: float
    ) -> dict[str, OpenCall]:
        unknown = book.unknown(dict.fromkeys((*new.calls, *over)))
        if not unknown:
            return {}
        async with self.database.read() as connection:
            known = await with_record(connection, node, unknown)
            known += [linkedid for linkedid in unknown if linkedid in book.faulty]
            return await stored_calls(connection, node, known, at=at) if known else {}

    def _tell(self, rows: Sequence[CelRow], *, is_over: bool) -> Sequence[Milestone]:
        if not self._live_events:
            return ()
        try:
            told = milestones(rows, is_over=is_over)
            for milestone in told:
                live_body(milestone.event)
        except Exception as error:
            # Its record is what counts; and a number that was given away must be told.
            self.counters.unforeseen_errors += 1
            log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                "a call cannot be told of while it happens",
                call_id=rows[0].linkedid,
                error=type(error).__name__,
            )
            return ()
        return told

    async def _make(self, node: str, changes: Changes) -> dict[str, Making]:
        calls = [change.call for change in changes.calls if change.is_over]
        made = await self._maker.make(node, calls)
        return {call.linkedid: one for call, one in zip(calls, made, strict=True)}

    async def _write(
        self, writes: Sequence[CallWrites], positions: Sequence[Values], fence: Fence | None
    ) -> set[str]:
        """Give the linkedids of the calls that the database refused."""
        if not writes and not positions:
            return set()
        try:
            return await self._transaction(writes, positions, fence, one_by_one=False)
        except Exception as error:
            if not is_refusal(error):
                raise
            return await self._transaction(writes, positions, fence, one_by_one=True)

    async def _transaction(
        self,
        writes: Sequence[CallWrites],
        positions: Sequence[Values],
        fence: Fence | None,
        *,
        one_by_one: bool,
    ) -> set[str]:
        refused: set[str] = set()
        dialect = self.database.dialect
        async with self.database.write() as connection:
            if fence is not None:
                await check_fence(connection, fence)
            await write_positions(connection, dialect, positions)
            if one_by_one:
                refused = await write_calls_one_by_one(connection, dialect, writes)
            else:
                await write_calls(connection, dialect, writes)
            if any(one.record for one in writes):
                crashpoint(CrashPoint.RECORD_MADE)
            if any(one.piece for one in writes):
                crashpoint(CrashPoint.BATCH_WRITTEN)
        return refused

    def _count(
        self, ingested: Ingested, new: Gathered, changes: Changes, refused: int, open_calls: int
    ) -> None:
        counters = self.counters
        counters.rows_collected += ingested.rows
        counters.rows_unreadable += new.strange
        counters.rows_passed_over += changes.passed_over
        counters.records_written += len(ingested.records)
        counters.revisions_written += sum(record.revision > 1 for record in ingested.records)
        counters.calls_closed_by_rule += sum(record.closed_by is ClosedBy.RULE for record in ingested.records)
        counters.live_events_written += ingested.messages - len(ingested.records)
        counters.calls_not_folded += refused
        counters.open_calls = open_calls
