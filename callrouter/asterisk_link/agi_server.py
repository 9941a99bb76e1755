"""The FastAGI server: one dip, one answer.

A dip is one AGI session: facts in as arguments, one ``SET VARIABLE`` out, its reply in, then we close.  The
handler is a plain synchronous function, called once a dip.  Whatever goes wrong, the session ends without an
answer: the verdict variable stays unset, and the dialplan's safe default takes the caller to a person.
"""

import asyncio
import ipaddress
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, assert_never, cast

import structlog
from structlog.contextvars import bind_contextvars, reset_contextvars

from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments
from callrouter.asterisk_link.agi_command import SetVariable
from callrouter.asterisk_link.agi_dip import AgiCounters, AgiRequest, AgiService, Answer, Outcome
from callrouter.asterisk_link.agi_protocol import (
    AgiEvent,
    AgiSession,
    EnvironmentReceived,
    HangupReceived,
    ProtocolViolation,
    ReplyReceived,
    SessionEnded,
)
from callrouter.asterisk_link.arrival import CALL_ID

log = structlog.get_logger(__name__)

_BACKLOG: Final = 1024
_MOST_ARGUMENTS: Final = 127  # Asterisk's MAX_ARGS 128, less the script


class AgiServer:
    """Listens for Asterisk and answers its dips."""

    def __init__(self, service: AgiService) -> None:
        self.counters = AgiCounters()
        self._service = service
        self._listener: asyncio.Server | None = None
        self._open: set[_Dip] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._is_allowed = lru_cache(maxsize=1024)(self._look_up_peer)

    async def start(self, host: str, port: int) -> None:
        """Listen on ``host`` and ``port`` (0: any free port); raises OSError if the port is taken."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: _Dip(self), host, port, backlog=_BACKLOG)

    @property
    def port(self) -> int:
        """The port the server listens on; raises RuntimeError if it does not."""
        if self._listener is None or not self._listener.sockets:
            raise RuntimeError("AGI server: no port, it is not listening; call start() first")
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def open_sessions(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    async def drain(self, timeout_s: float) -> None:
        """Stop accepting, let the open sessions end for up to ``timeout_s`` seconds, then cut them off."""
        if self._listener is None:
            return
        self._listener.close()
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            for dip in tuple(self._open):
                dip.finish(Outcome.CUT_OFF)
            await self._empty.wait()
        self._listener = None

    async def stop(self) -> None:
        """Stop accepting and cut off every open session."""
        await self.drain(0)

    def _look_up_peer(self, host: str) -> bool:
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped  # an IPv4 peer of a socket that listens on both
        return any(address in network for network in self._service.allowed_peers)

    def admit(self, dip: "_Dip", peer: object) -> bool:
        """Enter a new connection; False if its address is not allowed."""
        self.counters.sessions += 1
        self._open.add(dip)
        self._empty.clear()
        return isinstance(peer, tuple) and self._is_allowed(peer[0])

    def leave(self, dip: "_Dip") -> None:
        """Strike out a connection that is closed."""
        self._open.discard(dip)
        if not self._open:
            self._empty.set()

    def finished(self, outcome: Outcome, duration_s: float) -> None:
        """Count one session's end."""
        self.counters.count(outcome)
        self._service.on_finished(outcome, duration_s)

    @property
    def service(self) -> AgiService:
        """What is served."""
        return self._service


@dataclass(slots=True, eq=False)
class _Dip(asyncio.Protocol):
    """One connection: moves octets between the transport and the session, and the request to the handler."""

    server: AgiServer
    session: AgiSession = field(default_factory=AgiSession)
    transport: asyncio.Transport | None = None
    timer: asyncio.TimerHandle | None = None
    began: float = 0.0
    call_id: str | None = None
    hung_up: bool = False
    over: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.began = time.monotonic()
        # A cast, not a check: uvloop's transports are no subclass of asyncio's.
        self.transport = cast("asyncio.Transport", transport)
        if not self.server.admit(self, transport.get_extra_info("peername")):
            log.warning("AGI session refused: the peer is not in an allowed network")
            self.finish(Outcome.REFUSED_PEER)
            return
        limit = self.server.service.time_limit_s
        self.timer = asyncio.get_running_loop().call_later(limit, self._time_out)

    def data_received(self, data: bytes) -> None:
        if not self.over:
            self._act_on(self.session.receive_data(data))

    def eof_received(self) -> None:
        if not self.over:
            self._act_on(self.session.receive_eof())

    def connection_lost(self, _exc: Exception | None) -> None:
        self.finish(Outcome.HUNG_UP if self.hung_up else Outcome.LEFT)
        self.server.leave(self)

    def finish(self, outcome: Outcome) -> None:
        """End the session, once; later calls change nothing."""
        if self.over:
            return
        self.over = True
        if self.timer is not None:
            self.timer.cancel()
        if self.transport is not None:
            # A peer that does not read must not keep the connection open: only an answer is worth a flush.
            (self.transport.close if outcome is Outcome.ANSWERED else self.transport.abort)()
        self.server.finished(outcome, time.monotonic() - self.began)

    def _time_out(self) -> None:
        log.warning(
            "AGI session ended: time limit reached", state=self.session.state.name, call_id=self.call_id
        )
        self.finish(Outcome.TIMED_OUT)

    def _act_on(self, events: list[AgiEvent]) -> None:
        # Looked at first: octets behind a forged end of the environment make the environment worthless too.
        if events and isinstance(events[-1], ProtocolViolation):
            self._refuse(events[-1].reason, "")
            return
        for event in events:
            match event:
                case EnvironmentReceived():
                    self._answer(event.environment)
                case ReplyReceived():
                    self._take_reply(event)
                case HangupReceived():
                    self.hung_up = True
                case SessionEnded():
                    self.finish(Outcome.HUNG_UP if self.hung_up else Outcome.LEFT)
                case ProtocolViolation():
                    pass  # it is always the last, and was looked at above
                case _:
                    assert_never(event)
            if self.over:
                return

    def _refuse(self, reason: str, place: str) -> None:
        log.warning(
            "AGI session refused: not what our dialplan sends",
            reason=reason,
            place=place,
            call_id=self.call_id,
        )
        self.finish(Outcome.VIOLATION)

    def _answer(self, environment: Mapping[str, str]) -> None:
        self.call_id = _call_id(environment)
        script = environment.get("agi_network_script", "")
        known = self.server.service.scripts.get(script)
        if known is None:
            self._refuse("an unknown script", "agi_network_script")
            return
        arguments = agi_arguments(environment, known)
        if isinstance(arguments, ArgumentFault):
            self._refuse(arguments.fault, arguments.place)
            return
        try:
            answer = self._ask(AgiRequest(script, arguments, environment))
            octets = self.session.send_command(SetVariable(answer.variable, answer.value))
        except Exception as error:
            # The type and the line only: an exception's text may hold the caller's number.
            log.warning(
                "AGI dip not answered: the handler failed",
                error=type(error).__name__,
                at=_line(error),
                call_id=self.call_id,
            )
            self.finish(Outcome.HANDLER_FAILED)
            return
        assert self.transport is not None
        self.transport.write(octets)

    def _ask(self, request: AgiRequest) -> Answer:
        """Call the handler; what it logs carries the call id."""
        if self.call_id is None:
            return self.server.service.handler(request)
        tokens = bind_contextvars(call_id=self.call_id)
        try:
            return self.server.service.handler(request)
        finally:
            reset_contextvars(**tokens)

    def _take_reply(self, reply: ReplyReceived) -> None:
        if reply.code == 200 and reply.result == "1":
            self.finish(Outcome.ANSWERED)
            return
        log.warning("AGI answer not accepted by Asterisk", code=reply.code, call_id=self.call_id)
        self.finish(Outcome.NOT_ACCEPTED)


def _call_id(environment: Mapping[str, str]) -> str | None:
    """Return the call id among the arguments if it is fit for a log; it's wanted most when others are faulty."""
    for position in range(1, _MOST_ARGUMENTS + 1):
        name, equals, value = environment.get(f"agi_arg_{position}", "").partition("=")
        if not equals:
            return None
        if name == "call_id":
            return value if CALL_ID.fullmatch(value) else None
    return None


def _line(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    return f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}"
