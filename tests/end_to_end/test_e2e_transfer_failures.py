"""A target that cannot be had, an agent who vanishes: the caller is with the same agent again, or with the next one.

There is no controller in any of this. Several calls go on at once.
"""

from __future__ import annotations

import asyncio

import pytest
from running_system import MakeSystem, System, eventually
from transfer_plays import (
    AT_ONCE,
    RING_S,
    Play,
    asking,
    back_with_the_agent,
    calling,
    consulting,
    held,
    play,
    three,
    transfer_system,
    with_the_target,
)
from transfer_scene import Scene, has_ended

NOT_YET_DEAD_S = 12.5
"""After 15 s without a packet a phone counts as dead."""


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return transfer_system(make_system)


async def test_a_target_that_cannot_be_had_gives_the_caller_back_to_the_same_agent(system: System) -> None:
    def refused(status: int, outcome: str) -> Play:
        async def with_a_status(scene: Scene) -> None:
            await calling(scene)
            assert scene.target
            await scene.target.reject(status)
            await back_with_the_agent(scene)
            assert scene.outcomes() == [outcome]

        with_a_status.__name__ = f"refused with {status}"
        return with_a_status

    async def rings_for_ever(scene: Scene) -> None:
        await calling(scene)
        await scene.comes_to("talk", within_s=RING_S + 3)
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["no_answer"]

    async def speaks_and_never_answers(scene: Scene) -> None:
        ringing = await scene.consult()
        await ringing.progress()
        await scene.comes_to("talk", within_s=RING_S + 3)
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["no_answer"]

    async def answers_and_presses_nothing(scene: Scene) -> None:
        await asking(scene)
        await scene.comes_to("talk", within_s=40)
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["no_answer"]

    async def declines(scene: Scene) -> None:
        await asking(scene)
        assert scene.target
        await scene.target.press("2")
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["declined"]

    async def the_agent_changes_his_mind(scene: Scene) -> None:
        await calling(scene)
        await scene.cancel()
        await back_with_the_agent(scene)
        await has_ended(scene.target)
        await asking(scene)
        await scene.cancel()
        await back_with_the_agent(scene)
        await has_ended(scene.target)
        assert scene.outcomes() == ["cancelled", "cancelled"]

    await play(
        system,
        answers_and_presses_nothing,
        refused(486, "busy"),
        refused(603, "declined"),
        refused(480, "no_answer"),
        refused(503, "unreachable"),
        refused(404, "unreachable"),
        rings_for_ever,
        speaks_and_never_answers,
        declines,
        the_agent_changes_his_mind,
    )


async def test_however_often_it_is_tried_agent_and_caller_find_each_other_again(system: System) -> None:
    """Who comes into a conference that is just being left would be alone in it: Asterisk then makes another."""

    async def again_and_again(scene: Scene) -> None:
        for _ in range(4):
            await scene.consult()
            assert scene.target
            await scene.target.reject(486)
            await scene.comes_to("talk")
            await back_with_the_agent(scene)

    await play(system, *[again_and_again] * AT_ONCE)


async def test_what_the_plan_does_not_name_is_never_called_and_the_talk_goes_on(system: System) -> None:
    async def nobody(scene: Scene) -> None:
        await scene.redirect("transfer-start", "three_way-13800138000", "waits")
        await back_with_the_agent(scene)
        # Its trunk leads nowhere.
        await scene.redirect("transfer-start", "three_way-tax", "waits")
        await scene.comes_to("talk")
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["unreachable"]

    async def paused_and_recorded_again(scene: Scene) -> None:
        await scene.redirect("transfer-caller", "pause", "talks")
        await back_with_the_agent(scene)
        await scene.agent.press("*2")
        await asyncio.sleep(0.5)
        await back_with_the_agent(scene)
        told = [fact["state"] for fact in scene.journal() if fact["event"] == "CR_RECORDING"]
        assert told == ["started", "paused", "finished", "resumed", "started"]

    await play(system, nobody, paused_and_recorded_again)


async def test_an_agent_whose_device_dies_leaves_his_caller_with_a_person(system: System) -> None:
    async def consulted(scene: Scene) -> None:
        await consulting(scene)
        scene.agent.vanish()
        await scene.comes_to("handed", within_s=25)
        await with_the_target(scene)

    async def all_three_talked(scene: Scene) -> None:
        await three(scene)
        scene.agent.vanish()
        await scene.comes_to("handed", within_s=25)
        await with_the_target(scene)

    async def held_him(scene: Scene) -> None:
        await held(scene)
        scene.expects_another_agent()
        scene.agent.vanish()
        await scene.comes_to("queued", within_s=25)
        await scene.is_with_the_next_agent()

    async def had_him_back(scene: Scene) -> None:
        await held(scene)
        await scene.resume()
        await back_with_the_agent(scene)
        scene.expects_another_agent()
        scene.agent.vanish()
        await scene.comes_to("queued", within_s=25)
        await scene.is_with_the_next_agent()

    def called_for(kind: str, state: str) -> Play:
        """He dies while the target rings, or is asked: the caller waits for it alone."""

        async def in_vain(scene: Scene) -> None:
            scene.agent.vanish()
            await asyncio.sleep(NOT_YET_DEAD_S)
            ringing = await scene.consult(kind)
            await ringing.ring()
            if state == "asking":
                await ringing.answer()
            await scene.comes_to("alone", within_s=10)
            await scene.hears_music()
            if state != "asking":
                await ringing.answer()
                await asyncio.sleep(0.5)
            await ringing.press("1")
            await with_the_target(scene)
            joined = [fact for fact in scene.journal() if fact.get("state") == "joined"]
            assert [fact["left"] for fact in joined] == ["agent"]

        in_vain.__name__ = f"he dies in {state}"
        return in_vain

    await play(
        system,
        consulted,
        all_three_talked,
        held_him,
        had_him_back,
        called_for("three_way", "calling"),
        called_for("three_way", "asking"),
        called_for("plain", "passing"),
    )
    eventually("what vanished is gone", lambda: system.channels() == 0)


async def test_nobody_waits_for_ever(system: System) -> None:
    """The limit is 15 minutes; here it is over as soon as it has begun."""

    async def time_is_up(scene: Scene) -> None:
        await scene.news.ask("Setvar", Channel=scene.caller_channel, Variable="CR_TOO_LONG", Value="1")

    async def on_hold(scene: Scene) -> None:
        await held(scene)
        await time_is_up(scene)
        await scene.comes_to("talk")
        await back_with_the_agent(scene)

    async def while_they_consult(scene: Scene) -> None:
        await consulting(scene)
        await time_is_up(scene)
        await scene.comes_to("talk")
        await has_ended(scene.target)
        await back_with_the_agent(scene)
        assert scene.outcomes() == ["interrupted"]

    await play(system, on_hold, while_they_consult)
