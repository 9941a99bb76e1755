"""Keeping a node's logs and the database from growing for ever.

Rules:
- The logs are put aside when they are large. Log files that were read to their end, and rows of the database, are
  removed when they are old.
- Asterisk goes on writing into the renamed queue log until it is told to open it anew: it is told until it has heard,
  and meanwhile no other queue log is put aside. The journal it opens by its name for each row.
- Any of it may fail without harm: it is counted, told of and tried again. Removing holds up nothing.
- What is due follows the monotonic clock; what is old, the wall clock, as files have no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Protocol

import structlog

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.journal_files import prune, rotate
from callrouter.records.pruning import prune_rows
from callrouter.records.recording_files import look_into, remove
from callrouter.records.store import CEL, QUEUE, Store

log = structlog.get_logger(__name__)

_ROTATION_EVERY_S = 1.0
_PRUNING_EVERY_S = 3600.0
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Keep:
    """When the journal is put aside, and what is kept for how long."""

    rotate_bytes: int
    journal_days: int
    """Log files that were read to their end."""
    rows_days: int
    """A call's rows in the database."""
    delivered_days: int
    """Messages that were acknowledged."""
    reconciles: bool = True
    """Messages are compared with what the ticketing side has, and kept until they were."""
    recordings: Path | None = None
    """Their folder; None: nothing of it is removed."""
    recordings_days: int = 730
    """A call's recordings, after its end."""


class LogFiles(Protocol):
    """Asterisk, told to open its log files by their names."""

    async def open_anew(self) -> None:
        """Raises OSError; it is then to be told again."""


class Upkeep:
    """Looks after one node's logs, and the database."""

    def __init__(
        self,
        store: Store,
        node: str,
        keep: Keep,
        *,
        cel_path: Path,
        queue_log_path: Path,
        log_files: LogFiles | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._node = node
        self._keep = keep
        self._cel_path = cel_path
        self._queue_log_path = queue_log_path
        self._log_files = log_files
        # Whoever put it aside may have died before Asterisk was told.
        self._must_open_anew = not queue_log_path.exists()
        self._monotonic = monotonic
        self._pruning: asyncio.Task[None] | None = None
        self._rotation_due = self._pruning_due = float("-inf")

    async def stop(self) -> None:
        """End what is under way."""
        if self._pruning is not None:
            pruning = self._pruning
            pruning.cancel()
            await asyncio.gather(pruning, return_exceptions=True)

    async def step(self) -> None:
        """Do what is due. Never raises for what fails."""
        now = self._monotonic()
        if now >= self._rotation_due:
            self._rotation_due = now + _ROTATION_EVERY_S
            try:
                await self._rotate()
            except Exception as error:
                self._could_not_keep_house(error)
        if now >= self._pruning_due and self._pruning is None:
            self._pruning_due = now + _PRUNING_EVERY_S
            self._pruning = asyncio.create_task(self._prune(), name="remove what is old")

    def _could_not_keep_house(self, error: Exception) -> None:
        self._store.counters.upkeep_failures += 1
        log.warning("a log cannot be put aside, or old rows or files removed", error=type(error).__name__)

    async def _rotate(self) -> None:
        await self._put_aside(self._cel_path)
        if self._log_files is None:
            return
        await self._open_anew(self._log_files)
        if not self._must_open_anew and await self._put_aside(self._queue_log_path):
            self._must_open_anew = True
            await self._open_anew(self._log_files)

    async def _put_aside(self, path: Path) -> bool:
        stamp = self._store.now().astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        larger_than = self._keep.rotate_bytes
        aside = await asyncio.to_thread(rotate, path, larger_than_bytes=larger_than, stamp=stamp)
        if aside is None:
            return False
        crashpoint(CrashPoint.JOURNAL_ROTATED)
        self._store.counters.journal_files_rotated += 1
        log.info("a log was put aside", file=aside.name)
        return True

    async def _open_anew(self, log_files: LogFiles) -> None:
        if not self._must_open_anew:
            return
        try:
            await log_files.open_anew()
        except OSError:
            return  # Asterisk is away: nothing is lost meanwhile, and it opens them by itself when it starts
        self._must_open_anew = False

    async def _prune(self) -> None:
        try:
            await self._prune_files()
            crashpoint(CrashPoint.JOURNAL_PRUNED)
            pruned = await prune_rows(
                self._store.database,
                self._store.now(),
                rows_days=self._keep.rows_days,
                delivered_days=self._keep.delivered_days,
                reconciles=self._keep.reconciles,
            )
            self._store.counters.rows_pruned += pruned.pieces + pruned.messages
            await self._prune_recordings()
        except Exception as error:
            self._could_not_keep_house(error)
        finally:
            self._pruning = None

    async def _prune_recordings(self) -> None:
        folder = self._keep.recordings
        if folder is None:
            return
        found = await look_into(folder, self._store.database, self._node, inside=False)
        old = found.older_than(self._keep.recordings_days, self._store.now())
        gone = await asyncio.to_thread(remove, folder, old)
        self._store.counters.recordings_pruned += len(gone)
        for one in gone:
            log.info("a recording was removed", call_id=one.call_id, part=one.part)

    async def _prune_files(self) -> None:
        now_s = self._store.now().timestamp()
        for path, log_name in ((self._cel_path, CEL), (self._queue_log_path, QUEUE)):
            positions = await self._store.positions(self._node, log_name)
            older_than_s = self._keep.journal_days * _DAY_S
            gone = await asyncio.to_thread(prune, path, positions, older_than_s=older_than_s, now_s=now_s)
            self._store.counters.journal_files_pruned += len(gone)
