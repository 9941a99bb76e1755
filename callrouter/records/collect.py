"""Bringing a node's journal into the database.

Rules:
- The journal file is the truth and waits: while the database is locked, full or gone nothing is lost; the
  same rows are read again after a back-off.
- At its start it makes up for what is missing: calls that are stored to their end and have no record, because
  folding them failed, are folded again.
- An unforeseen error ends nothing: it is counted, and tried again after a back-off.
- A batch costs much the same whatever its size, so rows are left to gather while no more are waiting than one takes.
- Reading and writing files happens in a thread: a slow disk must not hold up the calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.store import Store
from callrouter.records.tail import Batch, JournalTail
from callrouter.vocabulary.record import CallRecord

log = structlog.get_logger(__name__)

_LONGEST_WAIT = 5.0


class Collector:
    """Reads one node's journal for ever."""

    def __init__(
        self,
        store: Store,
        path: Path,
        node: str,
        *,
        on_records: Callable[[], None],
        poll_seconds: float = 0.15,
    ) -> None:
        self._store = store
        self._path = path
        self._node = node
        self._on_records = on_records
        self._poll_seconds = poll_seconds
        self._tail: JournalTail | None = None

    async def run(self) -> None:
        """Collect until cancelled."""
        failures = 0
        while True:
            try:
                batch = await self.collect_once()
            except (OSError, SQLAlchemyError) as error:
                failures += 1
                self._store.counters.database_failures += 1
                log.warning("the journal cannot be collected, trying again", error=type(error).__name__)
                await self._back_off_after(failures)
                continue
            except Exception as error:
                failures += 1
                self._store.counters.unforeseen_errors += 1
                log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                    "collecting failed in an unforeseen way, trying again", error=type(error).__name__
                )
                await self._back_off_after(failures)
                continue
            failures = 0
            if batch is None or not batch.is_full:
                await asyncio.sleep(self._poll_seconds)

    async def collect_once(self) -> Batch | None:
        """Store the next batch of rows; None when there is nothing new.

        Raises OSError and sqlalchemy.exc.SQLAlchemyError; the batch is then read again the next time.
        """
        if self._tail is None:
            self._tell(await self._store.fold_missing(self._node))
            self._tail = JournalTail(self._path, await self._store.positions(self._node))
        batch = await asyncio.to_thread(self._tail.next_batch)
        self._store.counters.journal_files_passed_over = self._tail.files_passed_over
        if batch is None:
            return None
        crashpoint(CrashPoint.JOURNAL_READ)
        ingested = await self._store.ingest(self._node, batch.rows, batch.position)
        self._tail.accept(batch.position)
        if batch.unreadable:
            self._store.counters.rows_unreadable += batch.unreadable
            log.error(
                "the journal holds text that is no row: it was passed over and stays in the file",
                node=self._node,
                stretches=batch.unreadable,
                before_byte=batch.position.offset,
            )
        self._tell(ingested.records)
        return batch

    def _tell(self, records: Sequence[CallRecord]) -> None:
        if not records:
            return
        crashpoint(CrashPoint.RECORD_KEPT)
        for record in records:
            log.info("record written", call_id=record.call_id, terminal_state=record.terminal_state)
        self._on_records()

    async def _back_off_after(self, failures: int) -> None:
        await asyncio.sleep(min(self._poll_seconds * (1 << min(failures, 10)), _LONGEST_WAIT))
