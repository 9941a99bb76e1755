"""Callers who have to wait: one seat is there, and it talks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from parties import CALLER_HZ, carrier_caller, phone
from running_system import MakeSystem, System, eventually

from callrouter.layout import sounds_folder
from callrouter.sip_party.call_state import CallState

OFFERED_AFTER_S = 15
NOTICE = "g01-sichuan"


def seconds(key: str) -> float:
    """How long a prompt lasts."""
    return (sounds_folder() / f"{key}.alaw").stat().st_size / 8000


def waiting_system(make_system: MakeSystem) -> System:
    """A message and a call-back are offered soon, or at once to the third caller."""
    made = make_system(queue={"long_wait_s": OFFERED_AFTER_S, "wrap_up_s": 0, "overload_at": 2})
    made.start()
    return made


@asynccontextmanager
async def busy(system: System) -> AsyncIterator[Any]:
    """One seat, and it talks: whoever calls now waits."""
    async with phone(system, "1001") as agent, carrier_caller(system, "13900000001") as other:
        talk = await other.dial("110")
        ringing = await agent.next_call(timeout_s=5)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=3)
        yield agent, ringing
        if talk.ended is None:
            await talk.hang_up()


async def ends(system: System, call: Any) -> dict[str, Any]:
    await call.wait_for(CallState.ENDED, timeout_s=25)
    await asyncio.to_thread(eventually, "no channel is left", lambda: system.channels() == 0)
    return await asyncio.to_thread(system.record, call.sip_call_id)
