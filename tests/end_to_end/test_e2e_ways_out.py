"""The other ways to the ticketing side, through the whole system: a webhook, and files of JSON lines."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from parties import AGENT_HZ, CALLER_HZ, carrier_caller, phone
from running_system import MakeSystem, System, eventually, free_port, records_process_of

from callrouter.local_system.secrets import read
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.message import Kind

SEAT, UNANNOUNCED = "1001", "110"
RECEIVER = PROJECT_ROOT / "deploy" / "webhook-receiver"
AWAY_S = 3.0


async def _have_a_call(system: System) -> str:
    """A caller talks to the seat and hangs up; the call's SIP Call-ID."""
    await asyncio.to_thread(
        eventually, "the seat is in the queue", lambda: SEAT in system.seats_in_the_queue(), within_s=30
    )
    async with phone(system, SEAT) as seat, carrier_caller(system) as caller:
        call = await caller.dial(UNANNOUNCED)
        taken = await seat.next_call(timeout_s=10)
        await taken.answer()
        # Only then do they talk: the caller's own call is up before it has an agent.
        await asyncio.gather(call.hears(AGENT_HZ, timeout_s=10), taken.hears(CALLER_HZ, timeout_s=10))
        await call.hang_up()
        return call.sip_call_id


class Receiver:
    """The reference receiver, which may be away."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    def give(self, secret: str) -> None:
        """Tell it what requests are signed with."""
        file = self._folder / "secret"
        file.touch(mode=0o600)
        file.write_text(secret, encoding="ascii")

    def start(self) -> None:
        command = [sys.executable, str(RECEIVER / "receiver.py"), "--port", str(self._port)]
        with (self._folder / "receiver.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log)

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def stored(self) -> list[dict[str, Any]]:
        """Every message in its inbox."""
        with closing(sqlite3.connect(self._folder / "ticketing.db")) as inbox:
            return [json.loads(event) for (event,) in inbox.execute("SELECT event FROM inbox ORDER BY rowid")]

    def said(self, words: str) -> int:
        """How often its log says so."""
        return (self._folder / "receiver.log").read_text().count(words)


@contextmanager
def _receiver(folder: Path, port: int) -> Iterator[Receiver]:
    made = Receiver(folder, port)
    try:
        yield made
    finally:
        made.stop()


def _of_call(events: list[dict[str, Any]], sip_call_id: str) -> list[dict[str, Any]]:
    """The events of one call, which is named in its record."""
    [record] = [
        event
        for event in events
        if event["type"] == Kind.RECORD_CLOSED and event["data"]["sip_call_id"] == sip_call_id
    ]
    return [event for event in events if event["subject"] == record["subject"]]


def _is_told_once_and_in_order(events: list[dict[str, Any]], sip_call_id: str) -> None:
    of_call = _of_call(events, sip_call_id)
    assert of_call[-1]["type"] == Kind.RECORD_CLOSED
    assert [int(event["sequence"]) for event in of_call] == list(range(1, len(of_call) + 1))
    assert of_call[-1]["data"]["agent"] == SEAT


def _are_closed(system: System, calls: int) -> bool:
    """Whether there are records of so many calls, and every message is acknowledged."""
    [(records, open_)] = system.rows("SELECT count(revision), sum(state != 'acknowledged') FROM outbox")
    return bool(records == calls and open_ == 0)


async def test_a_webhook_stores_each_call_once_and_is_told_what_it_missed_when_it_is_back(
    make_system: MakeSystem, tmp_path: Path
) -> None:
    port = free_port(socket.SOCK_STREAM)
    system = make_system(
        ticketing={"deliver_by": "webhook", "webhook_url": f"http://127.0.0.1:{port}/events"},
        sip={"seats": [SEAT]},
    )
    await asyncio.to_thread(system.start)
    with _receiver(tmp_path, port) as receiver:
        receiver.give(read(system.layout.secrets).webhook)
        receiver.start()
        first = await _have_a_call(system)
        await asyncio.to_thread(eventually, "the first call is closed", lambda: _are_closed(system, 1))
        _is_told_once_and_in_order(receiver.stored(), first)

        receiver.stop()
        second = await _have_a_call(system)
        await asyncio.sleep(AWAY_S)
        assert not _are_closed(system, 2)
        receiver.start()
        await asyncio.to_thread(eventually, "the second call is closed", lambda: _are_closed(system, 2))
        stored = receiver.stored()
        for sip_call_id in (first, second):
            _is_told_once_and_in_order(stored, sip_call_id)
        assert len({event["id"] for event in stored}) == len(stored)
        assert receiver.said("answered 401") == 0

        # A receiver with another secret believes nothing, so the first one has verified what it has stored.
        receiver.stop()
        receiver.give("whsec_" + "A" * 43 + "=")
        receiver.start()
        await _have_a_call(system)
        await asyncio.to_thread(
            eventually, "it was refused", lambda: receiver.said("answered 401"), within_s=15
        )
        assert receiver.stored() == stored
    await asyncio.to_thread(system.stop)


async def test_json_lines_hold_each_message_once_whoever_dies_and_a_torn_line_is_mended(
    make_system: MakeSystem,
) -> None:
    system = make_system(ticketing={"deliver_by": "json_lines"}, sip={"seats": [SEAT]})
    await asyncio.to_thread(system.start)
    first = await _have_a_call(system)
    await asyncio.to_thread(eventually, "the first call is closed", lambda: _are_closed(system, 1))
    [file] = system.layout.lines.glob("*.jsonl")
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_bytes()
    _is_told_once_and_in_order(_lines(file), first)

    records = records_process_of(system.pid_of("controller"), "publish")
    assert records
    os.kill(records, signal.SIGSTOP)  # nothing of what follows is written while it lives
    second = await _have_a_call(system)
    os.kill(records, signal.SIGKILL)
    # As a crash leaves it: an acknowledgement that was not noted, and a line of which the half was written.
    _tear(system, file, before)

    await asyncio.to_thread(eventually, "both calls are closed", lambda: _are_closed(system, 2), within_s=30)
    after = file.read_bytes()
    assert after.startswith(before), "no second line for what was there, and no half one between"
    events = _lines(file)
    for sip_call_id in (first, second):
        _is_told_once_and_in_order(events, sip_call_id)
    assert len({event["id"] for event in events}) == len(events)
    await asyncio.to_thread(system.stop)


def _tear(system: System, file: Path, whole: bytes) -> None:
    with closing(sqlite3.connect(system.layout.database, timeout=10)) as database, database:
        undone = database.execute(
            "UPDATE outbox SET state = 'open', closed_at_ms = NULL, outcome = NULL"
        ).rowcount
    assert undone >= 1
    with file.open("ab") as torn:
        torn.write(whole.splitlines()[-1][:200])


def _lines(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]
