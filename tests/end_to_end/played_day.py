"""Plays a scripted day on a real Asterisk under the rehearsal clock: journeys as phones see them, then the records.

Asterisk, controller, broker and ticketing side are the rehearsal's own. Whoever else the plan knows (branch centers,
utilities, other platforms, emergency desks) is a SIP party behind a loopback address of its own. The clock is moved
from call to call, and stays with each call: what an agent asks for later is judged at his call's instant.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from changed_plan import changed_plan
from day_deeds import OTHERS_HZ, Talk, does, in_the_record
from parties import AGENT_HZ, CALLER_HZ, heard
from police import asserted
from running_system import MakeSystem, System, eventually
from scripted_day import MESSAGE, NOBODY, SEAT, Day, Dialled, HandedOver, Passed
from staffed_seats import StaffedSeats, staffed
from transfer_scene import News, has_ended, news_of

from callrouter.layout import sounds_folder
from callrouter.plans.load import load_plan
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

SEATS = tuple(f"10{n:02}" for n in range(1, 13))
AT_ONCE = 9
"""Fewer than there are seats: nobody waits, and hears that he does."""
CARRIER = "127.0.0.2"
_OTHERS_NET = "127.0.4."
_ALIKE = 0.9
_BEGINS_S = 0.6
"""By then whatever is said has begun."""


def system_of(day: Day, make_system: MakeSystem, folder: Path, port: int) -> System:
    """The day's plan in a rehearsal, with everybody else on this machine, at this port."""
    seats = "[" + ", ".join(f'"{seat}"' for seat in SEATS) + "]"
    plan = changed_plan(day.plan, folder)
    operator = plan / "operator.yaml"
    text = operator.read_text(encoding="utf-8").replace('["1001", "1002"]', seats)
    text = re.sub(r"sip:192\.0\.2\.(\d+):5060", rf"sip:{_OTHERS_NET}\1:{port}", text)
    operator.write_text(text, encoding="utf-8")
    system = make_system(
        plan=str(plan),
        sip={
            "seats": list(SEATS),
            "trunks": {trunk: [f"{host}/32"] for trunk, host in day.trunks.items()},
        },
        queue={"ring_s": 5, "wrap_up_s": 0},
        recording={"enabled": day.recording},
    )
    system.rehearse(day.calls[0].at)
    eventually("every seat is there", lambda: system.seats_in_the_queue() >= set(SEATS), within_s=40)
    return system


@dataclass
class Others:
    """Everybody behind a trunk of ours: each call by its caller's number."""

    calls: dict[tuple[str, str], asyncio.Queue[IncomingCall]] = field(default_factory=dict)

    def of(self, peer: str, number: str) -> asyncio.Queue[IncomingCall]:
        return self.calls.setdefault((peer, number), asyncio.Queue())

    async def take(self, peer: str, party: SipParty) -> None:
        while True:
            call = await party.next_call(timeout_s=3600)
            self.of(peer, asserted(call) or _shown(call)).put_nowait(call)

    async def call_of(self, peer: str, number: str) -> IncomingCall:
        return await asyncio.wait_for(self.of(peer, number).get(), 25)


def _shown(call: IncomingCall) -> str:
    found = re.search(r"sip:(\+?[0-9]+)@", call.received_headers("From")[0])
    return found[1] if found else ""


@dataclass
class Stage:
    """Where a day is played."""

    system: System
    day: Day
    seats: StaffedSeats
    news: News
    others: Others
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    clock: asyncio.Lock = field(default_factory=asyncio.Lock)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def play(self, row: Dialled) -> None:
        """Play one call, and hold its record against the script."""
        async with self.free:
            number = row.caller or f"1390000{next(self.numbers):04}"
            host = self.day.trunks.get(row.trunk, CARRIER)
            async with SipParty.open(
                host=host, user=number, server=self.system.sip, tone_hz=CALLER_HZ
            ) as caller:
                call = await self._dials(caller, row, number)
                await self._answered(call, row, number)
                if call.ended is None:
                    await call.hang_up()
                await has_ended(call)
        record = await asyncio.to_thread(self.system.record, call.sip_call_id, within_s=40)
        _is_as_written(row, record)

    async def _dials(self, caller: SipParty, row: Dialled, number: str) -> Call:
        """Dial at the row's instant: until it is decided, the clock stands there for nobody else."""
        async with self.clock:
            offset = round((datetime.fromisoformat(row.at) - datetime.now(UTC)).total_seconds())
            await self.news.ask("Setvar", Variable="CR_CLOCK_OFFSET", Value=str(offset))
            before = self._decided()
            call = await caller.dial(row.number, caller_number=number)
            await asyncio.to_thread(
                eventually, f"{row.number} is decided", lambda: self._decided() > before, within_s=10
            )
        return call

    def _decided(self) -> int:
        journal = self.system.layout.cel_csv
        return journal.read_bytes().count(b'"CR_DECIDED"') if journal.exists() else 0

    async def _answered(self, call: Call, row: Dialled, number: str) -> None:
        match row.by:
            case "nobody":
                await call.wait_for(CallState.ENDED, timeout_s=40)
                assert CallState.UP not in call.history
            case "message":
                await asyncio.to_thread(
                    eventually, "the hours are told", lambda: self._is_heard(call, "h01"), within_s=30
                )
                # After the tone he speaks for a while.
                await asyncio.sleep(8)
            case "12345" if row.quick:
                await asyncio.wait_for(asyncio.shield(self.seats.callers[number].rings), 25)
                await asyncio.sleep(_BEGINS_S)
            case "12345":
                await self._talks(call, row, number)
            case peer:
                await self._answered_elsewhere(call, row, number, peer)

    def _is_heard(self, call: Call, announcement: str) -> bool:
        files = sounds_folder().glob(f"{announcement}-*{self.day.plan}.alaw")
        return any(heard(call, file.stem).correlation > _ALIKE for file in files)

    async def _answered_elsewhere(self, call: Call, row: Dialled, number: str, peer: str) -> None:
        invite = await self.others.call_of(peer, number)
        if row.quick:
            await asyncio.sleep(_BEGINS_S)
            return
        await invite.answer()
        await call.hears(OTHERS_HZ, timeout_s=10)
        await invite.hears(CALLER_HZ, timeout_s=10)

    async def _talks(self, call: Call, row: Dialled, number: str) -> None:
        taken = await asyncio.wait_for(asyncio.shield(self.seats.callers[number].talks), 40)
        # The agent first: music and speech may look like his tone to the caller.
        await taken.call.hears(CALLER_HZ, timeout_s=30)
        await call.hears(AGENT_HZ, timeout_s=5)
        told = await self.news.until("a talk", lambda: self._talk_of(taken.seat))
        offset = round((datetime.fromisoformat(row.at) - datetime.now(UTC)).total_seconds())
        for channel in (told["CallerChannel"], told["AgentChannel"]):
            await self.news.ask("Setvar", Channel=channel, Variable="CR_CLOCK_OFFSET", Value=str(offset))
        talk = Talk(call, taken.call, number, self.others.call_of, self.seats, self.day.plan)
        for deed in row.deeds:
            await does(talk, deed)

    def _talk_of(self, seat: str) -> dict[str, str] | None:
        last = next((each for each in reversed(self.news.talks) if each["Agent"] == seat), None)
        return last if last is not None and last["State"] == "began" else None


@asynccontextmanager
async def stage_of(system: System, day: Day, port: int) -> AsyncIterator[Stage]:
    """Seats, and everybody else whom the script names, ready to be called."""
    plan = load_plan(system.settings.path(system.settings.plan))
    wanted = sorted(_peers_of(day))
    async with AsyncExitStack() as opened:
        others = Others()
        taking = []
        for peer in wanted:
            host = plan.peers[peer].uri.partition(":")[2].partition(":")[0]
            party = await opened.enter_async_context(
                SipParty.open(host=host, port=port, user=peer, server=system.sip, tone_hz=OTHERS_HZ)
            )
            taking.append(asyncio.create_task(others.take(peer, party)))
        seats = await opened.enter_async_context(staffed(system, SEATS))
        news = await opened.enter_async_context(news_of(system))
        for peer in wanted:
            await asyncio.to_thread(eventually, f"{peer} is up", partial(system.trunk_is_up, f"peer-{peer}"))
        try:
            yield Stage(system, day, seats, news, others)
        finally:
            for task in taking:
                task.cancel()
            await asyncio.gather(*taking, return_exceptions=True)


def _peers_of(day: Day) -> set[str]:
    named = {row.by for row in day.calls} - {SEAT, MESSAGE, NOBODY}
    deeds = [deed for row in day.calls for deed in row.deeds]
    return named | {deed.peer for deed in deeds if isinstance(deed, Passed | HandedOver) and deed.peer}


async def play(day: Day, make_system: MakeSystem, folder: Path, port: int) -> None:
    """Play the whole day; tell every call that went another way than the script says."""
    system = await asyncio.to_thread(system_of, day, make_system, folder, port)
    async with stage_of(system, day, port) as on:
        answered = [row for row in day.calls if row.by != MESSAGE]
        done = await asyncio.gather(*(on.play(row) for row in answered), return_exceptions=True)
        # Who is there outside the hours would be connected: now they have all gone home.
        for seat in SEATS:
            await asyncio.to_thread(system.asks_asterisk, f"queue pause member Local/{seat}@seat")
        left = [row for row in day.calls if row.by == MESSAGE]
        done += await asyncio.gather(*(on.play(row) for row in left), return_exceptions=True)
    failed = [
        f"{row.number} at {row.at} ({row.source}): {type(fault).__name__}: {fault}"
        for row, fault in zip((*answered, *left), done, strict=True)
        if fault is not None
    ]
    assert not failed, "\n".join(failed)


def _is_as_written(row: Dialled, record: dict[str, Any]) -> None:
    decision = record["decision"]
    assert (record["rehearsal"], record["fallback"]) == (True, None), record["fallback"]
    arrived = datetime.fromisoformat(record["arrived_at_rehearsal"])
    assert abs((arrived - datetime.fromisoformat(row.at)).total_seconds()) < 2, arrived
    found = {name: decision[name] for name in row.facts}
    assert found == dict(row.facts), found
    told = tuple(one["key"].partition("-")[0].upper() for one in record["announcements"])
    said = told[: len(row.says)] if row.quick or row.deeds else told
    assert said == row.says, told
    _ended_as_written(row, record)
    for deed in row.deeds:
        assert in_the_record(deed, record), (deed, record["transfers"], record["guided"], record["emergency"])


def _ended_as_written(row: Dialled, record: dict[str, Any]) -> None:
    state, first = record["terminal_state"], next(iter(record["transfers"]), {"target": None})
    message = record["voicemail"] or {"length_ms": 0}
    told = {
        "state": state,
        "agent": record["agent"],
        "to": first["target"],
        "cause": record["hangup_cause"],
        "message": message,
    }
    if row.quick:
        # With nothing to hear before, the agent who picks up has him at once.
        is_so = state == ("abandoned" if row.says else "completed")
    elif row.by == NOBODY:
        is_so = state == "released" and record["hangup_cause"] == 22
    elif row.by == MESSAGE:
        is_so = state == "voicemail" and message["length_ms"] > 0
    elif row.by == SEAT:
        is_so = state == "completed" and record["agent"] is not None
    else:
        is_so = state == "completed" and record["agent"] is None and first["target"] == row.by
    assert is_so, told
