"""What the callers and the agent say in the same words."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import Final

_BUFFER_BYTES: Final = 8 * 1024 * 1024
_TO_TAG = re.compile(rb"\r\nTo: [^\r]*;tag=([^\r;]+)")
_ECHOED = re.compile(rb"(?<=\r\n)(?:Via|From|To|Call-ID|CSeq): [^\r]*\r\n")


def described(host: bytes) -> bytes:
    """A session description for audio that nobody sends."""
    return (
        b"v=0\r\no=load 1 1 IN IP4 %b\r\ns=-\r\nc=IN IP4 %b\r\nt=0 0\r\n"
        b"m=audio 6000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
    ) % (host, host)


def ok(request: bytes, to_tag: bytes = b"") -> bytes:
    """Begin a 200 to a request (RFC 3261 section 8.2.6.2)."""
    echoed = [
        line[:-2] + to_tag + b"\r\n" if to_tag and line.startswith(b"To") else line
        for line in _ECHOED.findall(request)
    ]
    return b"SIP/2.0 200 OK\r\n" + b"".join(echoed)


def tag_of(response: bytes) -> bytes:
    """The tag that the other side has put into To."""
    tag = _TO_TAG.search(response)
    return tag[1] if tag else b""


def widen(transport: asyncio.DatagramTransport) -> None:
    """Make room for a burst."""
    opened = transport.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
