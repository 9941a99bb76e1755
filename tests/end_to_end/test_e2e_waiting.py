"""A caller who waits may press any key and lose nothing by it; one to whom it is offered may leave a message."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from parties import AGENT_HZ, CALLER_NUMBER, carrier_caller, heard
from running_system import MakeSystem, System
from waiting_room import NOTICE, busy, ends, seconds, waiting_system

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.media import Silence


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return waiting_system(make_system)


async def test_a_key_before_the_offer_costs_neither_the_place_nor_a_word_of_the_notice(
    system: System,
) -> None:
    async with busy(system) as (agent, talking), carrier_caller(system) as caller:
        first = await caller.dial("12345")
        await asyncio.sleep(0.5)
        second = await caller.dial("12345", caller_number="13900000002")
        await asyncio.sleep(1)
        await first.press("1")
        await asyncio.sleep(0.5)
        await first.press("2")
        await asyncio.sleep(seconds(NOTICE))
        await talking.hang_up()
        ringing = await agent.next_call(timeout_s=5)
        assert CALLER_NUMBER in ringing.received_headers("From")[0]
        await ringing.answer()
        await first.hears(AGENT_HZ, timeout_s=5)
        assert heard(first, NOTICE).is_whole
        await first.hang_up()
        await second.hang_up()
    record = await ends(system, first)
    assert [visit["status"] for visit in record["queue_visits"]][:2] == ["KEY", "KEY"]
    assert (record["terminal_state"], record["anomalies"]) == ("completed", [])
    assert [played["key"] for played in record["announcements"]] == [NOTICE]


async def test_who_finds_too_many_waiting_is_offered_a_message_at_once_and_leaves_one(system: System) -> None:
    async with busy(system), carrier_caller(system) as caller:
        others = [await caller.dial("12345", caller_number=f"1390000001{n}") for n in range(2)]
        await asyncio.sleep(0.3)
        call = await caller.dial("12345")
        await asyncio.sleep(seconds(NOTICE) + seconds("o01") + 1.5)
        assert heard(call, NOTICE).is_whole
        assert heard(call, "o01").is_whole
        await call.press("1")
        await asyncio.sleep(seconds("n03") + seconds("beep") + 3)
        await call.press("#")
        await call.wait_for(CallState.ENDED, timeout_s=15)
        assert heard(call, "n03").is_whole
        assert heard(call, "h02").is_whole
        for other in others:
            await other.hang_up()
    record = await ends(system, call)
    assert (record["terminal_state"], record["anomalies"]) == ("voicemail", [])
    assert record["voicemail"]["proof"]["duration_ms"] > 2_000


async def test_who_plays_on_the_keys_stays_in_the_queue(system: System) -> None:
    async with busy(system) as (agent, talking), carrier_caller(system) as caller:
        call = await caller.dial("110")
        await call.wait_for(CallState.UP, timeout_s=5)
        await asyncio.sleep(0.5)
        for _ in range(8):
            await call.press("1")
        await talking.hang_up()
        ringing = await agent.next_call(timeout_s=8)
        await ringing.answer()
        await call.hears(AGENT_HZ, timeout_s=5)
        await call.hang_up()
    assert (await ends(system, call))["terminal_state"] == "completed"


async def test_who_says_nothing_is_asked_again_and_then_thanked(system: System) -> None:
    # No seat is there, and no duty phone: the caller is asked for a message.
    async with carrier_caller(system) as caller:
        call = await caller.dial("110")
        call.play(Silence())
        record = await _until_the_end(system, call)
    assert heard(call, "n02").is_whole
    assert heard(call, "h03").is_whole
    assert heard(call, "v03").is_whole
    assert not heard(call, "h02").is_the_prompt
    assert record["voicemail"] is None
    assert record["terminal_state"] == "released"


async def _until_the_end(system: System, call: Any) -> dict[str, Any]:
    await call.wait_for(CallState.ENDED, timeout_s=60)
    return await asyncio.to_thread(system.record, call.sip_call_id)
