"""A process that makes records, delivers them or both: journal to records, records to delivered messages.

Rules:
- Of one host's work two processes do it, each its share: one collects, one publishes (`roles.shares`). Who has
  collected rings for the other (`bell`).
- It does the work that its roles name, each under a lease of its own: `collect:<node>` for the node's journal,
  `publish:<instance>` for the outbox. Beside a controller it also keeps `control:<node>` for it: the controller knows
  no database.
- A database that cannot be reached is tried again; meanwhile nothing is done, nothing is lost, and both are told.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.layout import Layout, database_address
from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database, open_database
from callrouter.records.database_engine import DatabaseError, database_url
from callrouter.records.leases import Fence, LeaseKeeper, holder_name
from callrouter.records.reading import RecordReader
from callrouter.service.bell import Bell
from callrouter.service.figures import RecordFigures, Standing, Work
from callrouter.service.heard import Heard, while_heard
from callrouter.service.held import Held
from callrouter.service.roles import Role
from callrouter.service.terms import work_in_terms
from callrouter.settings import Settings

if TYPE_CHECKING:
    # Each process loads its own work alone: a quarter of the time that the one that delivers takes to start.
    from callrouter.service.delivering import Delivering

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
        bell: Bell | None = None,
    ) -> None:
        """Check all that can be checked before a database is there.

        `bell`: between the one that collects and the one that publishes, if that is another process.
        Raises PlanErrors, DatabaseError for an address that is none, SettingsError or WebhookSecretError.
        """
        self.counters = RecordCounters()
        self.standing: dict[Work, Standing] = {}
        self._settings = settings
        self._layout = layout
        self._bell = bell
        self.controller = Heard(silent_after_s=_SILENT_AFTER_S)
        """The one beside us, as far as there is one."""
        self._held: Held | None = None
        self._delivering: Delivering | None = None
        self._address = database_address(settings, layout)
        database_url(self._address)
        self._work: dict[Work, Callable[[Database, Fence], Awaitable[None]]] = {}
        if Role.ROUTE in roles:
            self._work[Work.CONTROL] = _control
        if Role.COLLECT in roles:
            from callrouter.service.collecting import Collecting  # noqa: PLC0415 - only a role's own process loads it

            collecting = Collecting(
                settings,
                layout,
                self.counters,
                now=wall_clock,
                ami_secret=passwords.ami,
                rehearsal=rehearsal,
                on_messages=self._wake_outbox,
            )
            self._work[Work.COLLECT] = collecting.run
        if Role.PUBLISH in roles:
            from callrouter.service.delivering import Delivering  # noqa: PLC0415 - only a role's own process loads it

            self._delivering = Delivering(
                settings,
                layout,
                self.counters,
                now=wall_clock,
                mqtt_password=passwords.mqtt,
                webhook_secret=passwords.webhook,
                bell=bell,
            )
            self._work[Work.PUBLISH] = self._delivering.run

    async def run(self) -> None:
        """Work until cancelled."""
        _collect_garbage_seldom()
        database = await self._opened()
        self._held = Held(RecordReader(database.engine), now=wall_clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                for work in self._work:
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
        await work_in_terms(work, lease, partial(self._work[work], database), self.standing.__setitem__)

    def _database_failed(self) -> None:
        self.counters.database_failures += 1

    def _wake_outbox(self) -> None:
        """Whoever publishes on another host looks by himself, once a second."""
        if self._delivering:
            self._delivering.wake()
        elif self._bell:
            self._bell.ring()


async def _control(_database: Database, _fence: Fence) -> None:
    """Nothing to do here: the controller acts, as long as it is told that it may."""
    await asyncio.Event().wait()


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
