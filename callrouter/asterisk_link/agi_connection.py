"""One FastAGI connection: moves octets between the transport and the session, and the request to the handler.

Rules
1. The answer is written in the turn in which the environment became whole, as one write.
2. Octets that have reached us when the answer is ready were sent by an Asterisk that has no answer yet, so all
   they can be is ``HANGUP``: they are read first, and anything else makes the environment worthless (somebody
   forged its end).
3. What comes after the answer is written can no longer unsay it; a line that is no reply ends the session as a
   violation, and the log says that the answer had gone.
4. A session ends once, with one outcome.
"""

from __future__ import annotations

import asyncio
import fcntl
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, assert_never, cast

import structlog

from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments
from callrouter.asterisk_link.agi_command import SetVariable
from callrouter.asterisk_link.agi_dip import ANSWERED, AgiRequest, AgiService, Outcome, RefusedFactsError
from callrouter.asterisk_link.agi_expected import ExpectedDip
from callrouter.asterisk_link.agi_protocol import (
    ACCEPTED,
    AgiEvent,
    AgiSession,
    EnvironmentReceived,
    HangupReceived,
    ProtocolViolation,
    ReplyReceived,
    SessionEnded,
)
from callrouter.asterisk_link.arrival import CALL_ID
from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.log import call_in_hand

log = structlog.get_logger(__name__)

_MOST_ARGUMENTS: Final = 127  # Asterisk's MAX_ARGS 128, less the script
_NO_OCTETS: Final = bytes(4)
# On Python 3.11 the way to a member through its enumeration is a call into Python.
_DIP_BEGUN: Final = CrashPoint.DIP_BEGUN
_DIP_DECIDED: Final = CrashPoint.DIP_DECIDED
_DIP_ANSWERED: Final = CrashPoint.DIP_ANSWERED


class Host(Protocol):
    """What a connection needs of its server."""

    @property
    def service(self) -> AgiService:
        """What is served."""

    @property
    def expected(self) -> tuple[ExpectedDip, ...]:
        """The dips that need one look."""

    def entered(self, connection: AgiConnection, peer: object) -> None:
        """Take note of a new connection from ``peer``; it may be finished on the spot."""

    def finished(self, outcome: Outcome, duration_s: float) -> None:
        """Take note of a session's end."""

    def left(self, connection: AgiConnection) -> None:
        """Take note that a connection is closed."""

    def complain(self, event: str, **fields: object) -> None:
        """Log a peer's misbehaviour, unless there was too much of it."""


class AgiConnection(asyncio.Protocol):
    """See the rules above."""

    # Set on the class: a dip that is as expected changes few of them.
    call_id: str | None = None
    waits = True
    """Whether the environment is not whole."""
    _transport: asyncio.Transport
    _postponed: SetVariable | None = None
    _hung_up = False
    _answered = False
    _over = False

    def __init__(self, host: Host) -> None:
        self._host = host
        self._session = AgiSession()
        self.began = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.BaseProtocol."""
        # A cast, not a check: uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._host.entered(self, transport.get_extra_info("peername"))

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._over:
            return
        if self.waits:
            for expected in self._host.expected:
                facts = self._session.receive_expected(data, expected)
                if facts is not None:
                    self.call_id = _loggable(facts.get("call_id"))
                    self._take(AgiRequest(expected.script, facts))
                    return
        events = self._session.receive_data(data)
        if events is ACCEPTED:
            self.finish(ANSWERED)
        else:
            self._act_on(events)

    def eof_received(self) -> None:
        """See asyncio.Protocol; the transport is closed behind it."""
        if not self._over:
            self._act_on(self._session.receive_eof())

    def connection_lost(self, _exc: Exception | None) -> None:
        """See asyncio.BaseProtocol."""
        if not self._over:
            self._peer_gone()
        self._host.left(self)

    def finish(self, outcome: Outcome) -> None:
        """End the session, once; later calls change nothing."""
        if self._over:
            return
        self._over = True
        self._postponed = None
        # A peer that does not read must not keep the connection open: only an answer is worth a flush.
        if outcome is ANSWERED:
            self._transport.close()
        else:
            self._transport.abort()
        self._host.finished(outcome, time.monotonic() - self.began)

    def cut(self, outcome: Outcome, event: str) -> None:
        """End the session because of what the peer did or did not do."""
        self._host.complain(event, state=self._session.state.name, call_id=self.call_id)
        self.finish(outcome)

    def _peer_gone(self) -> None:
        if self._hung_up:
            self.finish(Outcome.HUNG_UP)
        else:
            self.finish(Outcome.LEFT if self.waits else Outcome.LOST)

    def _act_on(self, events: Sequence[AgiEvent]) -> None:
        # Looked at first: octets behind a forged end of the environment make the environment worthless too.
        if events and isinstance(events[-1], ProtocolViolation):
            self._violated(events[-1])
            return
        for event in events:
            match event:
                case EnvironmentReceived():
                    self._understand(event.environment)
                case ReplyReceived():
                    self._take_reply(event)
                case HangupReceived():
                    self._hung_up = True
                case SessionEnded():
                    self._peer_gone()
                case ProtocolViolation():
                    pass  # it is always the last, and was looked at above
                case _:
                    assert_never(event)
            if self._over:
                return
        if self._postponed is not None and not self._more_is_there():
            self._send(self._postponed)

    def _violated(self, violation: ProtocolViolation) -> None:
        outcome = Outcome.TOO_MUCH if violation.too_much else Outcome.VIOLATION
        self._refuse(violation.reason, "", outcome)

    def _refuse(self, reason: str, place: str, outcome: Outcome = Outcome.VIOLATION) -> None:
        self._host.complain(
            "AGI session refused: not what our dialplan sends",
            reason=reason,
            place=place,
            answer_had_gone=self._answered,
            call_id=self.call_id,
        )
        self.finish(outcome)

    def _understand(self, environment: Mapping[str, str]) -> None:
        self.call_id = _call_id(environment)
        script = environment.get("agi_network_script", "")
        known = self._host.service.scripts.get(script)
        if known is None:
            self._refuse("an unknown script", "agi_network_script")
            return
        arguments = agi_arguments(environment, known)
        if isinstance(arguments, ArgumentFault):
            self._refuse(arguments.fault, arguments.place)
            return
        self._take(AgiRequest(script, arguments))

    def _take(self, request: AgiRequest) -> None:
        self.waits = False
        crashpoint(_DIP_BEGUN)
        command = self._decide(request)
        if command is None:
            return
        crashpoint(_DIP_DECIDED)
        if self._more_is_there():
            self._postponed = command
        else:
            self._send(command)

    def _decide(self, request: AgiRequest) -> SetVariable | None:
        """Return a command that can be sent; None when the session has ended without one."""
        try:
            token = call_in_hand.set(self.call_id)
            try:
                answer = self._host.service.handler(request)
            finally:
                call_in_hand.reset(token)
            answer.encode()
        except RefusedFactsError as refused:
            self._refuse(str(refused), "facts")
        except Exception as error:
            # The type and the line only: an exception's text may hold the caller's number.
            log.warning(
                "AGI dip not answered: the handler failed",
                error=type(error).__name__,
                at=_line(error),
                call_id=self.call_id,
            )
            self.finish(Outcome.HANDLER_FAILED)
        else:
            return answer
        return None

    def _more_is_there(self) -> bool:
        """Whether octets behind the environment have reached us and are not read yet (rule 2)."""
        if self._session.holds_part_of_a_line:
            return True
        socket = self._transport.get_extra_info("socket")
        return fcntl.ioctl(socket.fileno(), termios.FIONREAD, _NO_OCTETS) != _NO_OCTETS

    def _send(self, command: SetVariable) -> None:
        self._postponed = None
        self._answered = True
        self._transport.write(self._session.send_command(command))
        crashpoint(_DIP_ANSWERED)

    def _take_reply(self, reply: ReplyReceived) -> None:
        if reply.code == 200 and reply.result == "1":
            self.finish(ANSWERED)
            return
        self._host.complain("AGI answer not accepted by Asterisk", code=reply.code, call_id=self.call_id)
        self.finish(Outcome.NOT_ACCEPTED)


def _call_id(environment: Mapping[str, str]) -> str | None:
    """Return the call id among the arguments if it is fit for a log; it's wanted most when others are faulty."""
    for position in range(1, _MOST_ARGUMENTS + 1):
        name, equals, value = environment.get(f"agi_arg_{position}", "").partition("=")
        if not equals:
            return None
        if name == "call_id":
            return _loggable(value)
    return None


def _loggable(call_id: str | None) -> str | None:
    return call_id if call_id is not None and CALL_ID.fullmatch(call_id) else None


def _line(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return ""
    return f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}"
