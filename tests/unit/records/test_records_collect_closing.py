"""Calls whose end nobody wrote down are closed, in time, and no others."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from callrouter.records.tables import outbox
from callrouter.vocabulary.cel import node_of_boot
from callrouter.vocabulary.record_words import ClosedBy, TerminalState
from tests.unit.records.site import (
    BOOT,
    LATER_BOOT,
    NOW,
    Bytes,
    Rows,
    Site,
    eventually,
    of_boot,
    running,
)


async def test_a_talk_is_left_open_however_long_it_is_quiet(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.writes(csv_bytes(of_boot(call_rows(1)[:3], BOOT)))
    site.asterisk.up = {f"{node_of_boot('n', BOOT)}-1.1"}
    await site.collect()
    await site.pass_time(600)
    assert await site.count("call_record") == 0
    assert 55 <= site.asterisk.looks <= 61


@pytest.mark.parametrize("answers", [True, False])
async def test_a_call_that_died_with_asterisk_has_its_record_within_a_minute(
    site: Site, call_rows: Rows, csv_bytes: Bytes, answers: bool
) -> None:
    site.writes(csv_bytes(of_boot(call_rows(1)[:3], BOOT)))
    site.asterisk.up = {f"{node_of_boot('n', BOOT)}-1.1"}
    await site.collect()
    await site.pass_time(93)
    site.asterisk.up, site.asterisk.answers = set(), answers
    counters = site.store.counters
    assert await site.pass_time(100, lambda: counters.records_written > 0) <= (20 if answers else 50)
    (record,) = await site.records()
    assert (record.closed_by, record.terminal_state) == (ClosedBy.RULE, TerminalState.INTERRUPTED)
    assert (counters.calls_closed_by_rule, counters.open_calls) == (1, 0)
    looks = site.asterisk.looks
    await site.pass_time(60)
    assert site.asterisk.looks <= looks + 1
    assert await site.count("call_record") == 1


async def test_an_asterisk_that_refuses_to_tell_is_alive_and_closes_no_call(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.writes(csv_bytes(of_boot(call_rows(1)[:3], BOOT)))
    site.asterisk.refuses = True
    await site.collect()
    await site.pass_time(200)
    assert site.asterisk.looks > 1
    assert await site.count("call_record") == 0


async def test_a_call_that_died_while_nobody_collected_has_its_record_soon_after_the_start(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.writes(csv_bytes(of_boot(call_rows(1)[:3], BOOT)))
    await site.collect()
    site.restarted()
    assert await site.pass_time(60, lambda: site.store.counters.records_written > 0) <= 20


async def test_a_later_boot_closes_the_calls_of_the_one_before_once_all_was_read(
    site: Site, call_rows: Rows, csv_bytes: Bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callrouter.records.both_logs._BATCH_BYTES", 1 << 18)
    site.asterisk.answers = False
    rest = of_boot(call_rows(2)[3:], BOOT)
    padding = [row for number in range(10, 310) for row in of_boot(call_rows(number), LATER_BOOT)]
    site.writes(csv_bytes(of_boot(call_rows(1)[:3] + call_rows(2)[:3], BOOT)))
    await site.collect()
    site.writes(csv_bytes([*padding, *rest]))
    await site.collect()
    ours = node_of_boot("n", BOOT)
    by_id = {record.call_id: record.closed_by for record in await site.records()}
    assert (by_id[f"{ours}-1.1"], by_id[f"{ours}-2.1"], len(by_id)) == (ClosedBy.RULE, ClosedBy.END, 302)
    assert len(await site.records()) == 302


async def test_a_look_that_hangs_holds_up_nothing(site: Site, call_rows: Rows, csv_bytes: Bytes) -> None:
    class Hanging:
        async def linked_ids(self) -> frozenset[str]:
            await asyncio.Event().wait()
            return frozenset()

    site.restarted(live_calls=Hanging())
    site.writes(csv_bytes(call_rows(1)[:3]))
    async with running(site.collector):
        await eventually(lambda: site.store.counters.open_calls == 1)
        site.seconds += 100
        await asyncio.sleep(0.1)
        site.writes(csv_bytes(call_rows(2)))
        await eventually(lambda: site.store.counters.records_written == 1)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "look at Asterisk"]


async def test_a_row_that_comes_late_corrects_the_record_when_nothing_more_came_for_a_while(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    rows = call_rows(1)
    site.writes(csv_bytes(row for row in rows if row.event != "HANGUP"))
    await site.collect()
    site.writes(csv_bytes([rows[3]]))
    await site.collect()
    assert await site.pass_time(60, lambda: site.store.counters.revisions_written > 0) == 5
    assert [(record.revision, record.hangup_cause) for record in await site.records()] == [(1, None), (2, 16)]


async def test_a_clock_that_is_set_closes_no_call_and_hides_no_row(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    hour = 3_600_000_000
    site.asterisk.up = {"lab-1.1"}
    site.writes(csv_bytes(call_rows(1)[:3]))
    await site.collect()
    for shift in (-1, 1):
        site.store.now = partial(lambda hours: NOW + timedelta(hours=hours), shift)
        await site.pass_time(30)
    assert await site.count("call_record") == 0
    site.writes(csv_bytes(row._replace(at_us=row.at_us - hour) for row in call_rows(1)[3:]))
    await site.collect()
    (record,) = await site.records()
    assert record.closed_by is ClosedBy.END
    async with site.store.database.read() as connection:
        due = set(await connection.scalars(sa.select(outbox.c.next_attempt_at_ms)))
    assert due == {0}


async def test_a_later_boot_closes_what_was_loaded_at_the_start(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    site.asterisk.answers = False
    site.writes(csv_bytes(of_boot(call_rows(1)[:3], BOOT)))
    await site.collect()
    site.restarted()
    site.writes(csv_bytes(of_boot(call_rows(2)[:3], LATER_BOOT)))
    await site.collect()
    assert [record.call_id for record in await site.records()] == [f"{node_of_boot('n', BOOT)}-1.1"]


async def test_while_asterisk_writes_its_silence_closes_no_talk(
    site: Site, call_rows: Rows, csv_bytes: Bytes
) -> None:
    """Its manager is away, not Asterisk."""
    site.asterisk.answers = False
    site.writes(csv_bytes(of_boot(call_rows(1)[:3], BOOT)))
    await site.collect()
    for number in range(2, 14):
        await site.pass_time(10)
        site.writes(csv_bytes(of_boot(call_rows(number), BOOT)))
    assert site.store.counters.calls_closed_by_rule == 0
    counters = site.store.counters
    assert 30 <= await site.pass_time(60, lambda: counters.calls_closed_by_rule > 0) <= 31
