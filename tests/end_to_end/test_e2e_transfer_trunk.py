"""An agent brings in another house over its trunk: it accepts, talks, hangs up, or its line dies."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from haikou import CODE, PLATFORM_HZ, haikou, plan_with_haikou
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, phone
from running_system import MakeSystem, System, eventually, free_port
from without_notices import without_notices

from callrouter.sip_party.call_state import CallState
from callrouter.vocabulary.context import HEADER, read

SEATS = ("1001", "1002")
SILENT_S = 10
"""A line without a packet for so long counts as dead."""


@pytest.fixture(scope="module")
def platform_port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, platform_port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    made = make_system(
        plan=str(plan_with_haikou(tmp_path_factory.mktemp("dialplans"), platform_port)),
        sip={"seats": list(SEATS), "silent_trunk_s": SILENT_S},
        queue={"wrap_up_s": 0},
    )
    made.start()
    without_notices(made)
    return made


def line_is_up(system: System) -> bool:
    return any("PJSIP/peer-haikou" in line for line in system.asks_asterisk("core show channels concise"))


@dataclass
class Three:
    """Who talks."""

    call: Any
    agent: Any
    platform: Any
    seats: tuple[Any, Any]


@asynccontextmanager
async def three(system: System, port: int) -> AsyncIterator[Three]:
    """Caller, agent and platform, by the agent's keys alone."""
    async with (
        phone(system, SEATS[0]) as first,
        phone(system, SEATS[1]) as second,
        haikou(system, port) as platform,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial("12345")
        ringing = asyncio.ensure_future(first.next_call(timeout_s=10))
        other = asyncio.ensure_future(second.next_call(timeout_s=10))
        await asyncio.wait((ringing, other), return_when=asyncio.FIRST_COMPLETED)
        seats = (first, second) if ringing.done() else (second, first)
        agent = ringing.result() if ringing.done() else other.result()
        (other if ringing.done() else ringing).cancel()
        await agent.answer()
        await agent.hears(CALLER_HZ, timeout_s=20)
        await agent.press("*4")
        await asyncio.sleep(4)
        await agent.press(f"{CODE}#")
        there = await platform.next_call(timeout_s=10)
        await there.answer()
        await asyncio.sleep(1)
        await there.press("1")
        await there.hears(AGENT_HZ, timeout_s=10)
        await agent.press("*5")
        await call.hears(PLATFORM_HZ, timeout_s=10)
        yield Three(call, agent, there, seats)
        for party in (call, agent, there):
            if party.ended is None:
                await party.hang_up()
        await asyncio.to_thread(eventually, "no channel is left", lambda: system.channels() == 0)


async def test_it_accepts_talks_and_hangs_up_and_the_context_has_travelled(
    system: System, platform_port: int
) -> None:
    async with three(system, platform_port) as them:
        await them.agent.press("*7")
        await them.agent.wait_for(CallState.ENDED, timeout_s=10)
        await them.platform.hears(CALLER_HZ, timeout_s=5)
        await them.call.hears(PLATFORM_HZ, timeout_s=5)
        await them.platform.hang_up()
        await them.call.wait_for(CallState.ENDED, timeout_s=10)
    record = await asyncio.to_thread(system.record, them.call.sip_call_id)
    [attempt] = record["transfers"]
    assert (attempt["target"], attempt["outcome"]) == ("haikou", "joined")
    assert "platform" in {leg["role"] for leg in record["legs"]}
    told = read(them.platform.received_headers(HEADER)[0])
    assert told is not None
    assert (told.case, told.path) == (record["call_id"], ("hainan",))
    assert record["terminal_state"] == "completed"


async def test_a_line_that_dies_among_three_leaves_the_caller_with_the_agent(
    system: System, platform_port: int
) -> None:
    async with three(system, platform_port) as them:
        them.platform.vanish()
        await asyncio.to_thread(
            eventually, "the dead line is let go", lambda: not line_is_up(system), within_s=SILENT_S + 15
        )
        await them.call.hears(AGENT_HZ, timeout_s=10)
        await them.agent.hears(CALLER_HZ, timeout_s=10)
        assert them.agent.ended is None


async def test_a_line_that_dies_with_the_caller_alone_brings_him_back_to_an_agent(
    system: System, platform_port: int
) -> None:
    async with three(system, platform_port) as them:
        await them.agent.press("*7")
        await them.agent.wait_for(CallState.ENDED, timeout_s=10)
        them.platform.vanish()
        waiting = [asyncio.ensure_future(seat.next_call(timeout_s=SILENT_S + 15)) for seat in them.seats]
        done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        again = done.pop().result()
        await again.answer()
        await again.hears(CALLER_HZ, timeout_s=15)
        await them.call.hears(AGENT_HZ, timeout_s=5)
        await them.call.hang_up()
