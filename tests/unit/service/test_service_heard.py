"""Work that is done for somebody ends when he falls silent, and is begun again when he is back."""

from __future__ import annotations

import asyncio

import pytest

from callrouter.service.heard import Heard, while_heard


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


async def until(look: object) -> None:
    async with asyncio.timeout(3):
        while not look():  # type: ignore[operator]  # noqa: ASYNC110 - a test may look
            await asyncio.sleep(0.01)


async def test_work_is_done_while_somebody_is_heard_of_and_ends_in_his_silence() -> None:
    clock, told = Clock(), []
    heard = Heard(silent_after_s=5.0, monotonic=clock)

    async def work() -> None:
        told.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    keeping = asyncio.create_task(while_heard(heard, work))
    await asyncio.sleep(0.3)
    assert told == []
    heard.now()
    await until(lambda: told == ["begun"])
    clock.at += 4.9
    await asyncio.sleep(0.3)
    assert told == ["begun"]
    clock.at += 0.2
    await until(lambda: told == ["begun", "ended"])
    heard.now()
    await until(lambda: told == ["begun", "ended", "begun"])
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert told[-1] == "ended"


async def test_whoever_is_told_to_stop_while_the_work_takes_its_time_to_end_stops() -> None:
    clock, ends = Clock(), asyncio.Event()
    heard = Heard(silent_after_s=5.0, monotonic=clock)

    async def gives_back_slowly() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.set()
            await asyncio.sleep(0.2)

    heard.now()
    keeping = asyncio.create_task(while_heard(heard, gives_back_slowly))
    await asyncio.sleep(0.1)
    clock.at += 6
    await asyncio.wait_for(ends.wait(), 3)
    keeping.cancel()
    await asyncio.wait((keeping,), timeout=3)
    assert keeping.cancelled()


async def test_work_that_fails_says_so() -> None:
    heard = Heard(silent_after_s=5.0)
    heard.now()

    async def work() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await while_heard(heard, work)
