"""The bell between two processes: heard at once, never waited for, and whoever dies it rings on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from benchmarks.journal_rows import calls
from callrouter.layout import Layout
from callrouter.local_system import child as room
from callrouter.local_system.child import Child, Part
from callrouter.records import delivery
from callrouter.service.bell import Bell
from callrouter.service.records import Passwords, RecordsService
from callrouter.service.roles import Role
from callrouter.settings import Settings
from callrouter.settings_parts import Ticketing

A_WHILE_S = 0.05
SOON_S = 10.0
LISTENS = """
import os, select, sys
bell = int(sys.argv[1])
for line in sys.stdin:
    select.select([bell], [], [])
    os.eventfd_read(bell)
    print("heard", flush=True)
"""


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON_S):
        while not look():  # noqa: ASYNC110 -- other tasks and processes work meanwhile
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_rings_are_heard_as_one_and_once(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def hears() -> None:
        wakes: list[float] = []
        with Bell.made() as bell:
            for _ in range(1000):
                bell.ring()
            with bell.heard(lambda: wakes.append(1)):
                await until(lambda: wakes)
                await asyncio.sleep(A_WHILE_S)
                assert len(wakes) == 1, "what rang before is heard, and not again and again"
                bell.ring()
                await until(lambda: len(wakes) == 2)
            bell.ring()
            await asyncio.sleep(A_WHILE_S)
            assert len(wakes) == 2, "nobody listens any more"

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(hears())


def test_who_rings_waits_for_nobody() -> None:
    with Bell.made() as bell:
        os.eventfd_write(bell.descriptor, 2**64 - 2)  # as much as it holds
        began = time.monotonic()
        bell.ring()
        assert time.monotonic() - began < 1


def test_what_is_no_bell_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file, pytest.raises(ValueError, match="not the bell"):
        Bell.given(file.fileno())
    with pytest.raises(ValueError, match="is nothing"):
        Bell.given(1_000_000)


async def test_it_reaches_a_process_that_was_started_with_it_and_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    with Bell.made() as bell:
        command = [sys.executable, "-c", LISTENS, str(bell.descriptor)]
        child = Child(Part("hears", command, None, dict(os.environ), inherited=(bell.descriptor,)))
        await child.start()
        try:
            for starts in (1, 2):
                await until(lambda starts=starts: child.starts == starts)  # type: ignore[misc] # a default binds it
                assert child.process
                assert child.process.stdin
                assert child.process.stdout
                bell.ring()
                child.process.stdin.write(b"listen\n")
                async with asyncio.timeout(SOON_S):
                    assert await child.process.stdout.readline() == b"heard\n"
                if starts == 1:
                    os.kill(child.process.pid, signal.SIGKILL)
        finally:
            await child.stop()


async def test_what_one_process_has_collected_the_other_delivers_when_it_rings_and_not_when_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_ATTENTION", 600.0)
    settings = Settings(run_dir=tmp_path, ticketing=Ticketing(deliver_by="json_lines"))
    layout = Layout.of(settings)
    for log in (layout.cel_csv, layout.queue_log):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()

    def delivered() -> int:
        return sum(file.read_bytes().count(b"\n") for file in layout.lines.glob("*.jsonl"))

    with Bell.made() as bell:
        services = [
            RecordsService(
                settings, layout, frozenset({role}), Passwords("", "", ""), rehearsal=False, bell=bell
            )
            for role in (Role.COLLECT, Role.PUBLISH)
        ]
        running = [asyncio.create_task(service.run()) for service in services]
        try:
            await until(lambda: services[1].counters.broker_connected)
            await asyncio.sleep(A_WHILE_S)
            for place in (1, 2):
                with layout.cel_csv.open("ab") as journal:
                    journal.write(calls("sample_call.csv", place, 1, time.time()))
                await until(lambda place=place: services[0].counters.records_written == place)  # type: ignore[misc] # a default binds it
                await until(lambda place=place: services[1].counters.acknowledged >= place)  # type: ignore[misc] # a default binds it
            assert delivered() >= 2
        finally:
            for task in running:
                task.cancel()
            await asyncio.wait(running)
