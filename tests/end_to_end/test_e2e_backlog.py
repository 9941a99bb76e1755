"""What an hour without the broker leaves is told within minutes, and each call's messages in their order.

Rules:
- The journal is written by the test, call after call as Asterisk writes it; each call is up for long enough to be
  told of while it lasts.
- What was told is compared on three sides: the database, the ticketing side, a subscriber of the test's own.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter

import pytest
from four_sources import accounts, faults_of_messages, open_in_journal, wiretap
from running_system import MakeSystem, System, eventually

from benchmarks.journal_rows import calls
from callrouter.vocabulary.message import Kind

AN_HOUR_AT_FIVE_A_SECOND = 18_000
MORE_THAN_A_SESSION_HOLDS = 2_000
TOLD_WITHIN_S = 600.0
UP_AT_ONCE, TALK_S = 200, 0.4
"""Longer than what the journal's rows are gathered for."""
ROWS_OF_THE_END = 9
"""Those that are written when the talk is over."""


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("away", "number"), [("broker", AN_HOUR_AT_FIVE_A_SECOND), ("ticketing", MORE_THAN_A_SESSION_HOLDS)]
)
async def test_what_has_waited_is_told_soon_and_in_order(
    make_system: MakeSystem, away: str, number: int
) -> None:
    system = make_system(managed={"controller": False})
    await asyncio.to_thread(system.start)
    wire = system.config.with_name("wire.jsonl")
    async with wiretap(system, wire):
        records = system.start_records()
        await asyncio.to_thread(eventually, "it collects and delivers", lambda: is_at_work(system))
        pid = system.pid_of(away)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.to_thread(write, system, number)
        await asyncio.to_thread(
            eventually, "all is collected", lambda: is_collected(system, number), within_s=300
        )
        waiting = await asyncio.to_thread(system.open_deliveries)
        assert waiting > 2 * number
        assert not await asyncio.to_thread(system.records_at_ticketing)
        os.kill(pid, signal.SIGCONT)
        began = time.monotonic()
        await asyncio.to_thread(
            eventually, "all is told", lambda: not system.open_deliveries(), within_s=TOLD_WITHIN_S
        )
        took = time.monotonic() - began
        print(
            f"\n{away} away: {number} calls, {waiting} messages told in {took:.1f} s: {waiting / took:.0f}/s"
        )
        told = await asyncio.to_thread(accounts, system, (), wire)
    assert list(faults_of_messages(told)) == []
    assert Counter(row.kind for row in told.outbox)[Kind.RECORD_CLOSED] == number
    assert len({record["sip_call_id"] for record in told.records}) == len(told.records) == number
    at_ticketing = [event["id"] for event in system.messages_at_ticketing()]
    assert sorted(at_ticketing) == sorted(row.id for row in told.outbox)
    assert records.poll() is None


def write(system: System, number: int) -> None:
    """Write what Asterisk writes about so many calls."""
    layout = system.layout
    with layout.cel_csv.open("ab") as journal, layout.queue_log.open("ab") as queue_log:
        for since in range(0, number, UP_AT_ONCE):
            up = min(UP_AT_ONCE, number - since)
            now = time.time()
            its = [
                calls("sample_call.csv", place, 1, now).splitlines(keepends=True)
                for place in range(since, since + up)
            ]
            journal.writelines(row for rows in its for row in rows[:-ROWS_OF_THE_END])
            journal.flush()
            time.sleep(TALK_S)
            queue_log.write(calls("sample_call.queue_log", since, up, now))
            queue_log.flush()
            journal.writelines(row for rows in its for row in rows[-ROWS_OF_THE_END:])
            journal.flush()


def is_at_work(system: System) -> bool:
    try:
        leases = {name.partition(":")[0] for (name,) in system.rows("SELECT name FROM lease")}
    except sqlite3.OperationalError:
        return False  # there is no such table yet
    return {"collect", "publish"} <= leases


def is_collected(system: System, number: int) -> bool:
    [(known,)] = system.rows("SELECT count(*) FROM call_record")
    return known == number and not open_in_journal(system)
