"""An AMI server for tests: answers and tells as Asterisk 22.10.1 does, and misbehaves when told to.

What it holds is plain data that a test may change at any time: `AmiDouble.queues`, `AmiDouble.channels`.  It knows
the actions of `_ANSWERS`; every other one it refuses as unknown.  The end-to-end tests hold the same short
conversation with it and with a real Asterisk, and compare message by message.

A connection is served by a *script*, an async function of the `Connection`: the first by the first one, and so on,
the last one again.  Without any, each is served by `Connection.serve`.

Usage::

    async with AmiDouble() as asterisk:
        asterisk.queues["hotline"] = ["PJSIP/1001"]
        ... connect to 127.0.0.1, asterisk.port ...
        asterisk.tell("QueueCallerJoin", Queue="hotline")
        asterisk.cut()
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self, TypeAlias

from callrouter.asterisk_link.ami_double_channels import core_show_channels, redirect, setvar, status
from callrouter.asterisk_link.ami_double_queues import (
    queue_add,
    queue_pause,
    queue_remove,
    queue_status,
)

Action: TypeAlias = dict[str, str]
Script: TypeAlias = "Callable[[Connection], Awaitable[None]]"

BANNER: Final = "Asterisk Call Manager/11.0.0\r\n"
FULLY_BOOTED: Final = (
    "Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nLastReload: 1\r\n"
    "Status: Fully Booted\r\n\r\n"
)


class Connection:
    """One accepted connection."""

    def __init__(
        self, asterisk: "AmiDouble", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.asterisk = asterisk
        self.reader, self.writer = reader, writer
        self.is_logged_in = False

    async def action(self) -> Action:
        """Return the next action but Ping, which is answered by itself (`AmiDouble.answers_pings`)."""
        while True:
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            action = dict(line.split(": ", 1) for line in lines)
            self.asterisk.receive(action)
            if action["Action"] != "Ping":
                return action
            if not self.is_logged_in:
                self.answer(action, "Error", "Message: Permission denied\r\n")
            elif self.asterisk.answers_pings:
                self.answer(action, "Success", "Ping: Pong\r\nTimestamp: 1795337979.000001\r\n")

    def answer(self, action: Action, verdict: str, more: str = "") -> None:
        """Write a response; ``more`` is whole header lines."""
        self.write(f"Response: {verdict}\r\nActionID: {action['ActionID']}\r\n{more}\r\n")

    def write(self, text: str) -> None:
        """Write anything."""
        self.writer.write(text.encode())

    async def log_in(self) -> Action:
        """Take a client as far as it is ready: login, FullyBooted, CoreSettings; return its Login."""
        self.write(BANNER)
        login = await self.action()
        self.answer(login, "Success", "Message: Authentication accepted\r\n")
        self.write(FULLY_BOOTED)
        self.answer_settings(await self.action())
        self.is_logged_in = True
        return login

    def answer_settings(self, action: Action) -> None:
        """Answer a CoreSettings."""
        self.answer(
            action,
            "Success",
            "AMIversion: 11.0.0\r\nAsteriskVersion: 22.10.1\r\n"
            f"SystemName: {self.asterisk.boot_name}\r\n"
            "CoreMaxCalls: 0\r\nCoreMaxLoadAvg: 0.000000\r\nCoreRunUser: \r\nCoreRunGroup: \r\n"
            "CoreMaxFilehandles: 0\r\nCoreRealTimeEnabled: No\r\nCoreCDRenabled: No\r\nCoreHTTPenabled: No\r\n"
            "SoundsSearchCustomDir: No\r\n",
        )

    async def serve(self) -> None:
        """Be Asterisk until the client goes."""
        self.write(BANNER)
        while True:
            action = await self.action()
            name = action["Action"]
            if name in self.asterisk.silent:
                continue
            if message := self.asterisk.refused.get(name):
                self.answer(action, "Error", f"Message: {message}\r\n")
            elif name == "Login":
                await _login(self, action)
            elif not self.is_logged_in:
                self.answer(action, "Error", "Message: Permission denied\r\n")
            elif answer := _ANSWERS.get(name):
                answer(self, action)
            else:
                known = "Use Action: ListCommands to show available commands."
                self.answer(action, "Error", f"Message: Invalid/unknown command: {name}. {known}\r\n")
            await self.writer.drain()


class AmiDouble:
    """The server; ``async with`` starts it on a free loopback port and ends it."""

    def __init__(
        self,
        *scripts: Script,
        username: str = "callrouter",
        secret: str = "secret",  # noqa: S107 - a test's, not a secret
        boot_name: str = "abcdefghij234567",
    ) -> None:
        self.boot_name = boot_name
        self.username, self.secret = username, secret
        self.queues: dict[str, list[str]] = {}
        """Queue → its members' interfaces."""
        self.paused: dict[tuple[str, str], str] = {}
        """Queue and interface of each paused member → the reason."""
        self.channels: list[str] = []
        """The names of the channels that are up."""
        self.variables: dict[str, dict[str, str]] = {}
        """Channel → its variables."""
        self.applications: dict[str, str] = {}
        """Channel → the application that it is in; Queue where nothing is said."""
        self.handlers: dict[str, list[str]] = {}
        """Channel → the hangup handlers that were pushed onto it, the latest last."""
        self.on_redirect: Callable[[Action], None] = lambda _action: None
        """What becomes of a channel that is redirected, after the answer."""
        self.refused: dict[str, str] = {}
        """Action → the message that it is refused with."""
        self.silent: set[str] = set()
        """Actions that are never answered."""
        self.answers_pings = True
        self.actions: list[Action] = []
        """Every action received, on any connection."""
        self.accepted = 0
        """How many connections there have been."""
        self.port = 0
        self._scripts = scripts or (Connection.serve,)
        self._connections: set[Connection] = set()
        self._serving: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._received = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._is_closing = True
        self._server.close()
        self.cut()
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    def tell(self, event: str, privilege: str = "agent,all", **headers: str) -> None:
        """Tell an event as Asterisk does, with the boot name, to everyone who is logged in."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.write(f"Event: {event}\r\nPrivilege: {privilege}\r\nSystemName: {self.boot_name}\r\n{lines}\r\n")

    def write(self, text: str) -> None:
        """Write anything to everyone who is logged in."""
        for connection in self._connections:
            if connection.is_logged_in:
                connection.write(text)

    def cut(self) -> None:
        """Reset every connection, in the middle of whatever it is at."""
        for connection in self._connections:
            connection.writer.transport.abort()

    def asked(self, name: str) -> int:
        """Return how often an action was received."""
        return sum(action["Action"] == name for action in self.actions)

    async def until_asked(self, name: str, times: int = 1) -> None:
        """Wait until an action has been received so often."""
        while self.asked(name) < times:
            self._received.clear()
            await self._received.wait()

    def receive(self, action: Action) -> None:
        """Write down an action (its connection calls this)."""
        self.actions.append(action)
        self._received.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self._scripts[min(self.accepted, len(self._scripts) - 1)]
        self.accepted += 1
        connection = Connection(self, reader, writer)
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(connection)
        self._serving.add(task)
        try:
            await script(connection)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except asyncio.CancelledError:
            # asyncio's streams log a cancelled connection as an error.
            if not self._is_closing:
                raise
        finally:
            self._connections.discard(connection)
            self._serving.discard(task)
            writer.close()


async def _login(connection: Connection, action: Action) -> None:
    asterisk = connection.asterisk
    if connection.is_logged_in:
        connection.answer(action, "Success", "Message: Already authenticated\r\n")
        return
    if (action.get("Username"), action.get("Secret")) != (asterisk.username, asterisk.secret):
        # Asterisk waits a second here; nobody tests that.
        connection.answer(action, "Error", "Message: Authentication failed\r\n")
        await connection.writer.drain()
        raise ConnectionAbortedError
    connection.is_logged_in = True
    connection.answer(action, "Success", "Message: Authentication accepted\r\n")
    connection.write(FULLY_BOOTED)


def _logger_rotate(connection: Connection, action: Action) -> None:
    connection.answer(action, "Success", "Message: Reloaded the logger and rotated log files\r\n")


_ANSWERS: Final[dict[str, Callable[[Connection, Action], None]]] = {
    "CoreSettings": Connection.answer_settings,
    "CoreShowChannels": core_show_channels,
    "Status": status,
    "Setvar": setvar,
    "Redirect": redirect,
    "QueueStatus": queue_status,
    "QueueAdd": queue_add,
    "QueueRemove": queue_remove,
    "QueuePause": queue_pause,
    "LoggerRotate": _logger_rotate,
}
