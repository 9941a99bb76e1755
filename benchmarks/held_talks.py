"""Callers and agents who talk and do nothing else, in a process of their own.

    python -m benchmarks.held_talks CONFIG SEAT...

Prints `ready` once each of the seats has a caller, and holds the talks until it is ended.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
import uvloop

from callrouter.layout import Layout
from callrouter.local_system.secrets import read
from callrouter.settings import Settings
from callrouter.settings_file import load_settings
from callrouter.sip_party.party import SipParty

_DIALLED = "110"
"""Nothing is said before the talk."""
_APART_S = 0.1
_ASKED_WITHIN_S = 5.0
"""A phone counts as there once Asterisk has had its answer to an OPTIONS."""
_WITHIN_S = 60.0


async def _hold(settings: Settings, seats: list[str]) -> None:
    passwords = read(Layout.of(settings).secrets).phones
    server = ("127.0.0.1", settings.sip.port)
    async with AsyncExitStack() as opened:
        caller = await opened.enter_async_context(
            SipParty.open(host="127.0.0.2", user="13800138999", server=server)
        )
        phones = [
            await opened.enter_async_context(
                SipParty.open(user=seat, password=passwords[seat], server=server, tone_hz=900)
            )
            for seat in seats
        ]
        for phone in phones:
            await phone.register()
        await asyncio.sleep(_ASKED_WITHIN_S)
        answering = [asyncio.create_task(_answer(phone)) for phone in phones]
        for number in range(len(seats)):
            await caller.dial(_DIALLED, caller_number=f"1381{number:07}")
            await asyncio.sleep(_APART_S)
        async with asyncio.timeout(_WITHIN_S):
            await asyncio.gather(*answering)
        print("ready", flush=True)
        await asyncio.Event().wait()


async def _answer(phone: SipParty) -> None:
    call = await phone.next_call(timeout_s=_WITHIN_S)
    await call.answer()
    await call.hears_packets(5, timeout_s=_WITHIN_S)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvloop.run(_hold(load_settings(Path(sys.argv[1])), sys.argv[2:]))
