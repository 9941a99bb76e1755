"""Delivering, wired together: records become delivered messages; once a day the other side is asked what it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

from callrouter.layout import Layout
from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database
from callrouter.records.delivery import Outbox, Publisher
from callrouter.records.leases import Fence
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.reconcile import Reconciler
from callrouter.records.reconcile_cursor import CursorRow
from callrouter.service.bell import Bell
from callrouter.service.way_out import publisher
from callrouter.settings import Settings


class Delivering:
    """Delivers whenever it is told to."""

    def __init__(
        self,
        settings: Settings,
        layout: Layout,
        counters: RecordCounters,
        *,
        now: Callable[[], datetime],
        mqtt_password: str,
        webhook_secret: str,
        bell: Bell | None,
    ) -> None:
        """`bell` is rung by the process that collects. Raises SettingsError or WebhookSecretError."""
        self._settings = settings
        self._layout = layout
        self._counters = counters
        self._now = now
        self._mqtt_password = mqtt_password
        self._webhook_secret = webhook_secret
        self._bell = bell
        self._outbox: Outbox | None = None
        self._publisher()

    def wake(self) -> None:
        """Look for messages now, if it is us who deliver."""
        if self._outbox:
            self._outbox.wake()

    async def run(self, database: Database, fence: Fence) -> None:
        """Deliver until cancelled, or until the lease is lost."""
        rows, ticketing = OutboxRows(database), self._settings.ticketing
        outbox = Outbox(
            rows,
            self._publisher(),
            now=self._now,
            counters=self._counters,
            fence=lambda: fence,
            acknowledged_within=timedelta(seconds=ticketing.resend_after_s),
        )
        reconciler = Reconciler(
            rows,
            CursorRow(database, self._settings.instance),
            outbox,
            at=ticketing.reconcile_at,
            now=self._now,
            counters=self._counters,
            fence=lambda: fence,
        )
        self._outbox = outbox
        try:
            with self._bell.heard(outbox.wake) if self._bell else nullcontext():
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(outbox.run(), name="outbox")
                    tasks.create_task(reconciler.run(), name="reconciliation")
        finally:
            self._outbox = None

    def _publisher(self) -> Publisher:
        return publisher(
            self._settings,
            self._layout,
            mqtt_password=self._mqtt_password,
            webhook_secret=self._webhook_secret,
            now=self._now,
        )
