r"""The client's end of an AMI stream: octets in, messages out.  PURE.

Rules (measured on Asterisk 22.10.1)
1. Asterisk speaks first: one banner line, ``Asterisk Call Manager/<version>``.
2. Then messages: lines ``Name: value`` ended by CR LF, a message ended by an empty line.
3. Only CR LF ends a line.  A CR or LF alone is part of a value, and comes out escaped: it makes no header.
4. The stream is cut into messages as octets and only a whole message is decoded, so a character of several
   octets may be split anywhere.  Octets that are not UTF-8 and control characters come out as ``\xNN``.
5. A message that does not begin with ``Response`` or ``Event``, or has a line without a colon, is dropped
   whole and counted: half a message is worse than none.
6. A banner that is none, or a message beyond all bounds, means that this is not Asterisk, or that we have
   lost our place: an error, after which the connection is worthless.
"""

from typing import Final

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.wire_text import wire_text

MAX_BANNER_BYTES: Final = 256
# The longest honest message is a command's output: `core show applications` takes about 30 KiB.
MAX_MESSAGE_BYTES: Final = 1024 * 1024

_BANNER = b"Asterisk Call Manager/"
_END = b"\r\n\r\n"


class AmiProtocolError(Exception):
    """The peer does not speak AMI as we know it; the text is constant."""


class AmiSession:
    """One AMI connection's incoming stream."""

    __slots__ = ("_broken", "_buffer", "_searched", "malformed", "version")

    def __init__(self) -> None:
        self.version: str | None = None
        """The protocol version of the banner; None until it has arrived."""
        self.malformed = 0
        """How many messages were dropped by rule 5."""
        self._buffer = bytearray()
        self._searched = 0
        self._broken = False

    def receive_data(self, data: bytes) -> list[AmiMessage]:
        """Take the next octets and return the messages they complete, in order.

        The same octets give the same messages however they are split.  Raises `AmiProtocolError` by rule 6,
        and from then on always; messages completed by the same octets go with it.
        """
        if self._broken:
            raise AmiProtocolError("AMI stream: it broke a rule before; close the connection")
        self._buffer += data
        if self.version is None and not self._take_banner():
            return []
        messages: list[AmiMessage] = []
        while (block := self._take_block()) is not None:
            message = _parse(block)
            if message is None:
                self.malformed += 1
            else:
                messages.append(message)
        return messages

    def _take_banner(self) -> bool:
        end = self._buffer.find(b"\r\n")
        head = bytes(self._buffer[: len(_BANNER)])
        if not _BANNER.startswith(head) or (len(self._buffer) if end < 0 else end) > MAX_BANNER_BYTES:
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
        del self._buffer[: end + len(_END)]
        self._searched = 0
        return block

    def _break(self, reason: str) -> None:
        self._broken = True
        self._buffer.clear()
        raise AmiProtocolError(reason)


def _parse(block: bytes) -> AmiMessage | None:
    headers: list[tuple[str, str]] = []
    for line in block.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon or not name:
            return None
        headers.append((wire_text(name), wire_text(value.removeprefix(b" "))))
    if headers[0][0] not in ("Response", "Event"):
        return None
    return AmiMessage(tuple(headers))
