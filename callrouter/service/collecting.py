"""Collecting, wired together: Asterisk's journal becomes records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.asterisk_link.live_calls import LiveCalls
from callrouter.asterisk_link.log_files import LogFiles
from callrouter.calls.arrivals import Decider
from callrouter.layout import Layout
from callrouter.plans.load import load_plan
from callrouter.records.collect import Collector, Keep
from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database
from callrouter.records.leases import Fence
from callrouter.records.proofs import prove
from callrouter.records.recording_repair import repaired_before_proof
from callrouter.records.store import Store
from callrouter.records.unkept_messages import remove_what_was_no_message
from callrouter.settings import Settings
from callrouter.vocabulary.record import CallRecord


class Collecting:
    """Collects whenever it is told to."""

    def __init__(
        self,
        settings: Settings,
        layout: Layout,
        counters: RecordCounters,
        *,
        now: Callable[[], datetime],
        ami_secret: str,
        rehearsal: bool,
        on_messages: Callable[[], None],
    ) -> None:
        """`on_messages` is called when messages were committed. Raises PlanErrors."""
        self._settings = settings
        self._layout = layout
        self._counters = counters
        self._now = now
        self._ami_secret = ami_secret
        self._rehearsal = rehearsal
        self._on_messages = on_messages
        self._decider = Decider(load_plan(settings.path(settings.plan)), lambda _decision: None)

    def _prove(self, record: CallRecord) -> CallRecord:
        layout = self._layout
        remove_what_was_no_message(record, layout.voicemail)
        whole = repaired_before_proof(record, layout.recordings, layout.voicemail)
        return prove(whole, layout.voicemail, layout.recordings)

    async def run(self, database: Database, fence: Fence) -> None:
        """Collect until cancelled, or until the lease is lost."""
        settings, layout = self._settings, self._layout
        store = Store(
            database,
            explain=self._decider.explain,
            prove=self._prove,
            now=self._now,
            rehearsal=self._rehearsal,
            live_events=settings.ticketing.live_events,
            counters=self._counters,
        )
        ami = ("127.0.0.1", settings.ami.port, "callrouter", self._ami_secret)
        boot_name = partial(read_boot_name, layout.boot_name)
        await Collector(
            store,
            settings.node,
            cel_path=layout.cel_csv,
            queue_log_path=layout.queue_log,
            on_messages=self._on_messages,
            live_calls=LiveCalls(*ami, boot_name=boot_name, node=settings.node),
            log_files=LogFiles(*ami, boot_name=boot_name),
            fence=lambda: fence,
            keep=Keep(
                rotate_bytes=settings.records.rotate_journal_mb << 20,
                journal_days=settings.records.keep_journal_days,
                rows_days=settings.records.keep_rows_days,
                delivered_days=settings.records.keep_delivered_days,
                reconciles=settings.ticketing.reconcile_at is not None,
                recordings=layout.recordings,
                recordings_days=settings.recording.keep_days,
            ),
        ).run()
