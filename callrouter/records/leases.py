"""Leases: what only one process may do at a time, one does, and another takes over when it is gone.

Rules:
- A lease is a row. Whoever takes it over raises its token; a fenced transaction begins by touching the row with the
  token that it was begun under, and fails when that is not the token any more. So of two that both believe to hold a
  lease (one was stopped, and woke up) only the later one can write. That is the guarantee; the rest is promptness.
- No clock is compared with another, and none is a wall clock. The holder renews: a counter in the row grows. Who
  wants the lease takes it over when the row has not changed for `ttl_s` of its own monotonic clock.
- It takes it over at once when it was given back, when its holder was a process of this machine that has ended, and
  when that was itself: it took the lease and never heard so, or could not give it back.
- A holder that could not renew for half of `ttl_s` counts itself as without the lease, long before another takes
  it: what cannot be fenced (publishing, an order to Asterisk) is done by one at a time as well, as far as clocks run
  at the same speed.
- A step that takes as long as a holder may go without renewing is of no use: it is given up, and begun again. A
  database that slow is like none: nobody holds the lease for long, and nothing is done twice.
- It is given back at the end. Stop the work first, then the keeper: what comes after is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.database import Database, insert_new
from callrouter.records.lease_holder import holder_name, is_gone
from callrouter.records.tables import lease

__all__ = ["Fence", "LeaseKeeper", "LeaseLostError", "check_fence", "holder_name"]

log = structlog.get_logger(__name__)

_NOBODY = ""
_GIVE_BACK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Fence:
    """What a writer shows: that it was given the lease, at its `token`-th taking over."""

    name: str
    token: int


class LeaseLostError(Exception):
    """Another process has the lease now: nothing was written. Whoever gets this must stop what the lease is for."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the lease {name} was taken over by another process, and nothing was written: this one stands back until"
            " it gets the lease again; if that happens often, look for two instances of the same name"
        )
        self.name = name


async def check_fence(connection: AsyncConnection, fence: Fence) -> None:
    """Touch the lease: the first statement of a transaction that only its holder may commit.

    Until the transaction ends nobody can take the lease over. Raises LeaseLostError when somebody has.
    """
    columns = lease.c
    touched = await connection.execute(
        sa.update(lease)
        .where(columns.name == fence.name, columns.token == fence.token)
        .values(renewals=columns.renewals + 1)
    )
    if touched.rowcount != 1:
        raise LeaseLostError(fence.name)


@dataclass(frozen=True, slots=True)
class _Row:
    holder: str
    token: int
    renewals: int


@dataclass(frozen=True, slots=True)
class _Held:
    fence: Fence
    renewed_at: float
    """By our clock, before the renewal that succeeded was asked for."""


@dataclass(frozen=True, slots=True)
class _Seen:
    row: _Row
    since: float
    """By our clock, after it was read for the first time."""


class LeaseKeeper:
    """Gets a lease, keeps it, gets it again when it was lost, and gives it back."""

    def __init__(
        self,
        database: Database,
        name: str,
        holder: str,
        *,
        ttl_s: float = 10.0,
        monotonic: Callable[[], float],
        gone: Callable[[str], bool] = is_gone,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_failure` is told each step that the database did not take."""
        if not holder:
            raise ValueError("a holder has a name: the empty one means that nobody holds the lease")
        self.name = name
        self._on_failure = on_failure
        self._database = database
        self._holder = holder
        self._ttl = ttl_s
        self._monotonic = monotonic
        self._gone = gone
        self._held: _Held | None = None
        self._seen: _Seen | None = None
        self._has_it = asyncio.Event()
        self._lacks_it = asyncio.Event()
        self._lacks_it.set()

    @property
    def fence(self) -> Fence | None:
        """What to show when writing; None while the lease is not held, or could not be renewed in time."""
        held = self._held
        if held is None or self._monotonic() - held.renewed_at >= self._ttl / 2:
            return None
        return held.fence

    @property
    def held(self) -> bool:
        """Whether the lease is held at this moment."""
        return self.fence is not None

    @property
    def is_anothers(self) -> bool:
        """Whether another was seen to hold it, and to renew it, within the last `ttl_s`."""
        seen = self._seen
        if self._held is not None or seen is None or seen.row.holder in (_NOBODY, self._holder):
            return False
        return self._monotonic() - seen.since < self._ttl and not self._gone(seen.row.holder)

    async def wait_held(self) -> Fence:
        """Wait until the lease is held."""
        while (fence := self.fence) is None:
            self._tell()
            await self._has_it.wait()
        return fence

    async def wait_lost(self) -> None:
        """Wait until the lease is not held."""
        while self.fence is not None:
            await self._lacks_it.wait()

    async def run(self) -> None:
        """Keep at it until cancelled, and give the lease back then."""
        failing = False
        try:
            while True:
                self._tell()
                try:
                    async with asyncio.timeout(self._patience()):
                        wait = await self.step()
                    failing = False
                except (SQLAlchemyError, OSError) as error:
                    # TimeoutError is an OSError.
                    self._on_failure()
                    if not failing:
                        log.warning("lease_not_looked_after", lease=self.name, error=type(error).__name__)
                    failing, wait = True, self._ttl / 20
                await asyncio.sleep(wait)
        finally:
            await self._give_back()

    async def step(self) -> float:
        """Renew the lease, or see whether it can be had; give how long to wait until the next step, in seconds.

        Raises sqlalchemy.exc.SQLAlchemyError.
        """
        if self._held is not None:
            await self._renew(self._held.fence)
        if self._held is None:
            await self._look()
        self._tell()
        return self._ttl / 5 if self._held is not None else self._ttl / 10

    async def _renew(self, fence: Fence) -> None:
        before = self._monotonic()
        try:
            async with self._database.write() as connection:
                await check_fence(connection, fence)
        except LeaseLostError:
            self._held = None
            log.warning("lease_lost", lease=self.name, token=fence.token)
            return
        self._held = _Held(fence, before)

    async def _look(self) -> None:
        before = self._monotonic()
        row = await self._read()
        after = self._monotonic()
        if row is None:
            await self._take(None)
            return
        if self._seen is None or self._seen.row != row:
            self._seen = _Seen(row, after)
        unchanged_for = before - self._seen.since
        is_free = row.holder in (_NOBODY, self._holder)
        if is_free or unchanged_for >= self._ttl or self._gone(row.holder):
            await self._take(row)

    async def _read(self) -> _Row | None:
        columns = lease.c
        query = sa.select(columns.holder, columns.token, columns.renewals).where(columns.name == self.name)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).first()
        return None if found is None else _Row(*found)

    async def _take(self, seen: _Row | None) -> None:
        """Take the lease as it was seen; somebody else may be quicker."""
        columns = lease.c
        before = self._monotonic()
        statement: sa.Insert | sa.Update
        if seen is None:
            token = 1
            statement = insert_new(self._database.dialect, lease).values(
                name=self.name, holder=self._holder, token=token, renewals=0
            )
        else:
            token = seen.token + 1
            statement = (
                sa.update(lease)
                .where(
                    columns.name == self.name,
                    columns.holder == seen.holder,
                    columns.token == seen.token,
                    columns.renewals == seen.renewals,
                )
                .values(holder=self._holder, token=token, renewals=columns.renewals + 1)
            )
        async with self._database.write() as connection:
            taken = (await connection.execute(statement)).rowcount == 1
        if taken:
            self._held, self._seen = _Held(Fence(self.name, token), before), None
            log.info("lease_taken", lease=self.name, token=token)

    async def _give_back(self) -> None:
        held, self._held = self._held, None
        self._tell()
        if held is None:
            return
        columns = lease.c
        # The token too: what this holder still has under way is refused from now on.
        statement = (
            sa.update(lease)
            .where(columns.name == self.name, columns.token == held.fence.token)
            .values(holder=_NOBODY, token=columns.token + 1, renewals=columns.renewals + 1)
        )
        # Without a database nothing can be given back: it will be taken over.
        with suppress(SQLAlchemyError, OSError):
            async with asyncio.timeout(_GIVE_BACK_SECONDS), self._database.write() as connection:
                await connection.execute(statement)

    def _patience(self) -> float:
        """How long a step may take: less than what is left of the lease, so that it can be tried again."""
        left = self._held.renewed_at + self._ttl / 2 - self._monotonic() if self._held else 0.0
        # Nothing is left to save: as long as it makes sense.
        return max(self._ttl / 20, min(self._ttl / 4, left)) if left > 0 else self._ttl / 2

    def _tell(self) -> None:
        on, off = (self._has_it, self._lacks_it) if self.held else (self._lacks_it, self._has_it)
        on.set()
        off.clear()
