"""What is played in the transfers' scenes: how each state is come to, and how a stage is set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from parties import AGENT_HZ, CALLER_HZ
from running_system import MakeSystem, System, eventually
from transfer_scene import TARGET_HZ, Scene, Stage, has_ended, stage
from waiting_room import seconds
from without_notices import without_notices

AGENTS = tuple(f"10{n:02}" for n in range(1, 13))
TARGETS = tuple(f"20{n:02}" for n in range(1, 9))
AT_ONCE = len(TARGETS)
RING_S = 5

Play = Callable[[Scene], Awaitable[None]]


def transfer_system(
    make_system: MakeSystem, *, agents: Sequence[str] = AGENTS, targets: Sequence[str] = TARGETS
) -> System:
    """No controller, and seats that are in the general queue, or are colleagues alone."""
    made = make_system(
        managed={"controller": False},
        sip={"seats": [*agents, *targets]},
        queue={"ring_s": RING_S, "wrap_up_s": 0},
        recording={"enabled": True},
    )
    made.start()
    eventually(
        "Asterisk is booted", lambda: any("hotline" in line for line in made.asks_asterisk("queue show"))
    )
    for seat in agents:
        made.asks_asterisk(
            f"queue add member Local/{seat}@seat to hotline penalty 0 as {seat} state_interface PJSIP/{seat}"
        )
    shown = made.asks_asterisk("queue show hotline")
    assert len([line for line in shown if "state_interface" in line or "dynamic" in line]) == len(agents), (
        shown
    )
    without_notices(made)
    return made


async def play(system: System, *plays: Play) -> None:
    """Play each as a scene of its own, as many at once as there are targets."""

    async def one(on: Stage, what: Play) -> None:
        async with on.scene() as scene:
            await what(scene)
            if scene.call.ended is None:
                await scene.call.hang_up()
            await has_ended(scene.call, scene.agent, scene.target)

    async with stage(system, AGENTS, TARGETS) as on:
        done = await asyncio.gather(*(one(on, what) for what in plays), return_exceptions=True)
    failed = [(what.__name__, fault) for what, fault in zip(plays, done, strict=True) if fault is not None]
    assert not failed, failed
    await asyncio.to_thread(nothing_is_left, system)


async def all_talk(scene: Scene) -> None:
    """All hear all, once it has been said to them that they do: speech may look like a tone."""
    await scene.comes_to("three")
    await asyncio.sleep(seconds("b15") + 0.3)
    await scene.hear(caller=(AGENT_HZ, TARGET_HZ), agent=(CALLER_HZ, TARGET_HZ), target=(CALLER_HZ, AGENT_HZ))


async def back_with_the_agent(scene: Scene) -> None:
    await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
    assert scene.agent.ended is None


async def with_the_target(scene: Scene) -> None:
    await scene.hear(caller=(TARGET_HZ,), target=(CALLER_HZ,))


async def held(scene: Scene) -> None:
    await scene.hold()
    await scene.comes_to("held")
    await scene.hears_music()


async def calling(scene: Scene) -> None:
    ringing = await scene.consult()
    await ringing.ring()
    await scene.hears_music()


async def asking(scene: Scene) -> None:
    await calling(scene)
    assert scene.target
    await scene.target.answer()
    await scene.comes_to("asking")
    await scene.hear(caller=(), target=())


async def consulting(scene: Scene) -> None:
    await scene.consult()
    await scene.accept()
    await scene.comes_to("consult")
    await scene.hear(caller=(), agent=(TARGET_HZ,), target=(AGENT_HZ,))


async def three(scene: Scene) -> None:
    await consulting(scene)
    await scene.join()
    await all_talk(scene)


async def handed(scene: Scene) -> None:
    await three(scene)
    await scene.leave()
    await has_ended(scene.agent)
    await with_the_target(scene)


async def passing(scene: Scene) -> None:
    ringing = await scene.consult("plain")
    await ringing.ring()
    await scene.hears_music()


async def alone(scene: Scene) -> None:
    await passing(scene)
    await scene.agent.hang_up()
    await scene.comes_to("alone")
    await scene.hears_music()


IN_EACH: dict[str, Play] = {
    "held": held, "calling": calling, "asking": asking, "consult": consulting, "three": three, "handed": handed,
    "passing": passing, "alone": alone,
}  # fmt: skip


def in_state(state: str, then: Play) -> Play:
    async def both(scene: Scene) -> None:
        await IN_EACH[state](scene)
        await then(scene)

    both.__name__ = f"{state}: {then.__name__}"
    return both


def nothing_is_left(system: System) -> None:
    """No channel, bridge or conference."""
    eventually("no channel is left", lambda: system.channels() == 0)
    assert len(system.asks_asterisk("confbridge list")) <= 2
    bridges = [
        line for line in system.asks_asterisk("bridge show all") if "softmix" in line or "simple" in line
    ]
    assert bridges == []
