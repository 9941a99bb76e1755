"""The process that makes records, wired together: the journal becomes records, records become delivered messages.

Rules:
- It does the work that its roles name, each under a lease of its own: `collect:<node>` for the node's journal,
  `publish:<instance>` for the outbox. Beside a controller it also keeps `control:<node>` for it: the controller knows
  no database.
- A database that cannot be reached is tried again; meanwhile nothing is done, nothing is lost, and both are told.
"""

from __future__ import annotations

import asyncio
import gc
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.asterisk_link.live_calls import LiveCalls
from callrouter.asterisk_link.log_files import LogFiles
from callrouter.calls.arrivals import Decider
from callrouter.layout import Layout, database_address
from callrouter.plans.load import load_plan
from callrouter.records.collect import Collector, Keep
from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database, open_database
from callrouter.records.database_engine import DatabaseError, database_url
from callrouter.records.delivery import Outbox, Publisher
from callrouter.records.leases import Fence, LeaseKeeper, holder_name
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.proofs import prove
from callrouter.records.reading import RecordReader
from callrouter.records.reconcile import Reconciler
from callrouter.records.reconcile_cursor import CursorRow
from callrouter.records.store import Store
from callrouter.service.figures import RecordFigures, Standing, Work
from callrouter.service.heard import Heard, while_heard
from callrouter.service.held import Held
from callrouter.service.roles import Role
from callrouter.service.terms import work_in_terms
from callrouter.service.way_out import publisher
from callrouter.settings import Settings

_log = structlog.get_logger(__name__)
_OPENED_AGAIN_AFTER_S: Final = 1.0
_LONGEST_WAIT_S: Final = 10.0
_SILENT_AFTER_S: Final = 5.0
"""A controller asks once a second how its records stand."""


@dataclass(frozen=True, slots=True, repr=False)
class Passwords:
    """What this process proves itself with."""

    ami: str
    mqtt: str
    webhook: str


class RecordsService:
    """Does the work of some roles, and tells how it stands."""

    def __init__(
        self,
        settings: Settings,
        layout: Layout,
        roles: frozenset[Role],
        passwords: Passwords,
        *,
        rehearsal: bool,
    ) -> None:
        """Check all that can be checked before a database is there.

        Raises PlanErrors, DatabaseError for an address that is none, SettingsError or WebhookSecretError.
        """
        self.counters = RecordCounters()
        self.standing: dict[Work, Standing] = {}
        self._settings = settings
        self._layout = layout
        self._roles = roles
        self._passwords = passwords
        self._rehearsal = rehearsal
        self.controller = Heard(silent_after_s=_SILENT_AFTER_S)
        """The one beside us, as far as there is one."""
        self._held: Held | None = None
        self._outbox: Outbox | None = None
        self._address = database_address(settings, layout)
        database_url(self._address)
        self._decider = (
            Decider(load_plan(settings.path(settings.plan)), lambda _decision: None)
            if Role.COLLECT in roles
            else None
        )
        if Role.PUBLISH in roles:
            self._publisher()

    async def run(self) -> None:
        """Work until cancelled."""
        _collect_garbage_seldom()
        database = await self._opened()
        self._held = Held(RecordReader(database.engine), now=wall_clock)
        works = {Work.CONTROL: Role.ROUTE, Work.COLLECT: Role.COLLECT, Work.PUBLISH: Role.PUBLISH}
        try:
            async with asyncio.TaskGroup() as tasks:
                for work, role in works.items():
                    if role in self._roles:
                        tasks.create_task(self._kept_going(work, database), name=work)
        finally:
            await database.close()

    def state(self) -> RecordFigures:
        """How it stands, from memory."""
        return RecordFigures(self.counters, None, dict(self.standing))

    async def figures(self) -> RecordFigures:
        """How it stands, with what the database holds if that can be asked."""
        held = await self._held.figures() if self._held else None
        return RecordFigures(self.counters, held, dict(self.standing))

    @property
    def has_database(self) -> bool:
        """Whether the database was there once since the start."""
        return self._held is not None

    async def _opened(self) -> Database:
        wait_s = _OPENED_AGAIN_AFTER_S
        self._layout.database.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                return await open_database(self._address)
            except SQLAlchemyError as error:
                self.counters.database_failures += 1
                # A DatabaseError's text is made to be read: it holds no password.
                said = str(error) if isinstance(error, DatabaseError) else type(error).__name__
                _log.error("the database cannot be opened, trying again", error=said, wait_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def _kept_going(self, work: Work, database: Database) -> None:
        if work is Work.CONTROL:
            await while_heard(self.controller, partial(self._in_terms, work, database))
        else:
            await self._in_terms(work, database)

    async def _in_terms(self, work: Work, database: Database) -> None:
        whose = self._settings.instance if work is Work.PUBLISH else self._settings.node
        lease = LeaseKeeper(
            database,
            f"{work}:{whose}",
            holder_name(),
            monotonic=time.monotonic,
            on_failure=self._database_failed,
        )
        do = {Work.CONTROL: self._control, Work.COLLECT: self._collect, Work.PUBLISH: self._publish}[work]
        await work_in_terms(work, lease, partial(do, database), self.standing.__setitem__)

    def _database_failed(self) -> None:
        self.counters.database_failures += 1

    async def _control(self, _database: Database, _fence: Fence) -> None:
        """Nothing to do here: the controller acts, as long as it is told that it may."""
        await asyncio.Event().wait()

    async def _collect(self, database: Database, fence: Fence) -> None:
        settings, layout = self._settings, self._layout
        assert self._decider
        store = Store(
            database,
            explain=self._decider.explain,
            prove=partial(prove, voicemail_folder=layout.voicemail, recordings_folder=layout.recordings),
            now=wall_clock,
            rehearsal=self._rehearsal,
            live_events=settings.ticketing.live_events,
            counters=self.counters,
        )
        ami = ("127.0.0.1", settings.ami.port, "callrouter", self._passwords.ami)
        boot_name = partial(read_boot_name, layout.boot_name)
        await Collector(
            store,
            settings.node,
            cel_path=layout.cel_csv,
            queue_log_path=layout.queue_log,
            on_messages=self._wake_outbox,
            live_calls=LiveCalls(*ami, boot_name=boot_name, node=settings.node),
            log_files=LogFiles(*ami, boot_name=boot_name),
            fence=lambda: fence,
            keep=Keep(
                rotate_bytes=settings.records.rotate_journal_mb << 20,
                journal_days=settings.records.keep_journal_days,
                rows_days=settings.records.keep_rows_days,
                delivered_days=settings.records.keep_delivered_days,
                reconciles=settings.ticketing.reconcile_at is not None,
            ),
        ).run()

    async def _publish(self, database: Database, fence: Fence) -> None:
        rows, ticketing = OutboxRows(database), self._settings.ticketing
        outbox = Outbox(
            rows,
            self._publisher(),
            now=wall_clock,
            counters=self.counters,
            fence=lambda: fence,
            acknowledged_within=timedelta(seconds=ticketing.resend_after_s),
        )
        reconciler = Reconciler(
            rows,
            CursorRow(database, self._settings.instance),
            outbox,
            at=ticketing.reconcile_at,
            now=wall_clock,
            counters=self.counters,
            fence=lambda: fence,
        )
        self._outbox = outbox
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(outbox.run(), name="outbox")
                tasks.create_task(reconciler.run(), name="reconciliation")
        finally:
            self._outbox = None

    def _publisher(self) -> Publisher:
        return publisher(
            self._settings,
            self._layout,
            mqtt_password=self._passwords.mqtt,
            webhook_secret=self._passwords.webhook,
            now=wall_clock,
        )

    def _wake_outbox(self) -> None:
        """Whoever publishes elsewhere looks by himself, once a second."""
        if self._outbox:
            self._outbox.wake()


def _collect_garbage_seldom() -> None:
    """Look for cycles a tenth as often, and not among what was loaded at the start.

    A batch makes some thousand objects that live as long as it does; looking at all of them again and again took an
    eighth of the time that records take.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*(10 * count for count in gc.get_threshold()))


def wall_clock() -> datetime:
    """The present instant, for stamps; nothing waits by it."""
    return datetime.now(UTC)
