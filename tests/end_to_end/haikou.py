"""Haikou's platform on this machine: another house, behind a trunk of its own, to which Hainan passes calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from changed_plan import changed_plan
from running_system import System, eventually

from callrouter.sip_party.party import SipParty

PLATFORM_HOST, PLATFORM_HZ = "127.0.0.3", 1400
CODE = "0898"
"""By which agents choose it."""


def plan_with_haikou(folder: Path, port: int, *changes: tuple[str, str]) -> Path:
    """Copy Hainan's plan into `folder`, with Haikou at this port, and whatever else is to be changed."""
    haikou_here = (r"sip:192\.0\.2\.31:5060", f"sip:{PLATFORM_HOST}:{port}")
    return changed_plan("hainan", folder, operator=(haikou_here, *changes))


@asynccontextmanager
async def haikou(system: System, port: int) -> AsyncIterator[SipParty]:
    """The other platform, once Asterisk has had its answer to an OPTIONS."""
    async with SipParty.open(
        host=PLATFORM_HOST, port=port, user="haikou", server=system.sip, tone_hz=PLATFORM_HZ
    ) as party:
        await asyncio.to_thread(eventually, "Haikou is reachable", lambda: system.trunk_is_up("peer-haikou"))
        yield party
