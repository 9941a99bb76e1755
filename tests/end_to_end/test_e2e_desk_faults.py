"""The desk while the controller is killed, its link is cut, another one is asked as well, or it is about to stop.

The call never notices: the dialplan carries it. What the desk was told is done once or not at all, and it sees which.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import Any

import pytest
import pytest_asyncio
import yaml
from desk_client import DeskClient, tokens_for
from parties import AGENT_HZ, CALLER_HZ
from running_system import MakeSystem, System, eventually, free_port, is_struck
from transfer_plays import all_talk, back_with_the_agent, nothing_is_left, with_the_target
from transfer_scene import SOON_S, TARGET_HZ, Scene, Stage, has_ended, stage
from without_notices import without_notices

from callrouter.settings_file import load_settings

AGENTS = ("1001", "1002")
SUPERVISOR = "1101"
"""Whom the agent brings in: an account that no controller puts into a queue."""
ASKED_AGAIN_S = 0.05
BACK_WITHIN_S = 20.0


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(
        managed={"controller": False},
        sip={"seats": list(AGENTS), "supervisors": [SUPERVISOR]},
        queue={"ring_s": 5, "wrap_up_s": 0},
    )
    made.start()
    made.start_controller()
    eventually("the seats are there", lambda: made.seats_in_the_queue() >= set(AGENTS), within_s=30)
    without_notices(made)
    return made


def controller(system: System) -> subprocess.Popen[bytes]:
    """The one that runs now, or a new one."""
    running = [each for each in system.extra if each.poll() is None]
    return running[-1] if running else system.start_controller()


@dataclass(frozen=True)
class Setting:
    """The stage, the desks' tokens, and which links to Asterisk are none of a controller's."""

    stage: Stage
    tokens: dict[str, str]
    not_theirs: set[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def setting(system: System) -> AsyncIterator[Setting]:
    tokens, before = tokens_for(system, AGENTS), await asyncio.to_thread(links, system)
    assert before
    async with stage(system, AGENTS, [SUPERVISOR]) as on:
        yield Setting(on, tokens, await asyncio.to_thread(links, system) - before)


@asynccontextmanager
async def a_talk(system: System, setting: Setting) -> AsyncIterator[tuple[Scene, DeskClient]]:
    await asyncio.to_thread(controller, system)
    async with setting.stage.scene() as scene:
        scene.target_id = "supervisor"
        desk = DeskClient(system.settings.http.port, setting.tokens[scene.seat])
        await is_shown(desk, "talk")
        yield scene, desk
        if scene.call.ended is None:
            await scene.call.hang_up()
        await has_ended(scene.call, scene.agent, scene.target)
    await asyncio.to_thread(nothing_is_left, system)


async def is_shown(desk: DeskClient, state: str) -> dict[str, Any]:
    """Wait until the desk shows the call in this state again; until then it says why it cannot."""
    said = None
    try:
        async with asyncio.timeout(BACK_WITHIN_S):
            while True:
                try:
                    said = await desk.get("call")
                except OSError:
                    said = None  # nobody is there to ask
                if said and said.status == 200 and said.body["call"] is not None:
                    break
                assert said is None or said.status in {200, 503}, said
                await asyncio.sleep(ASKED_AGAIN_S)
    except TimeoutError:
        raise AssertionError(f"never shown: {said}") from None
    call: dict[str, Any] = said.body["call"]
    assert call["state"] == state, call
    return call


def links(system: System) -> set[str]:
    """The descriptors of all who are logged in at Asterisk's manager interface."""
    shown = system.asks_asterisk("manager show connected")
    return {found[1] for line in shown if (found := re.match(r" *callrouter +\S+ +\d+ +\d+ +(\d+) ", line))}


async def cut(system: System, setting: Setting) -> None:
    """Asterisk drops the controller's link."""
    theirs = await asyncio.to_thread(links, system) - setting.not_theirs
    assert theirs
    for descriptor in theirs:
        await asyncio.to_thread(system.asks_asterisk, f"manager kick session {descriptor}")


async def kill(system: System, _setting: Setting) -> None:
    """The controller dies, and another one is started."""
    running = controller(system)
    running.kill()
    await asyncio.to_thread(running.wait)
    await asyncio.to_thread(system.start_controller)


@pytest.mark.parametrize("fault", [cut, kill])
async def test_between_every_two_actions(
    system: System, setting: Setting, fault: Callable[[System, Setting], Awaitable[None]]
) -> None:
    async with a_talk(system, setting) as (scene, desk):

        async def struck(state: str) -> None:
            await fault(system, setting)
            await is_shown(desk, state)

        await struck("talk")
        await desk.did("hold")
        await struck("held")
        await desk.did("resume")
        await struck("talk")
        await desk.did("consult", target=scene.target_id)
        scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
        await struck("calling")
        await scene.target.answer()
        await scene.comes_to("asking")
        await struck("asking")
        await desk.did("cancel")
        await has_ended(scene.target)
        await struck("talk")
        await desk.did("consult", target=scene.target_id)
        scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
        await scene.accept()
        await scene.comes_to("consult")
        await struck("consult")
        await desk.did("join")
        await all_talk(scene)
        await struck("three")
        await desk.did("leave")
        await with_the_target(scene)
        assert scene.outcomes() == ["cancelled"]
        await scene.target.hang_up()
        await has_ended(scene.call)
        assert scene.outcomes() == ["cancelled", "joined"]
    record = await asyncio.to_thread(system.record, scene.call.sip_call_id)
    assert [attempt["outcome"] for attempt in record["transfers"]] == ["cancelled", "joined"]


@pytest.mark.parametrize(("point", "is_done"), [("desk_looked", False), ("desk_told", True)])
async def test_killed_in_the_middle_of_an_action(
    system: System, setting: Setting, point: str, is_done: bool
) -> None:
    async with a_talk(system, setting) as (scene, desk):
        running = controller(system)
        running.kill()
        await asyncio.to_thread(running.wait)
        armed = await asyncio.to_thread(system.start_controller, armed=f"{point}:kill")
        await is_shown(desk, "talk")
        with pytest.raises((ConnectionError, RemoteDisconnected)):
            await desk.post("consult", target=scene.target_id)
        await asyncio.to_thread(eventually, "it was struck", lambda: is_struck(armed))
        if not is_done:
            await back_with_the_agent(scene)
            await asyncio.to_thread(system.start_controller)
            await is_shown(desk, "talk")
            await desk.did("consult", target=scene.target_id)
        scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
        if is_done:
            await asyncio.to_thread(system.start_controller)
        await is_shown(desk, "calling")
        await scene.accept()
        await scene.hear(caller=(), agent=(TARGET_HZ,), target=(AGENT_HZ,))
        await desk.did("join")
        await all_talk(scene)
    assert scene.outcomes() == ["joined"]


async def test_two_controllers_that_are_asked_for_the_same_do_it_once(
    system: System, setting: Setting
) -> None:
    settings = yaml.safe_load(system.config.read_text(encoding="utf-8"))
    own = {part: {"port": free_port(socket.SOCK_STREAM)} for part in ("http", "agi")}
    config = system.config.with_name("second.yaml")
    config.write_text(yaml.safe_dump({**settings, **own}), encoding="utf-8")
    second = System(config, load_settings(config))
    await asyncio.to_thread(controller, system)
    await asyncio.to_thread(second.start_controller, "--roles", "route")
    try:
        async with a_talk(system, setting) as (scene, desk):
            other = DeskClient(second.settings.http.port, desk.token)
            await is_shown(other, "talk")
            await asyncio.to_thread(eventually, "it stands by", lambda: standing(second) == "standby")
            said = await other.post("consult", target=scene.target_id)
            assert (said.status, said.error) == (503, "not_in_control")
            for _ in range(3):
                both = await asyncio.gather(
                    *(each.post("consult", target=scene.target_id, attempt=None) for each in (desk, other))
                )
                assert sorted(each.status for each in both) == [200, 503], both
                scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
                await desk.did("cancel")
                await has_ended(scene.target)
                await back_with_the_agent(scene)
            assert scene.outcomes() == ["cancelled"] * 3
            # Who is in control is killed: the other one goes on where it was.
            first = controller(system)
            first.kill()
            await asyncio.to_thread(first.wait)
            await asyncio.to_thread(eventually, "it is in control", lambda: standing(second) == "holder")
            await other.did("consult", target=scene.target_id)
            scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
            await scene.accept()
            await scene.comes_to("consult")
            await other.did("cancel")
            await back_with_the_agent(scene)
    finally:
        await asyncio.to_thread(second.stop)


def standing(system: System) -> Any:
    return system.readyz()[1].get("control")


async def test_who_is_about_to_stop_begins_nothing_and_lets_what_goes_on_end(
    system: System, setting: Setting
) -> None:
    async with a_talk(system, setting) as (scene, desk):
        await desk.did("consult", target=scene.target_id)
        scene.target = await scene.target_phone.next_call(timeout_s=SOON_S)
        await scene.accept()
        await scene.comes_to("consult")
        stopping = controller(system)
        stopping.send_signal(signal.SIGTERM)
        await asyncio.to_thread(
            eventually, "it says so", lambda: system.readyz()[1].get("draining") == "true"
        )
        await asyncio.sleep(1)
        assert stopping.poll() is None
        said = await desk.post("consult", target=scene.target_id)
        assert (said.status, said.error) == (503, "draining"), said
        await desk.did("cancel")
        await asyncio.to_thread(stopping.wait, 10)
        await back_with_the_agent(scene)


async def test_a_second_word_ends_the_waiting(system: System, setting: Setting) -> None:
    async with a_talk(system, setting) as (_scene, desk):
        await desk.did("hold")
        stopping = controller(system)
        os.kill(stopping.pid, signal.SIGTERM)
        await asyncio.sleep(1)
        assert stopping.poll() is None
        os.kill(stopping.pid, signal.SIGTERM)
        await asyncio.to_thread(stopping.wait, 8)


async def test_a_caller_whom_nobody_looks_after_any_more_is_put_right_after_a_gap(
    system: System, setting: Setting
) -> None:
    async with a_talk(system, setting) as (scene, desk):
        await desk.did("hold")
        await scene.comes_to("held")
        scene.expects_another_agent()
        first = scene.agent
        # What no rule of the dialplan's foresees: he waits somewhere else, and his agent has gone.
        await scene.news.ask(
            "Setvar", Channel=scene.caller_channel, Variable="CR_AGENT_CHANNEL", Value="PJSIP/gone-00000001"
        )
        await asyncio.to_thread(
            system.asks_asterisk, "dialplan add extension s,1,Wait,600 into by-nobody-foreseen"
        )
        await scene.redirect("by-nobody-foreseen", "s")
        await cut(system, setting)
        await scene.is_with_the_next_agent()
        await first.hang_up()
        await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
