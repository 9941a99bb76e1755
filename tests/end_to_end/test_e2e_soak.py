"""Minutes of calls while the controller, the broker and Asterisk are killed: no call without its one record.

Rules:
- A storm first: the controller is killed every 20 s, the broker twice, Asterisk once, and always started again
  by the supervisor. Then a calm, in which one controller lives long enough for its memory to be compared.
- Callers hang up in the announcement, leave while a seat rings, or talk; each gives up by itself.
- There are many seats because a seat that has talked rests for five seconds (`wrapuptime`).
- Every call that Asterisk knew has its record. One that it was killed with is `interrupted`, as it wrote no end.
- What Asterisk had in hand and not yet written when it was killed nobody can know: a call that had only just begun.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

import pytest
import structlog
from four_sources import accounts
from parties import carrier_caller, phone
from running_system import MakeSystem, System, eventually

from callrouter.sip_party.agent import auto_answer
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.errors import SipPartyError
from callrouter.sip_party.party import SipParty
from callrouter.vocabulary.record_words import TerminalState

CALLS_PER_S = 5
STORM_S, CALM_S = 180, 60
CONTROLLER_KILLED_EVERY_S = 20
BROKER_KILLED_AT_S, ASTERISK_KILLED_AT_S = (50, 130), (95,)
SEATS = tuple(str(seat) for seat in range(1001, 1041))
ANSWERED_AFTER_S, TRIED_FOR_S = 0.2, 12.0
ANNOUNCED, UNANNOUNCED = ("12315", "12360", "12300", "12345"), "110"
NOTICE_AT_MOST_S = 14.0
WRITTEN_WITHIN_S = 0.5
"""Events reach Asterisk's journal through a queue: one that came so shortly before a kill may be lost."""
MEMORY_SETTLES_S = 15


class Plan(Enum):
    """What a caller is going to do."""

    LEAVE_IN_THE_NOTICE = auto()
    LEAVE_WHILE_IT_RINGS = auto()
    TALK = auto()
    HEAR_THE_NOTICE_AND_TALK = auto()


SHARES = {
    Plan.LEAVE_IN_THE_NOTICE: 20,
    Plan.LEAVE_WHILE_IT_RINGS: 20,
    Plan.TALK: 52,
    Plan.HEAR_THE_NOTICE_AND_TALK: 8,
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that was placed: from when to when (monotonic seconds) and how it went at the caller's side."""

    sip_call_id: str
    plan: Plan
    began: float
    ended: float
    was_heard_of: bool
    """Asterisk answered the INVITE with anything, a 100 at least."""
    refused_with: int | None

    def was_up_at(self, instant: float) -> bool:
        return self.began + WRITTEN_WITHIN_S < instant < self.ended

    def had_just_begun_at(self, instant: float) -> bool:
        return self.began <= instant <= self.began + WRITTEN_WITHIN_S


@dataclass(slots=True)
class Traffic:
    """The callers, and what became of their calls."""

    caller: SipParty
    chance: random.Random
    placed: list[Placed] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Place calls at an even pace, and return when the last has ended."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as calls:
            for number in range(round(seconds * CALLS_PER_S)):
                await asyncio.sleep(max(0.0, began + number / CALLS_PER_S - time.monotonic()))
                [plan] = self.chance.choices(list(SHARES), weights=list(SHARES.values()))
                calls.create_task(self._place(plan))

    async def _place(self, plan: Plan) -> None:
        announced = plan in {Plan.LEAVE_IN_THE_NOTICE, Plan.HEAR_THE_NOTICE_AND_TALK}
        number = self.chance.choice(ANNOUNCED) if announced else UNANNOUNCED
        stays = self.chance.uniform(0.0, 1.0)
        call = await self.caller.dial(number)
        began = time.monotonic()
        try:
            await self._follow(call, plan, stays)
        except SipPartyError:
            pass  # refused, or nobody there: what Asterisk knew of it is looked at in the end
        finally:
            await call.hang_up()
            refused_with = call.ended.status if call.ended and call.ended.by == "them" else None
            self.placed.append(
                Placed(
                    call.sip_call_id,
                    plan,
                    began,
                    time.monotonic(),
                    bool(call.received_headers("CSeq")),
                    refused_with,
                )
            )

    async def _follow(self, call: Call, plan: Plan, stays: float) -> None:
        if plan is Plan.LEAVE_IN_THE_NOTICE:
            # Without the controller there is no notice; the packets then are the queue's music.
            await call.hears_packets(5, timeout_s=TRIED_FOR_S)
            await asyncio.sleep(stays)
            return
        notice = NOTICE_AT_MOST_S if plan is Plan.HEAR_THE_NOTICE_AND_TALK else 0.0
        await call.wait_for(CallState.UP, timeout_s=TRIED_FOR_S + notice)
        await asyncio.sleep(stays / 4 if plan is Plan.LEAVE_WHILE_IT_RINGS else 1.2 + stays)


@dataclass(slots=True)
class Faults:
    """Kills parts of the system by the clock."""

    system: System
    seats: list[SipParty]
    asterisk_killed_at: list[float] = field(default_factory=list)

    async def run(self) -> None:
        controller = range(CONTROLLER_KILLED_EVERY_S, STORM_S, CONTROLLER_KILLED_EVERY_S)
        plan = [
            *((at, "controller") for at in controller),
            *((at, "broker") for at in BROKER_KILLED_AT_S),
            *((at, "asterisk") for at in ASTERISK_KILLED_AT_S),
        ]
        began = time.monotonic()
        for at, part in sorted(plan):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            os.kill(await asyncio.to_thread(self._running, part), signal.SIGKILL)
            if part == "asterisk":
                self.asterisk_killed_at.append(time.monotonic())
                self._seats_lose_their_calls()

    def _running(self, part: str) -> int:
        """Wait until a part is there: its supervisor may be pausing before it starts it again."""

        def look() -> int | None:
            try:
                return self.system.pid_of(part)
            except AssertionError:
                return None

        return int(eventually(f"a running {part}", look))

    def _seats_lose_their_calls(self) -> None:
        for seat in self.seats:
            for call in seat.calls:
                call.vanish()


@pytest.fixture(autouse=True)
def quiet_parties() -> Iterator[None]:
    """Thousands of calls would bury the figures under their own log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(sip={"seats": list(SEATS)})
    made.start()
    eventually("all seats are in the queue", lambda: made.seats_in_the_queue() == set(SEATS), within_s=30)
    return made


@asynccontextmanager
async def attended_seats(system: System) -> AsyncIterator[list[SipParty]]:
    async with AsyncExitStack() as open_seats:
        seats = []
        for name in SEATS:
            seat = await open_seats.enter_async_context(phone(system, name))
            await open_seats.enter_async_context(auto_answer(seat, after_s=ANSWERED_AFTER_S))
            seats.append(seat)
        yield seats


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_minutes_of_calls_with_every_part_killed_leave_one_record_each_and_nothing_else(
    system: System,
) -> None:
    async with attended_seats(system) as seats, carrier_caller(system) as caller:
        traffic = Traffic(caller, random.Random(12345))
        faults = Faults(system, seats)
        async with asyncio.TaskGroup() as storm:
            storm.create_task(traffic.run(STORM_S))
            storm.create_task(faults.run())
        await asyncio.to_thread(
            eventually, "the controller is back", lambda: system.readyz()[0] == 200, within_s=30
        )
        memory = asyncio.create_task(_memory_growth(system))
        await traffic.run(CALM_S)
        growth = await memory

    known = [call for call in traffic.placed if call.was_heard_of]
    killed_at = faults.asterisk_killed_at
    written = {call.sip_call_id for call in accounts(system, (), Path()).journal}
    unwritten = [call for call in known if call.sip_call_id not in written]
    assert all(any(call.had_just_begun_at(instant) for instant in killed_at) for call in unwritten)
    interrupted = {
        call.sip_call_id for call in known if any(call.was_up_at(instant) for instant in killed_at)
    }
    expected = {call.sip_call_id for call in known} & written
    await asyncio.to_thread(_wait_for_the_rest, system, expected)
    _tell(traffic.placed, system, interrupted, growth)

    records = Counter(event["data"]["sip_call_id"] for event in system.records_at_ticketing())
    assert expected - records.keys() == set()
    state_of = {
        event["data"]["sip_call_id"]: event["data"]["terminal_state"]
        for event in system.records_at_ticketing()
    }
    assert interrupted
    assert {state_of[sip_call_id] for sip_call_id in interrupted} == {TerminalState.INTERRUPTED}
    assert {sip_call_id: times for sip_call_id, times in records.items() if times != 1} == {}
    assert records.keys() <= {call.sip_call_id for call in traffic.placed}
    states = Counter(event["data"]["terminal_state"] for event in system.records_at_ticketing())
    assert states.keys() <= set(TerminalState)
    assert states[TerminalState.COMPLETED] > len(known) / 2
    assert system.open_deliveries() == 0
    assert system.channels() == 0
    assert growth < 0.20


async def _memory_growth(system: System) -> float:
    """Compare one controller's memory soon after the storm and at the end of the calm; it must be the same one."""
    pid = system.pid_of("controller")
    await asyncio.sleep(MEMORY_SETTLES_S)
    before = resident_kib(pid)
    await asyncio.sleep(CALM_S - MEMORY_SETTLES_S)
    assert system.pid_of("controller") == pid
    return resident_kib(pid) / before - 1


def _wait_for_the_rest(system: System, expected: set[str]) -> None:
    """Return when all is there and still; the assertions that follow say what is missing."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        there = {event["data"]["sip_call_id"] for event in system.records_at_ticketing()}
        if expected <= there and system.open_deliveries() == 0 and not system.channels():
            return
        time.sleep(1)


def _tell(placed: list[Placed], system: System, interrupted: set[str], growth: float) -> None:
    """Print the figures; pytest shows them with `-s`, and when the test fails."""
    events = system.records_at_ticketing()
    there = {event["data"]["sip_call_id"] for event in events}
    known = [call for call in placed if call.was_heard_of]
    missing = [call for call in known if call.sip_call_id not in there]
    print(
        f"\nplaced {len(placed)}, known to Asterisk {len(known)}, records {len(events)};"
        f" up when Asterisk was killed {len(interrupted)}, without a record {len(missing)}"
    )
    print("plans", Counter(call.plan.name for call in placed))
    print("refused with", Counter(call.refused_with for call in placed if call.refused_with))
    print("states", Counter(event["data"]["terminal_state"] for event in events))
    print("fallback", Counter(event["data"]["fallback"] for event in events))
    print("anomalies", Counter(name for event in events for name in event["data"]["anomalies"]))
    print(f"open deliveries {system.open_deliveries()}, memory of the controller {growth:+.1%}")
    for call in missing:
        print("missing", call)


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])
