"""SIP transactions over UDP: what is sent again until answered, and answered again (RFC 3261 section 17).

Rules:

- A request is repeated after T1, 2·T1, 4·T1 … (other requests than INVITE: at most T2 apart) until a response
  comes, for 64·T1 at most. A provisional response ends the repeating of an INVITE, and its time limit.
- Every repeated refusal of our INVITE is acknowledged again here; every repeated 2xx is handed up again,
  because its ACK belongs to the call (RFC 6026 section 8.5).
- A repeated request gets the last response again and is not handed up twice.
- Our final response to an INVITE is repeated until its ACK comes, for 64·T1 at most.
- Timers are handles of the event loop: closing cancels them all, and no task exists.
"""

import asyncio
from collections.abc import Callable
from typing import assert_never, cast

import structlog

from callrouter.sip_party.addresses import Address, via_key
from callrouter.sip_party.follow_ups import ack_of_refusal
from callrouter.sip_party.message import Malformed, Request, Response, parse
from callrouter.sip_party.repeating import Repeater, SipTimers

_log = structlog.get_logger(__name__)


class ClientTransaction:
    """A request of ours. `deliver` gets its responses, `on_silence` is called when none came within 64·T1."""

    def __init__(
        self,
        layer: "Transactions",
        request: Request,
        to: Address,
        deliver: Callable[[Response], None],
        on_silence: Callable[[], None],
    ) -> None:
        self.request = request
        self.to = to
        self._layer = layer
        self._deliver = deliver
        self._final: int | None = None
        self._ack: Request | None = None
        layer.send(request, to)
        cap_s = layer.timers.transaction_s if request.method == "INVITE" else layer.timers.t2_s
        self._repeater = Repeater(
            layer.timers,
            cap_s=cap_s,
            send=lambda: layer.send(request, to),
            over=lambda: self._expire(on_silence),
        )

    def receive(self, response: Response) -> None:
        """Take a response of this transaction."""
        is_invite = self.request.method == "INVITE"
        if response.status < 200:
            if self._final is None:
                if is_invite:
                    self._repeater.stop()
                self._deliver(response)
            return
        is_first, self._final = self._final is None, response.status
        self._repeater.stop()
        if is_invite and response.status >= 300:
            self._ack = self._ack or ack_of_refusal(self.request, response)
            self._layer.send(self._ack, self.to)
        if is_first:
            self._layer.forget_later(self)
        if is_first or (is_invite and response.status < 300):
            self._deliver(response)

    def _expire(self, on_silence: Callable[[], None]) -> None:
        self._layer.forget(self)
        on_silence()

    def stop(self) -> None:
        """Cancel the timers."""
        self._repeater.stop()


class ServerTransaction:
    """A request of theirs, to be answered with `respond`."""

    def __init__(self, layer: "Transactions", request: Request, source: Address) -> None:
        self.request = request
        self.source = source
        self._layer = layer
        self._last: Response | None = None
        self._repeater: Repeater | None = None
        self._acked = False

    def respond(self, response: Response, *, on_no_ack: Callable[[], None] = lambda: None) -> None:
        """Send a response; a final one to an INVITE is repeated until its ACK comes.

        `on_no_ack` is called when that ACK did not come within 64·T1.
        """
        self._last = response
        self._layer.send(response, self.source)
        if response.status < 200:
            return
        self._layer.forget_later(self)
        if self.request.method == "INVITE":
            timers = self._layer.timers
            self._repeater = Repeater(timers, timers.t2_s, self.repeat_response, on_no_ack)

    def repeat_response(self) -> None:
        """Send the last response again, if there was one."""
        if self._last is not None:
            self._layer.send(self._last, self.source)

    @property
    def final_status(self) -> int | None:
        """The status of our final response; None before it."""
        return self._last.status if self._last is not None and self._last.status >= 200 else None

    def acknowledge(self) -> None:
        """Note that the ACK came."""
        self.stop()
        self._acked = True

    @property
    def is_acknowledged(self) -> bool:
        """Whether the ACK came."""
        return self._acked

    def stop(self) -> None:
        """Cancel the timers."""
        if self._repeater is not None:
            self._repeater.stop()


class Transactions(asyncio.DatagramProtocol):
    """All transactions on one UDP port. `on_request` gets each new request, `on_ack` each ACK of a 2xx."""

    def __init__(
        self,
        timers: SipTimers,
        *,
        on_request: Callable[[ServerTransaction], None],
        on_ack: Callable[[Request], None],
    ) -> None:
        self.timers = timers
        self._on_request = on_request
        self._on_ack = on_ack
        self._transport: asyncio.DatagramTransport | None = None
        self._closed = asyncio.Event()
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[tuple[str, str, str], ServerTransaction] = {}
        self._forgetting: set[asyncio.TimerHandle] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket (asyncio)."""
        # The event loop's own datagram transport is one by its methods, not by its ancestry.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio gives it
        """Note that the socket is gone (asyncio)."""
        self._closed.set()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take one datagram (asyncio)."""
        message = parse(data)
        match message:
            case Malformed(fault):
                # Blank datagrams keep a path open (RFC 5626 section 4.4.1).
                if data.strip():
                    _log.warning("a datagram that is no SIP message was dropped", fault=fault)
            case Response():
                client = self._clients.get((via_key(message.required("Via"))[0], message.cseq[1]))
                if client is not None:
                    client.receive(message)
            case Request():
                self._receive_request(message, addr)
            case _:
                assert_never(message)

    def _receive_request(self, request: Request, source: Address) -> None:
        known = self._servers.get(_server_key(request))
        if request.method == "ACK":
            if known is not None and (known.final_status or 0) >= 300:
                known.acknowledge()
            else:
                self._on_ack(request)
        elif known is not None:
            known.repeat_response()
        else:
            transaction = ServerTransaction(self, request, source)
            self._servers[_server_key(request)] = transaction
            self._on_request(transaction)

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """Return the INVITE that a CANCEL means, or None."""
        return self._servers.get((*via_key(cancel.required("Via")), "INVITE"))

    def begin(
        self,
        request: Request,
        to: Address,
        deliver: Callable[[Response], None] = lambda _: None,
        on_silence: Callable[[], None] = lambda: None,
    ) -> ClientTransaction:
        """Send a request and look after it."""
        transaction = ClientTransaction(self, request, to, deliver, on_silence)
        self._clients[_client_key(request)] = transaction
        return transaction

    async def ask(self, request: Request, to: Address) -> Response | None:
        """Send a request other than INVITE and return its final response; None after 64·T1 without."""
        answered: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()

        def deliver(response: Response | None) -> None:
            if not answered.done() and (response is None or response.status >= 200):
                answered.set_result(response)

        self.begin(request, to, deliver, lambda: deliver(None))
        return await answered

    def send(self, message: Request | Response, to: Address) -> None:
        """Send a message once; nothing after closing."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message.to_bytes(), to)

    def forget(self, transaction: ClientTransaction | ServerTransaction) -> None:
        """Drop a transaction."""
        transaction.stop()
        if isinstance(transaction, ClientTransaction):
            self._clients.pop(_client_key(transaction.request), None)
        else:
            self._servers.pop(_server_key(transaction.request), None)

    def forget_later(self, transaction: ClientTransaction | ServerTransaction) -> None:
        """Drop a transaction after 64·T1, when nothing of it can come any more."""

        def forget() -> None:
            self._forgetting.discard(handle)
            self.forget(transaction)

        # Slightly later than the limit of repeating, so that the limit is noticed first.
        handle = asyncio.get_running_loop().call_later(self.timers.transaction_s * 1.1, forget)
        self._forgetting.add(handle)

    async def close(self) -> None:
        """Cancel every timer and release the port."""
        for handle in self._forgetting:
            handle.cancel()
        for client in self._clients.values():
            client.stop()
        for server in self._servers.values():
            server.stop()
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()


def _client_key(request: Request) -> tuple[str, str]:
    return via_key(request.required("Via"))[0], request.method


def _server_key(request: Request) -> tuple[str, str, str]:
    method = "INVITE" if request.method == "ACK" else request.method
    return (*via_key(request.required("Via")), method)
