"""A desk's program: asks over HTTP with a token, and listens to the events."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from running_system import System

from callrouter.console.desk_tokens import KeptToken, TokenFile, keep
from callrouter.local_system.secrets import write_private
from callrouter.vocabulary.desk_role import Role

_NOT_DONE = {"asterisk_away", "asterisk_silent", "too_late"}
_TRIES, _AGAIN_AFTER_S = 20, 0.3


def tokens_for(system: System, seats: Sequence[str], supervisors: Sequence[str] = ()) -> dict[str, str]:
    """Make a token for each account and keep it as `callrouter desk token add` does."""
    given: dict[str, str] = {}
    kept: list[KeptToken] = []
    for names, role in ((seats, Role.AGENT), (supervisors, Role.SUPERVISOR)):
        for name in names:
            given[name], made = keep(secrets.token_bytes(32), name, role, datetime.now(UTC))
            kept.append(made)
    write_private(system.layout.desk_tokens, TokenFile(tokens=tuple(kept)).model_dump_json())
    return given


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: dict[str, Any]
    took_s: float

    @property
    def error(self) -> str | None:
        return self.body.get("error")


@dataclass
class DeskClient:
    """One seat's desk."""

    port: int
    token: str
    events: list[dict[str, Any]] = field(default_factory=list)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def get(self, what: str) -> Said:
        return await asyncio.to_thread(self._ask, "GET", what, None, {})

    async def post(self, what: str, *, key: str = "", **body: Any) -> Said:
        headers = {"Idempotency-Key": key} if key else {}
        return await asyncio.to_thread(self._ask, "POST", what, json.dumps(body), headers)

    async def did(self, what: str, **body: Any) -> Said:
        """Ask for it, and see it done; where it was not, as the API says: look, and ask again if it has not acted."""
        before = await self._state()
        for _ in range(_TRIES):
            said = await self.post(what, **body)
            if said.error == "asterisk_silent" and await self._state() != before:
                break
            if said.error not in _NOT_DONE:
                break
            await asyncio.sleep(_AGAIN_AFTER_S)
        assert said.status == 200 or said.error == "asterisk_silent", (what, said)
        return said

    async def _state(self) -> Any:
        call = (await self.get("call")).body.get("call")
        return call and (call["state"], call["attempt"])

    def _ask(self, method: str, what: str, body: str | None, headers: dict[str, str]) -> Said:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as line:
            since = time.monotonic()
            line.request(method, f"/desk/{what}", body, {"Authorization": f"Bearer {self.token}", **headers})
            answer = line.getresponse()
            read = json.loads(answer.read())
            took_s = time.monotonic() - since
        return Said(answer.status, read if isinstance(read, dict) else {"list": read}, took_s)

    async def until(self, why: str, /, **wanted: Any) -> dict[str, Any]:
        """Wait for an event with these values."""
        try:
            async with asyncio.timeout(5):
                while True:
                    for event in self.events:
                        if wanted.items() <= event.items():
                            return event
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            raise AssertionError(f"not told: {why}: {wanted}, but {self.events}") from None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen to the events meanwhile."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET /desk/events HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode()
        )
        reading = asyncio.create_task(self._read(reader))
        try:
            yield
        finally:
            reading.cancel()
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"data: "):
                self.events.append(json.loads(line.removeprefix(b"data: ")))
                self._stirred.set()
