"""SIP callers, with an answering agent in the same lean process, to load Asterisk with: no audio, µs timestamps.

Rules:
- Messages are cut from templates and looked at with one search each: whatever time the load takes, the calls lack.
  What it does take is measured (`Slice.own_cpu_s`) and reported beside the calls.
- Every call has a caller's number of its own, so that the agent knows which call has reached it.
- Nothing is sent twice: a datagram lost on loopback is a failed call, and failed calls are counted.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final, cast

from benchmarks.sip_agent import Agent, agent_open
from benchmarks.sip_text import described, ok, tag_of, widen

_ENDS_WITHIN_S: Final = 15.0
"""After the last call was placed; Asterisk gives up a transaction later than that, and so the call has failed."""
TIMED_OUT: Final = 0
"""Stands among the SIP codes of failed calls for "no answer at all"."""

_ANSWERED: Final = 0.0
"""Stands for the instant of the INVITE once it does not matter any more."""

_OUR_BRANCH = re.compile(rb"branch=z9hG4bK-([IB])(\d+)")
_numbers = count(1)


@dataclass(slots=True)
class Slice:
    """What became of the calls of one stretch of load."""

    seconds: float = 0.0
    """From the first call to the end of the last; those that are in flight when the time is up are waited for."""
    completed: int = 0
    """Calls that ended as they should."""
    failed: Counter[int] = field(default_factory=Counter)
    """By SIP code, or `TIMED_OUT`."""
    answered_ms: list[float] = field(default_factory=list)
    """INVITE -> 200."""
    reached_ms: list[float] = field(default_factory=list)
    """INVITE -> the INVITE's arrival at the agent."""
    own_cpu_s: float = 0.0
    """What the load itself has used."""

    @property
    def per_second(self) -> float:
        """Calls completed a second."""
        return self.completed / self.seconds


class Callers(asyncio.DatagramProtocol):
    """Places calls from one address, which decides what is done with them."""

    def __init__(self, agent: Agent, server: tuple[str, int], dialled: str) -> None:
        self._agent = agent
        self._to = b"sip:%b@%b:%d" % (dialled.encode(), server[0].encode(), server[1])
        self._transport: asyncio.DatagramTransport | None = None
        self._sent_at: dict[int, float] = {}
        self._up: dict[int, bytes] = {}
        """The tag of each call that holds."""
        self._slice = Slice()
        self._over = asyncio.Event()
        self._all_up = asyncio.Event()
        self._again = False
        self._holding = 0
        """So many calls are to stay up."""
        self._invite = self._ack = self._bye = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        host, port = transport.get_extra_info("sockname")[:2]
        self._write_templates(host.encode(), port)

    async def closed_loop(self, in_flight: int, seconds: float) -> Slice:
        """Keep so many calls in flight; each is hung up as soon as it is answered."""
        self._begin()
        self._again = True
        for _ in range(in_flight):
            self._call()
        await asyncio.sleep(seconds)
        self._again = False
        return await self._end()

    async def at_rate(self, per_second: float, seconds: float) -> Slice:
        """Place calls evenly, however many are in flight."""
        self._begin()
        await self._place(round(per_second * seconds), per_second)
        return await self._end()

    async def hold(self, calls: int, per_second: float) -> Slice:
        """Place calls that stay up until `hang_up`. Raises TimeoutError when one does not come up."""
        self._begin()
        self._holding = calls
        self._all_up.clear()
        await self._place(calls, per_second)
        async with asyncio.timeout(_ENDS_WITHIN_S):
            await self._all_up.wait()
        return self._slice

    async def hang_up(self, per_second: float) -> Slice:
        """End the calls that `hold` placed."""
        self._holding = 0
        for number, tag in tuple(self._up.items()):
            self._send(self._bye % (number, number, tag, number))
            await asyncio.sleep(1 / per_second)
        self._up.clear()
        return await self._end()

    def datagram_received(self, data: bytes, _addr: tuple[str, int]) -> None:
        now = time.perf_counter()
        ours = _OUR_BRANCH.search(data) if data.startswith(b"SIP/2.0 ") else None
        if ours is None:
            self._send(ok(data) + b"Content-Length: 0\r\n\r\n")  # a BYE: counted when its call times out
            return
        number, status = int(ours[2]), int(data[8:11])
        if status < 200 or number not in self._sent_at:
            return
        if ours[1] == b"B":
            self._ended(number)
        elif status < 300:
            self._answered(number, data, now)
        else:
            self._refused(number, status, data)

    def _answered(self, number: int, data: bytes, now: float) -> None:
        tag, sent_at = tag_of(data), self._sent_at[number]
        if sent_at == _ANSWERED:  # the answer once more: it was impatient for the ACK
            self._send(self._ack % (b"A", number, number, tag, number))
            return
        self._sent_at[number] = _ANSWERED
        self._slice.answered_ms.append((now - sent_at) * 1000)
        reached = self._agent.reached.pop(number, None)
        if reached is not None:
            self._slice.reached_ms.append((reached - sent_at) * 1000)
        self._send(self._ack % (b"A", number, number, tag, number))
        if self._holding:
            self._up[number] = tag
            if len(self._up) == self._holding:
                self._all_up.set()
        else:
            self._send(self._bye % (number, number, tag, number))

    def _refused(self, number: int, status: int, data: bytes) -> None:
        self._send(self._ack % (b"I", number, number, tag_of(data), number))
        self._slice.failed[status] += 1
        self._strike_out(number)

    def _ended(self, number: int) -> None:
        self._slice.completed += 1
        self._strike_out(number)

    def _strike_out(self, number: int) -> None:
        del self._sent_at[number]
        if self._again:
            self._call()
        elif not self._sent_at:
            self._over.set()

    def _begin(self) -> None:
        self._slice = Slice(seconds=-time.perf_counter(), own_cpu_s=-time.process_time())

    async def _place(self, calls: int, per_second: float) -> None:
        began = time.perf_counter()
        for place in range(calls):
            early = began + place / per_second - time.perf_counter()
            if early > 0:
                await asyncio.sleep(early)
            self._call()

    async def _end(self) -> Slice:
        """Wait for the calls in flight, the agent's too."""
        done = self._slice
        try:
            async with asyncio.timeout(_ENDS_WITHIN_S):
                if self._sent_at:
                    await self._over.wait()
                done.seconds += time.perf_counter()
                await self._agent.idle.wait()
        except TimeoutError:
            if self._sent_at:
                done.seconds += time.perf_counter()
            done.failed[TIMED_OUT] += len(self._sent_at)
            self._sent_at.clear()
            self._agent.forget()
        self._agent.reached.clear()
        done.own_cpu_s += time.process_time()
        return done

    def _call(self) -> None:
        number = next(_numbers)
        message = self._invite % (number, number, number, number)
        self._over.clear()
        self._sent_at[number] = time.perf_counter()
        self._send(message)

    def _send(self, message: bytes) -> None:
        assert self._transport
        self._transport.sendto(message)

    def _write_templates(self, host: bytes, port: int) -> None:
        to, at = self._to, b"%b:%d" % (host, port)
        via = b"Via: SIP/2.0/UDP " + at + b";branch=z9hG4bK-"
        who = b"From: <sip:138%08d@" + host + b">;tag=c\r\nTo: <" + to + b">"
        rest = b"Max-Forwards: 70\r\nCall-ID: load-%d\r\nCSeq: "
        description = described(host)
        length = b"Content-Length: %d\r\n\r\n" % len(description)
        self._invite = (
            b"INVITE " + to + b" SIP/2.0\r\n" + via + b"I%d\r\n" + who + b"\r\n"
            b"Contact: <sip:138%08d@" + at + b">\r\n" + rest + b"1 INVITE\r\n"
            b"Content-Type: application/sdp\r\n" + length + description
        )  # fmt: skip
        self._ack = (
            b"ACK " + to + b" SIP/2.0\r\n" + via + b"%b%d\r\n" + who + b";tag=%b\r\n" + rest + b"1 ACK\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        self._bye = (
            b"BYE " + to + b" SIP/2.0\r\n" + via + b"B%d\r\n" + who + b";tag=%b\r\n" + rest + b"2 BYE\r\n"
            b"Content-Length: 0\r\n\r\n"
        )


@asynccontextmanager
async def callers_open(
    agent: Agent, address: str, server: tuple[str, int], dialled: str
) -> AsyncIterator[Callers]:
    """Open callers at an address of 127.0.0.0/8 who call by way of a server."""
    loop = asyncio.get_running_loop()
    transport, callers = await loop.create_datagram_endpoint(
        lambda: Callers(agent, server, dialled), local_addr=(address, 0), remote_addr=server
    )
    widen(transport)
    try:
        yield callers
    finally:
        transport.close()


async def alone_per_second(in_flight: int, seconds: float) -> float:
    """Let the callers call the agent with nobody between; return the calls completed a second."""
    async with agent_open() as (agent, address), callers_open(agent, "127.0.0.2", address, "1") as callers:
        return (await callers.closed_loop(in_flight, seconds)).per_second
