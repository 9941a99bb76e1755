"""Haikou's platform on this machine: another house, behind a trunk of its own, to which Hainan passes calls."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from running_system import System, eventually

from callrouter.settings import PROJECT_ROOT
from callrouter.sip_party.party import SipParty

PLATFORM_HOST, PLATFORM_HZ = "127.0.0.3", 1400
CODE = "0898"
"""By which agents choose it."""


def plan_with_haikou(folder: Path, port: int, *changes: tuple[str, str]) -> Path:
    """Copy Hainan's plan into `folder`, with Haikou at this port, and whatever else is to be changed."""
    plan = folder / "hainan"
    shutil.copytree(PROJECT_ROOT / "dialplans" / "hainan", plan)
    file = plan / "operator.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in ((r"sip:192\.0\.2\.31:5060", f"sip:{PLATFORM_HOST}:{port}"), *changes):
        text, count = re.subn(old, new, text)
        assert count == 1, old
    file.write_text(text, encoding="utf-8")
    return plan


@asynccontextmanager
async def haikou(system: System, port: int) -> AsyncIterator[SipParty]:
    """The other platform, once Asterisk has had its answer to an OPTIONS."""
    async with SipParty.open(
        host=PLATFORM_HOST, port=port, user="haikou", server=system.sip, tone_hz=PLATFORM_HZ
    ) as party:
        await asyncio.to_thread(eventually, "Haikou is reachable", lambda: _is_reachable(system))
        yield party


def _is_reachable(system: System) -> bool:
    return any(
        "peer-haikou" in line and " Avail " in line for line in system.asks_asterisk("pjsip show contacts")
    )
