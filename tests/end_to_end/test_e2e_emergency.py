"""110 from an agent's phone, with controller, database and broker dead: nobody ever leaves the caller.

What goes wrong on the way to 110, and in the talk with it, is in test_e2e_emergency_faults.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from emergency_scene import SURELY, emergency_system, is_said, rings, talks_with_the_agent, three_of_them
from parties import AGENT_HZ, CALLER_HZ, heard
from police import MIANYANG, POLICE_HZ, Desk, asserted, plan_with_police, police
from running_system import MakeSystem, System, free_port
from transfer_plays import AGENTS, TARGETS, consulting, held, nothing_is_left, three
from transfer_scene import Scene, Stage, has_ended, stage
from waiting_room import seconds

from callrouter.sip_party.media import Silence

AT_ONCE = 8
INVITED_WITHIN_S = 2.0
FULL_NUMBER = "13900000001"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    return emergency_system(make_system, plan_with_police(tmp_path_factory.mktemp("dialplans"), port))


@asynccontextmanager
async def ready(system: System, port: int) -> AsyncIterator[tuple[Stage, Desk]]:
    async with stage(system, AGENTS, TARGETS) as on, police(system, port) as desk:
        yield on, desk
    await asyncio.to_thread(nothing_is_left, system)


async def ends(scene: Scene) -> None:
    if scene.call.ended is None:
        await scene.call.hang_up()
    await has_ended(scene.call, scene.agent, scene.target)


async def test_caller_and_agent_hear_each_other_until_110_hears_both(system: System, port: int) -> None:
    async with ready(system, port) as (on, desk), on.scene() as scene:
        invite, took_s = await rings(scene, desk, "*0110#")
        assert took_s < INVITED_WITHIN_S
        assert asserted(invite) == scene.number
        assert any("12345" in value for value in invite.received_headers("Diversion"))
        # The controller is dead: what is told is what the compiled plan decided.
        assert any("line=12345" in value for value in invite.received_headers("X-CallRouter-Context"))
        await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
        await invite.answer()
        await three_of_them(scene, invite)
        gaps = [gap for call in (scene.call, scene.agent) for gap in call.heard.gaps(longer_than_ms=200)]
        assert gaps == []
        await scene.agent.press("*7")
        await has_ended(scene.agent)
        await invite.hears(CALLER_HZ, timeout_s=5)
        await scene.call.hears(POLICE_HZ, timeout_s=5)
        await invite.hang_up()
        await has_ended(scene.call)
        facts = [fact for fact in scene.journal() if fact["event"] == "CR_TRANSFER"]
        assert [fact["state"] for fact in facts] == ["requested", "answered", "accepted", "joined", "ended"]
        assert (facts[0]["kind"], facts[0]["target"], facts[0]["service"]) == ("emergency", "110", "110")
        assert facts[-1]["outcome"] == "joined"
        assert not any(fact["event"] == "CR_SURVEY" for fact in scene.journal())


async def test_both_hear_that_110_is_called_and_110_whose_call_it_is(system: System, port: int) -> None:
    async with ready(system, port) as (on, desk), on.scene() as scene:
        scene.call.play(Silence())
        invite, _ = await rings(scene, desk, "*0110#")
        await is_said(scene, "m02-110", within_s=10)
        for party in (scene.call, scene.agent, invite):
            party.play(Silence())
        await invite.answer()
        # 13…: an odd count of digits, the first one alone.
        said = ("m04", f"w05-{scene.number[0]}", *(f"w04-{scene.number[n : n + 2]}" for n in range(1, 11, 2)))
        await asyncio.sleep(sum(map(seconds, said)) + 2)
        for one in said:
            assert heard(invite, one).correlation > SURELY, one
            assert heard(scene.call, one).correlation < SURELY, one
        await ends(scene)


async def test_whatever_goes_on_is_taken_back_for_it(system: System, port: int) -> None:
    async with ready(system, port) as (on, desk):

        async def from_(state: Callable[[Scene], Awaitable[None]]) -> None:
            async with on.scene() as scene:
                await state(scene)
                invite, _ = await rings(scene, desk, "*0110#")
                await has_ended(scene.target)
                await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
                await invite.answer()
                await three_of_them(scene, invite)
                await ends(scene)
                await has_ended(invite)

        await asyncio.gather(*(from_(state) for state in (held, consulting, three)))


async def test_pressed_twice_it_is_called_once_and_by_another_key_taken_back(
    system: System, port: int
) -> None:
    async with ready(system, port) as (on, desk), on.scene() as scene:
        invite, _ = await rings(scene, desk, "*0110#")
        await scene.agent.press("*0110#")
        await asyncio.sleep(1)
        assert desk.has_none_of(scene.number)
        assert invite.ended is None
        await scene.agent.press("*6")
        await has_ended(invite)
        await talks_with_the_agent(scene)
        assert scene.outcomes() == ["cancelled"]
        await ends(scene)


async def test_a_place_has_a_desk_of_its_own(system: System, port: int) -> None:
    async with (
        ready(system, port) as (on, desk),
        police(system, port, MIANYANG) as mianyang,
        on.scene() as scene,
    ):
        invite, _ = await rings(scene, mianyang, "*01100816#")
        assert desk.has_none_of(scene.number)
        await invite.answer()
        await three_of_them(scene, invite)
        await ends(scene)


async def test_whoever_goes_meanwhile_the_caller_comes_to_110_or_nobody_is_called(
    system: System, port: int
) -> None:
    async with ready(system, port) as (on, desk):

        async def the_agent_hangs_up() -> None:
            async with on.scene() as scene:
                invite, _ = await rings(scene, desk, "*0110#")
                await scene.agent.hang_up()
                await asyncio.sleep(2)
                await invite.answer()
                await scene.call.hears(POLICE_HZ, timeout_s=5)
                await invite.hears(CALLER_HZ, timeout_s=5)
                await invite.hang_up()
                await has_ended(scene.call)
                assert scene.outcomes() == ["joined"]

        async def the_caller_hangs_up() -> None:
            async with on.scene() as scene:
                invite, _ = await rings(scene, desk, "*0110#")
                await scene.call.hang_up()
                await has_ended(invite, scene.agent)
                assert scene.outcomes() == ["caller_left"]

        async def the_caller_hangs_up_among_three() -> None:
            async with on.scene() as scene:
                invite, _ = await rings(scene, desk, "*0110#")
                await invite.answer()
                await three_of_them(scene, invite)
                await scene.call.hang_up()
                await has_ended(invite, scene.agent)

        async def the_desk_hangs_up_among_three() -> None:
            async with on.scene() as scene:
                invite, _ = await rings(scene, desk, "*0110#")
                await invite.answer()
                await three_of_them(scene, invite)
                await invite.hang_up()
                await talks_with_the_agent(scene)
                await ends(scene)

        await asyncio.gather(
            the_agent_hangs_up(),
            the_caller_hangs_up(),
            the_caller_hangs_up_among_three(),
            the_desk_hangs_up_among_three(),
        )


@pytest.mark.parametrize(
    "count", [200, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
async def test_every_one_of_so_many_is_handed_over(system: System, port: int, count: int) -> None:
    async with ready(system, port) as (on, desk):
        left = list(range(count))
        took: list[float] = []

        async def one_after_the_other() -> None:
            while left:
                left.pop()
                async with on.scene() as scene:
                    invite, took_s = await rings(scene, desk, "*0110#")
                    await invite.answer()
                    await three_of_them(scene, invite)
                    took.append(took_s)
                    await ends(scene)
                    await has_ended(invite)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        took.sort()
        print(f"key to INVITE: median {took[len(took) // 2]:.3f} s, longest {took[-1]:.3f} s of {len(took)}")
        assert len(took) == count
        assert took[-1] < INVITED_WITHIN_S
