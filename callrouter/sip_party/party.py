"""A small SIP user agent over UDP: caller behind a trunk, agent, branch or emergency desk."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Self

import structlog

from callrouter.sip_party.addresses import Address, tag_of
from callrouter.sip_party.call import Call
from callrouter.sip_party.dialog import Dialog
from callrouter.sip_party.errors import WaitExpiredError
from callrouter.sip_party.follow_ups import response_to
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.local_end import LocalEnd
from callrouter.sip_party.media import Source, Tone
from callrouter.sip_party.message import Header, Request
from callrouter.sip_party.outgoing import OutgoingCall
from callrouter.sip_party.registration import Registration
from callrouter.sip_party.repeating import SipTimers
from callrouter.sip_party.transactions import ServerTransaction, Transactions

_log = structlog.get_logger(__name__)

_LEAVING_S: Final = 2.0
_DEFAULT_SERVER: Final = ("127.0.0.1", 5060)
_DEFAULT_TIMERS: Final = SipTimers()
_ANSWERED_OUTSIDE_CALLS: Final = frozenset({"OPTIONS", "NOTIFY", "MESSAGE", "INFO"})


class SipParty:
    """One SIP user agent on one UDP port; open it with `SipParty.open`."""

    def __init__(
        self,
        *,
        host: str,
        user: str,
        password: str | None,
        server: Address,
        source: Source,
        timers: SipTimers,
    ) -> None:
        self._host = host
        self._user = user
        self._password = password
        self._server = server
        self._source = source
        self._transactions = Transactions(timers, on_request=self._on_request, on_ack=self._on_ack)
        self._calls: dict[tuple[str, str], Call] = {}
        self._by_invite: dict[ServerTransaction, IncomingCall] = {}
        self._incoming: asyncio.Queue[IncomingCall] = asyncio.Queue()
        self._registration: Registration | None = None
        self._end: LocalEnd
        self._vanished = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "party",
        password: str | None = None,
        server: Address = _DEFAULT_SERVER,
        tone_hz: int = 600,
        clock: Callable[[], float] = time.monotonic,
        timers: SipTimers = _DEFAULT_TIMERS,
    ) -> AsyncIterator[Self]:
        """Open a party on a UDP port of `host` (0: any); it says a tone of `tone_hz` in every call.

        On leaving it hangs up its calls, unregisters and releases its ports. `clock` is monotonic, in
        seconds.

        Raises:
            OSError: the port cannot be taken.
            ValueError: the tone is not a multiple of 50 Hz within 150–3850 Hz.

        """
        party = cls(
            host=host, user=user, password=password, server=server, source=Tone(tone_hz), timers=timers
        )
        await party._start(port, clock)
        try:
            yield party
        finally:
            await party._leave()

    async def _start(self, port: int, clock: Callable[[], float]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: self._transactions, local_addr=(self._host, port)
        )
        self._end = LocalEnd(
            host=self._host,
            port=int(transport.get_extra_info("sockname")[1]),
            user=self._user,
            password=self._password,
            transactions=self._transactions,
            clock=clock,
            token=lambda: secrets.token_hex(8),
        )

    @property
    def address(self) -> Address:
        """Where the party is reached by SIP over UDP."""
        return self._end.host, self._end.port

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that have not ended."""
        return tuple(call for call in self._calls.values() if call.ended is None)

    async def register(self, *, expires_s: int = 300, timeout_s: float = 5.0) -> None:
        """Register at the server and stay registered until the party is left.

        Raises:
            RegistrationRefused: the server refused or stayed silent; it says what to do.

        """
        if self._registration is None:
            self._registration = Registration(self._end, self._server)
        await self._registration.begin(expires_s=expires_s, timeout_s=timeout_s)

    async def dial(
        self, number: str, *, caller_number: str | None = None, headers: tuple[Header, ...] = ()
    ) -> OutgoingCall:
        """Place a call to a number at the server, or to a `sip:` or `tel:` URI; returns when INVITE is sent.

        `caller_number` is the user part of From, the party's user by default. `headers` are added to the
        INVITE.

        Raises:
            ValueError: a number or a header holds what cannot be sent.

        """
        uri = (
            number
            if number.startswith(("sip:", "tel:"))
            else f"sip:{number}@{self._server[0]}:{self._server[1]}"
        )
        dialog = Dialog(
            call_id=self._end.token(),
            local=f"<sip:{caller_number or self._user}@{self._host}>;tag={self._end.token()}",
            remote=f"<{uri}>",
            remote_target=uri,
            first_hop=self._server,
        )
        call = OutgoingCall(self._end, dialog, self._source, headers)
        await call.open_media()
        self._keep(call)
        try:
            call.begin()
        except ValueError:
            call.vanish()
            raise
        return call

    async def next_call(self, *, timeout_s: float) -> IncomingCall:
        """Wait for the next call that comes in; calls that came since the last time are returned first.

        Raises:
            WaitExpiredError: none within `timeout_s`.

        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._incoming.get()
        except TimeoutError:
            live = len(self.calls)
            raise WaitExpiredError(
                f"waited {timeout_s:g} s for a call: none came, {live} are in progress"
            ) from None

    async def vanish(self) -> None:
        """Fall off the network: no BYE, no unregistering, no answer to anything; a dead device."""
        self._vanished = True
        for call in self._calls.values():
            call.vanish()
        await self._leave()

    def _keep(self, call: Call) -> None:
        self._calls = {key: kept for key, kept in self._calls.items() if kept.ended is None}
        self._by_invite = {invite: kept for invite, kept in self._by_invite.items() if kept.ended is None}
        self._calls[call.sip_call_id, call.local_tag] = call

    def _on_request(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        tag = tag_of(request.required("To"))
        if request.method == "CANCEL":
            self._on_cancel(transaction)
        elif tag is not None:
            call = self._calls.get((request.call_id, tag))
            if call is None or call.ended is not None:
                self._reply(transaction, 481)
            else:
                call.on_request(transaction)
        elif request.method == "INVITE":
            call = IncomingCall(self._end, transaction, self._source)
            self._keep(call)
            self._by_invite[transaction] = call
            self._incoming.put_nowait(call)
        else:
            self._reply(transaction, _status_outside_calls(request.method))

    def _on_cancel(self, transaction: ServerTransaction) -> None:
        invite = self._transactions.invite_of(transaction.request)
        call = None if invite is None else self._by_invite.get(invite)
        self._reply(transaction, 481 if call is None else 200)
        if call is not None:
            call.on_cancel(transaction.request)

    def _on_ack(self, ack: Request) -> None:
        call = self._calls.get((ack.call_id, tag_of(ack.required("To")) or ""))
        if call is not None:
            call.on_ack(ack)

    def _reply(self, transaction: ServerTransaction, status: int) -> None:
        headers = (("Accept", "application/sdp"), ("Contact", self._end.contact))
        transaction.respond(
            response_to(transaction.request, status, to_tag=self._end.token(), headers=headers)
        )

    async def _leave(self) -> None:
        try:
            ending = [call.hang_up(timeout_s=_LEAVING_S) for call in self._calls.values()]
            for failure in await asyncio.gather(*ending, return_exceptions=True):
                if isinstance(failure, Exception):
                    _log.error("a call could not be ended", exc_info=failure)
            registration, self._registration = self._registration, None
            if registration is not None and self._vanished:
                await registration.abandon()
            elif registration is not None:
                await registration.end(timeout_s=_LEAVING_S)
        finally:
            for call in self._calls.values():
                call.vanish()
            await self._transactions.close()


def _status_outside_calls(method: str) -> int:
    if method in _ANSWERED_OUTSIDE_CALLS:
        return 200
    return 481 if method in {"BYE", "UPDATE"} else 405
