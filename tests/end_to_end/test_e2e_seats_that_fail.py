"""Seats ring while the caller hears the notice; whatever a seat then does wrong, the caller gets to another one.

The hub's notice is 6.8 s long. Two seats are in the queue; which of them rings first is Asterisk's choice, so each
test takes them as they ring.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

NOTICE = "g01-sichuan"
RING_S = 5


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(queue={"ring_s": RING_S, "wrap_up_s": 0})
    made.start()
    return made


@asynccontextmanager
async def two_seats(system: System) -> AsyncIterator[dict[str, SipParty]]:
    back_to_work(system)
    async with phone(system, "1001") as one, phone(system, "1002") as other:
        yield {"1001": one, "1002": other}


def back_to_work(system: System) -> None:
    for seat in ("1001", "1002"):
        system.asks_asterisk(f"queue unpause member Local/{seat}@seat")


async def first_to_ring(seats: dict[str, SipParty], *, timeout_s: float = 5) -> tuple[str, IncomingCall]:
    """The seat that rings next, and its call."""
    ringing = {asyncio.create_task(seat.next_call(timeout_s=timeout_s)): name for name, seat in seats.items()}
    done, others = await asyncio.wait(ringing, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    first = min(done, key=lambda task: task.exception() is not None)
    return ringing[first], first.result()


async def is_heard_whole_and_talks(call: Any, ringing: IncomingCall) -> None:
    await ringing.hears(CALLER_HZ, timeout_s=15)
    await call.hears(AGENT_HZ, timeout_s=3)
    assert heard(call, NOTICE).is_whole


async def ends(system: System, call: Any) -> dict[str, Any]:
    """The caller hangs up; nothing is left in Asterisk; the call's one record."""
    if call.ended is None:
        await call.hang_up()
    await asyncio.to_thread(eventually, "no channel is left", lambda: system.channels() == 0)
    return await asyncio.to_thread(system.record, call.sip_call_id)


async def test_a_seat_that_refuses_costs_neither_the_place_nor_a_word_of_the_notice(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        name, ringing = await first_to_ring(seats)
        await ringing.reject(486)
        other, again = await first_to_ring(seats, timeout_s=2)
        assert other != name
        await again.answer()
        await is_heard_whole_and_talks(call, again)
        record = await ends(system, call)
    assert (record["agent"], len(record["queue_visits"])) == (other, 1)
    assert paused(system) == set()


async def test_a_seat_that_rings_for_ever_is_paused_and_the_next_one_rings(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        name, ringing = await first_to_ring(seats)
        await ringing.ring()
        other, again = await first_to_ring(
            {k: v for k, v in seats.items() if k != name}, timeout_s=RING_S + 2
        )
        await again.answer()
        await is_heard_whole_and_talks(call, again)
        record = await ends(system, call)
    assert record["agent"] == other
    assert paused(system) == {name}


async def test_a_seat_that_vanishes_while_it_rings_is_passed_over(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        name, ringing = await first_to_ring(seats)
        await ringing.ring()
        await seats.pop(name).vanish()
        other, again = await first_to_ring(seats, timeout_s=RING_S + 2)
        await again.answer()
        await is_heard_whole_and_talks(call, again)
        assert (await ends(system, call))["agent"] == other


async def test_a_seat_that_hangs_up_before_the_notice_is_over_has_not_answered(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        name, ringing = await first_to_ring(seats)
        await ringing.answer()
        await ringing.hears_packets(50, timeout_s=3)
        await ringing.hang_up()
        other, again = await first_to_ring({k: v for k, v in seats.items() if k != name}, timeout_s=2)
        await again.answer()
        await is_heard_whole_and_talks(call, again)
        record = await ends(system, call)
    assert record["agent"] == other
    assert [talk["uniqueid"] for talk in record["talks"]] == [
        leg["uniqueid"] for leg in record["legs"] if leg["endpoint"] == other
    ]


async def test_a_seat_whose_device_dies_before_the_notice_is_over_costs_the_caller_seconds_not_his_call(
    system: System,
) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        name, ringing = await first_to_ring(seats)
        await ringing.answer()
        await seats.pop(name).vanish()
        _, again = await first_to_ring(seats, timeout_s=30)
        await again.answer()
        await is_heard_whole_and_talks(call, again)
        record = await ends(system, call)
    assert record["terminal_state"] == "completed"


async def test_a_caller_who_leaves_while_a_seat_waits_for_the_notice_frees_the_seat_at_once(
    system: System,
) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        _, ringing = await first_to_ring(seats)
        await ringing.answer()
        await ringing.hears_packets(50, timeout_s=3)
        await call.hang_up()
        left = asyncio.get_running_loop().time()
        await ringing.wait_for(CallState.ENDED, timeout_s=2)
        assert asyncio.get_running_loop().time() - left < 1
        record = await ends(system, call)
    assert (record["terminal_state"], record["agent"], record["talks"]) == ("abandoned", None, [])
    assert heard(ringing, "listening").is_the_prompt


async def test_a_caller_who_leaves_while_a_seat_rings_takes_the_call_from_it(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        _, ringing = await first_to_ring(seats)
        await ringing.ring()
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=2)
        assert (await ends(system, call))["terminal_state"] == "abandoned"
    assert paused(system) == set()


async def test_an_emergency_hears_no_notice_and_talks_at_once(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        call = await caller.dial("110")
        _, ringing = await first_to_ring(seats)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=2)
        record = await ends(system, call)
    assert record["announcements"] == []


async def test_who_has_to_wait_hears_his_place_behind_the_notice(system: System) -> None:
    async with two_seats(system) as seats, carrier_caller(system) as caller:
        busy = [await caller.dial("110") for _ in range(2)]
        for seat in seats.values():
            await (await seat.next_call(timeout_s=5)).answer()
        await asyncio.to_thread(
            eventually,
            "both talk",
            lambda: states(system).count("(Busy)") + states(system).count("(In use)") == 2,
        )
        next_one = await caller.dial("12345")
        await asyncio.sleep(0.5)
        second = await caller.dial("12345")
        await asyncio.sleep(15)
        assert heard(next_one, NOTICE).is_whole
        assert heard(next_one, "q05").is_whole
        assert heard(second, "q03-1").is_whole
        for call in (*busy, next_one, second):
            await call.hang_up()
        await ends(system, second)


def states(system: System) -> str:
    return "".join(system.asks_asterisk("queue show hotline"))


def paused(system: System) -> set[str]:
    """The seats that Asterisk does not ring because they let it ring in vain."""
    shown = [line for line in system.asks_asterisk("queue show hotline") if "(paused" in line]
    return {seat for seat in ("1001", "1002") if any(f"Local/{seat}@seat" in line for line in shown)}
