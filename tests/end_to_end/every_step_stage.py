"""The system on which a caller can come to every step, and who picks up for him: a seat, the duty phone, Haikou."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from parties import AGENT_HZ, DUTY_HZ, phone
from plan_of_every_step import (
    BUSY_SEAT,
    CLOSED_NOTICE,
    MENU_SOUND,
    write_plan,
)
from running_system import MakeSystem, System, eventually, free_port

from callrouter.layout import sounds_folder
from callrouter.sip_party.errors import SipPartyError
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

DUTY_PHONE, PLATFORM_HOST, PLATFORM_HZ = "1999", "127.0.0.3", 1400


@contextmanager
def sounds_of_the_plan() -> Iterator[None]:
    """What the plan's menus and its closed platform say, for as long as the tests last."""
    folder = sounds_folder()
    copies = {folder / f"{CLOSED_NOTICE}.alaw": "h02", folder / f"{MENU_SOUND}.alaw": "n02"}
    for copy, sound in copies.items():
        shutil.copyfile(folder / f"{sound}.alaw", copy)
    try:
        yield
    finally:
        for copy in copies:
            copy.unlink()


@dataclass(frozen=True, slots=True)
class Stage:
    """The system of every step, its controller apart, and where Haikou's switchboard is to be."""

    system: System
    platform_port: int


def stage_of_every_step(make_system: MakeSystem, folder: Path) -> Stage:
    """Start everything with recording and the survey; the controller is the test's own."""
    port = free_port(socket.SOCK_DGRAM)
    made = make_system(
        plan=str(write_plan(folder / "hainan", f"{PLATFORM_HOST}:{port}")),
        managed={"controller": False},
        recording={"enabled": True},
        survey={"enabled": True},
        queue={
            "wrap_up_s": 0,
            "wait_s": 90,
            "special_wait_s": 90,
            "duty_ring_s": 60,
            "voicemail_limit_s": 60,
            "overload_at": 1,
        },
    )
    made.start()
    made.start_controller()
    eventually("there is a seat", lambda: BUSY_SEAT in made.seats_in_the_queue(), within_s=60)
    return Stage(made, port)


class Attended:
    """A phone that picks up, but for callers for whom it is to ring on or to refuse."""

    def __init__(self, party: SipParty, hz: int) -> None:
        self.hz = hz
        self.rings_for: set[str] = set()
        self.refuses: set[str] = set()
        self.calls: defaultdict[str, asyncio.Future[IncomingCall]] = defaultdict(
            asyncio.get_running_loop().create_future
        )
        self._party = party

    async def attend(self) -> None:
        """Take its calls until cancelled."""
        while True:
            call = await self._party.next_call(timeout_s=3600)
            number = _number_of(call)
            try:
                if number in self.refuses:
                    await call.reject(486)
                elif number in self.rings_for:
                    await call.ring()
                else:
                    await call.answer()
            except SipPartyError:
                continue  # The caller has gone.
            if not self.calls[number].done():
                self.calls[number].set_result(call)

    async def has(self, number: str, *, within_s: float = 40.0) -> IncomingCall:
        """Wait for the call of a caller."""
        return await asyncio.wait_for(asyncio.shield(self.calls[number]), within_s)


def _number_of(call: IncomingCall) -> str:
    found = re.search(r"sip:([0-9]+)@", call.received_headers("From")[0])
    assert found, "a phone is shown no caller's number"
    return found[1]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who may pick up."""

    seat: Attended
    duty: Attended
    platform: Attended


@asynccontextmanager
async def staff_of(stage: Stage) -> AsyncIterator[Staff]:
    """One seat, the duty phone, and Haikou's switchboard."""
    system = stage.system
    async with (
        phone(system, BUSY_SEAT) as seat,
        phone(system, DUTY_PHONE, DUTY_HZ) as duty,
        SipParty.open(
            host=PLATFORM_HOST,
            port=stage.platform_port,
            user="haikou",
            server=system.sip,
            tone_hz=PLATFORM_HZ,
        ) as platform,
    ):
        await asyncio.to_thread(eventually, "Haikou is reachable", lambda: system.trunk_is_up("peer-haikou"))
        staff = Staff(Attended(seat, AGENT_HZ), Attended(duty, DUTY_HZ), Attended(platform, PLATFORM_HZ))
        tasks = [asyncio.create_task(one.attend()) for one in (staff.seat, staff.duty, staff.platform)]
        try:
            yield staff
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(one) for one in ended} == {asyncio.CancelledError}
