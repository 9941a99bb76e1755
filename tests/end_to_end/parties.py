"""The callers and agents of the end-to-end tests: real SIP, each with a tone of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from running_system import eventually

from callrouter.layout import sounds_folder
from callrouter.sip_party.audio import Match, find_prompt
from callrouter.sip_party.call import Call
from callrouter.sip_party.party import SipParty

CALLER_NUMBER = "13800138000"
CALLER_HZ, AGENT_HZ, DUTY_HZ = 600, 850, 1150


@asynccontextmanager
async def carrier_caller(system: Any, number: str = CALLER_NUMBER) -> AsyncIterator[SipParty]:
    """A caller behind the carrier's trunk."""
    async with SipParty.open(host="127.0.0.2", user=number, server=system.sip, tone_hz=CALLER_HZ) as caller:
        yield caller


@asynccontextmanager
async def phone(system: Any, name: str, tone_hz: int = AGENT_HZ) -> AsyncIterator[SipParty]:
    """A registered phone: a seat, or the duty phone."""
    async with SipParty.open(
        host="127.0.0.1", user=name, password=system.password(name), server=system.sip, tone_hz=tone_hz
    ) as party:
        await party.register()
        await asyncio.to_thread(eventually, f"{name} is reachable", lambda: system.is_reachable(name))
        # Whoever let it ring in vain in an earlier test is paused; who sits down is not.
        await asyncio.to_thread(system.asks_asterisk, f"queue unpause member Local/{name}@seat")
        yield party


def heard(call: Call, prompt: str) -> Match:
    """Compare what a call has heard with a prompt's samples."""
    return find_prompt(call.heard.alaw, (sounds_folder() / f"{prompt}.alaw").read_bytes())
