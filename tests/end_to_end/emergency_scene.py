"""An agent hands a caller to 110: what is common to all such scenes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from parties import AGENT_HZ, CALLER_HZ, heard
from police import POLICE_HZ, Desk
from running_system import MakeSystem, System, eventually
from transfer_plays import AGENTS, RING_S, TARGETS
from transfer_scene import Scene
from without_notices import without_notices

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.media import Silence, Tone

SILENT_S = 10
"""A trunk without a packet for so long counts as dead."""
EMERGENCY_RING_S = 10
SURELY = 0.6
"""How alike it is what was said; what was not is below 0.5. Mixed on a busy machine a frame may be late, and then
what follows is out of step: 0.8 was seen."""
SPOKEN_OVER_S = 7.0
"""What is said meanwhile covers a tone for so long at most."""


def emergency_system(make_system: MakeSystem, plan: Path, **managed: bool) -> System:
    """No controller, no database and no broker; seats in the general queue."""
    made = make_system(
        plan=str(plan),
        managed={"controller": False, "broker": False, "ticketing_subscriber": False} | managed,
        sip={"seats": [*AGENTS, *TARGETS], "silent_trunk_s": SILENT_S},
        queue={"ring_s": RING_S, "wrap_up_s": 0, "emergency_ring_s": EMERGENCY_RING_S},
    )
    made.start()
    eventually("Asterisk is booted", lambda: "booted" in " ".join(made.asks_asterisk("core waitfullybooted")))
    for seat in AGENTS:
        made.asks_asterisk(
            f"queue add member Local/{seat}@seat to hotline penalty 0 as {seat} state_interface PJSIP/{seat}"
        )
    without_notices(made)
    return made


async def rings(scene: Scene, desk: Desk, keys: str, *, within_s: float = 10.0) -> tuple[IncomingCall, float]:
    """The agent presses the keys: the call as it comes to the desk, and how long after he touched the last key."""
    await scene.agent.press(keys[:-1])
    pressed = asyncio.get_running_loop().time()
    await scene.agent.press(keys[-1])
    invite = await desk.call_of(scene.number, within_s=within_s)
    took_s = invite.history[CallState.CALLING] - pressed
    await invite.ring()
    return invite, took_s


async def three_of_them(scene: Scene, invite: Any) -> None:
    """Each hears the two others."""
    loop = asyncio.get_running_loop()
    since = loop.time()
    everybody = (
        (scene.call, (AGENT_HZ, POLICE_HZ)),
        (scene.agent, (CALLER_HZ, POLICE_HZ)),
        (invite, (CALLER_HZ, AGENT_HZ)),
    )
    await asyncio.gather(
        *(
            party.hears(tone, timeout_s=SPOKEN_OVER_S + 4, since=since)
            for party, tones in everybody
            for tone in tones
        )
    )


async def is_said(scene: Scene, prompt: str, *, within_s: float) -> None:
    """Caller and agent, who say nothing themselves meanwhile, hear the whole of it; then they talk."""
    both = (scene.call, scene.agent)
    for party in both:
        party.play(Silence())
    await asyncio.to_thread(
        eventually,
        f"both hear {prompt}",
        lambda: all(heard(party, prompt).correlation > SURELY for party in both),
        within_s=within_s,
    )
    scene.call.play(Tone(CALLER_HZ))
    scene.agent.play(Tone(AGENT_HZ))


async def talks_with_the_agent(scene: Scene) -> None:
    since = asyncio.get_running_loop().time()
    await asyncio.gather(
        scene.call.hears(AGENT_HZ, timeout_s=SPOKEN_OVER_S + 4, since=since),
        scene.agent.hears(CALLER_HZ, timeout_s=SPOKEN_OVER_S + 4, since=since),
    )
