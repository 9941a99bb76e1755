"""Reconciling: what the ticketing side has lost is found and sent again, once a day or when somebody wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.outbox_due import from_milliseconds
from callrouter.records.outbox_rows import OutboxRows, RowState
from callrouter.records.reconcile import Reconciler, is_due
from callrouter.records.reconcile_cursor import Cursor, CursorRow
from callrouter.ticketing.publisher_double import PublisherDouble
from callrouter.vocabulary.message import Acknowledgement, Outcome
from tests.unit.records.running_outbox import System, running, until
from tests.unit.records.written_outbox import LONG_AGO_MS, Row, opened, records, states, write

AT = time(3, 10)
NOW = from_milliseconds(LONG_AGO_MS) + timedelta(days=1)


@asynccontextmanager
async def reconciling(
    system: System, *, page: int = 4, at: time | None = AT, **options: float
) -> AsyncIterator[CursorRow]:
    cursor = CursorRow(system.database, "publish:x")
    reconciler = Reconciler(
        *(system.rows, cursor, system.outbox),
        at=at,
        now=lambda: NOW,
        counters=system.counters,
        page=page,
        looked_at_every=0.02,
        shortest_wait=0.05,
        **options,  # type: ignore[arg-type]  # the one that is given
    )
    task = asyncio.create_task(reconciler.run())
    try:
        yield cursor
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """Ten messages that the ticketing side has acknowledged."""
    async with running(tmp_path, PublisherDouble(), before=records(range(10))) as system:
        await until(lambda: system.counters.acknowledged == 10)
        while not system.side.published.empty():
            await system.side.next()
        yield system


async def finished(cursor: CursorRow, position: int | None = None) -> Cursor:
    async with asyncio.timeout(5):
        while True:
            now = await cursor.read()
            if now.finished_at is not None and position in (None, now.position):
                return now
            await asyncio.sleep(0.01)


async def test_what_the_other_side_has_is_asked_for_page_by_page_and_the_cursor_follows(
    system: System,
) -> None:
    async with reconciling(system) as cursor:
        assert await finished(cursor) == Cursor(10, NOW, is_wanted=False)
    assert [len(manifest.ids) for manifest in system.side.manifests] == [4, 4, 2]
    assert [(one.since, one.until) for one in system.side.manifests] == [(0, 4), (4, 8), (8, 10)]
    assert (system.counters.reconciled, system.counters.missing_found) == (10, 0)
    assert system.side.published.empty()


async def test_what_it_has_lost_is_sent_again_and_told_loudly(system: System) -> None:
    lost = {"node1.call-5.1", "node1.call-6.1"}
    system.side.missing = lambda manifest: [*(lost & set(manifest.ids)), "never-asked-about"]
    with capture_logs() as told:
        async with reconciling(system) as cursor:
            assert (
                await finished(cursor)
            ).position == 4  # the page that had losses is compared again next time
            again = await system.next_messages(2)
            await until(lambda: system.counters.acknowledged == 12)
    assert {message.id for message in again} == lost
    assert system.counters.missing_found == 2
    assert [one["missing"] for one in told if one["log_level"] == "error"] == [2]
    assert len(system.side.manifests) == 3  # the pages behind it were compared all the same
    assert set((await states(system.database)).values()) == {"acknowledged"}


async def test_what_is_still_open_is_not_asked_about_and_holds_the_cursor(tmp_path: Path) -> None:
    side = PublisherDouble(lambda one: None if one.call_id == "call-5" else Outcome.STORED)
    async with running(tmp_path, side, within=60, before=records(range(10))) as system:
        await until(lambda: system.counters.acknowledged == 9)
        async with reconciling(system) as cursor:
            assert (await finished(cursor)).position == 4
            assert sum(len(manifest.ids) for manifest in side.manifests) == 9
            await side.say(Acknowledgement("node1.call-5.1", Outcome.STORED, None))
            await until(lambda: system.counters.acknowledged == 10)
            await cursor.want()
            await finished(cursor, 10)


async def test_what_is_younger_than_ten_minutes_is_left_for_the_next_time(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'r.db'}") as database:
        rows = OutboxRows(database)
        await write(database, records([1, 2]), created_at_ms=LONG_AGO_MS)
        await write(database, records([3]), created_at_ms=LONG_AGO_MS + 3_600_000)
        an_hour_later = from_milliseconds(LONG_AGO_MS + 3_600_000)
        page = await rows.page_for_manifest(0, 10, an_hour_later + timedelta(minutes=9))
        assert page is not None
        assert (page.until, page.is_whole) == (2, False)
        page = await rows.page_for_manifest(0, 10, an_hour_later + timedelta(minutes=11))
        assert page is not None
        assert page.until == 3
        assert await rows.page_for_manifest(3, 10, an_hour_later) is None


async def test_a_side_that_does_not_answer_is_asked_again_and_delays_nothing(system: System) -> None:
    system.side.missing = lambda _manifest: None
    async with reconciling(system, answered_within=0.05) as cursor:
        await until(lambda: system.counters.manifests_unanswered >= 2)
        await system.write([Row("new")])
        await until(lambda: system.counters.acknowledged == 11, seconds=2)
        assert (await cursor.read()).position == 0
        system.side.missing = lambda _manifest: ()
        await finished(cursor, 11)  # the new one was written long ago, by its stamp


async def test_a_restart_goes_on_where_the_cursor_stands(system: System) -> None:
    system.side.missing = lambda manifest: () if manifest.since == 0 else None
    async with reconciling(system, answered_within=0.05):
        await until(lambda: len(system.side.manifests) >= 2)
    system.side.manifests.clear()
    system.side.missing = lambda _manifest: ()
    async with reconciling(system) as cursor:
        await finished(cursor, 10)
    assert [manifest.since for manifest in system.side.manifests] == [4, 8]


async def test_it_is_compared_whenever_somebody_wants_it_and_from_the_beginning_if_he_does(
    system: System,
) -> None:
    async with reconciling(system, at=None) as cursor:
        await asyncio.sleep(0.1)
        assert system.side.manifests == []
        await cursor.want()
        await finished(cursor, 10)
        asked = len(system.side.manifests)
        await cursor.want()
        await finished(cursor, 10)
        assert len(system.side.manifests) == asked  # nothing new
        await cursor.want(from_the_beginning=True)
        await finished(cursor, 10)
        assert len(system.side.manifests) == 2 * asked


async def test_a_wish_that_comes_while_one_compares_is_not_lost(system: System) -> None:
    cursor = CursorRow(system.database, "c")
    await cursor.finish(await cursor.read(), NOW)
    begun = await cursor.read()
    assert await cursor.move(0, 4)
    await cursor.want(from_the_beginning=True)
    assert not await cursor.move(4, 8)
    await cursor.finish(begun, NOW + timedelta(hours=1))
    assert await cursor.read() == Cursor(0, None, is_wanted=True)


async def test_without_the_lease_nothing_is_asked_and_nothing_moves(system: System) -> None:
    for fence, error in ((None, LeaseLostError), (Fence("publish:x", 1), LeaseLostError)):
        reconciler = Reconciler(
            *(system.rows, CursorRow(system.database, "c"), system.outbox),
            at=AT,
            now=lambda: NOW,
            counters=system.counters,
            fence=lambda fence=fence: fence,  # type: ignore[misc]  # bound now
            looked_at_every=0.01,
        )
        with pytest.raises(error):
            await reconciler.run()
    assert (await CursorRow(system.database, "c").read()).position == 0


SHANGHAI_0310 = datetime(2021, 10, 1, 19, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("finished_at", "now", "due"),
    [
        (None, SHANGHAI_0310, True),
        (SHANGHAI_0310 - timedelta(days=1), SHANGHAI_0310 - timedelta(seconds=1), False),
        (SHANGHAI_0310 - timedelta(days=1), SHANGHAI_0310, True),
        (SHANGHAI_0310 - timedelta(days=9), SHANGHAI_0310 - timedelta(hours=9), True),
        (SHANGHAI_0310 + timedelta(minutes=1), SHANGHAI_0310 + timedelta(hours=20), False),
        (SHANGHAI_0310 + timedelta(days=400), SHANGHAI_0310, True),
    ],
)
def test_it_is_due_once_a_day_by_the_clock_of_shanghai(
    finished_at: datetime | None, now: datetime, due: bool
) -> None:
    assert is_due(Cursor(0, finished_at, is_wanted=False), now, AT) is due
    assert not is_due(Cursor(0, finished_at, is_wanted=False), now, None)
    assert is_due(Cursor(0, finished_at, is_wanted=True), now, None)


async def test_dead_letters_are_no_losses(tmp_path: Path) -> None:
    side = PublisherDouble(lambda one: Outcome.REJECTED if one.call_id == "call-1" else Outcome.STORED)
    async with running(tmp_path, side, before=records([1, 2])) as system:
        await until(lambda: system.counters.acknowledged == 1 and system.counters.rejected == 1)
        async with reconciling(system) as cursor:
            await finished(cursor, 2)
        assert [manifest.ids for manifest in side.manifests] == [("node1.call-2.1",)]
        assert len(await system.rows.listing([RowState.DEAD], limit=9)) == 1
