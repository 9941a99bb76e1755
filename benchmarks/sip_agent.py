"""The agent that answers every call at once."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from benchmarks.sip_text import described, ok, widen

_AGENT: Final = "127.0.0.3"
_CALLER = re.compile(rb"\r\nFrom: [^\r]*sip:138(\d{8})@")


class Agent(asyncio.DatagramProtocol):
    """Answers every call at once."""

    def __init__(self) -> None:
        self.reached: dict[int, float] = {}
        """When each call was first heard of, by its number."""
        self._open: set[int] = set()
        self.idle = asyncio.Event()
        """No call is up."""
        self.idle.set()
        self._transport: asyncio.DatagramTransport | None = None
        self._described = b""

    def forget(self) -> None:
        """Take no interest in the calls that are up."""
        self._open.clear()
        self.idle.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        host, port = transport.get_extra_info("sockname")[:2]
        address = host.encode()
        description = described(address)
        self._described = (
            b"Contact: <sip:%b:%d>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%b"
            % (address, port, len(description), description)
        )

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        now = time.perf_counter()
        if data.startswith((b"SIP/2.0", b"ACK ")):
            return
        assert self._transport
        caller = _CALLER.search(data)
        number = int(caller[1]) if caller else 0
        if data.startswith(b"INVITE "):
            self.reached.setdefault(number, now)
            self._open.add(number)
            self.idle.clear()
            answer = ok(data, to_tag=b";tag=agent") + self._described
        else:
            self._open.discard(number)
            if not self._open:
                self.idle.set()
            answer = ok(data) + b"Content-Length: 0\r\n\r\n"
        self._transport.sendto(answer, addr)


@asynccontextmanager
async def agent_open() -> AsyncIterator[tuple[Agent, tuple[str, int]]]:
    """Open the agent; give it and its address."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(Agent, local_addr=(_AGENT, 0))
    widen(transport)
    try:
        yield agent, transport.get_extra_info("sockname")[:2]
    finally:
        transport.close()
