"""Many seats, each a registered phone with a person who picks up at once, or lets it ring until told."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from parties import AGENT_HZ
from running_system import System, eventually

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.errors import SipPartyError
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

_A_LONG_TIME_S = 3600.0


@dataclass(frozen=True, slots=True)
class Taken:
    """A call at a seat."""

    seat: str
    call: IncomingCall

    @property
    def invited_at(self) -> float:
        """When the seat's INVITE came, on the party's clock."""
        return self.call.history[CallState.CALLING]


def _future() -> asyncio.Future[Taken]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class Caller:
    """What the seats have seen of one caller."""

    rings: asyncio.Future[Taken] = field(default_factory=_future)
    """The first seat that was called."""
    talks: asyncio.Future[Taken] = field(default_factory=_future)
    """The seat that has picked up."""


class StaffedSeats:
    """What becomes of calls at the seats, by the caller's number."""

    def __init__(self) -> None:
        self.callers: defaultdict[str, Caller] = defaultdict(Caller)
        self._pick_up = asyncio.Event()
        self._pick_up.set()

    def let_it_ring(self) -> None:
        """Pick up nothing from now on."""
        self._pick_up.clear()

    def refuse_what_rings(self) -> None:
        """Be busy to what rings now, and pick up what comes from now on."""
        self._pick_up.set()

    async def attend(self, seat: str, phone: SipParty) -> None:
        """Take one seat's calls until cancelled."""
        while True:
            call = await phone.next_call(timeout_s=_A_LONG_TIME_S)
            caller, taken = self.callers[_number_of(call)], Taken(seat, call)
            if not caller.rings.done():
                caller.rings.set_result(taken)
            try:
                if not self._pick_up.is_set():
                    await call.ring()
                    await self._pick_up.wait()
                    await call.reject(486)
                    continue
                await call.answer()
            except SipPartyError:
                # The caller has gone. Whoever waits for this talk says so, with the caller's own log.
                continue
            caller.talks.set_result(taken)


def _number_of(call: IncomingCall) -> str:
    found = re.search(r"sip:([0-9]+)@", call.received_headers("From")[0])
    assert found, "a seat is shown no caller's number"
    return found[1]


@asynccontextmanager
async def staffed(system: System, names: Sequence[str]) -> AsyncIterator[StaffedSeats]:
    """Register the seats and have each attended."""
    seats = StaffedSeats()
    async with AsyncExitStack() as phones:
        opened = [
            await phones.enter_async_context(
                SipParty.open(
                    host="127.0.0.1",
                    user=name,
                    password=system.password(name),
                    server=system.sip,
                    tone_hz=AGENT_HZ,
                )
            )
            for name in names
        ]
        await asyncio.gather(*(phone.register() for phone in opened))
        await asyncio.to_thread(eventually, "every seat is reachable", lambda: system.is_reachable(*names))
        attending = [
            asyncio.create_task(seats.attend(name, phone)) for name, phone in zip(names, opened, strict=True)
        ]
        try:
            yield seats
        finally:
            for task in attending:
                task.cancel()
            failed = await asyncio.gather(*attending, return_exceptions=True)
    assert {type(failure) for failure in failed} == {asyncio.CancelledError}
