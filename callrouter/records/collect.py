"""Bringing a node's logs into the database.

Rules:
- The log files are the truth and wait: while the database is locked, full or gone nothing is lost; the same rows are
  read again after a back-off.
- Where a transaction may have been committed or not, it begins anew: when the database has decided, by what that has.
- It reads only while it holds the fence. Who has lost it knows nothing any more, and begins anew when it has it
  again.
- At its start it loads the open calls, and tries again to fold those that could not be folded.
- Calls whose end is never written down are closed as `closing` decides; looking at Asterisk holds up nothing.
- An unforeseen error ends nothing: it is counted, and tried again after a back-off.
- A batch costs much the same whatever its size, so rows are left to gather while no more are waiting than one takes.
- Reading and writing files happens in a thread: a slow disk must not hold up the calls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.log import CallLine
from callrouter.records.both_logs import BothLogs, Reading
from callrouter.records.closing import Look, Looks, calls_over, look_is_due
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.store import CEL, QUEUE, Ingested, Store
from callrouter.records.upkeep import Keep, LogFiles, Upkeep
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import TerminalState

__all__ = ["Collector", "Keep", "LiveCalls"]

log = structlog.get_logger(__name__)

_LONGEST_WAIT_S = 5.0
_LOOK_WITHIN_S = 5.0


class LiveCalls(Protocol):
    """Asterisk, asked which calls are up."""

    async def linked_ids(self) -> frozenset[str]:
        """Give the linkedids of the calls that are up, with the node's name in place of the boot name.

        Raises PermissionError when Asterisk is there and refuses, OSError when it does not answer.
        """


class Collector:
    """Reads one node's logs for ever."""

    def __init__(
        self,
        store: Store,
        node: str,
        *,
        cel_path: Path,
        queue_log_path: Path,
        on_messages: Callable[[], None],
        live_calls: LiveCalls | None,
        log_files: LogFiles | None = None,
        fence: Callable[[], Fence | None],
        keep: Keep,
        poll_seconds: float = 0.15,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._node = node
        self._cel_path = cel_path
        self._queue_log_path = queue_log_path
        self._on_messages = on_messages
        self._live_calls = live_calls
        self._fence = fence
        self._upkeep = Upkeep(
            store,
            node,
            keep,
            cel_path=cel_path,
            queue_log_path=queue_log_path,
            log_files=log_files,
            monotonic=monotonic,
        )
        self._poll_seconds = poll_seconds
        self._monotonic = monotonic
        self._lines: dict[TerminalState, CallLine] = {}
        """Made at the first record that ends so: one for each record takes as long as folding it."""
        self._held: Fence | None = None
        self._tried_again_with: Fence | None = None
        self._logs: BothLogs | None = None
        self._looks = Looks()
        self._heard_at = float("-inf")
        """When rows of the journal were read the last time."""
        self._looking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Collect until cancelled."""
        failures = 0
        try:
            while True:
                try:
                    came_to_the_end = await self.collect_once()
                except LeaseLostError:
                    log.warning("another process collects this node's journal now", node=self._node)
                    self._begin_anew()
                    came_to_the_end = True
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
                if came_to_the_end:
                    await asyncio.sleep(self._poll_seconds)
        finally:
            await self._stop_tasks()

    async def collect_once(self) -> bool:
        """Store the next batch of rows, and close what is over; say whether the logs came to their end.

        Raises OSError, sqlalchemy.exc.SQLAlchemyError and LeaseLostError; what was read is then read again.
        """
        fence = self._fence()
        if fence != self._held:
            self._begin_anew()
            self._held = fence
        if fence is None:
            return True
        logs = self._logs or await self._begin(fence)
        began = self._monotonic()
        reading = await self._read(logs)
        self._store.counters.journal_files_passed_over = logs.files_passed_over
        await self._ingest(logs, reading, fence)
        if reading.came_to_the_end:
            await self._close_what_is_over(began, fence)
            await self._upkeep.step()
        return reading.came_to_the_end

    async def _read(self, logs: BothLogs) -> Reading:
        try:
            return await asyncio.to_thread(logs.read)
        except BaseException:
            # How far it came is not known: the database says where to go on.
            self._logs = None
            raise

    async def _begin(self, fence: Fence) -> BothLogs:
        store, node = self._store, self._node
        await store.settle(node, fence)
        if self._tried_again_with != fence:
            self._tell(await store.fold_again(node, fence=fence))
            self._tried_again_with = fence
        self._logs = BothLogs(
            self._cel_path,
            await store.positions(node, CEL),
            self._queue_log_path,
            await store.positions(node, QUEUE),
        )
        return self._logs

    def _begin_anew(self) -> None:
        """Know nothing: the next step loads everything."""
        self._logs = None
        self._store.forget(self._node)

    async def _ingest(self, logs: BothLogs, reading: Reading, fence: Fence) -> None:
        cel, queue = reading.cel, reading.queue
        if cel is None and queue is None:
            if reading.came_to_the_end:
                self._store.counters.lag_seconds = 0.0
            return
        crashpoint(CrashPoint.JOURNAL_READ)
        ingested = await self._ingested(reading, fence)
        crashpoint(CrashPoint.BATCH_KEPT)
        logs.accept(reading)
        if cel is not None and cel.rows:
            self._heard_at = self._monotonic()
            lag = (self._store.now() - cel.rows[-1].at).total_seconds()
            self._store.counters.lag_seconds = max(0.0, lag)
        for batch in (cel, queue):
            if batch is not None and batch.unreadable:
                self._store.counters.rows_unreadable += batch.unreadable
                log.error(
                    "a log holds text that is no row: it was passed over and stays in the file",
                    node=self._node,
                    log_name=CEL if batch is cel else QUEUE,
                    stretches=batch.unreadable,
                    before_byte=batch.position.offset,
                )
        self._tell_of(ingested)

    async def _ingested(self, reading: Reading, fence: Fence, over: Collection[str] = ()) -> Ingested:
        try:
            return await self._store.ingest(self._node, reading.cel, reading.queue, fence=fence, over=over)
        except BaseException:
            # Whether it was committed is not known: the database says where to go on.
            self._logs = None
            raise

    async def _close_what_is_over(self, read_at: float, fence: Fence) -> None:
        book = await self._store.open_calls(self._node)
        over = calls_over(
            book.calls,
            self._looks,
            read_at=read_at,
            heard_at=self._heard_at,
            is_of_earlier_boot=book.is_of_earlier_boot,
        )
        if over:
            self._tell_of(await self._ingested(Reading(None, None, came_to_the_end=True), fence, over))
        now = self._monotonic()
        if (
            self._live_calls is not None
            and self._looking is None
            and look_is_due(book.calls, self._looks, now)
        ):
            self._looking = asyncio.create_task(self._look(self._live_calls), name="look at Asterisk")

    async def _look(self, live_calls: LiveCalls) -> None:
        began = self._monotonic()
        try:
            async with asyncio.timeout(_LOOK_WITHIN_S):
                linkedids = await live_calls.linked_ids()
        except PermissionError:
            self._looks = self._looks.refused(began)
            log.warning(
                "Asterisk refuses to say which calls are up", remedy="check its manager.conf and our secret"
            )
        except OSError:
            self._looks = self._looks.failed(began)
        except Exception as error:
            self._looks = self._looks.failed(began)
            self._store.counters.unforeseen_errors += 1
            log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                "looking at Asterisk failed in an unforeseen way", error=type(error).__name__
            )
        else:
            self._looks = self._looks.answered(Look(began, self._monotonic(), linkedids))
        finally:
            self._looking = None

    async def _stop_tasks(self) -> None:
        await self._upkeep.stop()
        if self._looking is not None:
            looking = self._looking
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def _tell(self, records: Sequence[CallRecord]) -> None:
        if records:
            self._tell_of(Ingested(0, tuple(records), len(records)))

    def _tell_of(self, ingested: Ingested) -> None:
        if not ingested.messages:
            return
        if ingested.records:
            crashpoint(CrashPoint.RECORD_KEPT)
        for record in ingested.records:
            self._line(record.terminal_state).write(record.call_id)
        self._on_messages()

    def _line(self, state: TerminalState) -> CallLine:
        line = self._lines.get(state)
        if line is None:
            line = self._lines[state] = CallLine(__name__, "record written", terminal_state=state)
        return line

    async def _back_off_after(self, failures: int) -> None:
        await asyncio.sleep(min(self._poll_seconds * (1 << min(failures, 10)), _LONGEST_WAIT_S))
