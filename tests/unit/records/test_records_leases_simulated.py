"""Leases under every order of events: contenders stopped and woken at random, in a time of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random

import pytest
import sqlalchemy as sa

from callrouter.records.database import Database, open_database
from callrouter.records.leases import Fence, LeaseKeeper, LeaseLostError, check_fence
from callrouter.records.tables import reconcile_cursor

TTL = 10.0
CONTENDERS = 4


@dataclass
class World:
    """Contenders that share a database and the passing of time, but no clock: each began at another hour."""

    database: Database
    chance: Random
    now: float = 0.0
    tokens: list[int] = field(default_factory=list)
    """Of the writes that succeeded, in order."""
    refused: int = 0
    taken: set[Fence] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.keepers = [self._keeper(number) for number in range(CONTENDERS)]
        self.next_step = [self.chance.uniform(0, 3) for _ in self.keepers]
        self.remembered: dict[int, Fence] = {}

    def _keeper(self, number: int) -> LeaseKeeper:
        began = self.chance.uniform(0, 1e6)
        return LeaseKeeper(
            *(self.database, "publish:x", f"holder-{number}"),
            ttl_s=TTL,
            monotonic=lambda: began + self.now,
            gone=lambda _: False,
        )

    def holders(self) -> list[int]:
        """Who believes to hold the lease at this moment."""
        return [number for number, keeper in enumerate(self.keepers) if keeper.held]

    async def go_on(self) -> None:
        """Let the next one write what it was about to, and take its step or be stopped for a while."""
        number = min(range(CONTENDERS), key=self.next_step.__getitem__)
        self.now = max(self.now, self.next_step[number])
        await self.write_as(number)
        if self.chance.random() < 0.3:
            self.next_step[number] = self.now + self.chance.uniform(0, 4 * TTL)
            return
        self.next_step[number] = self.now + await self.keepers[number].step() * self.chance.uniform(1, 1.3)
        fence = self.keepers[number].fence
        if fence is not None:
            self.remembered[number] = fence
            self.taken.add(fence)

    async def write_as(self, number: int) -> None:
        """Write under the fence that it was once given, as one does who was stopped in between."""
        fence = self.remembered.get(number)
        if fence is None:
            return
        try:
            async with self.database.write() as connection:
                await check_fence(connection, fence)
                await connection.execute(sa.update(reconcile_cursor).values(position=fence.token))
            self.tokens.append(fence.token)
        except LeaseLostError:
            self.refused += 1


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.mark.parametrize("seed", range(4))
async def test_never_two_at_once_and_never_an_old_one_after_a_new_one(database: Database, seed: int) -> None:
    world = World(database, Random(seed))
    for _ in range(300):
        await world.go_on()
        assert len(world.holders()) <= 1
    assert world.tokens == sorted(world.tokens)
    # It was no quiet time: the lease went from hand to hand, and late writers were refused.
    assert len({fence.token for fence in world.taken}) >= 5
    assert world.refused >= 5


@pytest.mark.parametrize("seed", range(2))
async def test_whoever_is_left_gets_it(database: Database, seed: int) -> None:
    world = World(database, Random(seed))
    for _ in range(40):
        await world.go_on()
    last = world.keepers[0]
    for _ in range(3 + int(TTL / (TTL / 10))):
        await last.step()
        world.now += TTL / 10
    assert world.holders() == [0]
