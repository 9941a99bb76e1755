"""An Asterisk's manager interface that does what a test tells it, for our client and for theirs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from callrouter.asterisk_link.ami_client import AmiClient

SOON_S = 10.0
BANNER = "Asterisk Call Manager/11.0.0\r\n"
BOOT_NAME = "bootnameexample2"
BOOTED = "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
REFUSED = "Message: Authentication failed\r\n"
Action = dict[str, str]


class Connection:
    """One accepted connection: reads actions, writes what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def action(self) -> Action:
        """The next action but CoreSettings, by which a client of ours begins; that is answered."""
        while True:
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            action = dict(line.split(": ", 1) for line in lines)
            if action["Action"] != "CoreSettings":
                return action
            self.answer(action, "Success", f"SystemName: {BOOT_NAME}\r\n")

    async def action_but_ping(self) -> Action:
        """The next action that is no Ping; those are answered."""
        while (action := await self.action())["Action"] == "Ping":
            self.answer(action, "Success", "Ping: Pong\r\n")
        return action

    def answer(self, action: Action, verdict: str, more: str = "") -> None:
        self.tell(f"Response: {verdict}\r\nActionID: {action['ActionID']}\r\n{more}\r\n")

    def tell(self, text: str) -> None:
        self.writer.write(text.encode())

    async def log_in(self) -> None:
        self.tell(BANNER)
        self.answer(await self.action(), "Success", "Message: Authentication accepted\r\n")
        self.tell(BOOTED)


Script = Callable[[Connection], Awaitable[None]]


class ScriptedAsterisk:
    """Serves each connection by the next script, the last one again and again; closes when a script ends."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = scripts
        self.accepted = 0
        self.port = 0
        self._changed = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    def changed(self) -> None:
        """Let `until` look again."""
        self._changed.set()

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something that a script brings about; it says so by `changed`."""
        async with asyncio.timeout(SOON_S):
            while not reached():
                self._changed.clear()
                await self._changed.wait()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator["ScriptedAsterisk"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[min(self.accepted, len(self.scripts) - 1)]
        self.accepted += 1
        self._writers.append(writer)
        self.changed()
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await script(Connection(reader, writer))
            await writer.drain()
        writer.close()
        self.changed()


@contextlib.asynccontextmanager
async def running(ami: AmiClient) -> AsyncIterator[AmiClient]:
    """Our client, bounded in time."""
    async with asyncio.timeout(SOON_S), ami:
        yield ami
