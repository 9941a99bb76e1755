"""A whole system whose controller is struck while many callers are on their way, and what must be true afterwards."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGSTOP, Signals

import structlog
from four_sources import PartyCall, accounts, disagreements, open_in_journal, wiretap
from parties import AGENT_HZ, CALLER_HZ, carrier_caller
from running_system import System, eventually, is_struck, records_processes_of, state_of
from staffed_seats import Caller, StaffedSeats, staffed

from callrouter.crashpoint import IN_A_DIP, CrashPoint
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.outgoing import OutgoingCall
from callrouter.sip_party.party import SipParty


@dataclass(slots=True)
class Line:
    """A caller, and what the seats see of them."""

    number: str
    call: OutgoingCall
    at_the_seats: Caller

    async def reaches_a_person(self) -> float:
        """Wait until somebody has picked up; return how many seconds after the INVITE the first seat rang."""
        async with asyncio.timeout(20):
            await self.at_the_seats.talks
        return self.at_the_seats.rings.result().invited_at - self.call.history[CallState.CALLING]

    def waited_for_another_seat(self) -> float:
        """How many seconds lay between the first seat's INVITE and that of the seat that picked up."""
        return self.at_the_seats.talks.result().invited_at - self.at_the_seats.rings.result().invited_at

    async def talks_both_ways(self) -> None:
        now = time.monotonic()
        seat = self.at_the_seats.talks.result().call
        await asyncio.gather(
            self.call.hears(AGENT_HZ, timeout_s=3, since=now), seat.hears(CALLER_HZ, timeout_s=3, since=now)
        )

    def as_the_phones_saw_it(self) -> PartyCall:
        to_wall = datetime.now(UTC) - timedelta(seconds=time.monotonic())
        began, ended = (
            to_wall + timedelta(seconds=self.call.history[state])
            for state in (CallState.CALLING, CallState.ENDED)
        )
        talks = self.at_the_seats.talks
        seat = talks.result().seat if talks.done() else None
        return PartyCall(self.call.sip_call_id, self.number, seat, began, ended)


@dataclass(slots=True)
class Scene:
    """The system of all cases, with its controller, callers and seats."""

    system: System
    seats: StaffedSeats
    caller: SipParty
    wire: Path
    controller: subprocess.Popen[bytes]
    lines: list[Line] = field(default_factory=list)
    """Every call that was dialled."""
    over: list[PartyCall] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    async def controller_is_armed(self, armed: str) -> None:
        self.controller.kill()
        await asyncio.to_thread(self.controller.wait, 5)
        self.controller = await asyncio.to_thread(lambda: self.system.start_controller(armed=armed))
        await asyncio.to_thread(eventually, "records are made, or somebody is struck", self._is_running)

    def _is_running(self) -> bool:
        if is_struck(self.controller) or self.are_records_struck(SIGSTOP):
            return True  # on its way up
        _status, told = self.system.readyz()
        return bool(told and told["wanted"]["records"])

    async def strike(self, fault: Signals) -> None:
        self.controller.send_signal(fault)
        await self.is_struck()

    async def strike_records(self, fault: Signals) -> None:
        """Strike the records processes, which the controller has beside it."""
        records = await asyncio.to_thread(self._records_processes)
        for process in records:
            os.kill(process, fault)
        struck = {"T" if fault is SIGSTOP else ""}
        await asyncio.to_thread(
            eventually, "they are struck", lambda: {state_of(process) for process in records} == struck
        )

    async def records_are_struck(
        self, fault: Signals, *, within_s: float = 15.0, at_the_latest: bool = True
    ) -> None:
        try:
            await asyncio.to_thread(
                eventually,
                "a records process is struck",
                lambda: self.are_records_struck(fault),
                within_s=within_s,
            )
        except AssertionError:
            if at_the_latest:
                raise

    def are_records_struck(self, fault: Signals) -> bool:
        """Whether a records process of the controller's stands still, or was killed: it is not the first any more."""
        if fault is SIGSTOP:
            records = records_processes_of(self.controller.pid).values()
            return any(state_of(process) == "T" for process in records)
        return self.system.starts_of_records() > 1

    def _records_processes(self) -> set[int]:
        def both() -> set[int]:
            found = records_processes_of(self.controller.pid)
            return set(found.values()) if {"collect", "publish"} <= found.keys() else set()

        return set(eventually("there are records processes", both))

    async def is_struck(self) -> None:
        await asyncio.to_thread(eventually, "the controller is struck", lambda: is_struck(self.controller))

    async def dial(self, number: str, calls: int) -> list[Line]:
        for _ in range(calls):
            own = f"139{len(self.lines):08d}"
            call = await self.caller.dial(number, caller_number=own)
            self.lines.append(Line(own, call, self.seats.callers[own]))
        return self.lines[-calls:]

    async def hang_up(self, lines: Sequence[Line]) -> None:
        """End the talks, which all go on still."""
        await asyncio.gather(*(line.talks_both_ways() for line in lines))
        await asyncio.gather(*(line.call.hang_up() for line in lines))
        self.over += [line.as_the_phones_saw_it() for line in lines]

    async def recovers(self, fault: Signals) -> None:
        """Let a controller run again; in the end all is told and nothing is left."""
        if fault is SIGSTOP:
            self.controller.send_signal(signal.SIGCONT)
        else:
            self.controller = await asyncio.to_thread(self.system.start_controller)
        await self.all_is_told()

    async def records_recover(self, fault: Signals) -> None:
        """Let the records processes go on; who was killed is back by itself."""
        if fault is SIGSTOP:
            for process in await asyncio.to_thread(self._records_processes):
                os.kill(process, signal.SIGCONT)
        await self.all_is_told()

    async def all_is_told(self, *, within_s: float = 30) -> None:
        """Wait until nothing is left to do or to tell."""
        deadline = time.monotonic() + within_s
        while left := await asyncio.to_thread(self._left):
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.1)

    async def goes_on(self) -> None:
        """Let whoever was stopped go on."""
        self.controller.send_signal(signal.SIGCONT)
        for process in (await asyncio.to_thread(records_processes_of, self.controller.pid)).values():
            os.kill(process, signal.SIGCONT)

    async def looks_struck(self, point: CrashPoint, fault: Signals) -> bool:
        """Whether the process that was armed for this point has been struck."""
        if point in IN_A_DIP:
            return is_struck(self.controller)
        return await asyncio.to_thread(self.are_records_struck, fault)

    def is_told(self, lines: Sequence[Line]) -> bool:
        """Whether the ticketing side has a record of each of these calls."""
        own = {line.call.sip_call_id for line in lines}
        return own <= {event["data"]["sip_call_id"] for event in self.system.records_at_ticketing()}

    def is_stored(self, lines: Sequence[Line]) -> bool:
        """Whether there is a record of each of these calls in the database."""
        own = {line.call.sip_call_id for line in lines}
        stored = self.system.rows("SELECT body FROM call_record")
        return own <= {json.loads(body)["sip_call_id"] for (body,) in stored}

    async def give_up(self) -> None:
        """End what a failed case has left, so that the next one begins like any other."""
        await self.goes_on()
        self.seats.refuse_what_rings()
        ended = {call.sip_call_id for call in self.over}
        left = [line for line in self.lines if line.call.sip_call_id not in ended]
        await asyncio.gather(*(line.call.hang_up() for line in left))
        self.over += [line.as_the_phones_saw_it() for line in left]

    def took_the_safe_default(self, lines: Sequence[Line]) -> int:
        """How many of these calls, which are all told, got no decision."""
        own = {line.call.sip_call_id for line in lines}
        told = [event["data"] for event in self.system.records_at_ticketing()]
        return sum(data["fallback"] is not None for data in told if data["sip_call_id"] in own)

    def _left(self) -> list[str]:
        told = Counter(event["data"]["sip_call_id"] for event in self.system.records_at_ticketing())
        placed = Counter(call.sip_call_id for call in self.over)
        if missing := placed - told:
            return [f"{missing.total()} of {placed.total()} calls are not told to the ticketing side"]
        left = [f"{(told - placed).total()} records too many"] if told != placed else []
        left += [f"{open_} messages are open"] if (open_ := self.system.open_deliveries()) else []
        left += open_in_journal(self.system)
        left += [f"{channels} channels are left"] if (channels := self.system.channels()) else []
        left += (
            []
            if "\ncallrouter_agi_open_sessions 0.0\n" in self.system.metrics()
            else ["AGI sessions are open"]
        )
        return left or disagreements(accounts(self.system, self.over, self.wire))

    def show(self, case: str, waits: Sequence[float]) -> None:
        p50, longest = statistics.median(waits), max(waits)
        self.figures.append(f"{case:40} {len(waits):3} calls  p50 {p50:5.2f} s  longest {longest:5.2f} s")


@asynccontextmanager
async def scene_of(system: System, seats: Sequence[str]) -> AsyncIterator[Scene]:
    """Start a controller for a system that runs without one, staff its seats, and listen on the wire."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    controller = await asyncio.to_thread(system.start_controller)
    await asyncio.to_thread(
        eventually,
        "all seats are in the queue",
        lambda: system.seats_in_the_queue() == set(seats),
        within_s=30,
    )
    wire = system.config.with_name("wire.jsonl")
    async with staffed(system, seats) as staff, carrier_caller(system) as caller, wiretap(system, wire):
        made = Scene(system, staff, caller, wire, controller)
        yield made
        print("\n" + "\n".join(made.figures))
    structlog.reset_defaults()
