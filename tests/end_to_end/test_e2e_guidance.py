"""A caller who is told where to turn (C26, C38, C39): heard whole before the call ends, whoever goes meanwhile.

By the agent's keys, with controller, database and broker dead, and by the desk.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from emergency_scene import SURELY, talks_with_the_agent
from parties import heard
from running_system import MakeSystem, System, eventually
from transfer_plays import AGENTS, TARGETS, consulting, held, nothing_is_left, transfer_system
from transfer_scene import Scene, Stage, has_ended, stage
from waiting_room import seconds

from callrouter.decide.transfer_codes import keys_of
from callrouter.sip_party.call_state import CallState

LITIGATION = "n01-litigation-sichuan"


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return transfer_system(make_system)


@asynccontextmanager
async def ready(system: System) -> AsyncIterator[Stage]:
    async with stage(system, AGENTS, TARGETS) as on:
        yield on
    await asyncio.to_thread(nothing_is_left, system)


async def chosen(scene: Scene, kind: str, code: str) -> None:
    """The agent presses the keys of a transfer, and this code."""
    await asyncio.sleep(1)
    await scene.agent.press(kind)
    await asyncio.sleep(0.8)
    await scene.agent.press(f"{code}#")


async def is_told(scene: Scene, prompt: str) -> None:
    await asyncio.to_thread(
        eventually,
        f"the caller hears {prompt}",
        lambda: heard(scene.call, prompt).correlation > SURELY,
        within_s=seconds(prompt) + 8,
    )


def guided(scene: Scene) -> list[tuple[str, str]]:
    return [
        (fact["about"], fact["by"])
        for fact in scene.journal()
        if fact["event"] == "CR_DESK" and fact["kind"] == "guidance"
    ]


def told_whole(scene: Scene) -> list[str]:
    return [
        fact["key"]
        for fact in scene.journal()
        if fact["event"] == "CR_NOTICE" and fact["state"] == "finished" and fact["key"].startswith("n01")
    ]


async def test_c39_the_caller_hears_where_to_turn_and_is_with_the_agent_again(system: System) -> None:
    async with ready(system) as on:

        async def by_keys(kind: str) -> None:
            async with on.scene() as scene:
                await chosen(scene, kind, keys_of("litigation"))
                await is_told(scene, LITIGATION)
                await talks_with_the_agent(scene)
                assert heard(scene.agent, "c42").correlation > SURELY
                assert heard(scene.agent, LITIGATION).correlation < SURELY
                await scene.call.hang_up()
                await has_ended(scene.agent)
                assert guided(scene) == [("litigation", scene.seat)]
                assert told_whole(scene) == [LITIGATION]
                assert scene.outcomes() == []

        await asyncio.gather(by_keys("*9"), by_keys("*4"))


async def test_who_goes_while_it_is_said_leaves_a_caller_who_hears_the_end_of_it(system: System) -> None:
    async with ready(system) as on, on.scene() as scene:
        await chosen(scene, "*9", keys_of("litigation"))
        await asyncio.sleep(2)
        await scene.agent.hang_up()
        await is_told(scene, LITIGATION)
        # Nobody else comes: he is asked for a rating, and the call is over.
        await scene.call.wait_for(CallState.ENDED, timeout_s=40)
        assert told_whole(scene) == [LITIGATION]


async def test_an_agent_whose_line_dies_meanwhile_is_replaced_by_the_next(system: System) -> None:
    async with ready(system) as on, on.scene() as scene:
        scene.expects_another_agent()
        await chosen(scene, "*9", keys_of("litigation"))
        await asyncio.sleep(2)
        await scene.news.ask("Hangup", Channel=scene.agent_channel, Cause="44")
        await scene.is_with_the_next_agent()


async def test_a_caller_who_goes_meanwhile_frees_the_agent(system: System) -> None:
    async with ready(system) as on, on.scene() as scene:
        await chosen(scene, "*9", keys_of("litigation"))
        await asyncio.sleep(2)
        await scene.call.hang_up()
        await has_ended(scene.agent)
        assert guided(scene) == [("litigation", scene.seat)]
        assert told_whole(scene) == []


async def test_what_the_agent_wants_meanwhile_cuts_it_off_and_the_call_goes_its_way(system: System) -> None:
    async with ready(system) as on, on.scene() as scene:
        await chosen(scene, "*9", keys_of("litigation"))
        await asyncio.sleep(6.5)
        await scene.agent.press("*8")
        await scene.comes_to("held")
        await scene.hears_music()
        await scene.agent.press("*6")
        await talks_with_the_agent(scene)
        await scene.agent.hang_up()
        await scene.call.wait_for(CallState.ENDED, timeout_s=40)
        assert told_whole(scene) == []


async def test_the_desk_does_it_from_a_talk_and_from_a_hold_and_in_no_other_state(system: System) -> None:
    async with ready(system) as on:

        async def from_a_talk() -> None:
            async with on.scene() as scene:
                await scene.redirect("guidance", "litigation", "talks")
                await is_told(scene, LITIGATION)
                await talks_with_the_agent(scene)
                await scene.call.hang_up()
                await has_ended(scene.agent)

        async def from_a_hold() -> None:
            async with on.scene() as scene:
                await held(scene)
                await scene.redirect("guidance", "litigation", "talks")
                await is_told(scene, LITIGATION)
                await talks_with_the_agent(scene)
                await scene.call.hang_up()
                await has_ended(scene.agent)
                assert [fact["state"] for fact in scene.journal() if fact["event"] == "CR_HOLD"] == [
                    "began",
                    "ended",
                ]

        async def not_while_a_target_is_there() -> None:
            async with on.scene() as scene:
                await consulting(scene)
                await scene.redirect("guidance", "litigation")
                await asyncio.sleep(1)
                assert guided(scene) == []
                await scene.join()
                await scene.comes_to("three")
                await scene.call.hang_up()
                await has_ended(scene.agent, scene.target)

        async def of_nothing_that_is_known() -> None:
            async with on.scene() as scene:
                await scene.redirect("guidance", "nothing-of-that-name", "talks")
                await talks_with_the_agent(scene)
                assert guided(scene) == []
                await scene.call.hang_up()
                await has_ended(scene.agent)

        await asyncio.gather(
            from_a_talk(), from_a_hold(), not_while_a_target_is_there(), of_nothing_that_is_known()
        )
