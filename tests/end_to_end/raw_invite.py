"""A carrier that sends INVITEs octet for octet: what a SIP stack of ours would refuse to write.

Rules:

- A call has a socket of its own, so that Asterisk's log names it by its port.
- A call that is let in is ended by us: with CANCEL as soon as it hears something, or with BYE once answered.
- What never gets an answer is sent again like any INVITE (RFC 3261, timer A), and then given up.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from itertools import count

CARRIER = "127.0.0.2"
SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
)
_AGAIN_AFTER_S = (0.5, 1.0, 1.5)
_ENDED_WITHIN_S = 15.0
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """What is in an INVITE."""

    sender: str = CARRIER
    """The address that it is sent from."""
    user: bytes = b"12315"
    caller: bytes = b"13800138000"
    name: bytes = b""
    to: bytes = b"<sip:127.0.0.1>"
    """The header's value; without a user part it says nothing of what was dialled."""
    headers: bytes = b""
    """Whole lines, without the last line end."""
    call_id: bytes = field(default_factory=lambda: b"raw-%d" % next(_numbers))
    stays_s: float | None = None
    """Seconds to stay after the answer; None: cancelled as soon as something is heard."""
    claims: bytes = b""
    """Header lines of a second INVITE of the same call, halfway through the stay; none: it is not sent."""
    cancelled_at_once: bool = False
    """The CANCEL follows the INVITE without a look at an answer, which RFC 3261 forbids and callers do."""


@dataclass(slots=True)
class Told:
    """What a call was told."""

    invite: Invite
    port: int
    statuses: list[int] = field(default_factory=list)

    @property
    def let_in(self) -> bool:
        """Asterisk has made a channel of it."""
        return 100 in self.statuses

    @property
    def final(self) -> int | None:
        """The final answer to the INVITE; None if there was none."""
        return next((status for status in self.statuses if status >= 200), None)


async def place(invite: Invite, server: tuple[str, int]) -> Told:
    """Make one call and return when it is over."""
    loop = asyncio.get_running_loop()
    transport, call = await loop.create_datagram_endpoint(
        lambda: _RawCall(invite), local_addr=(invite.sender, 0), remote_addr=server
    )
    call.opened(transport)
    try:
        for after_s in _AGAIN_AFTER_S:
            call.send("INVITE")
            if invite.cancelled_at_once:
                call.send("CANCEL")
            try:
                await asyncio.wait_for(call.heard_of.wait(), after_s)
                break
            except TimeoutError:
                continue
        if call.heard_of.is_set():
            await asyncio.wait_for(call.over.wait(), _ENDED_WITHIN_S)
        return call.told
    finally:
        transport.close()


class _RawCall(asyncio.DatagramProtocol):
    def __init__(self, invite: Invite) -> None:
        self._invite = invite
        self._branch = f"z9hG4bK{next(_numbers)}"
        self._to = invite.to
        self._leaving: asyncio.TimerHandle | None = None
        self.heard_of = asyncio.Event()
        self.over = asyncio.Event()

    def opened(self, transport: asyncio.DatagramTransport) -> None:
        host, port = transport.get_extra_info("peername")
        self._transport = transport
        self._server = f"{host}:{port}".encode()
        self.told = Told(self._invite, transport.get_extra_info("sockname")[1])

    def error_received(self, exc: Exception) -> None:
        raise AssertionError(f"nobody listens: {exc}")

    def send(self, method: str, *, cseq: int = 1, branch: str = "", uri: bytes = b"") -> None:
        invite, port = self._invite, self.told.port
        body = SDP if method == "INVITE" else b""
        headers = invite.headers if cseq == 1 else invite.claims
        lines = [
            method.encode() + b" " + (uri or b"sip:" + invite.user + b"@" + self._server) + b" SIP/2.0",
            f"Via: SIP/2.0/UDP {invite.sender}:{port};branch={branch or self._branch}".encode(),
            b"Max-Forwards: 70",
            b"From: " + invite.name + b"<sip:" + invite.caller + b"@127.0.0.2>;tag=raw",
            b"To: " + self._to,
            b"Call-ID: " + invite.call_id,
            f"CSeq: {cseq} {method}".encode(),
            *([b"Contact: <sip:%s:%d>" % (invite.sender.encode(), port)] if method == "INVITE" else []),
            *([headers] if method == "INVITE" and headers else []),
            *([b"Content-Type: application/sdp"] if body else []),
            b"Content-Length: %d" % len(body),
        ]
        self._transport.sendto(b"\r\n".join([*lines, b"", body]))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.startswith(b"SIP/2.0 "):
            return  # Asterisk's own BYE; ours crosses it
        self.heard_of.set()
        status = int(data[8:11])
        method = _header(data, b"CSeq").rpartition(b" ")[2]
        if method == b"BYE":
            self.over.set()
        elif method == b"INVITE":
            self.told.statuses.append(status)
            self._answered(status, _header(data, b"To"))

    def _answered(self, status: int, to: bytes) -> None:
        if status >= 300:
            self._to = to
            self.send("ACK")
            self.over.set()
        elif status >= 200:
            self._up(to)
        elif status > 100 and self._invite.stays_s is None:
            self.send("CANCEL")

    def _up(self, to: bytes) -> None:
        again = to == self._to
        self._to = to
        self.send("ACK", cseq=1 + again, branch=self._branch + "ab"[again], uri=self._contact)
        if again:
            return
        loop, stays_s = asyncio.get_running_loop(), self._invite.stays_s or 0
        if self._invite.claims:
            loop.call_later(stays_s / 2, self._claim)
        loop.call_later(stays_s, self._leave)

    def _claim(self) -> None:
        self.send("INVITE", cseq=2, branch=self._branch + "c", uri=self._contact)

    @property
    def _contact(self) -> bytes:
        return b"sip:" + self._server

    def _leave(self) -> None:
        self.send("BYE", cseq=3, branch=self._branch + "d", uri=self._contact)


def _header(message: bytes, name: bytes) -> bytes:
    found = re.search(rb"(?im)^" + name + rb":[ \t]*(.*?)\r$", message)
    assert found, name
    return found[1]
