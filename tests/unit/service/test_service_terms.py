"""Work under a lease: in terms, each with its own fence; standing by in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from callrouter.records.leases import Fence, LeaseLostError
from callrouter.service import terms
from callrouter.service.figures import Standing, Work
from callrouter.service.terms import work_in_terms


class ALease:
    """A lease that the test gives and takes."""

    def __init__(self) -> None:
        self.fence: Fence | None = None
        self.kept = False
        self.kept_at_the_end: bool | None = None
        self._held = asyncio.Event()

    def give(self, token: int) -> None:
        self.fence = Fence("collect:node1", token)
        self._held.set()

    is_anothers = True

    def take(self) -> None:
        self.fence = None
        self._held.clear()

    async def run(self) -> None:
        self.kept = True
        try:
            await asyncio.Event().wait()
        finally:
            self.kept = False

    async def wait_held(self) -> Fence:
        await self._held.wait()
        assert self.fence
        return self.fence


class AWorker:
    """Notes each term, and fails as it is told."""

    def __init__(self, lease: ALease) -> None:
        self.lease = lease
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.failure: Exception | None = None
        self.told: list[Standing] = []
        self.was_kept_while_it_ended: list[bool] = []
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def do(self, fence: Fence) -> None:
        self.begun.append(fence.token)
        try:
            if self.failure:
                raise self.failure
            await asyncio.Event().wait()
        finally:
            await self.may_end.wait()
            self.was_kept_while_it_ended.append(self.lease.kept)
            self.ended.append(fence.token)

    def standing(self, _work: Work, standing: Standing) -> None:
        self.told.append(standing)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "_LOOKED_AT_EVERY_S", 0.01)
    monkeypatch.setattr(terms, "_AGAIN_AFTER_S", 0.01)


@asynccontextmanager
async def at_work() -> AsyncIterator[AWorker]:
    worker = AWorker(ALease())
    working = asyncio.create_task(
        work_in_terms(Work.COLLECT, worker.lease, worker.do, worker.standing), name="work"
    )
    yield worker
    working.cancel()
    await asyncio.wait((working,))
    assert working.cancelled()


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not look():  # noqa: ASYNC110 -- what is looked at has no event
            await asyncio.sleep(0.005)


async def test_without_the_lease_it_stands_by_and_does_nothing() -> None:
    async with at_work() as worker:
        await asyncio.sleep(0.05)
        assert (worker.begun, worker.told) == ([], [Standing.STANDBY])


async def test_who_waits_says_whether_another_has_it_or_nobody_can_tell() -> None:
    async with at_work() as worker:
        await until(lambda: worker.told == [Standing.STANDBY])
        worker.lease.is_anothers = False
        await until(lambda: worker.told == [Standing.STANDBY, Standing.WITHOUT])
        worker.lease.is_anothers = True
        await until(lambda: worker.told == [Standing.STANDBY, Standing.WITHOUT, Standing.STANDBY])
        await asyncio.sleep(0.05)
        assert len(worker.told) == 3


async def test_a_lost_lease_ends_the_work_and_the_next_term_has_the_next_fence() -> None:
    async with at_work() as worker:
        worker.lease.give(1)
        await until(lambda: worker.begun == [1])
        worker.lease.take()
        await until(lambda: worker.ended == [1])
        worker.lease.give(7)
        await until(lambda: worker.begun == [1, 7])
        assert worker.told == [
            Standing.STANDBY,
            Standing.HOLDER,
            Standing.WITHOUT,
            Standing.STANDBY,
            Standing.HOLDER,
        ]


async def test_a_lease_that_was_lost_and_regained_in_between_begins_a_new_term() -> None:
    async with at_work() as worker:
        worker.lease.give(1)
        await until(lambda: worker.begun == [1])
        worker.lease.give(3)
        await until(lambda: worker.begun == [1, 3])
        assert worker.ended == [1]


@pytest.mark.parametrize(
    "failure",
    [
        ValueError("unforeseen"),
        LeaseLostError("collect:node1"),
        ExceptionGroup("both", [LeaseLostError("x"), ValueError("unforeseen")]),
    ],
)
async def test_work_that_fails_is_begun_again_while_the_lease_is_held(failure: Exception) -> None:
    async with at_work() as worker:
        worker.failure = failure
        worker.lease.give(1)
        await until(lambda: len(worker.begun) >= 3)


async def test_who_has_lost_the_lease_says_so_before_the_work_has_ended() -> None:
    async with at_work() as worker:
        worker.may_end.clear()
        worker.lease.give(1)
        await until(lambda: worker.begun == [1])
        worker.lease.take()
        await until(lambda: worker.told == [Standing.STANDBY, Standing.HOLDER, Standing.WITHOUT])
        assert worker.ended == []
        worker.may_end.set()
        await until(lambda: worker.ended == [1])


async def test_a_writer_that_is_refused_before_the_loss_is_seen_is_not_begun_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(terms, "_AGAIN_AFTER_S", 5.0)
    async with at_work() as worker:
        worker.failure = LeaseLostError("collect:node1")
        worker.lease.give(1)
        await until(lambda: worker.ended == [1])
        await asyncio.sleep(0.1)
        assert worker.begun == [1]


async def test_the_lease_is_kept_until_the_work_has_ended() -> None:
    async with at_work() as worker:
        worker.lease.give(1)
        await until(lambda: worker.begun)
    assert worker.was_kept_while_it_ended == [True]
    assert not worker.lease.kept
