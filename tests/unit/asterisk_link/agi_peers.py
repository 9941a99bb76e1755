"""A FastAGI server on loopback and peers that do exactly what they are told, for the tests of this folder."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer, Outcome
from callrouter.asterisk_link.agi_double import ACCEPTED, environment
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.asterisk_link.arrival import FACTS

DIP = environment()
SOON_S = 5.0


def answer(request: AgiRequest) -> Answer:
    return Answer("VERDICT", request.arguments["called"])


@contextlib.asynccontextmanager
async def serving(
    handler: Callable[[AgiRequest], Answer] = answer, **settings: float
) -> AsyncIterator[AgiServer]:
    server = AgiServer(AgiService(handler, {"arrival": FACTS}, **settings))  # type: ignore[arg-type]  # counts and seconds
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        async with asyncio.timeout(SOON_S):
            await server.stop()
        assert server.open_sessions == 0


class Peer:
    """A plain socket that does exactly what it is told."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.loop = asyncio.get_running_loop()

    async def send(self, octets: bytes) -> None:
        async with asyncio.timeout(SOON_S):
            await self.loop.sock_sendall(self.socket, octets)

    async def receive(self) -> bytes:
        async with asyncio.timeout(SOON_S):
            try:
                return await self.loop.sock_recv(self.socket, 65536)
            except ConnectionResetError:
                return b""


@contextlib.asynccontextmanager
async def peer(server: AgiServer) -> AsyncIterator[Peer]:
    with socket.socket() as connection:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", server.port))
        yield Peer(connection)


async def ended(server: AgiServer, outcome: Outcome, times: int = 1) -> None:
    """Wait until so many sessions have ended that way."""
    async with asyncio.timeout(SOON_S):
        while getattr(server.counters, outcome.value) < times:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0.005)


async def a_dip_is_answered(server: AgiServer) -> None:
    async with peer(server) as asterisk:
        await asterisk.send(DIP)
        assert await asterisk.receive() == b'SET VARIABLE VERDICT "12315"\n'
        await asterisk.send(ACCEPTED)
        assert await asterisk.receive() == b""
