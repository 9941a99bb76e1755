"""Order and completeness, whatever the way to the ticketing side does: a random world against a simple receiver.

The world loses messages, answers late, twice, in another order or not at all, refuses to take, and breaks the link
with messages on it. The receiver knows one thing: before the n-th message of a call it has seen the n-1 before.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.records.delivery import DeliveryListener
from callrouter.vocabulary.message import Acknowledgement, Manifest, Message, Outcome, PublishError
from tests.unit.records.running_outbox import running, until
from tests.unit.records.written_outbox import Row, states, story

CALLS = 12


class World:
    """A publisher with a receiver behind it, and bad luck on the way, all by one seed."""

    most_at_once = 7

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.bad_luck = 0.25
        self.poison = {
            f"node1.call-{self.chance.randrange(CALLS)}.{self.chance.randint(1, 4)}" for _ in range(3)
        }
        self.seen: dict[str, list[int]] = {}
        self.faults: list[str] = []
        self._here: set[str] = set()
        self._in_hand: set[tuple[str, str]] = set()
        self._answered: set[str] = set()
        self._listener: DeliveryListener | None = None

    async def run(self, listener: DeliveryListener) -> None:
        self._listener = listener
        while True:
            listener.link_up()
            self._broken = asyncio.Event()
            await self._broken.wait()
            listener.link_down()
            await asyncio.sleep(self.chance.uniform(0, 0.01))

    async def publish(self, messages: Sequence[Message]) -> None:
        # One that has its answer is open no more: its repetition may still be in hand when the next one is sent.
        in_hand = {call_id for id_, call_id in self._in_hand if id_ not in self._answered}
        if in_hand & {message.call_id for message in messages}:
            self.faults.append("two hand-overs of a call with open messages at once")
        these = {(message.id, message.call_id) for message in messages}
        self._in_hand |= these
        try:
            await asyncio.sleep(self.chance.uniform(0, 0.005))
            if self._unlucky():
                raise PublishError("not taken")
            if self._unlucky():
                return  # taken, and lost
            self._receive(messages)
            if self._unlucky():
                self._broken.set()  # between the hand-over and the answer
        finally:
            self._in_hand -= these

    async def publish_manifest(self, manifest: Manifest) -> None:
        raise AssertionError

    def _unlucky(self) -> bool:
        return self.chance.random() < self.bad_luck

    def _receive(self, messages: Sequence[Message]) -> None:
        for message in messages:
            seen = self.seen.setdefault(message.call_id, [])
            if message.id not in self._here:
                if message.sequence != len(seen) + 1:
                    self.faults.append(f"{message.id} came after {seen}")
                seen.append(message.sequence)
            outcome = Outcome.DUPLICATE if message.id in self._here else Outcome.STORED
            self._here.add(message.id)
            if message.id in self.poison:
                outcome = Outcome.REJECTED
            for _ in range(self.chance.choice([0, 1, 1, 1, 1, 2])):
                word = Acknowledgement(message.id, outcome, None)
                asyncio.get_running_loop().call_later(self.chance.uniform(0, 0.03), self._say, word)

    def _say(self, word: Acknowledgement) -> None:
        assert self._listener is not None
        self._answered.add(word.id)
        self._listener.acknowledged([word])


async def deliver(seed: int) -> None:
    world = World(seed)
    rows = [row for number in range(CALLS) for row in story(number, world.chance.randint(1, 5))]
    world.chance.shuffle(rows)
    rows.sort(key=lambda row: row.seq)
    half = len(rows) // 2
    with tempfile.TemporaryDirectory() as folder:
        async with running(
            Path(folder), None, within=0.02, longest_wait=0.05, window=15, before=rows[:half], publisher=world
        ) as system:
            await asyncio.sleep(world.chance.uniform(0, 0.1))
            await system.write(rows[half:])
            await until(lambda: len(world._here) == len(rows), seconds=30)
            world.bad_luck = 0
            counters = system.counters
            await until(lambda: counters.acknowledged + counters.rejected == len(rows), seconds=30)
            expected = {row.id: "dead" if row.id in world.poison else "acknowledged" for row in rows}
            assert await states(system.database) == expected
            assert counters.unforeseen_errors == 0
    assert world.faults == []
    assert world.seen == expected_order(rows)


def expected_order(rows: Sequence[Row]) -> dict[str, list[int]]:
    longest: dict[str, int] = {}
    for row in rows:
        longest[row.call_id] = max(row.seq, longest.get(row.call_id, 0))
    return {call: list(range(1, last + 1)) for call, last in longest.items()}


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_every_call_arrives_whole_and_in_order_whatever_the_way_does(seed: int) -> None:
    asyncio.run(deliver(seed))
