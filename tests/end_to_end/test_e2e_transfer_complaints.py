"""What users of others complain about in transfers, each by its name: so that it is not so here.

There is no controller in any of this. `project#number` is the issue in which it was told. Those about records are in
tests/unit/records/test_records_complaints.py.
"""

from __future__ import annotations

import asyncio

import pytest
from running_system import MakeSystem, System, eventually
from transfer_plays import (
    Play,
    back_with_the_agent,
    calling,
    consulting,
    held,
    nothing_is_left,
    play,
    three,
    transfer_system,
    with_the_target,
)
from transfer_scene import SOON_S, TARGET_HZ, Scene, has_ended, stage

from callrouter.sip_party.call_state import CallState


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return transfer_system(make_system)


def seat_in_the_queue(system: System, seat: str) -> str:
    [line] = [line for line in system.asks_asterisk("queue show hotline") if f"{seat} (" in line]
    return line


async def freeswitch_2118_the_agent_is_neither_dropped_nor_logged_out(scene: Scene) -> None:
    await three(scene)
    assert scene.agent.state is CallState.UP
    await scene.leave()
    await with_the_target(scene)
    await has_ended(scene.agent)
    shown = await asyncio.to_thread(seat_in_the_queue, scene.system, scene.seat)
    assert "paused" not in shown
    assert "Not in use" in shown


async def freeswitch_1959_who_is_held_is_fetched_back_and_no_tone_goes_on(scene: Scene) -> None:
    await held(scene)
    await scene.resume()
    await back_with_the_agent(scene)
    await calling(scene)
    assert scene.target
    await scene.target.reject(486)
    # Nothing but the two of them: no ringing tone, no music.
    await back_with_the_agent(scene)


async def asterisk_1234_the_target_sees_the_callers_number_and_nobody_elses(scene: Scene) -> None:
    await three(scene)
    assert scene.target
    shown = " ".join(scene.target.received_headers("From"))
    assert f"sip:{scene.number}@" in shown
    assert scene.seat not in shown
    await scene.leave()
    await with_the_target(scene)
    assert [
        header for header in scene.target.received_headers("P-Asserted-Identity") if scene.seat in header
    ] == []


async def mikopbx_1125_the_recording_is_one_over_a_consult_that_failed(scene: Scene) -> None:
    await calling(scene)
    assert scene.target
    await scene.target.reject(486)
    await back_with_the_agent(scene)
    await scene.call.hang_up()
    await has_ended(scene.agent)
    recorded = [fact for fact in scene.journal() if fact["event"] == "CR_RECORDING"]
    assert [fact["state"] for fact in recorded] == ["started", "finished"]
    lasted = scene.call.history[CallState.ENDED] - scene.call.history[CallState.UP]
    assert abs(int(recorded[-1]["bytes"]) / 16_000 - lasted) < 0.5


async def freepbx_393_however_many_transfers_go_on_none_drops_a_call(scene: Scene) -> None:
    for _ in range(2):
        await consulting(scene)
        assert scene.target
        await scene.cancel()
        await has_ended(scene.target)
        await back_with_the_agent(scene)


async def test_what_others_are_complained_about(system: System) -> None:
    each: tuple[Play, ...] = (
        freeswitch_2118_the_agent_is_neither_dropped_nor_logged_out,
        freeswitch_1959_who_is_held_is_fetched_back_and_no_tone_goes_on,
        asterisk_1234_the_target_sees_the_callers_number_and_nobody_elses,
        mikopbx_1125_the_recording_is_one_over_a_consult_that_failed,
        *[freepbx_393_however_many_transfers_go_on_none_drops_a_call] * 4,
    )
    await play(system, *each)


MANY = 40
SEATS_OF_MANY = tuple(f"3{n:03}" for n in range(1, 2 * MANY + 1))


async def test_forty_at_once_and_nothing_is_left(make_system: MakeSystem) -> None:
    """Every call is consulted about, made three and handed over, all within the same half minute."""
    agents, targets = SEATS_OF_MANY[:MANY], SEATS_OF_MANY[MANY:]
    many = transfer_system(make_system, agents=agents, targets=targets)

    async def one(scene: Scene, everybody_talks: asyncio.Barrier) -> None:
        await everybody_talks.wait()
        await scene.consult()
        await scene.accept()
        await scene.comes_to("consult")
        await scene.join()
        await scene.comes_to("three")
        await scene.leave()
        await scene.comes_to("handed")
        await has_ended(scene.agent)
        await scene.call.hears(TARGET_HZ, timeout_s=SOON_S)
        assert scene.target
        await scene.target.hang_up()
        await has_ended(scene.call)
        await asyncio.to_thread(eventually, "its outcome", lambda: scene.outcomes() == ["joined"])

    async with stage(many, agents, targets) as on:
        barrier = asyncio.Barrier(MANY)

        async def whole() -> None:
            async with on.scene() as scene:
                await one(scene, barrier)

        await asyncio.gather(*(whole() for _ in range(MANY)))
    await asyncio.to_thread(nothing_is_left, many)
