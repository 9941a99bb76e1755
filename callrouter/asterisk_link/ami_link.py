"""One AMI connection, from its first octet to its loss.  It never comes back: a new one is another link."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import structlog

from callrouter.asterisk_link.ami_errors import AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers, encode_action
from callrouter.asterisk_link.ami_pending import PendingActions
from callrouter.asterisk_link.ami_protocol import AmiProtocolError, AmiSession

log = structlog.get_logger(__name__)

# Debian's build has TEST_FRAMEWORK, and sends these whatever the user may read.
_NEVER_NEWS: Final = frozenset({"TestEvent"})


class AmiLink(asyncio.Protocol):
    """Sends actions and hands out events; used by `AmiClient` alone.

    ``token`` begins every ActionID of this link, so that no answer to an older link's action fits.
    """

    def __init__(self, token: str, on_event: Callable[[AmiMessage], None]) -> None:
        self.lost = asyncio.get_running_loop().create_future()
        """Done when the connection is gone; its result is a constant text that says why."""
        self.fully_booted = asyncio.Event()
        self.session = AmiSession()
        self.pending = PendingActions()
        self._token = token
        self._sent = 0
        self._on_event = on_event
        self._futures: dict[str, asyncio.Future[AmiResponse]] = {}
        self._transport: asyncio.Transport | None = None

    async def action(self, name: str, headers: Headers, timeout_s: float) -> AmiResponse:
        """Send one action, once, and wait up to ``timeout_s`` seconds for its whole answer.

        Raises `AmiRefused`, `AmiTimeout`, `AmiLost`, or `AmiActionError` before anything is sent.
        """
        if self._transport is None or self.lost.done():
            raise AmiLost(name)
        self._sent += 1
        action_id = f"{self._token}-{self._sent}"
        octets = encode_action(name, action_id, headers)
        future: asyncio.Future[AmiResponse] = asyncio.get_running_loop().create_future()
        self._futures[action_id] = future
        self.pending.expect(action_id)
        self._transport.write(octets)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.wait((future, self.lost), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            # After a stall of our own loop, the answer and the alarm are seen in the same turn.
            if not future.done():
                raise AmiTimeout(name) from None
        finally:
            self.pending.forget(action_id)
            del self._futures[action_id]
        if not future.done():
            raise AmiLost(name)
        response = future.result()
        if response.message.name not in ("Success", "Goodbye"):
            raise AmiRefused(name, response.message)
        return response

    def abort(self, reason: str) -> None:
        """Cut the connection; ``reason`` is constant text."""
        if not self.lost.done():
            self.lost.set_result(reason)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        # A cast, not a check: uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand out what ``data`` completes (asyncio calls this)."""
        if self.lost.done():
            return
        try:
            for message in self.session.receive_data(data):
                self._hand_out(message)
        except AmiProtocolError as error:
            self.abort(str(error))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Wake everybody who waits (asyncio calls this)."""
        self.abort("Asterisk closed the connection")

    def _hand_out(self, message: AmiMessage) -> None:
        answered = self.pending.receive(message)
        if answered is None:
            return
        if isinstance(answered, AmiMessage):
            if answered.name == "FullyBooted":
                self.fully_booted.set()
            if answered.name not in _NEVER_NEWS:
                self._on_event(answered)
            return
        action_id, response = answered
        self._futures[action_id].set_result(response)
