"""Struck before the dip, in it, in the announcement, in the queue and in the talk (`kill_points`)."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from signal import SIGKILL, SIGSTOP, Signals

import pytest
import pytest_asyncio
from kill_points import (
    ANNOUNCED,
    CALLS,
    HOW,
    IN_THE_DIP,
    NOTICE,
    SEATS,
    UNANNOUNCED,
    WITHIN_S,
    end,
    faults,
    reach,
    start_system,
)
from parties import AGENT_HZ, heard
from running_system import MakeSystem, System, eventually
from struck_controller import Scene, scene_of

from callrouter.crashpoint import AT_THE_DESK, CrashPoint
from callrouter.sip_party.call_state import CallState

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]

POINTS = sorted(set(CrashPoint) - AT_THE_DESK)
STORM_S, CALLS_PER_S, PATIENCE_S, LEFT_FOR_S = 60, 5, 5.0, 3.0


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return start_system(make_system)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(system: System) -> AsyncIterator[Scene]:
    async with scene_of(system, SEATS) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def no_case_spoils_the_next(scene: Scene) -> AsyncIterator[None]:
    yield
    await scene.give_up()


@faults
async def test_before_the_dip(scene: Scene, fault: Signals) -> None:
    await scene.strike(fault)
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await end(scene, fault, lines, "before the dip", waits)


@faults
@pytest.mark.parametrize("point", IN_THE_DIP)
async def test_in_the_dip(scene: Scene, point: CrashPoint, fault: Signals) -> None:
    await scene.controller_is_armed(f"{point}:{HOW[fault]}@{CALLS // 2}")
    lines = await scene.dial(UNANNOUNCED, CALLS)
    await scene.is_struck()
    waits = await reach(lines)
    await end(scene, fault, lines, point, waits)


@faults
async def test_in_the_announcement(scene: Scene, fault: Signals) -> None:
    lines = await scene.dial(ANNOUNCED, CALLS)
    await asyncio.gather(*(line.call.hears_packets(25, timeout_s=5) for line in lines))
    assert {line.call.state for line in lines} == {CallState.UP}
    await scene.strike(fault)
    # The seats have rung in the notice; they are heard behind it.
    waits = await reach(lines)
    await asyncio.gather(*(line.call.hears(AGENT_HZ, timeout_s=15) for line in lines))
    assert heard(lines[0].call, NOTICE).is_the_prompt
    await end(scene, fault, lines, "in the announcement", waits)


@faults
async def test_in_the_queue(scene: Scene, fault: Signals) -> None:
    scene.seats.let_it_ring()
    lines = await scene.dial(UNANNOUNCED, CALLS)
    async with asyncio.timeout(10):
        await asyncio.gather(*(line.at_the_seats.rings for line in lines))
    assert {line.call.state for line in lines} == {CallState.UP}
    await scene.strike(fault)
    scene.seats.refuse_what_rings()
    await reach(lines)
    # Which seat was the first to ring says nothing here: each of those was busy.
    waits = [line.waited_for_another_seat() for line in lines]
    await end(scene, fault, lines, "in the queue", waits)


@faults
async def test_in_the_talk(scene: Scene, fault: Signals) -> None:
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await asyncio.gather(*(line.talks_both_ways() for line in lines))
    await scene.strike(fault)
    await end(scene, fault, lines, "in the talk", waits)


@pytest.mark.soak
async def test_a_hang_that_outlasts_the_brokers_patience(scene: Scene) -> None:
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await scene.strike(SIGSTOP)
    log = scene.system.layout.logs / "broker.log"
    before = log.stat().st_size
    await asyncio.to_thread(
        eventually,
        "the broker ends the link",
        lambda: b"exceeded timeout" in log.read_bytes()[before:],
        within_s=60,
    )
    await end(scene, SIGSTOP, lines, "for longer than a keep-alive", waits)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_points_at_random_under_a_minute_of_calls(scene: Scene) -> None:
    chance = random.Random(12345)
    waits: list[float] = []

    async def one_call() -> None:
        lines = await scene.dial(UNANNOUNCED, 1)
        waits.extend(await reach(lines))
        await scene.hang_up(lines)

    struck: Counter[str] = Counter()
    storm = asyncio.create_task(strike_at_random(scene, chance, struck))
    async with asyncio.TaskGroup() as calls:
        for _ in range(STORM_S * CALLS_PER_S):
            calls.create_task(one_call())
            await asyncio.sleep(1 / CALLS_PER_S)
    storm.cancel()
    await asyncio.wait([storm])
    assert storm.cancelled()
    await scene.strike(SIGKILL)
    await scene.recovers(SIGKILL)
    scene.show(f"{struck.total()} strikes at random", waits)
    assert struck.total() > STORM_S / 10
    assert max(waits) < WITHIN_S[SIGSTOP]


async def strike_at_random(scene: Scene, chance: random.Random, struck: Counter[str]) -> None:
    """Arm one controller after the other until cancelled; one that is struck is left so for a while."""
    while True:
        point, fault = chance.choice(POINTS), chance.choice(list(HOW))
        await scene.controller_is_armed(f"{point}:{HOW[fault]}@{chance.randint(1, 20)}")
        deadline = time.monotonic() + PATIENCE_S
        while not await scene.looks_struck(point, fault) and time.monotonic() < deadline:  # noqa: ASYNC110 -- it has no event
            await asyncio.sleep(0.02)
        struck[f"{point}:{HOW[fault]}"] += await scene.looks_struck(point, fault)
        await asyncio.sleep(chance.uniform(0, LEFT_FOR_S))
        await scene.goes_on()
