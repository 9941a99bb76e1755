"""One AMI connection, from its first octet to its loss.  It never comes back: a new one is another link.

Rules
1. Until `AmiLink.trust` names the boot name, only answers are taken, and that Asterisk is booted.  News are dropped:
   whoever follows them begins with a snapshot anyway.
2. From then on every message is judged (``ami_trust``).  What is dropped leaves a gap, unless it stood in a list: the
   list then says how many of its items are missing.
3. An Asterisk that does not read is dead: what we have not got rid of is bounded.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from callrouter.asterisk_link.ami_counters import AmiCounters
from callrouter.asterisk_link.ami_errors import AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_events import AmiNews, SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers, encode_action
from callrouter.asterisk_link.ami_pending import PendingActions
from callrouter.asterisk_link.ami_protocol import AmiProtocolError, AmiSession
from callrouter.asterisk_link.ami_trust import AmiJudge, Distrust

# A hundred of our longest actions, behind what the kernel holds already.
MAX_UNSENT_BYTES: Final = 256 * 1024

# Debian's build has TEST_FRAMEWORK, and sends these whatever the user may read.
_NEVER_NEWS: Final = frozenset({"TestEvent"})


class AmiLink(asyncio.Protocol):
    """Sends actions and hands out news; used by `AmiClient` alone.

    ``token`` begins every ActionID of this link, so that no answer to an older link's action fits, and no caller
    can write one.
    """

    def __init__(self, token: str, on_news: Callable[[AmiNews], None], counters: AmiCounters) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost = self._loop.create_future()
        """Done when the connection is gone; its result is a constant text that says why."""
        self.fully_booted = asyncio.Event()
        self._session = AmiSession()
        self._pending = PendingActions()
        self._judge: AmiJudge | None = None
        self._token = token
        self._sent = 0
        self._on_news = on_news
        self._counters = counters
        self._futures: dict[str, asyncio.Future[AmiResponse]] = {}
        self._transport: asyncio.Transport | None = None

    def trust(self, boot_name: str) -> None:
        """Hand out news from now on: events that bear this name."""
        self._judge = AmiJudge(self._token, boot_name)

    async def action(self, name: str, headers: Headers, timeout_s: float) -> AmiResponse:
        """Send one action, once, and wait up to ``timeout_s`` seconds for its whole answer.

        Raises `AmiRefused`, `AmiTimeout`, `AmiLost`, or `AmiActionError` before anything is sent.
        """
        transport = self._writable_transport(name)
        self._sent += 1
        action_id = f"{self._token}-{self._sent}"
        octets = encode_action(name, action_id, headers)
        future: asyncio.Future[AmiResponse] = self._loop.create_future()
        self._futures[action_id] = future
        self._pending.expect(action_id)
        transport.write(octets)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.wait((future, self.lost), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            # After a stall of our own loop, the answer and the alarm are seen in the same turn.
            if not future.done():
                raise AmiTimeout(name) from None
        finally:
            self._pending.forget(action_id)
            del self._futures[action_id]
        if not future.done():
            raise AmiLost(name)
        response = future.result()
        if response.message.name not in ("Success", "Goodbye"):
            raise AmiRefused(name, response.message)
        return response

    def _writable_transport(self, action: str) -> asyncio.Transport:
        if self._transport is None or self.lost.done():
            raise AmiLost(action)
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.abort("Asterisk does not read")
            raise AmiLost(action)
        return self._transport

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
            self._receive(data)
        except AmiProtocolError as error:
            self.abort(str(error))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Wake everybody who waits (asyncio calls this)."""
        self.abort("Asterisk closed the connection")

    def _receive(self, data: bytes) -> None:
        read = self._session.read(data)
        if self._judge is None:
            for message in read:
                if isinstance(message, AmiMessage):
                    self._take_while_logging_in(message)
            return
        for judged in self._judge.judge(read):
            if isinstance(judged, AmiMessage):
                self._hand_out(judged, self._judge)
            else:
                self._distrust(judged)

    def _take_while_logging_in(self, message: AmiMessage) -> None:
        if message.is_event:
            if message.name == "FullyBooted":
                self.fully_booted.set()
            return
        self._hand_to_pending(message)

    def _hand_out(self, message: AmiMessage, judge: AmiJudge) -> None:
        event = self._hand_to_pending(message)
        if event is None:
            return
        if not judge.is_news(event):
            self._counters.unmatched += 1
        elif event.name not in _NEVER_NEWS:
            self._on_news(event)

    def _hand_to_pending(self, message: AmiMessage) -> AmiMessage | None:
        """Answer the action that waits for this message; return an event that no action waits for."""
        unmatched = self._pending.unmatched
        answered = self._pending.receive(message)
        self._counters.unmatched += self._pending.unmatched - unmatched
        if answered is None or isinstance(answered, AmiMessage):
            return answered
        action_id, response = answered
        self._futures[action_id].set_result(response)
        return None

    def _distrust(self, fault: Distrust) -> None:
        self._counters.distrust(fault, self._loop.time())
        if fault is Distrust.CUT_BEFORE and self._pending.retract():
            return
        if not self._pending.is_listing:
            self._on_news(SnapshotNeeded(SnapshotReason.DISTRUST))
