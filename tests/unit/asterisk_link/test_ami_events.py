"""The queue between the AMI link and its follower, and the waits between attempts."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.ami_events import AmiNews, EventQueue, SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.backoff import Backoff


def event(number: int) -> AmiMessage:
    return AmiMessage((("Event", str(number)),))


async def rest(queue: EventQueue) -> list[AmiNews]:
    queue.close()
    return [news async for news in queue]


async def test_events_come_out_in_order_and_the_loop_ends() -> None:
    queue = EventQueue(10)
    for number in range(5):
        queue.put(event(number))
    assert await rest(queue) == [event(number) for number in range(5)]


async def test_a_waiting_follower_is_woken() -> None:
    queue = EventQueue(10)
    follower = asyncio.ensure_future(anext(queue))
    await asyncio.sleep(0)
    queue.put(event(1))
    assert await follower == event(1)


async def test_a_slow_follower_loses_events_but_knows_where_and_keeps_the_order() -> None:
    queue = EventQueue(3)
    for number in range(5):
        queue.put(event(number))
    assert await rest(queue) == [SnapshotNeeded(SnapshotReason.OVERFLOW, 3), event(3), event(4)]
    assert queue.dropped == 3


async def test_a_storm_stays_bounded_and_counts_every_loss() -> None:
    queue = EventQueue(10)
    for number in range(1000):
        queue.put(event(number))
    news = await rest(queue)
    assert len(news) <= 10
    assert isinstance(news[0], SnapshotNeeded)
    assert news[0].dropped + len(news) - 1 == 1000
    assert news[-1] == event(999)


@given(st.integers(1, 100_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_bounded_and_never_nothing(failures: int, chance: float) -> None:
    assert 0.125 <= Backoff(0.25, 10).delay_s(failures, chance) <= 10


@pytest.mark.parametrize(
    ("failures", "wait"), [(1, 0.25), (2, 0.5), (3, 1.0), (6, 8.0), (7, 10.0), (50, 10.0)]
)
def test_waits_double_up_to_the_ceiling(failures: int, wait: float) -> None:
    assert Backoff(0.25, 10).delay_s(failures, 0) == wait
    assert Backoff(0.25, 10).delay_s(failures, 0.5) == wait * 0.75
