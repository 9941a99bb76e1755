"""SIP requests and responses as values (RFC 3261 section 7 and 25).

Rules:

- A datagram holds one message. What cannot be read becomes a `Malformed` value that names the fault; reading
  never raises.
- Header order and repetition are kept. Compact names (RFC 3261 section 7.3.3) are expanded, folded lines
  joined.
- Content-Length is not part of the value: reading uses it to cut the body, writing computes it and puts it
  last.
- A message that can be read has Via, From, To, Call-ID and a CSeq whose method fits.
- A value that would break the line structure (a control character) can be neither read nor written.
"""

import re
from dataclasses import dataclass
from typing import Final

MAX_MESSAGE_BYTES: Final = 16_384
"""The longest message read; a lab's INVITE with a long Diversion chain stays far below it."""
MAX_HEADERS: Final = 128
MAX_HEADER_CHARS: Final = 4_096

Header = tuple[str, str]
"""A header's full name and its value."""

_COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_REQUIRED: Final = ("Via", "From", "To", "Call-ID", "CSeq")
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CSEQ = re.compile(r"([0-9]{1,10})[ \t]+([A-Za-z0-9.!%*_+`'~-]+)")
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]*))?")
_REQUEST_LINE = re.compile(r"([A-Za-z0-9.!%*_+`'~-]+) ([^\s\x00-\x1f\x7f]+) SIP/2\.0")


@dataclass(frozen=True, slots=True)
class Malformed:
    """A datagram that is no SIP message; `fault` says why, without quoting what was sent."""

    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What requests and responses share: headers in their order, and a body."""

    headers: tuple[Header, ...]
    body: bytes = b""

    def named(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, in order; names compare without regard to case."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    def first(self, name: str) -> str | None:
        """Return the topmost value of a header, or None."""
        return next(iter(self.named(name)), None)

    def required(self, name: str) -> str:
        """Return the topmost value of a header that must be there.

        Raises:
            ValueError: it is not; a message from `parse` always has Via, From, To, Call-ID and CSeq.

        """
        value = self.first(name)
        if value is None:
            raise ValueError(f"the message has no {name} header: build it with one")
        return value

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.required("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """CSeq as its number and its method.

        Raises:
            ValueError: CSeq is not a number and a method; cannot happen to a message from `parse`.

        """
        match = _CSEQ.fullmatch(self.required("CSeq"))
        if match is None:
            raise ValueError("CSeq is not '<number> <METHOD>': build the message with one")
        return int(match[1]), match[2]

    def _written(self, start_line: str) -> bytes:
        lines = [start_line, *(f"{name}: {value}" for name, value in self.headers)]
        if any(_CONTROL.search(line) for line in lines):
            raise ValueError("a SIP header or start line holds a control character: remove it before sending")
        head = "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""])
        return head.encode() + self.body


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Message):
    """A SIP request."""

    method: str
    uri: str

    def to_bytes(self) -> bytes:
        """Write the request.

        Raises:
            ValueError: a control character or a blank where none may be.

        """
        if not _TOKEN.fullmatch(self.method) or not self.uri or re.search(r"\s", self.uri):
            raise ValueError(
                "a SIP request needs a method token and a URI without blanks: correct the number"
            )
        return self._written(f"{self.method} {self.uri} SIP/2.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Message):
    """A SIP response."""

    status: int
    reason: str

    def to_bytes(self) -> bytes:
        """Write the response.

        Raises:
            ValueError: a control character in a header or in the reason phrase.

        """
        return self._written(f"SIP/2.0 {self.status} {self.reason}")


def parse(data: bytes) -> Request | Response | Malformed:
    """Read one datagram; never raises."""
    if len(data) > MAX_MESSAGE_BYTES:
        return Malformed(f"longer than {MAX_MESSAGE_BYTES} bytes")
    head, separator, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not separator:
        return Malformed("no empty line after the headers")
    try:
        start_line, *lines = head.decode().split("\r\n")
    except UnicodeDecodeError:
        return Malformed("the headers are not UTF-8")
    headers = _parse_headers(lines)
    if isinstance(headers, Malformed):
        return headers
    cut = _cut_body(headers, body)
    if isinstance(cut, Malformed):
        return cut
    kept = tuple(header for header in headers if header[0].lower() != "content-length")
    return _checked(_from_start_line(start_line, kept, cut))


def _parse_headers(lines: list[str]) -> tuple[Header, ...] | Malformed:
    unfolded: list[str] = []
    for line in lines:
        if line.startswith((" ", "\t")) and unfolded:
            unfolded[-1] += " " + line.strip(" \t")
        else:
            unfolded.append(line)
    if len(unfolded) > MAX_HEADERS:
        return Malformed(f"more than {MAX_HEADERS} headers")
    headers: list[Header] = []
    for line in unfolded:
        name, colon, value = line.partition(":")
        name, value = name.rstrip(" \t"), value.strip(" \t")
        if not colon or not _TOKEN.fullmatch(name):
            return Malformed("a header line has no name")
        if len(line) > MAX_HEADER_CHARS:
            return Malformed(f"a header is longer than {MAX_HEADER_CHARS} characters")
        if _CONTROL.search(value):
            return Malformed("a header holds a control character")
        headers.append((_COMPACT.get(name.lower(), name), value))
    return tuple(headers)


def _cut_body(headers: tuple[Header, ...], body: bytes) -> bytes | Malformed:
    lengths = {value for name, value in headers if name.lower() == "content-length"}
    if not lengths:
        return body
    stated = lengths.pop()
    if lengths or not re.fullmatch(r"[0-9]{1,6}", stated):
        return Malformed("Content-Length is not one number")
    if int(stated) > len(body):
        return Malformed("the body is shorter than Content-Length says")
    return body[: int(stated)]


def _from_start_line(line: str, headers: tuple[Header, ...], body: bytes) -> Request | Response | Malformed:
    if status := _STATUS_LINE.fullmatch(line):
        if _CONTROL.search(line):
            return Malformed("the reason phrase holds a control character")
        return Response(status=int(status[1]), reason=status[2] or "", headers=headers, body=body)
    if request := _REQUEST_LINE.fullmatch(line):
        return Request(method=request[1], uri=request[2], headers=headers, body=body)
    return Malformed("the first line is neither a request nor a status line")


def _checked(message: Request | Response | Malformed) -> Request | Response | Malformed:
    if isinstance(message, Malformed):
        return message
    for name in _REQUIRED:
        if not message.first(name):
            return Malformed(f"no {name} header")
    cseq = _CSEQ.fullmatch(message.required("CSeq"))
    if cseq is None:
        return Malformed("CSeq is not a number and a method")
    if isinstance(message, Request) and cseq[2] != message.method:
        return Malformed("CSeq names another method than the request line")
    return message
