"""Whole calls through the edge: Asterisk takes it for the carrier, and everything a call needs comes through."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import pytest
from edge_line import CARRIER, EDGE, STRANGER, Edge, running_edge
from hostile import HOSTILE_USERS
from hostile_calls import overheard
from parties import AGENT_HZ, CALLER_HZ, heard, phone
from raw_invite import Invite, place
from running_system import MakeSystem, System, eventually

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """A system whose carrier is the edge."""
    made = make_system(sip={"carrier_networks": [f"{EDGE}/32"]})
    made.start()
    return made


@pytest.fixture(scope="module")
def front(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with running_edge(tmp_path_factory.mktemp("front"), system.sip[1]) as running:
        yield running


def caller_at(front: Edge, number: str = "13800138000") -> AbstractAsyncContextManager[SipParty]:
    return SipParty.open(host=CARRIER, user=number, server=front.address, tone_hz=CALLER_HZ)


async def test_a_call_through_the_edge_is_announced_talked_and_recorded_under_the_asserted_number(
    system: System, front: Edge
) -> None:
    asserted = ("P-Asserted-Identity", "<sip:13900139000@127.0.0.2>")
    async with phone(system, "1001") as agent, caller_at(front) as caller:
        call = await caller.dial("12315", headers=(asserted, ("X-CallRouter-Context", "1")))
        ringing = await agent.next_call(timeout_s=20)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=20)
        assert heard(call, "g02-12315-sichuan").is_whole
        await call.hears(AGENT_HZ, timeout_s=3)
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=5)
    record = system.record(call.sip_call_id)
    assert (record["called_raw"], record["decision"]["line"]) == ("12315", "12315")
    assert record["caller_raw"] == "13900139000"
    assert (record["terminal_state"], record["hung_up_by"], record["agent"]) == (
        "completed",
        "caller",
        "1001",
    )


async def test_a_callers_hang_up_in_the_announcement_reaches_asterisk(system: System, front: Edge) -> None:
    async with caller_at(front) as caller:
        call = await caller.dial(f"sip:12366;phone-context=+8628@{EDGE}")
        await call.hears_packets(20, timeout_s=5)
        await call.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    record = system.record(call.sip_call_id)
    assert (record["called_raw"], record["decision"]["line"]) == ("12366;phone-context=+8628", "12366")
    assert (record["terminal_state"], record["agent"]) == ("abandoned", None)


async def test_a_caller_with_a_hostile_identity_talks_to_a_person_who_hangs_up(
    system: System, front: Edge
) -> None:
    hostile = HOSTILE_USERS["a forged AMI event"].decode()
    asserted = ("P-Asserted-Identity", f"<sip:{hostile}@127.0.0.2>")
    async with phone(system, "1001") as agent, caller_at(front) as caller:
        call = await caller.dial("12345", caller_number=hostile, headers=(asserted,))
        ringing = await agent.next_call(timeout_s=20)
        assert "forged" not in "".join(ringing.received_headers("From"))
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    record = system.record(call.sip_call_id)
    assert record["caller_raw"] == "anonymous"
    assert (record["terminal_state"], record["hung_up_by"]) == ("completed", "agent")


async def test_a_withheld_number_that_the_carrier_asserts_in_a_list_is_in_the_record(
    system: System, front: Edge
) -> None:
    asserted = ("P-Asserted-Identity", "<sip:+8613900139000@ims.example.cn;user=phone>, <tel:+8613900139000>")
    async with caller_at(front) as caller:
        call = await caller.dial("12315", caller_number="anonymous", headers=(asserted, ("Privacy", "id")))
        await call.hears_packets(5, timeout_s=5)
        await call.hang_up()
    record = system.record(call.sip_call_id)
    assert (record["caller_raw"], record["presentation"]) == ("+8613900139000", "prohib_not_screened")


@pytest.mark.parametrize("name", [b"carrier", b"1001"])
async def test_who_walks_around_the_edge_and_writes_a_name_of_ours_is_asked_for_a_password(
    system: System, name: bytes
) -> None:
    asserted = b"P-Asserted-Identity: <sip:13900139000@127.0.0.2>"
    told = await place(Invite(sender=STRANGER, caller=name, headers=asserted), system.sip)
    assert told.statuses == [401]


async def test_who_claims_in_the_middle_of_a_call_to_be_another_is_in_no_event(system: System) -> None:
    claims = b"P-Asserted-Identity: <sip:139%0D%0Aforged%3A%201@127.0.0.2>"
    hostile = Invite(sender=EDGE, user=b"110", stays_s=3, claims=claims)
    async with phone(system, "1001") as agent, overheard(system) as events:
        calling = asyncio.create_task(place(hostile, system.sip))
        ringing = await agent.next_call(timeout_s=20)
        await ringing.answer()
        told = await calling
        await ringing.wait_for(CallState.ENDED, timeout_s=5)
        await asyncio.to_thread(eventually, "the end is told", lambda: b"\nEvent: AgentComplete" in events)
    assert told.statuses.count(200) >= 2
    assert b"forged" not in events


async def test_a_hostile_called_number_is_refused_and_leaves_no_record(system: System, front: Edge) -> None:
    async with caller_at(front) as caller:
        call = await caller.dial(f"sip:{HOSTILE_USERS['a forged AGI environment'].decode()}@{EDGE}")
        await call.wait_for(CallState.ENDED, timeout_s=5)
        assert call.ended
        assert call.ended.status == 400
    assert not any("forged" in log.read_text(errors="replace") for log in system.layout.root.rglob("*.log"))
    assert "forged" not in system.layout.cel_csv.read_text()
