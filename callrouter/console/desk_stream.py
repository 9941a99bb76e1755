"""What happens to the calls of a desk, as server-sent events.

Rules:
- Nobody who reads slowly delays anybody: for each client a bounded number of changes waits; when it is full they are
  dropped, and one `resync` in their place tells the client to look again. Who takes nothing at all is let go.
- A comment every 15 seconds keeps the way open, and shows that it is.
- An event's id is the change's number: who comes back with the last one as Last-Event-ID goes on behind it, or is
  told to look again.
- A token is looked at before each write: who is revoked hears no more.
- So many clients at once and no more, of one seat and of all.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from callrouter.calls.desk_protocol import DeskChange, DeskNews
from callrouter.console.desk_errors import NO_STORE, Refusal
from callrouter.console.desk_models import ChangeShown

_HEARTBEAT: Final = b": \n\n"
_COME_BACK: Final = b"retry: 2000\n\n"
"""After how many milliseconds a client that has lost the way comes back."""
_log = structlog.get_logger(__name__)

Subscribe = Callable[[], AsyncGenerator[DeskChange, None]]


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How many, how long."""

    most: int = 200
    most_of_a_seat: int = 4
    waiting: int = 64
    """Changes that wait for one client."""
    heartbeat_s: float = 15.0
    stuck_s: float = 30.0
    """Who takes nothing for so long is let go."""


class DeskStreams:
    """All that are open."""

    def __init__(self, limits: StreamLimits | None = None) -> None:
        self._limits = limits or StreamLimits()
        self._open: Counter[str] = Counter()
        self._streams: set[_Stream] = set()
        self._is_closed = False

    @property
    def open_streams(self) -> int:
        """How many."""
        return self._open.total()

    def open(self, seat: str, subscribe: Subscribe, may_go_on: Callable[[], bool]) -> Response:
        """Return a stream. Raises Refusal: there are too many, or the server stops."""
        if self._is_closed:
            raise Refusal("draining")
        if self.open_streams >= self._limits.most or self._open[seat] >= self._limits.most_of_a_seat:
            raise Refusal("too_many")
        stream = _Stream(subscribe, may_go_on, self._limits)
        self._open[seat] += 1
        self._streams.add(stream)
        return _StreamResponse(stream, lambda: self._over(seat, stream))

    def close(self) -> None:
        """End them all, and open no more."""
        self._is_closed = True
        for stream in self._streams:
            stream.end()

    def _over(self, seat: str, stream: _Stream) -> None:
        self._streams.discard(stream)
        self._open[seat] -= 1
        if not self._open[seat]:
            del self._open[seat]


class _StreamResponse(Response):
    media_type = "text/event-stream"

    def __init__(self, stream: _Stream, over: Callable[[], None]) -> None:
        # A proxy in front that collects what it passes on would turn events into history.
        super().__init__(headers={**NO_STORE, "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._stream, self._over = stream, over

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            if await self._stream.run(receive, send):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            # Else even the end of it would not get through: the server closes what is left without one.
        finally:
            self._over()


class _Stream:
    """One client."""

    def __init__(self, subscribe: Subscribe, may_go_on: Callable[[], bool], limits: StreamLimits) -> None:
        self._subscribe = subscribe
        self._may_go_on = may_go_on
        self._limits = limits
        self._waiting: deque[DeskChange] = deque()
        self._stirred = asyncio.Event()
        self._is_over = False

    def end(self) -> None:
        """Let it end, after what already waits."""
        self._is_over = True
        self._stirred.set()

    async def run(self, receive: Receive, send: Send) -> bool:
        """Write until the client goes, the changes end, or somebody ends it; False: the client takes nothing."""
        beside = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch(receive))]
        try:
            await self._write(send, _COME_BACK)
            while not self._is_over:
                await self._next(send)
        except TimeoutError:
            _log.info("desk_client_stuck")
            return False
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        return True

    async def _next(self, send: Send) -> None:
        try:
            async with asyncio.timeout(self._limits.heartbeat_s):
                await self._stirred.wait()
        except TimeoutError:
            pass
        self._stirred.clear()
        if not self._may_go_on():
            self._is_over = True
            return
        if not self._waiting and not self._is_over:
            await self._write(send, _HEARTBEAT)
        while self._waiting:
            await self._write(send, _event(self._waiting.popleft()))

    async def _write(self, send: Send, octets: bytes) -> None:
        async with asyncio.timeout(self._limits.stuck_s):
            await send({"type": "http.response.body", "body": octets, "more_body": True})

    async def _listen(self) -> None:
        changes = self._subscribe()
        try:
            async for change in changes:
                self._hear(change)
        except Exception as error:
            # The client comes back by itself, and is told then. An error's text may hold anything.
            _log.warning("desk_changes_ended", error=type(error).__name__)
        finally:
            await changes.aclose()
            self.end()

    def _hear(self, change: DeskChange) -> None:
        if len(self._waiting) >= self._limits.waiting:
            # Who comes back with its number goes on behind what was dropped.
            change = DeskChange(change.number, DeskNews.RESYNC, change.at)
            self._waiting.clear()
        self._waiting.append(change)
        self._stirred.set()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._waiting.clear()
        self.end()


def _event(change: DeskChange) -> bytes:
    data = ChangeShown.model_validate(change).model_dump_json()
    return f"id: {change.number}\nevent: {change.what.value}\ndata: {data}\n\n".encode()
