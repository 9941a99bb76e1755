"""A transaction that is under way while its collector has given it up already. On SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records.database import Database, open_database
from callrouter.records.leases import check_fence
from callrouter.records.row_values import position_values
from callrouter.records.store import CEL, Store
from callrouter.records.tables import journal_position, lease
from callrouter.records.tail import FilePosition
from tests.unit.records.site import FENCE, NOW, Bytes, Rows, Site, eventually, running
from tests.unit.records.stores import as_it_is, nothing_to_say

STUCK_FOR_S = 0.5


@pytest.fixture
async def site_and_other(tmp_path: Path, database_url: str) -> AsyncIterator[tuple[Site, Database]]:
    store = await Store.open(database_url, explain=nothing_to_say, prove=as_it_is, now=lambda: NOW)
    async with store.database.write() as connection:
        row = {"name": FENCE.name, "holder": "x", "token": FENCE.token, "renewals": 0}
        await connection.execute(sa.insert(lease), row)
    other = await open_database(database_url)
    yield Site(tmp_path, store), other
    await other.close()
    await store.close()


def whole_journal(site: Site) -> FilePosition:
    """Where the journal is when it was read to its end, as the collector itself says it."""
    logs = site.collector._logs
    assert logs
    batch = logs.read().cel
    assert batch
    return batch.position


@asynccontextmanager
async def stuck(database: Database, position: FilePosition) -> AsyncIterator[None]:
    """A batch on its way: its rows are read, and written, and not committed yet."""
    async with database.write() as connection:
        await check_fence(connection, FENCE)
        await connection.execute(sa.insert(journal_position), position_values("n", CEL, position))
        yield


async def test_a_batch_that_is_committed_late_is_not_stored_a_second_time(
    site_and_other: tuple[Site, Database], call_rows: Rows, csv_bytes: Bytes
) -> None:
    site, other = site_and_other
    await site.collect()
    site.writes(csv_bytes(call_rows(1)))
    position = whole_journal(site)
    site.restarted()
    async with stuck(other, position):
        collecting = asyncio.create_task(site.collect())
        await asyncio.sleep(STUCK_FOR_S)
        assert not collecting.done()
    await collecting
    assert await site.count("call_record") == 0, "what the late one has written counts, and it was all"
    assert await site.store.positions("n") == [position]


async def test_what_was_written_late_does_not_keep_the_collector_from_going_on(
    site_and_other: tuple[Site, Database], call_rows: Rows, csv_bytes: Bytes
) -> None:
    site, other = site_and_other
    await site.collect()
    site.writes(csv_bytes(call_rows(1)))
    position = whole_journal(site)
    site.restarted()
    async with AsyncExitStack() as late:
        await late.enter_async_context(stuck(other, position))
        async with running(site.collector):
            await asyncio.sleep(STUCK_FOR_S)
            await late.aclose()
            site.writes(csv_bytes(call_rows(2)))
            await eventually(lambda: site.store.counters.records_written == 1)
    (record,) = await site.records()
    assert record.call_id == "lab-2.1"
