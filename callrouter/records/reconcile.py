"""Comparing, once a day, what was delivered with what the ticketing side has.

Rules:
- It is told, page by page from the oldest row on, the ids that it has acknowledged, and says which of them it does
  not have. These are opened again, and so sent again; each is a loss on its side, and an alarm here.
- The cursor passes a page when all of it was there and none of it is open. What was not is compared again next time;
  the pages behind it are compared all the same.
- It is due once a day by the clock of Asia/Shanghai, at the first opportunity after that time, and whenever somebody
  asks for it, from whatever process: the wish stands in the cursor's row.
- It waits for its answers, and nobody waits for it. Who does not answer is asked again later, and hinders nothing.
- Where one of several may publish, it is who holds the lease: without it nothing is asked and nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Final, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.records.counters import RecordCounters
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.outbox_rows import ManifestPage, OutboxRows
from callrouter.records.publishing import held, note_unforeseen
from callrouter.records.reconcile_cursor import Cursor, CursorRow
from callrouter.vocabulary.message import Acknowledgement, Manifest, PublishError

log = structlog.get_logger(__name__)

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_LOOKED_AT_EVERY_S: Final = 5.0
_SHORTEST_WAIT_S: Final = 60.0
_LONGEST_WAIT_S: Final = 3600.0
_A_DAY: Final = timedelta(days=1)


class Asks(Protocol):
    """Who sends manifests: the outbox."""

    async def ask_what_is_missing(self, manifest: Manifest, within: float) -> Acknowledgement:
        """Send one and give the answer. Raises PublishError, also when none comes within these seconds."""


class Reconciler:
    """Compares when it is time to, until cancelled."""

    def __init__(
        self,
        rows: OutboxRows,
        cursor: CursorRow,
        outbox: Asks,
        *,
        at: time | None,
        now: Callable[[], datetime],
        counters: RecordCounters,
        fence: Callable[[], Fence | None] | None = None,
        page: int = 500,
        answered_within: float = 30.0,
        looked_at_every: float = _LOOKED_AT_EVERY_S,
        shortest_wait: float = _SHORTEST_WAIT_S,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._rows = rows
        self._cursor = cursor
        self._outbox = outbox
        self._at = at
        self._now = now
        self._counters = counters
        self._fence = fence
        self._page = page
        self._answered_within = answered_within
        self._looked_at_every = looked_at_every
        self._shortest_wait = shortest_wait
        self._new_id = new_id

    async def run(self) -> None:
        """Compare whenever it is due. Raises LeaseLostError when there is a fence and it is lost."""
        failures = 0
        while True:
            wait = (
                min(self._shortest_wait * (1 << min(failures - 1, 10)), _LONGEST_WAIT_S) if failures else 0.0
            )
            await asyncio.sleep(max(wait, self._looked_at_every))
            try:
                await self._compare_if_due()
            except LeaseLostError:
                raise
            except PublishError as error:
                failures += 1
                self._counters.manifests_unanswered += 1
                log.warning("the ticketing side was not compared with, trying again later", reason=str(error))
            except SQLAlchemyError as error:
                failures += 1
                self._counters.database_failures += 1
                log.warning("reconciling cannot use the database, trying again", error=type(error).__name__)
            except Exception as error:
                failures += 1
                note_unforeseen(self._counters, error)
            else:
                failures = 0

    async def _compare_if_due(self) -> None:
        cursor = await self._cursor.read()
        if not is_due(cursor, self._now(), self._at):
            return
        held(self._fence)
        missing = await self._compare(cursor)
        if missing is None:
            return
        await self._cursor.finish(cursor, self._now(), held(self._fence))
        if not missing:
            log.info("the ticketing side has everything that it has acknowledged")

    async def _compare(self, cursor: Cursor) -> int | None:
        """Compare page by page; gives how many were missing, None when it has to begin again."""
        since, all_there, missing = cursor.position, True, 0
        while (page := await self._rows.page_for_manifest(since, self._page, self._now())) is not None:
            lost = await self._lost_of(since, page)
            missing += lost
            all_there = all_there and page.is_whole and not lost
            if all_there and not await self._cursor.move(since, page.until, held(self._fence)):
                # Somebody wants it from the beginning.
                return None
            since = page.until
        return missing

    async def _lost_of(self, since: int, page: ManifestPage) -> int:
        if not page.ids:
            return 0
        manifest = Manifest(self._new_id(), since, page.until, page.ids)
        held(self._fence)
        word = await self._outbox.ask_what_is_missing(manifest, self._answered_within)
        # The answer is from outside: it opens nothing that it was not asked about.
        missing = frozenset(word.missing).intersection(page.ids)
        self._counters.reconciled += len(page.ids) - len(missing)
        if missing:
            reopened = await self._rows.reopen(missing, held(self._fence))
            self._counters.missing_found += reopened
            log.error(
                "the ticketing side has lost messages that it had acknowledged; they are sent again",
                missing=reopened,
                remedy="look there for a database that was restored or emptied",
            )
        return len(missing)


def is_due(cursor: Cursor, now: datetime, at: time | None) -> bool:
    """Say whether it is time to compare: somebody wants it, or the day's time has come and it was not done since."""
    if cursor.is_wanted:
        return True
    if at is None:
        return False
    local = now.astimezone(_SHANGHAI)
    latest = datetime.combine(local.date(), at, _SHANGHAI)
    if latest > local:
        latest -= _A_DAY
    done = cursor.finished_at
    # A time that is still to come was written by a clock that was wrong.
    return done is None or done < latest.astimezone(UTC) or done > now
