"""Whatever 110's side does wrong: the caller is with the agent all the while, and hears what to do himself."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from emergency_scene import (
    EMERGENCY_RING_S,
    SILENT_S,
    emergency_system,
    is_said,
    rings,
    talks_with_the_agent,
    three_of_them,
)
from parties import AGENT_HZ, CALLER_HZ
from police import BACKUP, MAIN, MIANYANG, Desk, plan_with_police, police
from running_system import MakeSystem, System, eventually, free_port
from transfer_plays import AGENTS, TARGETS, nothing_is_left
from transfer_scene import Scene, has_ended, stage

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.media import Nothing

ANOTHER_TRUNK_WITHIN_S = 10.0
KNOWN_DEAD_WITHIN_S = 2.0
MIANYANG_KEYS = "*01100816#"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    return emergency_system(make_system, plan_with_police(tmp_path_factory.mktemp("dialplans"), port))


async def they_hear_what_to_do(scene: Scene) -> None:
    await is_said(scene, "m03-110", within_s=SILENT_S + 15)
    await talks_with_the_agent(scene)


async def failed_as(scene: Scene, outcome: str) -> None:
    await they_hear_what_to_do(scene)
    assert scene.outcomes() == [outcome]


async def refuses(scene: Scene, desk: Desk, status: int, outcome: str) -> None:
    invite, _ = await rings(scene, desk, MIANYANG_KEYS)
    await invite.reject(status)
    again = await desk.call_of(scene.number)
    await again.reject(status)
    await failed_as(scene, outcome)


async def busy(scene: Scene, desk: Desk) -> None:
    await refuses(scene, desk, 486, "busy")


async def unavailable(scene: Scene, desk: Desk) -> None:
    await refuses(scene, desk, 503, "unreachable")


async def rings_for_ever(scene: Scene, desk: Desk) -> None:
    invite, _ = await rings(scene, desk, MIANYANG_KEYS)
    await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
    await invite.wait_for(CallState.ENDED, timeout_s=EMERGENCY_RING_S + 3)
    again = await desk.call_of(scene.number)
    await again.ring()
    await again.wait_for(CallState.ENDED, timeout_s=EMERGENCY_RING_S + 3)
    await failed_as(scene, "no_answer")


async def speaks_and_answers_the_second_time(scene: Scene, desk: Desk) -> None:
    invite, _ = await rings(scene, desk, MIANYANG_KEYS)
    await invite.progress()
    await invite.wait_for(CallState.ENDED, timeout_s=EMERGENCY_RING_S + 3)
    again = await desk.call_of(scene.number)
    await again.answer()
    await three_of_them(scene, again)


async def answers_without_media(scene: Scene, desk: Desk) -> None:
    invite, _ = await rings(scene, desk, MIANYANG_KEYS)
    invite.play(Nothing())
    await invite.answer()
    await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
    await invite.wait_for(CallState.ENDED, timeout_s=SILENT_S + 10)
    await they_hear_what_to_do(scene)


async def its_line_dies_in_the_talk(scene: Scene, desk: Desk) -> None:
    invite, _ = await rings(scene, desk, MIANYANG_KEYS)
    await invite.answer()
    await three_of_them(scene, invite)
    invite.vanish()
    await they_hear_what_to_do(scene)


async def its_line_dies_with_the_caller_alone(scene: Scene, desk: Desk) -> None:
    invite, _ = await rings(scene, desk, MIANYANG_KEYS)
    await invite.answer()
    await three_of_them(scene, invite)
    scene.expects_another_agent()
    await scene.agent.press("*7")
    await has_ended(scene.agent)
    invite.vanish()
    await scene.is_with_the_next_agent()


PLAYS = (
    busy,
    unavailable,
    rings_for_ever,
    speaks_and_answers_the_second_time,
    answers_without_media,
    its_line_dies_in_the_talk,
    its_line_dies_with_the_caller_alone,
)


async def test_mianyang_has_one_trunk_and_whatever_it_does_the_caller_is_never_alone(
    system: System, port: int
) -> None:
    async with stage(system, AGENTS, TARGETS) as on, police(system, port, MIANYANG) as desk:

        async def played(what: Callable[[Scene, Desk], Awaitable[None]]) -> None:
            async with on.scene() as scene:
                await what(scene, desk)
                if scene.call.ended is None:
                    await scene.call.hang_up()
                await has_ended(scene.call, scene.agent)

        done = await asyncio.gather(*(played(what) for what in PLAYS), return_exceptions=True)
        failed = [(what.__name__, fault) for what, fault in zip(PLAYS, done, strict=True) if fault]
        assert not failed, failed
    await asyncio.to_thread(nothing_is_left, system)


async def test_a_trunk_that_is_known_dead_costs_nothing(system: System, port: int) -> None:
    async with stage(system, AGENTS, TARGETS) as on, police(system, port, BACKUP) as backup:
        await asyncio.to_thread(eventually, "the first is known dead", lambda: not system.trunk_is_up(MAIN))
        async with on.scene() as scene:
            invite, took_s = await rings(scene, backup, "*0110#")
            print(f"key to the second trunk's INVITE, the first known dead: {took_s:.3f} s")
            assert took_s < KNOWN_DEAD_WITHIN_S
            await invite.answer()
            await three_of_them(scene, invite)
            await scene.call.hang_up()
            await has_ended(scene.call, scene.agent, invite)


async def test_a_trunk_that_has_died_a_moment_ago_costs_seconds_with_the_agent(
    system: System, port: int
) -> None:
    async with stage(system, AGENTS, TARGETS) as on, police(system, port, BACKUP) as backup:
        async with on.scene() as scene:
            async with police(system, port) as main:
                await main.party.vanish()
                asked = asyncio.ensure_future(rings(scene, backup, "*0110#", within_s=15))
                await asyncio.sleep(1)
                await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
                invite, took_s = await asked
            print(f"key to the second trunk's INVITE, the first dead for a moment: {took_s:.3f} s")
            assert took_s < ANOTHER_TRUNK_WITHIN_S
            await invite.answer()
            await three_of_them(scene, invite)
            await scene.call.hang_up()
            await has_ended(scene.call, scene.agent, invite)
        await asyncio.to_thread(nothing_is_left, system)


async def test_neither_trunk_is_there_and_the_caller_is_told_at_once(system: System) -> None:
    async with stage(system, AGENTS, TARGETS) as on:
        await asyncio.to_thread(
            eventually,
            "both are known dead",
            lambda: not any(system.trunk_is_up(endpoint) for endpoint in (MAIN, BACKUP)),
        )
        async with on.scene() as scene:
            await scene.agent.press("*0110#")
            await failed_as(scene, "unreachable")
            await scene.call.hang_up()
            await has_ended(scene.call, scene.agent)
