"""Several records processes as one: added up, each missed by its name, ended in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from callrouter.local_system.child import Child, Part
from callrouter.records.counters import RecordCounters
from callrouter.service import records_link
from callrouter.service.figures import (
    DatabaseFigures,
    RecordFigures,
    Silence,
    Standing,
    Work,
    write_answer,
)
from callrouter.service.records_links import RecordsLinks, Share

HELD = DatabaseFigures(3, 1, 2.5, ())
ANSWERS = """
import pathlib, signal, sys, time
answer, asked, ends = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
name = asked.name
def end(*_):
    if name == "collect": time.sleep(0.3)
    with ends.open("a") as file: file.write(name + "\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
for word in sys.stdin:
    with asked.open("a") as file: file.write(word)
    print(answer if word == "figures\\n" else answer.replace(sys.argv[4], "null"), flush=True)
"""
COLLECTS = RecordFigures(
    RecordCounters(records_written=7, lag_seconds=1.5, database_failures=1),
    HELD,
    {Work.CONTROL: Standing.HOLDER, Work.COLLECT: Standing.HOLDER},
)
PUBLISHES = RecordFigures(
    RecordCounters(published=5, broker_connected=True, database_failures=2),
    HELD,
    {Work.PUBLISH: Standing.STANDBY},
)
_HELD_AS_JSON = write_answer(COLLECTS).partition(b'"database":')[2].partition(b',"standing"')[0].decode()


@dataclass
class Pair:
    """A process that collects, one that publishes, and what was seen of them."""

    folder: Path
    links: RecordsLinks
    collect: Child
    publish: Child
    control: list[Standing | None]

    def asked(self, name: str) -> list[str]:
        return (self.folder / name).read_text().splitlines()

    def ended(self) -> list[str]:
        return (self.folder / "ends").read_text().splitlines()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_link, "_ASKED_EVERY_S", 0.02)
    monkeypatch.setattr(records_link, "_ASKED_AGAIN_AFTER_S", 0.02)


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 -- another process has no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Pair]:
    def child(name: str, told: RecordFigures) -> Child:
        answer = write_answer(told).decode().strip()
        command = [
            sys.executable,
            "-c",
            ANSWERS,
            answer,
            str(folder / name),
            str(folder / "ends"),
            _HELD_AS_JSON,
        ]
        return Child(Part(f"records {name}", command, None, dict(os.environ), stop_within_s=5.0))

    collect, publish = child("collect", COLLECTS), child("publish", PUBLISHES)
    control: list[Standing | None] = []
    links = RecordsLinks(
        [
            Share("collect", frozenset({Work.CONTROL, Work.COLLECT}), collect),
            Share("publish", frozenset({Work.PUBLISH}), publish),
        ],
        control.append,
    )
    running = asyncio.create_task(links.run())
    await until(lambda: not links.told.silent)
    yield Pair(folder, links, collect, publish, control)
    running.cancel()
    await asyncio.wait([running])


@asynccontextmanager
async def stopped(child: Child, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    assert child.pid
    monkeypatch.setattr(records_link, "_ANSWERS_WITHIN_S", 0.2)
    os.kill(child.pid, signal.SIGSTOP)
    yield
    os.kill(child.pid, signal.SIGCONT)


async def test_what_both_say_is_added_up_and_the_database_is_asked_once(tmp_path: Path) -> None:
    async with pair(tmp_path) as of:
        gauges, told = await of.links.gauges()
        assert told.figures
        assert told.figures.database == HELD
        assert (gauges["records_written"], gauges["published"], gauges["database_failures"]) == (7, 5, 3)
        assert (gauges["broker_connected"], gauges["collector_lag_seconds"]) == (True, 1.5)
        assert (gauges["outbox_depth"], gauges["database_reachable"]) == (3, True)
        assert (gauges["lease_control"], gauges["lease_publish"]) == (True, False)
        assert (gauges["records_starts"], gauges["records_running"]) == (1, True)
        assert [(of.asked(name)).count("figures") for name in ("collect", "publish")] == [0, 1]
        assert of.control[-1] is Standing.HOLDER


async def test_who_hangs_is_named_and_only_what_it_counts_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pair(tmp_path) as of, stopped(of.publish, monkeypatch):
        await until(lambda: of.links.told.silent == {Work.PUBLISH: Silence.HUNG})
        gauges, _told = await of.links.gauges()
        assert {"published", "broker_connected", "database_failures", "lease_publish"}.isdisjoint(gauges)
        assert (gauges["records_written"], gauges["outbox_depth"]) == (7, 3), "the other one was asked"
        assert (gauges["records_running"], gauges["records_running_publish"]) == (False, False)
        assert gauges["records_running_collect"]
        assert of.control[-1] is Standing.HOLDER


async def test_of_the_control_lease_nobody_can_say_while_the_one_hangs_that_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pair(tmp_path) as of, stopped(of.collect, monkeypatch):
        await until(lambda: of.control[-1] is None)
        hung = {Work.CONTROL: Silence.HUNG, Work.COLLECT: Silence.HUNG}
        assert of.links.told.silent == hung
        gauges, _told = await of.links.gauges()
        assert gauges["published"] == 5
        assert "records_written" not in gauges


async def test_who_died_is_counted_and_told_as_gone_until_it_is_back(tmp_path: Path) -> None:
    async with pair(tmp_path) as of:
        assert of.collect.pid
        os.kill(of.collect.pid, signal.SIGKILL)
        await until(lambda: of.links.told.silent.get(Work.COLLECT) is Silence.GONE)
        await until(lambda: not of.links.told.silent)
        gauges, _told = await of.links.gauges()
        assert (gauges["records_starts"], gauges["records_starts_collect"]) == (2, 2)
        assert gauges["records_starts_publish"] == 1


async def test_who_collects_is_ended_first_and_has_ended_before_the_other_one_is(tmp_path: Path) -> None:
    async with pair(tmp_path) as of:
        pass
    assert of.ended() == ["collect", "publish"]
    assert (of.collect.pid, of.publish.pid) == (None, None)
