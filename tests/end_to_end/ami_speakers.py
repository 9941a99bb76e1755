"""Two ways to speak AMI with a test's Asterisk: our client, and a bare connection."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

from running_system import System

from callrouter.asterisk_link.ami_client import AmiClient
from callrouter.asterisk_link.ami_errors import AmiRefused
from callrouter.asterisk_link.ami_messages import AmiMessage, encode_action
from callrouter.asterisk_link.ami_protocol import AmiSession
from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.local_system.secrets import read

SEAT = "PJSIP/1001"
QUEUE = "hotline"


def secret(system: System) -> str:
    return read(system.layout.secrets).ami


@contextlib.asynccontextmanager
async def client(system: System) -> AsyncIterator[AmiClient]:
    ami = AmiClient(
        *("127.0.0.1", system.settings.ami.port, "callrouter", secret(system)),
        boot_name=lambda: read_boot_name(system.layout.boot_name),
        chance=random.SystemRandom(),
    )
    async with ami:
        await asyncio.wait_for(ami.wait_ready(), 10)
        yield ami


async def seat_1001(ami: AmiClient) -> None:
    with contextlib.suppress(AmiRefused):  # it is there already
        await ami.action("QueueAdd", {"Queue": QUEUE, "Interface": SEAT, "MemberName": "1001"})


class Wire:
    """A bare connection, for what our client would never send or hand on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.session = AmiSession()
        self.unread: list[AmiMessage] = []
        self.seen: list[AmiMessage] = []

    async def until(self, *ends: tuple[str, str]) -> list[AmiMessage]:
        """Read up to a message that has all these headers; return what came, it included."""
        began = len(self.seen)
        async with asyncio.timeout(10):
            while True:
                while not self.unread:
                    data = await self.reader.read(65536)
                    assert data, "closed"
                    self.unread += self.session.receive_data(data)
                self.seen.append(self.unread.pop(0))
                if set(ends) <= set(self.seen[-1].headers):
                    return self.seen[began:]

    async def ask(self, name: str, **headers: str) -> list[AmiMessage]:
        """Send an action and return all up to its answer, or its list's end."""
        action_id = f"w-{random.getrandbits(64)}"
        self.writer.write(encode_action(name, action_id, headers))
        came = await self.until(("ActionID", action_id))
        if came[-1].get("EventList") == "start":
            came += await self.until(("ActionID", action_id), ("EventList", "Complete"))
        return came


@contextlib.asynccontextmanager
async def wire(port: int, password: str, source: str = "127.0.0.1", **login: str) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
    wire = Wire(reader, writer)
    try:
        await wire.ask("Login", Username="callrouter", Secret=password, **login)
        yield wire
    finally:
        writer.close()
