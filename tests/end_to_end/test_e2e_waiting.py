"""What a caller who waits may do: leave a message, ask to be called back, or press any key and lose nothing by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from parties import AGENT_HZ, CALLER_HZ, CALLER_NUMBER, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.layout import sounds_folder
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.media import Silence

OFFERED_AFTER_S = 15
NOTICE = "g01-sichuan"


def seconds(key: str) -> float:
    return (sounds_folder() / f"{key}.alaw").stat().st_size / 8000


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(queue={"long_wait_s": OFFERED_AFTER_S, "wrap_up_s": 0, "overload_at": 2})
    made.start()
    return made


@asynccontextmanager
async def busy(system: System) -> AsyncIterator[Any]:
    """One seat, and it talks: whoever calls now waits."""
    async with phone(system, "1001") as agent, carrier_caller(system, "13900000001") as other:
        talk = await other.dial("110")
        ringing = await agent.next_call(timeout_s=5)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=3)
        yield agent, ringing
        if talk.ended is None:
            await talk.hang_up()


async def ends(system: System, call: Any) -> dict[str, Any]:
    await call.wait_for(CallState.ENDED, timeout_s=25)
    await asyncio.to_thread(eventually, "no channel is left", lambda: system.channels() == 0)
    return await asyncio.to_thread(system.record, call.sip_call_id)


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
        assert heard(first, NOTICE).is_identical
        await first.hang_up()
        await second.hang_up()
    record = await ends(system, first)
    assert [visit["status"] for visit in record["queue_visits"]][:2] == ["KEY", "KEY"]
    assert (record["terminal_state"], record["anomalies"]) == ("completed", [])
    assert [played["key"] for played in record["announcements"]] == [NOTICE]


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
        assert heard(call, "k03").is_identical
        assert not heard(urgent, "n03").is_the_prompt
        await urgent.hang_up()
    record = await ends(system, urgent)
    assert [visit["status"] == "KEY" for visit in record["queue_visits"]] == [True, False]
    assert (record["terminal_state"], record["voicemail"]) == ("abandoned", None)
    record = await ends(system, call)
    assert record["terminal_state"] == "call_back"
    assert record["call_back"]["number"] == CALLER_NUMBER
    assert record["accepted_at"] == record["call_back"]["requested_at"]
    assert record["anomalies"] == []


async def test_who_finds_too_many_waiting_is_offered_a_message_at_once_and_leaves_one(system: System) -> None:
    async with busy(system), carrier_caller(system) as caller:
        others = [await caller.dial("12345", caller_number=f"1390000001{n}") for n in range(2)]
        await asyncio.sleep(0.3)
        call = await caller.dial("12345")
        await asyncio.sleep(seconds(NOTICE) + seconds("o01") + 1.5)
        assert heard(call, NOTICE).is_identical
        assert heard(call, "o01").is_identical
        await call.press("1")
        await asyncio.sleep(seconds("n03") + seconds("beep") + 3)
        await call.press("#")
        await call.wait_for(CallState.ENDED, timeout_s=15)
        assert heard(call, "n03").is_identical
        assert heard(call, "h02").is_identical
        for other in others:
            await other.hang_up()
    record = await ends(system, call)
    assert (record["terminal_state"], record["anomalies"]) == ("voicemail", [])
    assert record["voicemail"]["proof"]["duration_ms"] > 2_000


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
        assert heard(call, "k04").is_identical
        for other in others:
            await other.hang_up()
    record = await ends(system, call)
    assert (record["terminal_state"], record["call_back"]) == ("voicemail", None)


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
    assert heard(call, "n02").is_identical
    assert heard(call, "h03").is_identical
    assert heard(call, "v03").is_identical
    assert not heard(call, "h02").is_the_prompt
    assert record["voicemail"] is None
    assert record["terminal_state"] == "released"


async def _until_the_end(system: System, call: Any) -> dict[str, Any]:
    await call.wait_for(CallState.ENDED, timeout_s=60)
    return await asyncio.to_thread(system.record, call.sip_call_id)
