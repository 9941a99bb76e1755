"""A FastAGI server on loopback that tells its outcomes in their order, and the other end of a dip."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from callrouter.asterisk_link.agi_dip import (
    LOOPBACK,
    TIME_LIMIT_S,
    AgiRequest,
    AgiService,
    Answer,
    Handler,
    Network,
    Outcome,
)
from callrouter.asterisk_link.agi_server import AgiServer

ENVIRONMENT = (
    b"agi_network: yes\nagi_network_script: arrival\nagi_callerid: 13800138000\n"
    b"agi_arg_1: called=%2B8612315\n\n"
)
SCRIPTS = {"arrival": ("called", "call_id")}
CALL_ID = "node1-1795339777.2"
CALL = ENVIRONMENT.replace(b"\n\n", f"\nagi_arg_2: call_id={CALL_ID}\n\n".encode())
SOON_S = 5.0


def route(request: AgiRequest) -> Answer:
    return Answer("VERDICT", f"{request.script}:{request.arguments['called']}")


class Bench:
    """A running server and its outcomes in order."""

    def __init__(self, handler: Handler, time_limit_s: float, allowed_peers: tuple[Network, ...]) -> None:
        self.outcomes: asyncio.Queue[tuple[Outcome, float]] = asyncio.Queue()
        self.server = AgiServer(
            AgiService(
                handler, SCRIPTS, self.finished, allowed_peers=allowed_peers, time_limit_s=time_limit_s
            )
        )

    def finished(self, outcome: Outcome, duration_s: float) -> None:
        self.outcomes.put_nowait((outcome, duration_s))

    async def outcome(self) -> Outcome:
        async with asyncio.timeout(SOON_S):
            outcome, duration_s = await self.outcomes.get()
        assert 0 <= duration_s < SOON_S
        return outcome


@contextlib.asynccontextmanager
async def serving(
    handler: Handler = route,
    *,
    time_limit_s: float = TIME_LIMIT_S,
    allowed_peers: tuple[Network, ...] = LOOPBACK,
) -> AsyncIterator[Bench]:
    bench = Bench(handler, time_limit_s, allowed_peers)
    await bench.server.start("127.0.0.1", 0)
    try:
        yield bench
    finally:
        async with asyncio.timeout(SOON_S):
            await bench.server.stop()
        assert bench.server.open_sessions == 0


class Asterisk:
    """The other end of one dip."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def read_line(self) -> bytes:
        async with asyncio.timeout(SOON_S):
            return await self.reader.readline()

    async def is_closed(self) -> bool:
        with contextlib.suppress(ConnectionResetError):
            async with asyncio.timeout(SOON_S):
                return await self.reader.read() == b""
        return True


@contextlib.asynccontextmanager
async def dip(bench: Bench) -> AsyncIterator[Asterisk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    try:
        yield Asterisk(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
