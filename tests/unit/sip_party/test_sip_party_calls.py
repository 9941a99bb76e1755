"""Party to party over real UDP on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import numpy as np
import pytest

from callrouter.sip_party import (
    CallMissedStateError,
    CallState,
    EndOfCall,
    IncomingCall,
    OutgoingCall,
    Recording,
    Silence,
    SipParty,
    WaitExpiredError,
    auto_answer,
    find_prompt,
)
from callrouter.sip_party.audio import encode_alaw
from callrouter.sip_party.doubles import FAST, LossyWire, first

PROMPT = encode_alaw(np.random.default_rng(5).normal(0, 5000, 160 * 12))


@asynccontextmanager
async def two_parties(
    wire: Callable[[bytes], bool] | None = None,
) -> AsyncIterator[tuple[SipParty, SipParty]]:
    async with SipParty.open(user="agent", tone_hz=850, timers=FAST) as agent:
        if wire is None:
            async with SipParty.open(server=agent.address, user="caller", timers=FAST) as caller:
                yield caller, agent
        else:
            async with (
                LossyWire(agent.address, wire) as address,
                SipParty.open(server=address, user="caller", timers=FAST) as caller,
            ):
                yield caller, agent


async def connected(
    caller: SipParty, agent: SipParty, number: str = "12345"
) -> tuple[OutgoingCall, IncomingCall]:
    call = await caller.dial(number)
    incoming = await agent.next_call(timeout_s=2)
    await incoming.answer()
    await call.wait_for(CallState.UP, timeout_s=2)
    return call, incoming


async def test_a_call_with_early_media_then_both_hear_each_other_and_the_caller_hangs_up() -> None:
    async with two_parties() as (caller, agent):
        call = await caller.dial("12315")
        incoming = await agent.next_call(timeout_s=2)
        await incoming.ring()
        await call.wait_for(CallState.RINGING, timeout_s=2)
        incoming.play(Recording(PROMPT))
        await incoming.progress()
        await call.wait_for(CallState.EARLY, timeout_s=2)
        await call.hears_packets(13, timeout_s=2)
        match = find_prompt(call.heard.alaw, PROMPT)
        assert (match.offset_samples, match.matched_fraction) == (0, 1.0)
        await incoming.answer()
        await call.wait_for(CallState.UP, timeout_s=2)
        await incoming.hears(600, timeout_s=2)
        await call.hang_up()
        await incoming.wait_for(CallState.ENDED, timeout_s=2)
        assert list(call.history) == list(CallState)
        assert call.ended == EndOfCall("us", None, None, "")
        assert incoming.ended == EndOfCall("them", None, None, "")
        assert call.sip_call_id == incoming.sip_call_id
        assert call.heard.lost_packets == 0


async def test_both_hear_each_others_tone_and_the_agent_hangs_up() -> None:
    async with two_parties() as (caller, agent):
        call, incoming = await connected(caller, agent)
        await asyncio.gather(call.hears(850, timeout_s=2), incoming.hears(600, timeout_s=2))
        assert call.heard.tones((600, 850))[-1][1] == {850}
        await incoming.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=2)
        assert call.ended is not None
        assert call.ended.by == "them"


async def test_a_tone_that_is_not_there_is_not_heard() -> None:
    async with two_parties() as (caller, agent):
        call, incoming = await connected(caller, agent)
        incoming.play(Silence())
        with pytest.raises(WaitExpiredError, match=r"waited 0.2 s for a tone of 600 Hz, but .* CALLING > UP"):
            await call.hears(600, timeout_s=0.2)


async def test_packets_are_sent_every_20_ms_without_drift() -> None:
    async with two_parties() as (caller, agent):
        call, _ = await connected(caller, agent)
        await call.hears_packets(25, timeout_s=3)
        arrivals = call.heard.arrivals[:25]
        assert arrivals[-1].at - arrivals[0].at == pytest.approx(24 * 0.02, abs=0.03)


async def test_busy_is_a_refusal_with_its_cause() -> None:
    async with two_parties() as (caller, agent):
        call = await caller.dial("12345")
        await (await agent.next_call(timeout_s=2)).reject(486, q850_cause=17)
        await call.wait_for(CallState.ENDED, timeout_s=2)
        assert call.ended == EndOfCall("them", 486, 17, "Busy Here")
        with pytest.raises(
            CallMissedStateError, match=r"waited for UP, but .* CALLING > ENDED \(486 by them"
        ):
            await call.wait_for(CallState.UP, timeout_s=5)


async def test_the_caller_gives_up_while_it_rings() -> None:
    async with two_parties() as (caller, agent):
        call = await caller.dial("12345")
        incoming = await agent.next_call(timeout_s=2)
        await incoming.ring()
        await call.wait_for(CallState.RINGING, timeout_s=2)
        await call.hang_up()
        await incoming.wait_for(CallState.ENDED, timeout_s=2)
        assert call.ended == EndOfCall("us", 487, None, "Request Terminated")
        assert incoming.ended == EndOfCall("them", 487, None, "")
        with pytest.raises(CallMissedStateError, match="cannot answer"):
            await incoming.answer()


async def test_nobody_answers_and_the_wait_says_what_it_is_instead() -> None:
    async with two_parties() as (caller, agent):
        call = await caller.dial("12345")
        await (await agent.next_call(timeout_s=2)).ring()
        with pytest.raises(
            WaitExpiredError, match=r"waited 0.1 s for UP, but the call went CALLING > RINGING and"
        ):
            await call.wait_for(CallState.UP, timeout_s=0.1)


async def test_no_call_comes() -> None:
    async with SipParty.open(timers=FAST) as party:
        with pytest.raises(WaitExpiredError, match=r"waited 0.05 s for a call: none came, 0 are in progress"):
            await party.next_call(timeout_s=0.05)


@pytest.mark.parametrize("lost", [b"INVITE ", b"SIP/2.0 100", b"SIP/2.0 200", b"SIP/2.0 183"])
async def test_a_lost_packet_is_sent_again(lost: bytes) -> None:
    async with two_parties(first(lost)) as (caller, agent):
        call = await caller.dial("12345")
        incoming = await agent.next_call(timeout_s=2)
        await incoming.progress()
        await incoming.answer()
        await call.wait_for(CallState.UP, timeout_s=2)
        await call.hears(850, timeout_s=2)
        with pytest.raises(WaitExpiredError):
            await agent.next_call(timeout_s=0.1)


async def test_a_lost_refusal_is_sent_again_until_it_is_acknowledged() -> None:
    async with two_parties(first(b"SIP/2.0 486")) as (caller, agent):
        call = await caller.dial("12345")
        await (await agent.next_call(timeout_s=2)).reject(486)
        await call.wait_for(CallState.ENDED, timeout_s=2)
        assert call.ended == EndOfCall("them", 486, None, "Busy Here")


async def test_keys_are_heard_in_both_directions_and_once_each() -> None:
    async with two_parties() as (caller, agent):
        call, incoming = await connected(caller, agent)
        await asyncio.gather(call.press("1#"), incoming.press("0"))
        assert await incoming.hears_keys(2, timeout_s=2) == "1#"
        assert await call.hears_keys(1, timeout_s=2) == "0"
        await incoming.hears(600, timeout_s=2)
        assert incoming.heard.digits == "1#"
        assert incoming.heard.lost_packets == 0
        with pytest.raises(ValueError, match="DTMF keys"):
            await call.press("1x")


async def test_headers_and_numbers_arrive_as_they_were_given() -> None:
    async with two_parties() as (caller, agent):
        extra = (("Diversion", "<sip:12315@h>"), ("Diversion", "<sip:12319@h>"), ("X-Case-Id", "工单-1"))
        await caller.dial("12345", caller_number="13800138000", headers=extra)
        incoming = await agent.next_call(timeout_s=2)
        assert incoming.received_headers("diversion") == ("<sip:12315@h>", "<sip:12319@h>")
        assert incoming.received_headers("X-Case-Id") == ("工单-1",)
        assert incoming.received_headers("From")[0].startswith("<sip:13800138000@127.0.0.1>;tag=")
        assert incoming.dialled_uri.startswith("sip:12345@")


async def test_a_number_that_would_forge_a_header_is_refused_and_leaves_nothing() -> None:
    async with two_parties() as (caller, _):
        with pytest.raises(ValueError, match="without blanks"):
            await caller.dial("1\r\nX-Forged: 1")
        assert caller.calls == ()


async def test_leaving_ends_every_call_and_releases_everything() -> None:
    async with SipParty.open(user="agent", timers=FAST) as agent:
        async with SipParty.open(server=agent.address, timers=FAST) as caller:
            up, incoming_up = await connected(caller, agent)
            ringing = await caller.dial("12345")
            incoming_ringing = await agent.next_call(timeout_s=2)
            await incoming_ringing.ring()
            await ringing.wait_for(CallState.RINGING, timeout_s=2)
            address = caller.address
        assert {up.state, ringing.state} == {CallState.ENDED}
        await incoming_up.wait_for(CallState.ENDED, timeout_s=1)
        await incoming_ringing.wait_for(CallState.ENDED, timeout_s=1)
        async with SipParty.open(port=address[1], timers=FAST):
            pass
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_call_nobody_answered_is_refused_on_leaving() -> None:
    async with AsyncExitStack() as agent_stays:
        agent = await agent_stays.enter_async_context(SipParty.open(timers=FAST))
        async with SipParty.open(server=agent.address, timers=FAST) as caller:
            call = await caller.dial("12345")
            await agent.next_call(timeout_s=2)
            await agent_stays.aclose()
            await call.wait_for(CallState.ENDED, timeout_s=2)
            assert call.ended == EndOfCall("them", 480, None, "Temporarily Unavailable")


async def test_a_party_that_vanishes_says_nothing() -> None:
    async with two_parties() as (caller, agent):
        call, incoming = await connected(caller, agent)
        await call.hears(850, timeout_s=2)
        await agent.vanish()
        assert incoming.state is CallState.ENDED
        heard = call.heard.count()
        with pytest.raises(WaitExpiredError):
            await call.wait_for(CallState.ENDED, timeout_s=0.15)
        assert call.heard.count() <= heard + 1
        await call.hang_up(timeout_s=0.1)
        assert call.ended == EndOfCall("us", None, None, "")


async def test_an_agent_answers_by_itself_and_talks_until_the_caller_hangs_up() -> None:
    async with two_parties() as (caller, agent), auto_answer(agent, after_s=0.05) as taken:
        calls = [await caller.dial("12345") for _ in range(2)]
        for call in calls:
            await call.wait_for(CallState.RINGING, timeout_s=2)
            await call.wait_for(CallState.UP, timeout_s=2)
            await call.hears(850, timeout_s=2)
            await call.hang_up()
        for incoming in taken:
            await incoming.wait_for(CallState.ENDED, timeout_s=2)
        given_up = await caller.dial("12345")
        await given_up.wait_for(CallState.RINGING, timeout_s=2)
        await given_up.hang_up()
        assert [type(i).__name__ for i in taken] == ["IncomingCall"] * 3
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_twenty_calls_at_once_hear_everything() -> None:
    async with two_parties() as (caller, agent), auto_answer(agent, after_s=0.0) as taken:
        calls = [await caller.dial("12345") for _ in range(20)]
        for call in calls:
            await call.wait_for(CallState.UP, timeout_s=3)
        for call in calls:
            await call.hears(850, timeout_s=3)
        assert len(taken) == 20
        assert sum(call.heard.lost_packets for call in calls) == 0
