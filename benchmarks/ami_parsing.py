"""How many AMI messages a second are understood: our session and panoramisk's protocol, on the same octets.

The octets are recorded from the measured Asterisk: every event of a few calls, and the list of all channels.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, cast

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from callrouter.asterisk_link.ami_messages import AmiMessage, Headers, encode_action
from callrouter.asterisk_link.ami_protocol import AmiSession
from callrouter.asterisk_link.ami_trust import AmiJudge

_PIECE_BYTES: Final = 16 * 1024
"""About what a busy link brings at a time."""
_END: Final = b"\r\n\r\n"
_TOKEN: Final = "bench"
"""Begins our ActionIDs."""
_TRUSTED_AT_LEAST: Final = 0.99


class Recording(asyncio.Protocol):
    """What Asterisk sends to a user of the manager interface."""

    def __init__(self) -> None:
        self._octets = bytearray()
        self._more = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._octets += data
        self._more.set()

    async def act(self, action: str, headers: Headers, until: bytes) -> None:
        """Send an action, and wait until its last message has come. Raises TimeoutError."""
        assert self._transport
        self._transport.write(encode_action(action, f"{_TOKEN}-1", headers))
        async with asyncio.timeout(20):
            while (found := self._octets.find(until)) < 0 or self._octets.find(_END, found) < 0:
                self._more.clear()
                await self._more.wait()

    def whole_messages(self) -> bytes:
        """The recording up to the end of its last whole message."""
        return bytes(self._octets[: self._octets.rfind(_END) + len(_END)])


@asynccontextmanager
async def recording(port: int, user: str, secret: str) -> AsyncIterator[Recording]:
    """Log in and record."""
    loop = asyncio.get_running_loop()
    transport, recorded = await loop.create_connection(Recording, "127.0.0.1", port)
    try:
        await recorded.act("Login", {"Username": user, "Secret": secret}, b"FullyBooted")
        yield recorded
    finally:
        transport.close()


def messages_per_second(octets: bytes, boot_name: str, pairs: int) -> tuple[list[float], list[float]]:
    """Let both understand the octets in turns; return ours and panoramisk's figures.

    Raises RuntimeError when ours leaves out more than the few that Asterisk tells without its name.
    """
    ours, theirs = [], []
    for _ in range(pairs):
        found, rate = _timed(octets, partial(_ours, boot_name))
        also_found, their_rate = _timed(octets, _panoramisk)
        if found < also_found * _TRUSTED_AT_LEAST:
            raise RuntimeError(f"ours finds {found} messages, panoramisk {also_found}")
        ours.append(rate)
        theirs.append(their_rate)
    return ours, theirs


def _timed(octets: bytes, understand: Callable[[list[bytes]], int]) -> tuple[int, float]:
    pieces = [octets[start : start + _PIECE_BYTES] for start in range(0, len(octets), _PIECE_BYTES)]
    began = time.process_time()
    found = understand(pieces)
    return found, found / (time.process_time() - began)


def _ours(boot_name: str, pieces: list[bytes]) -> int:
    session, judge = AmiSession(), AmiJudge(_TOKEN, boot_name)
    judged = [judge.judge(session.read(piece)) for piece in pieces]
    return sum(isinstance(one, AmiMessage) for of_piece in judged for one in of_piece)


def _panoramisk(pieces: list[bytes]) -> int:
    counting = _Counting()
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding = counting, "utf8"
    protocol.handle_message = counting.take
    for piece in pieces:
        protocol.data_received(piece)
    return counting.messages


class _Counting:
    save_stream = None

    def __init__(self) -> None:
        self.messages = 0

    def take(self, _message: Message) -> None:
        self.messages += 1
