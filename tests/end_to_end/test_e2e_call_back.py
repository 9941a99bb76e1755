"""A caller who waits may ask to be called back: his number is told to the ticketing side, and he hangs up."""

from __future__ import annotations

import asyncio

import pytest
from parties import AGENT_HZ, CALLER_NUMBER, carrier_caller, heard
from running_system import MakeSystem, System
from waiting_room import NOTICE, OFFERED_AFTER_S, busy, ends, seconds, waiting_system

from callrouter.sip_party.call_state import CallState


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return waiting_system(make_system)


async def test_who_waits_long_is_offered_a_call_back_confirms_it_and_is_thanked_but_an_emergency_stays(
    system: System,
) -> None:
    async with busy(system), carrier_caller(system) as caller:
        call = await caller.dial("12345")
        urgent = await caller.dial("110", caller_number="13900000003")
        await asyncio.sleep(OFFERED_AFTER_S + seconds("q09") + 2)
        assert heard(call, "q09").is_the_prompt
        await call.press("2")
        await urgent.press("1")
        await asyncio.sleep(seconds("k02"))
        await call.press("1")
        await call.wait_for(CallState.ENDED, timeout_s=15)
        assert heard(call, "k03").is_whole
        assert not heard(urgent, "n03").is_the_prompt
        assert not heard(urgent, "q09").is_the_prompt
        assert heard(urgent, "b12").is_the_prompt
        await urgent.hang_up()
    record = await ends(system, urgent)
    assert [visit["status"] == "KEY" for visit in record["queue_visits"]] == [True, False]
    assert (record["terminal_state"], record["voicemail"]) == ("abandoned", None)
    record = await ends(system, call)
    assert record["terminal_state"] == "call_back"
    assert record["call_back"]["number"] == CALLER_NUMBER
    assert record["accepted_at"] == record["call_back"]["requested_at"]
    assert record["anomalies"] == []


async def test_who_does_not_confirm_the_call_back_is_back_at_his_place_and_who_confirms_may_hang_up(
    system: System,
) -> None:
    async with busy(system) as (agent, talking), carrier_caller(system) as caller:
        others = [await caller.dial("12345", caller_number=f"1390000002{n}") for n in range(2)]
        await asyncio.sleep(0.3)
        call = await caller.dial("12345")
        undecided = await caller.dial("12345", caller_number="13900000031")
        hasty = await caller.dial("12345", caller_number="13900000032")
        for other in others:
            await other.hang_up()
        await asyncio.sleep(seconds(NOTICE) + seconds("o01") + 1.5)
        for one in (call, undecided, hasty):
            await one.press("2")
        await asyncio.sleep(1)
        await undecided.hang_up()
        await asyncio.sleep(seconds("k02") - 1)
        await call.press("2")
        await hasty.press("1")
        await asyncio.sleep(1)
        await hasty.hang_up()
        await talking.hang_up()
        ringing = await agent.next_call(timeout_s=5)
        await ringing.answer()
        await call.hears(AGENT_HZ, timeout_s=5)
        await call.hang_up()
    record = await ends(system, call)
    assert (record["terminal_state"], record["call_back"], record["anomalies"]) == ("completed", None, [])
    record = await ends(system, undecided)
    assert (record["terminal_state"], record["call_back"]) == ("abandoned", None)
    record = await ends(system, hasty)
    assert (record["terminal_state"], record["call_back"]["number"]) == ("call_back", "13900000032")


async def test_whose_number_is_withheld_is_asked_for_a_message_instead_of_being_called_back(
    system: System,
) -> None:
    async with busy(system), carrier_caller(system) as caller:
        others = [await caller.dial("12345", caller_number=f"1390000003{n}") for n in range(2)]
        await asyncio.sleep(0.3)
        call = await caller.dial("12345", caller_number="anonymous")
        await asyncio.sleep(seconds(NOTICE) + seconds("o01") + 1.5)
        await call.press("2")
        await asyncio.sleep(seconds("k04") + seconds("beep") + 3)
        await call.hang_up()
        assert heard(call, "k04").is_whole
        for other in others:
            await other.hang_up()
    record = await ends(system, call)
    assert (record["terminal_state"], record["call_back"]) == ("voicemail", None)
