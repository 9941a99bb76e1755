r"""The server's end of one AGI session: octets in, events out.  PURE.

Rules (measured on Asterisk 22.10.1 and read in its ``res/res_agi.c``)
1. Asterisk speaks first: an environment of ``agi_name: value`` lines, ended by an empty line.  Nothing may
   be sent before it is whole.
2. Then we send one command, Asterisk sends one reply, and so on.  It answers only the first of pipelined
   commands, so a second command before the reply is our own error.
3. ``HANGUP`` on a line of its own may stand before any reply, and more than once.  It says that the caller
   is gone.  It is never the reply: the outstanding reply still follows (or the connection ends).
4. A reply is one line, ``200 result=1 (value)``, ``510 …``, ``511 …``; only ``520-`` opens a reply over
   several lines, which ends with a line that begins ``520 ``.
5. Whatever stands where no reply was asked for, except rule 3, is a violation: Asterisk never sends it, so
   somebody else put it there (a caller number with a line feed in it can).
6. The environment and the reply are bounded.  A session that has ended stays ended.
7. What does not begin as an environment begins is refused at its first octets; no more of it is waited for.
8. Octets that are not UTF-8 and control characters come out as ``\xNN`` (see `wire_text`).

``TRANSITIONS`` is the whole of rules 1 to 6; a pair that is not in it is a violation.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias, assert_never

from callrouter.asterisk_link.agi_command import AgiCommandError, SetVariable
from callrouter.asterisk_link.agi_environment import (
    NO_ENVIRONMENT,
    EnvironmentFault,
    read_environment,
)
from callrouter.asterisk_link.agi_expected import ExpectedDip
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES, MAX_REPLY_BYTES
from callrouter.vocabulary.wire_text import wire_text


@dataclass(frozen=True, slots=True)
class EnvironmentReceived:
    """The environment is whole; ``environment`` maps Asterisk's names (``agi_channel`` …) to their text."""

    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReplyReceived:
    """The reply to the outstanding command.

    ``code`` is 200, 510 (unknown command), 511 (not on a dead channel) or 520 (wrong usage); ``result`` is
    what stands behind ``result=`` (empty if nothing does), ``value`` what stands in parentheses behind it,
    ``text`` the rest of the line, or of all the lines of a 520, behind the code.
    """

    code: int
    result: str
    value: str | None
    text: str


@dataclass(frozen=True, slots=True)
class HangupReceived:
    """The caller has hung up; the outstanding reply, if there is one, still follows.  Told once."""


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """Asterisk has closed its end."""


@dataclass(frozen=True, slots=True)
class ProtocolViolation:
    """The peer broke a rule; the session has ended.  ``reason`` is constant text, safe to log."""

    reason: str
    too_much: bool = False
    """Whether the rule is a bound (rule 6)."""


AgiEvent: TypeAlias = EnvironmentReceived | ReplyReceived | HangupReceived | SessionEnded | ProtocolViolation


class AgiState(Enum):
    """Where a session stands."""

    ENVIRONMENT = auto()
    """The environment is not whole yet."""
    IDLE = auto()
    """We may send a command."""
    AWAITING_REPLY = auto()
    """One command is out."""
    AWAITING_USAGE_END = auto()
    """A reply over several lines has begun."""
    ENDED = auto()
    """Nothing more will come or go."""

    # Members are one of a kind; the enumeration's own hash, of the name, is a call into Python each time.
    __hash__ = object.__hash__


class _Seen(Enum):
    ENVIRONMENT = auto()
    COMMAND = auto()
    REPLY = auto()
    USAGE_BEGIN = auto()
    USAGE_LINE = auto()
    USAGE_END = auto()
    HANGUP = auto()
    EOF = auto()

    __hash__ = object.__hash__  # as above


TRANSITIONS: Final[Mapping[tuple[AgiState, _Seen], AgiState]] = {
    (AgiState.ENVIRONMENT, _Seen.ENVIRONMENT): AgiState.IDLE,
    (AgiState.ENVIRONMENT, _Seen.EOF): AgiState.ENDED,
    (AgiState.IDLE, _Seen.COMMAND): AgiState.AWAITING_REPLY,
    (AgiState.IDLE, _Seen.HANGUP): AgiState.IDLE,
    (AgiState.IDLE, _Seen.EOF): AgiState.ENDED,
    (AgiState.AWAITING_REPLY, _Seen.REPLY): AgiState.IDLE,
    (AgiState.AWAITING_REPLY, _Seen.HANGUP): AgiState.AWAITING_REPLY,
    (AgiState.AWAITING_REPLY, _Seen.USAGE_BEGIN): AgiState.AWAITING_USAGE_END,
    (AgiState.AWAITING_REPLY, _Seen.EOF): AgiState.ENDED,
    (AgiState.AWAITING_USAGE_END, _Seen.USAGE_LINE): AgiState.AWAITING_USAGE_END,
    (AgiState.AWAITING_USAGE_END, _Seen.USAGE_END): AgiState.IDLE,
    (AgiState.AWAITING_USAGE_END, _Seen.EOF): AgiState.ENDED,
}

_RESULT = re.compile(r"result=(\S*)(?: \((.*)\))?")
_BEGINS = b"agi_"
_ACCEPTED_LINE = b"200 result=1\n"
ACCEPTED: Final[Sequence[AgiEvent]] = (ReplyReceived(200, "1", None, "result=1"),)
"""What nearly every answer is answered with."""

# On Python 3.11 the way to a member through its enumeration is a call into Python.
_ENVIRONMENT: Final = AgiState.ENVIRONMENT
_IDLE: Final = AgiState.IDLE
_AWAITING_REPLY: Final = AgiState.AWAITING_REPLY
_ENDED: Final = AgiState.ENDED


class AgiSession:
    """One AGI session, from the first octet of the environment to its end."""

    # Set on the class: a dip that is as expected changes but one of them, and making a session is in every dip.
    state: AgiState = _ENVIRONMENT
    _searched = 0
    _usage = b""
    _hung_up = False
    _buffer: bytearray | None = None

    def send_command(self, command: SetVariable) -> bytes:
        """Return the octets of ``command`` and wait for its reply.

        Raises `AgiCommandError` when it is not our turn (rule 2), or the command breaks a rule of `agi_command`.
        """
        if self.state is not _IDLE:
            raise AgiCommandError(
                f"AGI session in state {self.state.name}: wait for Asterisk before a command"
            )
        octets = command.encode()
        self.state = _AWAITING_REPLY
        return octets

    def receive_expected(self, data: bytes, expected: ExpectedDip) -> dict[str, str] | None:
        """Take the next octets if they complete exactly the ``expected`` dip, and return its facts by name.

        None: `receive_data` must take them.

        A short cut for nearly every dip: it gives what `receive_data` and the reading of the arguments would.
        """
        if self.state is not _ENVIRONMENT or data[-2:] != b"\n\n":
            return None
        facts = expected.read(bytes(self._buffer + data) if self._buffer else data)
        if facts is not None:
            self._buffer = None
            self.state = _IDLE
        return facts

    @property
    def holds_part_of_a_line(self) -> bool:
        """Whether octets have come that are no whole line yet."""
        return bool(self._buffer)

    def receive_data(self, data: bytes) -> Sequence[AgiEvent]:
        """Take the next octets and return what they complete, in order.

        The same octets give the same events however they are split.  A violation is always the last event.
        """
        if self.state is _ENDED:
            return []
        if data == _ACCEPTED_LINE and self.state is _AWAITING_REPLY and not self._buffer:
            # A short cut for nearly every dip; the rules below say the same.
            self.state = _IDLE
            return ACCEPTED
        if self._buffer is None:
            self._buffer = bytearray()
        self._buffer += data
        return self._take(self._buffer)

    def _take(self, buffer: bytearray) -> list[AgiEvent]:
        events: list[AgiEvent] = []
        if self.state is _ENVIRONMENT and not self._take_environment(buffer, events):
            return events
        while buffer and self._take_line(buffer, events):
            pass
        return events

    def receive_eof(self) -> list[AgiEvent]:
        """Take the end of the stream; the first time it gives `SessionEnded`, later nothing."""
        if self.state is _ENDED:
            return []
        self._end()
        return [SessionEnded()]

    def _end(self) -> None:
        self.state = _ENDED
        if self._buffer is not None:
            self._buffer.clear()
        self._usage = b""

    def _violate(self, reason: str, events: list[AgiEvent], *, too_much: bool = False) -> bool:
        self._end()
        events.append(ProtocolViolation(reason, too_much))
        return False

    def _take_environment(self, buffer: bytearray, events: list[AgiEvent]) -> bool:
        """Consume the environment; False if it is not whole or breaks a rule."""
        if buffer.startswith(b"\n"):
            return self._violate("empty environment", events)
        if not buffer.startswith(_BEGINS[: len(buffer)]):
            return self._violate(NO_ENVIRONMENT, events)
        end = buffer.find(b"\n\n", self._searched)
        if (len(buffer) if end < 0 else end + 1) > MAX_ENVIRONMENT_BYTES:
            return self._violate("environment too long", events, too_much=True)
        if end < 0:
            self._searched = max(0, len(buffer) - 1)
            return False
        environment = read_environment(buffer[:end])
        if isinstance(environment, EnvironmentFault):
            return self._violate(environment.fault, events, too_much=environment.too_much)
        del buffer[: end + 2]
        self.state = TRANSITIONS[self.state, _Seen.ENVIRONMENT]
        events.append(EnvironmentReceived(environment))
        return True

    def _take_line(self, buffer: bytearray, events: list[AgiEvent]) -> bool:
        """Consume one line; False if there is no whole line or the session has ended."""
        end = buffer.find(b"\n")
        if (len(buffer) if end < 0 else end) + len(self._usage) > MAX_REPLY_BYTES:
            return self._violate("reply too long", events, too_much=True)
        if end < 0:
            return False
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        seen = self._classify(line)
        state = TRANSITIONS.get((self.state, seen)) if seen else None
        if seen is None or state is None:
            return self._violate("a line that nothing asked for", events)
        self.state = state
        self._act_on(seen, line, events)
        return True

    def _act_on(self, seen: _Seen, line: bytes, events: list[AgiEvent]) -> None:
        match seen:
            case _Seen.HANGUP:
                if not self._hung_up:
                    self._hung_up = True
                    events.append(HangupReceived())
            case _Seen.REPLY:
                events.append(_parse_reply(line))
            case _Seen.USAGE_BEGIN | _Seen.USAGE_LINE:
                self._usage += line + b"\n"
            case _Seen.USAGE_END:
                events.append(ReplyReceived(520, "", None, _usage_text(self._usage)))
                self._usage = b""
            case _Seen.ENVIRONMENT | _Seen.COMMAND | _Seen.EOF:
                pass  # none of them is a line
            case _:
                assert_never(seen)

    def _classify(self, line: bytes) -> _Seen | None:
        if self.state is AgiState.AWAITING_USAGE_END:
            return _Seen.USAGE_END if line.startswith(b"520 ") else _Seen.USAGE_LINE
        if line == b"HANGUP":
            return _Seen.HANGUP
        if line.startswith(b"520-"):
            return _Seen.USAGE_BEGIN
        return _Seen.REPLY if line[:3].isdigit() and line[3:4] == b" " else None


def _parse_reply(line: bytes) -> ReplyReceived:
    text = wire_text(line[4:])
    found = _RESULT.match(text)
    result, value = (found[1], found[2]) if found else ("", None)
    return ReplyReceived(int(line[:3]), result, value, text)


def _usage_text(octets: bytes) -> str:
    return "\n".join(wire_text(line) for line in octets[4:].rstrip(b"\n").split(b"\n"))
