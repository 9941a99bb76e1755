"""110 on this machine: a desk behind its own trunk, and the second trunk that leads to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from changed_plan import changed_plan
from running_system import System, eventually

from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

MAIN_HOST, BACKUP_HOST, MIANYANG_HOST = "127.0.0.110", "127.0.0.199", "127.0.0.122"
MAIN, BACKUP, MIANYANG = "peer-police-110", "peer-emergency-backup", "peer-traffic-122"
POLICE_HZ = 1400
_HOSTS = {
    MAIN: ("192.0.2.110", MAIN_HOST),
    BACKUP: ("192.0.2.199", BACKUP_HOST),
    MIANYANG: ("192.0.2.122", MIANYANG_HOST),
}
_DESK_AND_MIANYANGS = """{areas: [], peer: police-110, alternates: [emergency-backup]}
      - {areas: ["0816"], peer: traffic-122}"""
_DESK = r"\{areas: \[\], peer: police-110, alternates: \[emergency-backup\]\}"


def plan_with_police(folder: Path, port: int) -> Path:
    """Copy Sichuan's plan into `folder`, with 110 here; Mianyang has a desk of its own, and no backup."""
    here = ((rf"sip:{re.escape(old)}:5060", f"sip:{new}:{port}") for old, new in _HOSTS.values())
    return changed_plan("sichuan", folder, operator=(*here, (_DESK, _DESK_AND_MIANYANGS)))


@dataclass
class Desk:
    """Who answers 110 by one trunk: each call by its caller's number."""

    party: SipParty
    calls: dict[str, asyncio.Queue[IncomingCall]] = field(default_factory=dict)

    async def call_of(self, number: str, *, within_s: float = 10.0) -> IncomingCall:
        return await asyncio.wait_for(self._of(number).get(), within_s)

    def has_none_of(self, number: str) -> bool:
        return self._of(number).empty()

    async def take(self) -> None:
        while True:
            call = await self.party.next_call(timeout_s=3600)
            self._of(asserted(call)).put_nowait(call)

    def _of(self, number: str) -> asyncio.Queue[IncomingCall]:
        return self.calls.setdefault(number, asyncio.Queue())


def asserted(call: IncomingCall) -> str:
    """The caller's number as the trunk is told it, whatever he shows (RFC 3325)."""
    found = re.search(r"sip:(\+?[0-9]+)@", " ".join(call.received_headers("P-Asserted-Identity")))
    return found[1] if found else ""


@asynccontextmanager
async def police(system: System, port: int, endpoint: str = MAIN) -> AsyncIterator[Desk]:
    """The desk behind a trunk, once Asterisk has had its answer to an OPTIONS."""
    host = _HOSTS[endpoint][1]
    async with SipParty.open(host=host, port=port, user="110", server=system.sip, tone_hz=POLICE_HZ) as party:
        await asyncio.to_thread(eventually, f"{endpoint} is reachable", lambda: system.trunk_is_up(endpoint))
        desk = Desk(party)
        taking = asyncio.create_task(desk.take())
        try:
            yield desk
        finally:
            taking.cancel()
            with suppress(asyncio.CancelledError):
                await taking
