"""The records path of one node, put together: journal in, acknowledged messages out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from callrouter.records.collect import Collector
from callrouter.records.counters import RecordCounters
from callrouter.records.delivery import Outbox, Publisher
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.reading import RecordReader
from callrouter.records.store import Store


class RecordKeeper:
    """Collects a node's journal and delivers its records."""

    def __init__(
        self,
        store: Store,
        cel_path: Path,
        node: str,
        publisher: Publisher,
        *,
        now: Callable[[], datetime],
        poll_seconds: float = 0.15,
        acknowledged_within: timedelta = timedelta(seconds=10),
        longest_wait: timedelta = timedelta(seconds=60),
    ) -> None:
        self.reader = RecordReader(store.database.engine)
        self._outbox = Outbox(
            OutboxRows(store.database),
            publisher,
            now=now,
            counters=store.counters,
            acknowledged_within=acknowledged_within,
            longest_wait=longest_wait,
        )
        self._collector = Collector(
            store, cel_path, node, on_records=self._outbox.wake, poll_seconds=poll_seconds
        )
        self._counters = store.counters

    @property
    def counters(self) -> RecordCounters:
        """What has been done since the start."""
        return self._counters

    async def run(self) -> None:
        """Collect and deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._collector.run())
            group.create_task(self._outbox.run())
