"""A supervisor listens, whispers and joins by codes: who hears whom, who may not, and what the call's journal says.

There is no controller in any of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from parties import AGENT_HZ, CALLER_HZ, heard, phone
from running_system import MakeSystem, System, eventually
from transfer_plays import nothing_is_left
from transfer_scene import TARGET_HZ, Scene, has_ended, stage
from without_notices import without_notices

from callrouter.sip_party.call import Call
from callrouter.sip_party.party import SipParty

AGENTS, TARGETS = ("1001", "1002"), ("2001",)
SUPERVISOR = "1101"
SUPERVISOR_HZ = TARGET_HZ
"""Scenes know three tones; nobody is brought in here."""


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(
        managed={"controller": False},
        sip={"seats": [*AGENTS, *TARGETS], "supervisors": [SUPERVISOR]},
        queue={"ring_s": 5, "wrap_up_s": 0},
        recording={"enabled": True},
    )
    made.start()
    eventually(
        "Asterisk is booted", lambda: any("hotline" in line for line in made.asks_asterisk("queue show"))
    )
    for seat in AGENTS:
        made.asks_asterisk(
            f"queue add member Local/{seat}@seat to hotline penalty 0 as {seat} state_interface PJSIP/{seat}"
        )
    without_notices(made)
    return made


@asynccontextmanager
async def played(system: System) -> AsyncIterator[tuple[Scene, SipParty]]:
    """A talk, and a supervisor at his phone; afterwards nothing is left of either."""
    async with (
        stage(system, AGENTS, TARGETS) as on,
        phone(system, SUPERVISOR, SUPERVISOR_HZ) as supervisor,
        on.scene() as scene,
    ):
        yield scene, supervisor
        if scene.call.ended is None:
            await scene.call.hang_up()
        await has_ended(scene.call, scene.agent)
    await asyncio.to_thread(nothing_is_left, system)


async def supervises(scene: Scene, supervisor: SipParty, code: str) -> Call:
    """From now on the scene's third party is the supervisor."""
    call = await supervisor.dial(f"{code}{scene.seat}")
    scene.target = call  # type: ignore[assignment] # he called, and was not called
    return call


def supervised(scene: Scene) -> list[dict[str, str]]:
    """What the call's own journal says of it; rows of one word once."""
    found = [fact for fact in scene.journal() if fact["event"] == "CR_SUPERVISION"]
    once = {(fact["id"], fact["state"]): fact for fact in found}
    assert all(fact["call"] == scene.id for fact in found)
    return [
        {key: fact[key] for key in ("seat", "supervisor", "kind", "state")}
        for fact in sorted(once.values(), key=lambda fact: float(fact["at"]))
    ]


async def together(scene: Scene) -> None:
    await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))


async def test_who_listens_hears_both_and_is_heard_by_nobody_and_who_goes_leaves_the_call_as_it_was(
    system: System,
) -> None:
    async with played(system) as (scene, supervisor):
        listener = await supervises(scene, supervisor, "*81")
        await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,), target=(CALLER_HZ, AGENT_HZ))
        await listener.hang_up()
        await together(scene)
        await scene.call.hang_up()
        await has_ended(scene.agent)
        row = {"seat": scene.seat, "supervisor": SUPERVISOR, "kind": "listen"}
        await asyncio.to_thread(
            eventually,
            "both ends are in the call's journal",
            lambda: supervised(scene) == [row | {"state": "began"}, row | {"state": "ended"}],
        )


async def test_a_whisper_is_heard_by_the_agent_alone(system: System) -> None:
    async with played(system) as (scene, supervisor):
        await supervises(scene, supervisor, "*82")
        await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ, SUPERVISOR_HZ), target=(CALLER_HZ, AGENT_HZ))


async def test_who_names_no_seat_is_asked_for_one_and_told_what_has_begun(system: System) -> None:
    async with played(system) as (scene, supervisor):
        call = await supervisor.dial("*81")
        scene.target = call  # type: ignore[assignment] # he called, and was not called
        await asyncio.to_thread(eventually, "he is asked", lambda: heard(call, "c34").is_the_prompt)
        await call.press(f"{scene.seat}#")
        await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,), target=(CALLER_HZ, AGENT_HZ))
        assert heard(call, "c35").is_the_prompt


async def test_who_joins_is_heard_by_both_and_goes_with_the_agent(system: System) -> None:
    async with played(system) as (scene, supervisor):
        joined = await supervises(scene, supervisor, "*83")
        await scene.hear(
            caller=(AGENT_HZ, SUPERVISOR_HZ),
            agent=(CALLER_HZ, SUPERVISOR_HZ),
            target=(CALLER_HZ, AGENT_HZ),
        )
        await scene.agent.hang_up()
        await has_ended(joined)


async def test_in_a_conference_too_he_listens_whispers_joins_and_leaves(system: System) -> None:
    async with played(system) as (scene, supervisor):
        await scene.hold()
        await scene.comes_to("held")
        await scene.hears_music()
        await scene.resume()
        # What was heard before the hold is not what is heard after it.
        await asyncio.sleep(0.5)
        await together(scene)
        heard = {
            "*81": ((AGENT_HZ,), (CALLER_HZ,)),
            "*82": ((AGENT_HZ,), (CALLER_HZ, SUPERVISOR_HZ)),
            "*83": ((AGENT_HZ, SUPERVISOR_HZ), (CALLER_HZ, SUPERVISOR_HZ)),
        }
        for code, (caller, agent) in heard.items():
            call = await supervises(scene, supervisor, code)
            await scene.hear(caller=caller, agent=agent, target=(CALLER_HZ, AGENT_HZ))
            await call.hang_up()
            await together(scene)
        last = await supervises(scene, supervisor, "*83")
        await scene.hear(target=(CALLER_HZ, AGENT_HZ))
        await scene.call.hang_up()
        await has_ended(scene.agent, last)


async def test_an_agent_may_not_and_nobody_is_listened_to_who_has_no_call(system: System) -> None:
    async with played(system) as (scene, supervisor):
        async with phone(system, TARGETS[0], SUPERVISOR_HZ) as agent:
            refused = await agent.dial(f"*83{scene.seat}")
            await has_ended(refused)
            assert heard(refused, "c39").is_the_prompt
        await together(scene)
        idle = next(seat for seat in AGENTS if seat != scene.seat)
        for code in (f"*81{idle}", f"*81{SUPERVISOR}"):
            nobody = await supervisor.dial(code)
            await has_ended(nobody)
            assert heard(nobody, "c38").is_the_prompt
        await scene.call.hang_up()
        await has_ended(scene.agent)
        await asyncio.sleep(0.5)
        assert supervised(scene) == []
