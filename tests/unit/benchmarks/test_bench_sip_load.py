"""The load: it counts the calls that were, and no others."""

import asyncio
from typing import cast

from benchmarks.sip_agent import agent_open
from benchmarks.sip_load import callers_open


async def test_every_call_at_an_even_rate_is_answered_and_ended() -> None:
    async with agent_open() as (agent, address), callers_open(agent, "127.0.0.2", address, "1") as callers:
        load = await callers.at_rate(400, 0.1)
    assert load.completed == len(load.answered_ms) == len(load.reached_ms) == 40
    assert not load.failed
    assert all(
        0 < reached <= answered for reached, answered in zip(load.reached_ms, load.answered_ms, strict=True)
    )


async def test_a_closed_loop_is_timed_until_its_last_call_has_ended() -> None:
    async with agent_open() as (agent, address), callers_open(agent, "127.0.0.2", address, "1") as callers:
        load = await callers.closed_loop(3, 0.1)
    assert load.completed >= 3
    assert load.seconds >= 0.1
    assert load.per_second == load.completed / load.seconds


async def test_calls_that_are_held_stay_up_until_they_are_hung_up() -> None:
    async with agent_open() as (agent, address), callers_open(agent, "127.0.0.2", address, "1") as callers:
        await callers.hold(5, 500)
        assert not agent.idle.is_set()
        load = await callers.hang_up(500)
    assert load.completed == 5
    assert agent.idle.is_set()


class _Busy(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith(b"INVITE "):
            head = data.partition(b"\r\n")[2].partition(b"\r\n\r\n")[0]
            self._transport.sendto(b"SIP/2.0 486 Busy Here\r\n" + head + b"\r\n\r\n", addr)


async def test_a_refused_call_is_no_completed_one() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Busy, local_addr=("127.0.0.3", 0))
    try:
        server = transport.get_extra_info("sockname")[:2]
        async with agent_open() as (agent, _), callers_open(agent, "127.0.0.2", server, "1") as callers:
            load = await callers.at_rate(400, 0.025)
    finally:
        transport.close()
    assert load.completed == 0
    assert load.failed == {486: 10}
