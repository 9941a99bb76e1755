"""The controller's end of the pipes: answered, not answered, answered too late, dead and back again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.local_system import child as room
from callrouter.local_system.child import Child, Part
from callrouter.records.counters import RecordCounters
from callrouter.service import records_link
from callrouter.service.figures import FIGURES, STATE, RecordFigures, write_answer
from callrouter.service.records_link import RecordsLink

TOLD = write_answer(RecordFigures(RecordCounters(), None)).decode().strip()
ANSWERS = f"""
import sys
for asked, word in enumerate(sys.stdin):
    print({TOLD!r}.replace('"rows_collected":0', f'"rows_collected":{{asked}}'), flush=True)
"""


class Kept(NamedTuple):
    link: RecordsLink
    child: Child
    running: asyncio.Task[None]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(records_link, "_ASKED_EVERY_S", 0.02)
    monkeypatch.setattr(records_link, "_ASKED_AGAIN_AFTER_S", 0.02)


@asynccontextmanager
async def kept(program: str) -> AsyncIterator[Kept]:
    command = [sys.executable, "-c", program]
    child = Child(Part("records", command, None, dict(os.environ), stop_within_s=3.0))
    link = RecordsLink(child)
    running = asyncio.create_task(link.run())
    yield Kept(link, child, running)
    running.cancel()
    await asyncio.wait([running])


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not look():  # noqa: ASYNC110 -- another process has no event
            await asyncio.sleep(0.01)


async def rows_told(link: RecordsLink) -> int | None:
    told = await link.ask(FIGURES)
    return None if told is None else told.counters.rows_collected


async def test_it_is_started_asked_and_ended() -> None:
    async with kept(ANSWERS) as (link, child, _running):
        await until(lambda: link.state)
        assert link.starts == 1
        first, second = await rows_told(link), await rows_told(link)
        assert first is not None
        assert second is not None
        assert second > first
        pid = child.pid
        assert pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_one_that_stands_still_is_told_as_missing_and_is_asked_one_thing_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with kept(ANSWERS) as (link, child, _running):
        await until(lambda: link.state)
        before = await rows_told(link)
        assert before is not None
        monkeypatch.setattr(records_link, "_ANSWERS_WITHIN_S", 0.03)
        assert child.pid
        os.kill(child.pid, signal.SIGSTOP)
        try:
            await until(lambda: link.state is None)
            for _ in range(50):
                assert await link.ask(STATE) is None
        finally:
            os.kill(child.pid, signal.SIGCONT)
        monkeypatch.setattr(records_link, "_ANSWERS_WITHIN_S", 5.0)
        assert (await rows_told(link) or 0) - before < 10


async def dies_and_comes_back() -> None:
    async with kept(ANSWERS) as (link, child, running):
        await until(lambda: link.state)
        assert child.pid
        os.kill(child.pid, signal.SIGKILL)
        while link.starts < 2:
            await link.ask(STATE)
            await asyncio.sleep(0)
        await until(lambda: link.state)
        assert not running.done()


async def test_one_that_died_is_started_again_and_answers() -> None:
    await dies_and_comes_back()


def test_one_that_died_is_started_again_and_answers_on_uvloop_too() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, capture_logs() as logs:
        runner.run(dies_and_comes_back())
    assert {line["event"] for line in logs} == {"part_died"}


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(1)",
        "import time; time.sleep(60)",
        "import sys; sys.stdin.close(); sys.stdout.close()",
        "import sys\nfor word in sys.stdin: print('{\"counters\": 1}', flush=True)",
        "import sys\nfor word in sys.stdin: print('x' * (1 << 25), flush=True)",
    ],
)
async def test_one_that_talks_nonsense_or_not_at_all_harms_nobody(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_link, "_ANSWERS_WITHIN_S", 0.1)
    async with kept(program) as (link, _child, running):
        for _ in range(5):
            assert await link.ask(STATE) is None
        assert link.state is None
        assert not running.done()


async def test_what_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_link, "_STARTED_AGAIN_AFTER_S", 0.01)
    tried = 0

    class NoProcess:
        starts = 0
        process = None

        async def start(self) -> None:
            nonlocal tried
            tried += 1
            raise BlockingIOError(11, "no more processes")

        async def stop(self) -> None:
            return

    running = asyncio.create_task(RecordsLink(NoProcess()).run())
    await until(lambda: tried >= 3)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
