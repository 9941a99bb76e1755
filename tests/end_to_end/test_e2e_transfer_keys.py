"""An agent with any telephone: all of a transfer by its keys, each with a word, and no controller."""

from __future__ import annotations

import asyncio

import pytest
from parties import AGENT_HZ, heard
from running_system import MakeSystem, System
from transfer_plays import all_talk, back_with_the_agent, consulting, play, transfer_system, with_the_target
from transfer_scene import TARGET_HZ, Scene, has_ended


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return transfer_system(make_system)


async def test_a_phone_that_sends_its_keys_by_info_does_it_all_too(system: System) -> None:
    async def by_info(scene: Scene) -> None:
        async def pressed(keys: str) -> None:
            for key in keys:
                await scene.agent.press_by_info(key)

        await pressed("*4")
        await scene.comes_to("held")
        await scene.hears_music()
        await pressed(f"{scene.target_id}#")
        scene.target = await scene.target_phone.next_call(timeout_s=8)
        await scene.target.answer()
        await scene.comes_to("asking")
        await asyncio.sleep(0.2)
        await scene.target.press_by_info("1")
        await scene.comes_to("consult")
        await pressed("*5")
        await all_talk(scene)
        await pressed("*7")
        await with_the_target(scene)
        assert scene.outcomes() == []
        await scene.target.hang_up()
        await has_ended(scene.call)

    await play(system, by_info)


async def test_with_any_phone_an_agent_does_it_all_by_keys(system: System) -> None:
    async def by_keys(scene: Scene) -> None:
        async def pressed(keys: str) -> None:
            await scene.agent.press(keys)

        await pressed("*4")
        await scene.comes_to("held")
        await scene.hears_music()
        await pressed(f"{scene.target_id}#")
        scene.target = await scene.target_phone.next_call(timeout_s=8)
        await scene.target.reject(486)
        await back_with_the_agent(scene)
        await pressed("*4")
        await scene.comes_to("held")
        await pressed(f"{scene.target_id}#")
        scene.target = await scene.target_phone.next_call(timeout_s=8)
        await scene.accept()
        await scene.hear(caller=(), agent=(TARGET_HZ,), target=(AGENT_HZ,))
        await pressed("*5")
        await all_talk(scene)
        await pressed("*6")
        await back_with_the_agent(scene)
        await pressed("*8")
        await scene.comes_to("held")
        await scene.hears_music()
        await pressed("*6")
        await back_with_the_agent(scene)
        await pressed("*9")
        await scene.comes_to("held")
        await pressed(f"{scene.target_id}#")
        scene.target = await scene.target_phone.next_call(timeout_s=8)
        await scene.accept()
        await with_the_target(scene)
        await has_ended(scene.agent)
        assert scene.outcomes() == ["busy", "joined"]

    async def leaves_by_key(scene: Scene) -> None:
        await consulting(scene)
        await scene.agent.press("*7")
        await with_the_target(scene)
        await has_ended(scene.agent)

    async def nobody_has_this_code(scene: Scene) -> None:
        await scene.agent.press("*4")
        await scene.comes_to("held")
        await scene.agent.press("99999#")
        await asyncio.sleep(1)
        await scene.agent.press("#")
        await scene.comes_to("talk", within_s=15)
        await back_with_the_agent(scene)
        assert scene.outcomes() == []
        (refused,) = [fact for fact in scene.journal() if fact["event"] == "CR_TRANSFER"]
        assert (refused["state"], refused["why"], refused["by"]) == ("refused", "unknown", scene.seat)
        assert heard(scene.agent, "c02").is_the_prompt
        assert heard(scene.agent, "c16").is_the_prompt

    async def thinks_better_of_it(scene: Scene) -> None:
        await scene.agent.press("*4")
        await scene.comes_to("held")
        await scene.agent.press(f"{scene.target_id}#")
        scene.target = await scene.target_phone.next_call(timeout_s=8)
        await asyncio.sleep(0.4)
        await scene.agent.press("*6")
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["cancelled"]

    async def a_key_that_means_nothing_now(scene: Scene) -> None:
        for key in ("*5", "*6", "*7"):
            await scene.agent.press(key)
        await asyncio.sleep(1)
        await back_with_the_agent(scene)
        assert scene.states == []

    await play(
        system,
        by_keys,
        leaves_by_key,
        nobody_has_this_code,
        thinks_better_of_it,
        a_key_that_means_nothing_now,
    )
