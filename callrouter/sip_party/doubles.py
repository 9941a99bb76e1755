"""Doubles for tests of faults: a wire that loses chosen datagrams, and a peer that does only what it is told.

They live in the package, beside what they stand in for, so that every test can import them. No product code does.
"""

import asyncio
from collections.abc import Callable
from typing import overload

from callrouter.sip_party.addresses import Address, tag_of, uri_of
from callrouter.sip_party.follow_ups import response_to
from callrouter.sip_party.message import Header, Malformed, Request, Response, parse
from callrouter.sip_party.repeating import SipTimers

FAST = SipTimers(t1_s=0.03, t2_s=0.12)
"""Timers for tests on loopback: a transaction lasts 1.9 s at most."""


class _Port(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self.receive = receive

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Hand the datagram on (asyncio)."""
        self.receive(data, addr)


def _address(transport: asyncio.DatagramTransport) -> Address:
    host, port = transport.get_extra_info("sockname")
    return str(host), int(port)


class LossyWire:
    """Stands between a caller and `to` and loses the datagrams that `loses` says; entering it gives its address."""

    def __init__(self, to: Address, loses: Callable[[bytes], bool]) -> None:
        self._to = to
        self._caller: Address | None = None
        self._loses = loses

    async def __aenter__(self) -> Address:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Port(self._receive), local_addr=("127.0.0.1", 0)
        )
        return _address(self._transport)

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def _receive(self, data: bytes, source: Address) -> None:
        if source != self._to:
            self._caller = source
        to = self._caller if source == self._to else self._to
        if to is not None and not self._loses(data):
            self._transport.sendto(data, to)


def first(start: bytes) -> Callable[[bytes], bool]:
    """Return what loses the first datagram that begins so, and no other."""
    lost: list[bytes] = []

    def loses(data: bytes) -> bool:
        if data.startswith(start) and not lost:
            lost.append(data)
            return True
        return False

    return loses


class Peer:
    """A SIP peer that answers nothing by itself.

    `messages` holds what it received, oldest first; `source` is where the last of it came from.
    """

    async def __aenter__(self) -> "Peer":
        self.messages: asyncio.Queue[Request | Response] = asyncio.Queue()
        self.source: Address = ("", 0)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Port(self._receive), local_addr=("127.0.0.1", 0)
        )
        self.address = _address(self._transport)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._transport.close()

    def _receive(self, data: bytes, source: Address) -> None:
        message = parse(data)
        assert not isinstance(message, Malformed), message.fault
        self.source = source
        self.messages.put_nowait(message)

    @property
    def contact(self) -> Header:
        """Its Contact header."""
        return "Contact", f"<sip:peer@{self.address[0]}:{self.address[1]}>"

    def send(self, message: Request | Response | bytes, to: Address | None = None) -> None:
        """Send a message, or any bytes, to `to` or to where the last message came from."""
        wire = message if isinstance(message, bytes) else message.to_bytes()
        self._transport.sendto(wire, to or self.source)

    def reply(
        self, request: Request, status: int, headers: tuple[Header, ...] = (), body: bytes = b""
    ) -> None:
        """Answer a request; the peer's tag is always the same."""
        self.send(response_to(request, status, to_tag="peer", headers=(self.contact, *headers), body=body))

    @overload
    async def gets(self, what: str) -> Request: ...

    @overload
    async def gets(self, what: int) -> Response: ...

    async def gets(self, what: str | int) -> Request | Response:
        """Return the next message with that method or status, passing over others.

        Raises:
            TimeoutError: none within 3 s.

        """
        async with asyncio.timeout(3):
            while True:
                message = await self.messages.get()
                if what == (message.method if isinstance(message, Request) else message.status):
                    return message

    def request(
        self,
        method: str,
        to: Address,
        *,
        number: int = 1,
        answered: Response | None = None,
        headers: tuple[Header, ...] = (),
        body: bytes = b"",
    ) -> Request:
        """Build a request to a party, in the dialog that `answered` made if given."""
        host, port = to
        contact = None if answered is None else answered.first("Contact")
        return Request(
            method=method,
            uri=uri_of(contact) if contact else f"sip:party@{host}:{port}",
            headers=(
                ("Via", f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bK{method}{number}"),
                ("From", "<sip:peer@127.0.0.1>;tag=peer"),
                ("To", f"<sip:party@{host}>" if answered is None else answered.required("To")),
                ("Call-ID", "call-of-peer"),
                ("CSeq", f"{number} {method}"),
                ("Max-Forwards", "70"),
                self.contact,
                *headers,
            ),
            body=body,
        )

    def request_within(self, invite: Request, method: str, *, number: int = 1, body: bytes = b"") -> Request:
        """Build a request to the party that sent `invite`, in its dialog."""
        contact = uri_of(invite.required("Contact"))
        to = invite.required("From")
        assert tag_of(to)
        return Request(
            method=method,
            uri=contact,
            headers=(
                (
                    "Via",
                    f"SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bKback{method}{number}",
                ),
                ("From", invite.required("To") + ";tag=peer"),
                ("To", to),
                ("Call-ID", invite.call_id),
                ("CSeq", f"{number} {method}"),
                ("Reason", 'Q.850;cause=16;text="Normal Clearing"'),
                self.contact,
            ),
            body=body,
        )
