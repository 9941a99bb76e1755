"""110 hands callers over to us, and we to 110; where responsibility is unclear, both desks talk with the caller."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from desk_client import DeskClient, tokens_for
from emergency_scene import three_of_them
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, heard
from police import Desk, plan_with_police, police
from running_system import MakeSystem, System, eventually, free_port
from staffed_seats import staffed
from transfer_plays import nothing_is_left
from transfer_scene import Scene, Stage, has_ended, stage

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty

AGENTS, TARGETS = ("1001",), ("2001",)
HANDS_OVER = "127.0.0.210"
"""Where 110's calls come from."""
CASE = "110-510100-20261123-000417"
CONTEXT = (("X-CallRouter-Context", f"v1&case={CASE}&path=police-110"),)
NOTICE = "m05-110-sichuan"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    made = make_system(
        plan=str(plan_with_police(tmp_path_factory.mktemp("dialplans"), port)),
        sip={"seats": [*AGENTS, *TARGETS], "trunks": {"police-110": [f"{HANDS_OVER}/32"]}},
        queue={"ring_s": 5, "wrap_up_s": 0},
        survey={"enabled": True},
    )
    made.start()
    eventually("the seats are there", lambda: made.seats_in_the_queue() >= {*AGENTS, *TARGETS})
    return made


@asynccontextmanager
async def ready(system: System, port: int) -> AsyncIterator[tuple[Stage, Desk]]:
    async with stage(system, AGENTS, TARGETS) as on, police(system, port) as desk:
        yield on, desk
    await asyncio.to_thread(nothing_is_left, system)


@asynccontextmanager
async def handed_over(on: Stage) -> AsyncIterator[Scene]:
    """A caller whom 110 has handed over, in a talk with an agent."""
    number, (name, nobody) = "13700000110", on.targets.get_nowait()
    async with SipParty.open(host=HANDS_OVER, user=number, server=on.system.sip, tone_hz=CALLER_HZ) as caller:
        yield await on.talk(await caller.dial("12345", headers=CONTEXT), number, name, nobody)


async def test_who_was_handed_over_hears_that_alone_and_is_asked_nothing_and_it_is_written_down(
    system: System, port: int
) -> None:
    async with ready(system, port) as (on, _), handed_over(on) as scene:
        assert heard(scene.call, NOTICE).is_whole
        await scene.agent.hang_up()
        await has_ended(scene.call)
    record = await asyncio.to_thread(system.record, scene.call.sip_call_id)
    assert [one["key"] for one in record["announcements"]] == [NOTICE]
    assert (record["trunk"], record["decision"]["source"]) == ("police-110", "emergency:110")
    assert record["decision"]["case"] == CASE
    assert record["emergency"] == {
        "direction": "in", "service": "110", "result": None, "received_first_by": "110",
    }  # fmt: skip
    assert record["survey"] is None
    assert record["terminal_state"] == "completed"


async def test_who_was_handed_over_is_answered_before_those_who_came_earlier(system: System) -> None:
    async with staffed(system, AGENTS) as seats, carrier_caller(system) as carrier:
        busy = await carrier.dial("12345", caller_number="13800000001")
        taken = await seats.callers["13800000001"].talks
        await busy.hears(AGENT_HZ, timeout_s=15)
        waiting = await carrier.dial("12345", caller_number="13800000002")
        await waiting.wait_for(CallState.UP, timeout_s=5)
        async with SipParty.open(
            host=HANDS_OVER, user="13700000110", server=system.sip, tone_hz=CALLER_HZ
        ) as caller:
            call = await caller.dial("12345", headers=CONTEXT)
            await call.wait_for(CallState.UP, timeout_s=5)
            await taken.call.hang_up()
            await call.hears(AGENT_HZ, timeout_s=15)
            assert not seats.callers["13800000002"].talks.done()
            await call.hang_up()
            await waiting.hears(AGENT_HZ, timeout_s=15)
            await waiting.hang_up()
        await busy.hang_up()  # while he is asked for a rating
        await has_ended(busy, waiting)
    await asyncio.to_thread(nothing_is_left, system)


async def test_where_nobody_is_clearly_responsible_both_desks_talk_with_him_and_who_had_him_first_is_told(
    system: System, port: int
) -> None:
    async with ready(system, port) as (on, desk), handed_over(on) as scene:
        await with_110(system, scene, desk)
    record = await asyncio.to_thread(system.record, scene.call.sip_call_id)
    assert record["emergency"] == {
        "direction": "out", "service": "110", "result": "joined", "received_first_by": "110",
    }  # fmt: skip
    assert record["decision"]["source"] == "emergency:110"


async def test_an_agents_desk_hands_a_caller_over_and_the_record_tells_it(system: System, port: int) -> None:
    async with ready(system, port) as (on, desk), on.scene() as scene:
        invite_headers = await with_110(system, scene, desk)
        assert any("path=sichuan" in value for value in invite_headers)
    record = await asyncio.to_thread(system.record, scene.call.sip_call_id)
    (transfer,) = record["transfers"]
    assert (transfer["kind"], transfer["target"], transfer["outcome"]) == ("emergency", "110", "joined")
    assert record["emergency"] == {
        "direction": "out", "service": "110", "result": "joined", "received_first_by": "sichuan",
    }  # fmt: skip
    assert record["survey"] is None


async def with_110(system: System, scene: Scene, desk: Desk) -> list[str]:
    """By the agent's desk, until the agent has left; return the context that 110 was told."""
    client = DeskClient(system.settings.http.port, tokens_for(system, AGENTS)[scene.seat])
    offered = {one["id"]: one for one in (await client.get("targets")).body["targets"]}
    assert offered["110"]["kinds"] == ["emergency"]
    await client.did("consult", target="110", kind="emergency")
    invite = await desk.call_of(scene.number)
    await invite.ring()
    assert (await client.get("call")).body["call"]["state"] == "together"
    await scene.hear(caller=(AGENT_HZ,), agent=(CALLER_HZ,))
    await invite.answer()
    await three_of_them(scene, invite)
    await client.did("leave")
    await has_ended(scene.agent)
    await invite.hang_up()
    await has_ended(scene.call)
    return list(invite.received_headers("X-CallRouter-Context"))
