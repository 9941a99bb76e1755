r"""The client's end of an AMI stream: octets in, messages out.  PURE.

Rules (measured on Asterisk 22.10.1)
1. Asterisk speaks first: one banner line, ``Asterisk Call Manager/<version>``.
2. Then messages: lines ``Name: value`` ended by CR LF, a message ended by an empty line.
3. Only CR LF ends a line.  A CR or LF alone is part of a value, and comes out escaped: it makes no header.
4. The stream is cut into messages as octets and only a whole message is decoded, so a character of several
   octets may be split anywhere.  Octets that are not UTF-8 and control characters come out as ``\xNN``.
5. A message that does not begin with ``Response`` or ``Event``, or has a line without a colon, is dropped
   whole and counted: half a message is worse than none.  An `Unreadable` stands where it stood.
6. So is one in which a header stands twice that Asterisk writes once (`_REPEATS`): the value of a header before it
   held a line break, and which of the two is Asterisk's own cannot be told.
7. A banner that is none, or a message beyond all bounds, means that this is not Asterisk, or that we have
   lost our place: an error, after which the connection is worthless.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.vocabulary.wire_text import wire_text

MAX_BANNER_BYTES: Final = 256
# The longest honest message is a command's output: `core show applications` takes about 30 KiB.
MAX_MESSAGE_BYTES: Final = 1024 * 1024
# `core show applications` has a thousand lines; a megabyte of empty headers would be 300,000.
MAX_MESSAGE_HEADERS: Final = 10_000

_BANNER = b"Asterisk Call Manager/"
_END = b"\r\n\r\n"

# The headers that Asterisk 22 itself writes more than once into a message, and the messages it does that in.
# Found in its source by looking for headers written in a loop, and in what a running one sent.  ChanVariable (with a
# channel's name behind it, or a role such as Dest before it) is another, in any event: see `_is_channel_variable`.
_REPEATS: Final[Mapping[str, frozenset[str]]] = {
    "Output": frozenset({"Success", "Error"}),  # manager.c: action_command, a line each
    "Variable": frozenset({"Status"}),  # manager.c: action_status, one for each that was asked for
    "FileName": frozenset({"ReceiveFAX", "SendFAX"}),  # manager_channels.c: a fax's pages
    "State": frozenset({"TestEvent"}),  # test.c: its own and its caller's
}


class AmiProtocolError(Exception):
    """The peer does not speak AMI as we know it; the text is constant."""


class Fault(Enum):
    """Why a message cannot be read."""

    MALFORMED = auto()
    """It does not begin as a message does, or a line has no colon."""
    REPEATED_HEADER = auto()
    """A header stands twice that Asterisk writes once."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands where a message was dropped."""

    fault: Fault
    headers: tuple[tuple[str, str], ...]
    """Its lines that have the form of a header: enough to see whether Asterisk wrote its beginning and its end."""


class AmiSession:
    """One AMI connection's incoming stream."""

    __slots__ = ("_broken", "_buffer", "_searched", "malformed", "repeated", "version")

    def __init__(self) -> None:
        self.version: str | None = None
        """The protocol version of the banner; None until it has arrived."""
        self.malformed = 0
        """How many messages were dropped by rule 5."""
        self.repeated = 0
        """How many messages were dropped by rule 6."""
        self._buffer = bytearray()
        self._searched = 0
        self._broken = False

    def receive_data(self, data: bytes) -> list[AmiMessage]:
        """Take the next octets and return the readable messages they complete; see `read`."""
        return [message for message in self.read(data) if isinstance(message, AmiMessage)]

    def read(self, data: bytes) -> list[AmiMessage | Unreadable]:
        """Take the next octets and return what they complete, in order.

        The same octets give the same messages however they are split.  Raises `AmiProtocolError` by rule 7,
        and from then on always; messages completed by the same octets go with it.
        """
        if self._broken:
            raise AmiProtocolError("AMI stream: it broke a rule before; close the connection")
        self._buffer += data
        if self.version is None and not self._take_banner():
            return []
        messages: list[AmiMessage | Unreadable] = []
        while (block := self._take_block()) is not None:
            message = _parse(block)
            if isinstance(message, Unreadable):
                self.malformed += message.fault is Fault.MALFORMED
                self.repeated += message.fault is Fault.REPEATED_HEADER
            messages.append(message)
        return messages

    def _take_banner(self) -> bool:
        end = self._buffer.find(b"\r\n")
        head = bytes(self._buffer[: len(_BANNER)])
        if not _BANNER.startswith(head) or (len(self._buffer) if end < 0 else end + 2) > MAX_BANNER_BYTES:
            self._break("AMI stream: it does not begin with Asterisk's banner; check host and port")
        if end < 0:
            return False
        if end < len(_BANNER):
            self._break("AMI stream: it does not begin with Asterisk's banner; check host and port")
        self.version = wire_text(bytes(self._buffer[len(_BANNER) : end]))
        del self._buffer[: end + 2]
        return True

    def _take_block(self) -> bytes | None:
        """Consume one message without its ending, or None if none is whole."""
        end = self._buffer.find(_END, self._searched)
        if (len(self._buffer) if end < 0 else end + len(_END)) > MAX_MESSAGE_BYTES:
            self._break("AMI stream: a message beyond all bounds; close the connection")
        if end < 0:
            self._searched = max(0, len(self._buffer) - len(_END) + 1)
            return None
        block = bytes(self._buffer[:end])
        if block.count(b"\r\n") >= MAX_MESSAGE_HEADERS:
            self._break("AMI stream: a message beyond all bounds; close the connection")
        del self._buffer[: end + len(_END)]
        self._searched = 0
        return block

    def _break(self, reason: str) -> None:
        self._broken = True
        self._buffer.clear()
        raise AmiProtocolError(reason)


def _parse(block: bytes) -> AmiMessage | Unreadable:
    headers: list[tuple[str, str]] = []
    is_whole = True
    for line in _lines(block):
        name, colon, value = line.partition(":")
        if name and colon:
            headers.append((name, value.removeprefix(" ")))
        else:
            is_whole = False
    if not is_whole or headers[0][0] not in ("Response", "Event"):
        return Unreadable(Fault.MALFORMED, tuple(headers))
    if len(dict(headers)) < len(headers) and _repeats_a_header(headers):
        return Unreadable(Fault.REPEATED_HEADER, tuple(headers))
    return AmiMessage(tuple(headers))


def _lines(block: bytes) -> list[str]:
    # Nearly every message has nothing to escape: seen at once, not line by line.
    in_one_line = block.replace(b"\r\n", b"  ")
    if wire_text(in_one_line).encode() == in_one_line:
        return block.decode().split("\r\n")
    return [wire_text(line) for line in block.split(b"\r\n")]


def _repeats_a_header(headers: list[tuple[str, str]]) -> bool:
    message = headers[0][1]
    seen: set[str] = set()
    for name, _ in headers:
        if name in seen and message not in _REPEATS.get(name, ()) and not _is_channel_variable(name):
            return True
        seen.add(name)
    return False


def _is_channel_variable(name: str) -> bool:
    # manager_channels.c writes "DestChanVariable", manager.c "ChanVariable(PJSIP/1001-00000001)".
    return name.endswith("ChanVariable") or (name.startswith("ChanVariable(") and name.endswith(")"))
