"""Collecting: what Asterisk wrote becomes records, whatever ails the database or the lease."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from callrouter.records.collect import Keep
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.store import Ingested, Store
from callrouter.records.tables import outbox
from callrouter.vocabulary.record_words import ClosedBy
from tests.unit.records.site import (
    FENCE,
    NOW,
    Bytes,
    Rows,
    Site,
    eventually,
    running,
)


async def test_what_was_written_while_nobody_listened_is_collected_and_a_restart_repeats_nothing(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    for start in (0, 100):
        site.writes(csv_bytes(row for number in range(start, start + 100) for row in call_rows(number)))
        site.restarted()
        site.told.clear()
        await site.collect()
        assert site.told.is_set()
        assert [await site.count(table) for table in ("call_record", "outbox", "open_call")] == [
            *(start + 100, start + 100, 0)
        ]
    site.restarted()
    site.told.clear()
    await site.collect()
    assert not site.told.is_set()
    assert site.store.counters.rows_collected == 1200


async def test_all_that_the_queue_log_says_of_a_call_is_read_before_the_call_is_folded(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    rows = call_rows(1)
    facts = [
        rows[2]._replace(
            event="CR_QUEUE", at_us=rows[2].at_us + step, extra=f'{{"extra":"queue=g&state={said}"}}'
        )
        for step, said in ((10, "entered"), (20, "left&status=LEAVEEMPTY"))
    ]
    site.writes(csv_bytes([*rows[:3], *facts, *rows[3:]]))
    at_s = rows[0].at_us // 1_000_000
    others = [
        f"{at_s}|lab-{number}.1|g|NONE|ENTERQUEUE||13800138000|1||\n" for number in range(10_000, 16_000)
    ]
    site.queue_log.with_name("queue_log.1").write_text("".join(others))
    site.queue_log.write_text(
        f"{at_s}|lab-1.1|g|NONE|ENTERQUEUE||13800138000|1||\n{at_s}|lab-1.1|g|PJSIP/1001|RINGNOANSWER|0|||||\n"
    )
    await site.collect()
    (record,) = await site.records()
    assert [one.seat for visit in record.queue_visits for one in visit.tries] == ["1001"]


async def test_without_the_lease_nothing_is_read(site: Site, call_rows: Rows, csv_bytes: Bytes) -> None:
    site.writes(csv_bytes(call_rows(1)))
    site.fence = None
    await site.collect()
    assert site.store.counters.rows_collected == 0
    site.fence = FENCE
    await site.collect()
    assert await site.count("call_record") == 1


async def test_who_loses_the_lease_in_a_call_forgets_it_and_goes_on_from_what_the_other_left(
    site: Site, call_rows: Rows, csv_bytes: Bytes, tmp_path: Path
) -> None:
    site.writes(csv_bytes(call_rows(1)[:3]))
    await site.collect()
    other = await Store.open(
        f"sqlite:///{tmp_path / 'records.db'}",
        explain=lambda _record: None,
        prove=lambda record: record,
        now=lambda: NOW,
    )
    await site.take_lease(2)
    site.writes(csv_bytes(call_rows(1)[3:5]))
    first = site.collector
    with pytest.raises(LeaseLostError):
        await first.collect_once()
    ours, site.store, site.fence = site.store, other, Fence(FENCE.name, 2)
    site.restarted()
    await site.collect()
    assert await site.count("outbox") == 2
    await site.take_lease(3)
    site.store, site.collector, site.fence = ours, first, Fence(FENCE.name, 3)
    site.writes(csv_bytes(call_rows(1)[5:]))
    await site.collect()
    (record,) = await site.records()
    assert (record.closed_by, record.revision) == (ClosedBy.END, 1)
    async with site.store.database.read() as connection:
        assert list(await connection.scalars(sa.select(outbox.c.seq).order_by(outbox.c.position))) == [
            1,
            2,
            3,
        ]
    await other.close()


async def test_calls_that_could_not_be_folded_are_tried_again_once_a_start(
    site: Site, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_more: object) -> Any:
        raise KeyError

    monkeypatch.setattr("callrouter.records.record_making.fold", broken)
    site.writes(csv_bytes(call_rows(1)))
    await site.collect()
    await site.collect()
    assert site.store.counters.calls_not_folded == 1
    site.restarted()
    await site.collect()
    await site.collect()
    assert site.store.counters.calls_not_folded == 2
    monkeypatch.undo()
    site.restarted()
    site.told.clear()
    await site.collect()
    assert (site.told.is_set(), await site.count("call_record")) == (True, 1)


async def test_a_lost_lease_ends_nothing(site: Site, call_rows: Rows, csv_bytes: Bytes) -> None:
    site.writes(csv_bytes(call_rows(1)))
    await site.take_lease(2)
    async with running(site.collector) as task:
        await asyncio.sleep(0.1)
        assert (site.told.is_set(), task.done()) == (False, False)
        site.fence = Fence(FENCE.name, 2)
        await site.told.wait()
    assert site.store.counters.database_failures == 0


async def test_an_unforeseen_error_does_not_end_collecting(
    site: Site, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.writes(csv_bytes(call_rows(1)))
    ingest = site.store.ingest

    async def fail_once(*_arguments: object, **_more: object) -> Ingested:
        monkeypatch.setattr(site.store, "ingest", ingest)
        raise ZeroDivisionError

    monkeypatch.setattr(site.store, "ingest", fail_once)
    async with running(site.collector):
        await site.told.wait()
    assert site.store.counters.unforeseen_errors == 1


async def test_a_locked_database_only_delays(
    site: Site, call_rows: Rows, csv_bytes: Bytes, tmp_path: Path
) -> None:
    site.writes(csv_bytes(call_rows(1)[:3]))
    await site.collect()
    blocker = sqlite3.connect(tmp_path / "records.db", isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    site.told.clear()
    site.writes(csv_bytes(call_rows(1)[3:] + call_rows(2)))
    async with running(site.collector):
        await eventually(lambda: site.store.counters.database_failures > 0)
        assert not site.told.is_set()
        blocker.execute("ROLLBACK")
        blocker.close()
        await site.told.wait()
    assert [record.call_id for record in await site.records()] == ["lab-1.1", "lab-2.1"]
    assert await site.count("outbox") == 4


async def test_rows_that_keep_coming_gather_and_a_backlog_does_not_wait(
    site: Site, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrouter.records.both_logs._BATCH_BYTES", 1 << 18)
    text = csv_bytes(row for number in range(600) for row in call_rows(number))
    assert len(text) > 2 << 18
    site.writes(text)
    pauses: list[int] = []
    paused = asyncio.Event()

    async def pause(_seconds: float) -> None:
        pauses.append(site.store.counters.records_written)
        paused.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr("callrouter.records.collect.asyncio.sleep", pause)
    async with running(site.collector):
        await paused.wait()
    assert pauses == [600]


async def test_a_large_journal_is_put_aside_read_to_its_end_and_removed_when_it_is_old(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    keep = Keep(300, journal_days=7, rows_days=90, delivered_days=30)
    site.restarted(keep=keep)
    site.writes(csv_bytes(call_rows(1)[:3]))
    await site.collect()
    (aside,) = site.cel.parent.glob("cel.csv?*")
    with aside.open("ab") as file:
        file.write(csv_bytes(call_rows(1)[3:]))
    site.seconds += 1
    await site.collect()
    assert await site.count("call_record") == 1
    counters = site.store.counters
    assert (counters.journal_files_rotated, counters.journal_files_pruned) == (1, 0)
    long_ago = NOW.timestamp() - 8 * 86_400
    os.utime(aside, (long_ago, long_ago))
    site.writes(csv_bytes(call_rows(2)[:1]))
    site.seconds += 3600
    await site.collect()
    assert (aside.exists(), counters.journal_files_pruned) == (False, 1)


async def test_old_rows_of_the_database_are_removed_beside_collecting(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.writes(csv_bytes(call_rows(1)))
    await site.collect()
    site.store.now = lambda: NOW + timedelta(days=91)
    site.seconds += 3599
    await site.collect()
    assert await site.count("journal_piece") == 1
    site.seconds += 1
    await site.collect()
    assert await site.count("journal_piece") == 0
    assert (site.store.counters.rows_pruned, await site.count("outbox")) == (1, 1)


async def test_upkeep_that_fails_stops_nothing(
    site: Site, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_more: object) -> Any:
        raise PermissionError

    monkeypatch.setattr("callrouter.records.upkeep.rotate", broken)
    monkeypatch.setattr("callrouter.records.upkeep.prune", broken)
    site.writes(csv_bytes(call_rows(1)))
    await site.collect()
    assert await site.count("call_record") == 1
    assert site.store.counters.upkeep_failures == 2


async def test_the_lag_is_the_age_of_the_newest_row_until_all_is_read(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.writes(csv_bytes(call_rows(1)))
    await site.collect()
    assert site.store.counters.lag_seconds == pytest.approx(58.995)
    site.store.now = lambda: NOW - timedelta(hours=1)
    site.writes(csv_bytes(call_rows(2)))
    await site.collect()
    assert site.store.counters.lag_seconds == 0
    site.store.counters.lag_seconds = 1
    await site.collect()
    assert site.store.counters.lag_seconds == 0


async def test_text_that_is_no_row_is_counted_and_costs_nothing_else(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.writes(b"not a row\n" + csv_bytes(call_rows(1)))
    site.queue_log.write_bytes(b"nor this\n")
    await site.collect()
    assert site.store.counters.rows_unreadable == 2
    assert await site.count("call_record") == 1


async def test_records_are_told_of_only_when_they_are_there(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    seen: list[Awaitable[int]] = []
    site.collector._on_messages = lambda: seen.append(site.count("call_record"))
    site.writes(csv_bytes(call_rows(1)))
    await site.collect()
    assert [await one for one in seen] == [1]
