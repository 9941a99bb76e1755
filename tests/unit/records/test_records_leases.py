"""Leases: one holder at a time, and another soon after it is gone. On SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.database import Database, insert_or_update, open_database
from callrouter.records.leases import Fence, LeaseKeeper, LeaseLostError, check_fence, holder_name
from callrouter.records.tables import lease, reconcile_cursor

TTL = 10.0


@dataclass
class Clock:
    """A monotonic clock that stands still until it is moved."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


def keeper(database: Database, holder: str, clock: Clock, *dead: str) -> LeaseKeeper:
    return LeaseKeeper(database, "publish:x", holder, ttl_s=TTL, monotonic=clock, gone=dead.__contains__)


async def write(database: Database, fence: Fence, position: int) -> None:
    """What a holder does: a fenced transaction."""
    async with database.write() as connection:
        await check_fence(connection, fence)
        await connection.execute(
            insert_or_update(database.dialect, reconcile_cursor, ("position",)),
            {"name": "x", "position": position, "finished_at_ms": 0},
        )


async def position(database: Database) -> int | None:
    async with database.read() as connection:
        return await connection.scalar(sa.select(reconcile_cursor.c.position))


async def lease_row(database: Database) -> tuple[str, int]:
    async with database.read() as connection:
        row = (await connection.execute(sa.select(lease.c.holder, lease.c.token))).one()
        return row.holder, row.token


async def test_the_first_who_asks_gets_it_and_the_second_waits(database: Database) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    await first.step()
    await second.step()
    assert first.fence == Fence("publish:x", 1)
    assert second.fence is None


async def test_a_holder_that_renews_keeps_it_for_ever(database: Database) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    for _ in range(20):
        await first.step()
        await second.step()
        clock.now += TTL / 5
    assert first.fence == Fence("publish:x", 1)
    assert second.fence is None


async def test_a_holder_that_stops_renewing_is_followed_after_the_ttl_and_no_earlier(
    database: Database,
) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    await first.step()
    await second.step()
    clock.now += TTL - 0.001
    await second.step()
    assert second.fence is None
    clock.now += 0.001
    await second.step()
    assert second.fence == Fence("publish:x", 2)


async def test_who_waits_knows_for_a_ttl_that_another_had_it(database: Database) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    assert not second.is_anothers
    await first.step()
    await second.step()
    assert (first.is_anothers, second.is_anothers) == (False, True)
    told = []
    for later_s in (TTL - 0.1, 0.1):
        clock.now += later_s
        told.append(second.is_anothers)
    assert told == [True, False]


async def test_a_fenced_write_shows_that_the_holder_lives(database: Database) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    await first.step()
    await second.step()
    clock.now += TTL - 1
    await write(database, Fence("publish:x", 1), 1)
    await second.step()
    clock.now += 2
    await second.step()
    assert second.fence is None


async def test_a_holder_that_could_not_renew_for_half_the_ttl_counts_itself_out(database: Database) -> None:
    clock = Clock()
    first = keeper(database, "a", clock)
    await first.step()
    held = []
    for step in (TTL / 2 - 0.001, 0.001):
        clock.now += step
        held.append(first.held)
    assert held == [True, False]
    await first.step()
    assert first.fence == Fence("publish:x", 1), "nobody took it meanwhile: it is the same lease"


async def test_a_stopped_holder_that_wakes_up_writes_nothing_more(database: Database) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    await first.step()
    old = first.fence
    assert old is not None
    await write(database, old, 1)
    await second.step()
    clock.now += TTL
    await second.step()
    new = second.fence
    assert new is not None
    await write(database, new, 2)
    with pytest.raises(LeaseLostError, match="publish:x"):
        await write(database, old, 3)
    assert await position(database) == 2
    await first.step()
    assert first.fence is None


async def test_a_dead_process_of_this_machine_is_followed_at_once_and_a_live_one_is_not(
    database: Database,
) -> None:
    clock = Clock()
    await keeper(database, "dead", clock).step()
    patient, hasty = keeper(database, "b", clock), keeper(database, "c", clock, "dead")
    await patient.step()
    assert patient.fence is None
    await hasty.step()
    assert hasty.fence == Fence("publish:x", 2)


async def test_who_took_it_and_never_heard_so_has_it_at_once_when_it_asks_again(database: Database) -> None:
    clock = Clock()
    await keeper(database, "a", clock).step()  # the row is written, and its writer knows nothing of it
    again, other = keeper(database, "a", clock), keeper(database, "b", clock)
    await other.step()
    await again.step()
    assert (again.fence, other.fence) == (Fence("publish:x", 2), None)


async def test_of_two_that_take_over_at_the_same_moment_one_gets_it(database: Database) -> None:
    clock = Clock()
    await keeper(database, "dead", clock).step()
    contenders = [keeper(database, name, clock, "dead") for name in "abcd"]
    await asyncio.gather(*(one.step() for one in contenders))
    assert [one.held for one in contenders].count(True) == 1


async def test_of_several_that_come_first_one_gets_it(database: Database) -> None:
    contenders = [keeper(database, name, Clock()) for name in "abcd"]
    await asyncio.gather(*(one.step() for one in contenders))
    assert [one.held for one in contenders].count(True) == 1


async def test_a_lease_is_given_back_at_the_end_and_late_writes_are_refused(database: Database) -> None:
    first = LeaseKeeper(database, "publish:x", "a", monotonic=time.monotonic)
    running = asyncio.create_task(first.run())
    fence = await asyncio.wait_for(first.wait_held(), 5)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert await lease_row(database) == ("", 2)
    assert first.fence is None
    with pytest.raises(LeaseLostError):
        await write(database, fence, 1)
    second = keeper(database, "b", Clock())
    await second.step()
    assert second.fence == Fence("publish:x", 3)


async def test_who_waits_is_told_of_getting_and_of_losing_it(database: Database) -> None:
    first = LeaseKeeper(database, "publish:x", "a", ttl_s=0.5, monotonic=time.monotonic)
    running = asyncio.create_task(first.run())
    await asyncio.wait_for(first.wait_held(), 5)
    async with database.write() as connection:
        await connection.execute(sa.update(lease).values(token=7, holder="thief"))
    await asyncio.wait_for(first.wait_lost(), 5)
    fence = await asyncio.wait_for(first.wait_held(), 5)
    assert fence == Fence("publish:x", 8), "the thief never renews"
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_two_leases_do_not_touch_each_other(database: Database) -> None:
    clock = Clock()
    first = LeaseKeeper(database, "collect:n1", "a", monotonic=clock)
    second = LeaseKeeper(database, "collect:n2", "b", monotonic=clock)
    await first.step()
    await second.step()
    assert first.held
    assert second.held


async def test_a_broken_database_is_waited_for(database: Database) -> None:
    first = LeaseKeeper(database, "publish:x", "a", ttl_s=0.5, monotonic=time.monotonic)
    async with database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE lease RENAME TO lease_away"))
    running = asyncio.create_task(first.run())
    await asyncio.sleep(0.1)
    assert not first.held
    async with database.write() as connection:
        await connection.execute(sa.text("ALTER TABLE lease_away RENAME TO lease"))
    await asyncio.wait_for(first.wait_held(), 5)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


class SlowDatabase(Database):
    """A database whose transactions that write take their time."""

    seconds = 0.0

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with super().write() as connection:
            yield connection
            await asyncio.sleep(self.seconds)


@asynccontextmanager
async def kept(lease_keeper: LeaseKeeper) -> AsyncIterator[None]:
    running = asyncio.create_task(lease_keeper.run())
    yield
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_renewal_that_takes_too_long_costs_the_lease_until_the_database_is_quick_again(
    database: Database,
) -> None:
    slow = SlowDatabase(database.engine)
    first = LeaseKeeper(slow, "publish:x", "a", ttl_s=1.0, monotonic=time.monotonic)
    async with kept(first):
        fence = await asyncio.wait_for(first.wait_held(), 5)
        slow.seconds = 0.8  # of a second after which others take it: like 8 s of 10
        await asyncio.wait_for(first.wait_lost(), 5)
        await asyncio.sleep(1.0)
        assert not first.held
        slow.seconds = 0.0
        assert await asyncio.wait_for(first.wait_held(), 5) == fence, "nobody else wanted it"


async def test_a_renewal_is_waited_for_as_long_as_it_is_of_use(database: Database) -> None:
    """Whoever has lost the lease to a slow answer gets it by an answer that is less slow."""
    slow = SlowDatabase(database.engine)
    first = LeaseKeeper(slow, "publish:x", "a", ttl_s=2.0, monotonic=time.monotonic)
    async with kept(first):
        await asyncio.wait_for(first.wait_held(), 5)
        slow.seconds = 5.0
        await asyncio.wait_for(first.wait_lost(), 5)
        slow.seconds = 0.6
        await asyncio.wait_for(first.wait_held(), 5)


async def test_a_transaction_of_the_holder_that_hangs_keeps_the_lease_from_others_and_then_is_refused(
    database: Database, database_url: str
) -> None:
    """As long as it may still commit nobody has the lease after it: the two can never both have written."""
    first = LeaseKeeper(database, "publish:x", "a", monotonic=time.monotonic)
    await first.step()
    fence = first.fence
    assert fence
    other = await open_database(database_url)
    second = keeper(other, "b", Clock(), "a")
    async with database.write() as hanging:
        await check_fence(hanging, fence)
        taking = asyncio.create_task(second.step())
        await asyncio.sleep(0.3)
        assert not taking.done()
        assert not second.held
    await taking
    if not second.held:  # what it saw had changed meanwhile
        await second.step()
    assert second.fence == Fence("publish:x", 2)
    with pytest.raises(LeaseLostError):
        await write(database, fence, 1)
    await other.close()


async def test_a_wall_clock_that_jumps_means_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    first, second = keeper(database, "a", clock), keeper(database, "b", clock)
    now = time.time()
    for jump in (0, 3600, -3600, 86400 * 365):
        monkeypatch.setattr(time, "time", lambda jump=jump: now + jump)
        await first.step()
        await second.step()
        clock.now += TTL / 5
    assert (first.fence, second.fence) == (Fence("publish:x", 1), None)
    assert {column.name for column in lease.columns} == {"name", "holder", "token", "renewals"}, "no instant"


async def test_the_holder_of_a_lease_is_never_the_empty_name(database: Database) -> None:
    with pytest.raises(ValueError, match="empty"):
        keeper(database, "", Clock())


def test_this_process_has_one_name() -> None:
    assert holder_name() == holder_name()
