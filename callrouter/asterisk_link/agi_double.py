r"""Asterisk's side of a dip, for tests and measurements: what Asterisk 22 sends, and when.

Rules (as recorded from Asterisk 22.10.1, see tests/wire/transcripts; a test holds this module against them)
1. Asterisk sends its 22 lines in their order, then the arguments, then an empty line; it may take any number of
   writes.
2. Then it waits for one command and answers it with one reply.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Final

from callrouter.asterisk_link.agi_expected import ASTERISKS_LINES

ACCEPTED: Final = b"200 result=1\n"
"""The reply to a variable that was set."""

_LINES: Final[Mapping[str, str]] = {
    "agi_network": "yes",
    "agi_network_script": "arrival",
    "agi_request": "agi://127.0.0.1:14573/arrival",
    "agi_channel": "PJSIP/carrier-00000001",
    "agi_language": "zh_CN",
    "agi_type": "PJSIP",
    "agi_uniqueid": "node1-1795340556.1",
    "agi_version": "22.10.1",
    "agi_callerid": "13800138000",
    "agi_calleridname": "unknown",
    "agi_callingpres": "0",
    "agi_callingani2": "0",
    "agi_callington": "0",
    "agi_callingtns": "0",
    "agi_dnid": "unknown",
    "agi_rdnis": "unknown",
    "agi_context": "arrival",
    "agi_extension": "s",
    "agi_priority": "16",
    "agi_enhanced": "0.0",
    "agi_accountcode": "",
    "agi_threadid": "139980679968448",
}
_FACTS: Final[Mapping[str, str]] = {
    "call_id": "node1-1795340556.1",
    "called": "12315",
    "caller": "13800138000",
    "presentation": "allowed_not_screened",
    "trunk": "carrier",
    "sip_call_id": "35a2cdd1771633b5%40192.0.2.7",
    "arrived_at": "1795340556.990428",
    "clock_offset": "0",
    "to": "",
    "diversion": "",
    "history_info": "",
    "context": "",
}


def environment(facts: Mapping[str, str] | None = None, **lines: str) -> bytes:
    """Return what Asterisk sends at the start of an arrival dip.

    ``facts`` replace some of the arguments, URI-encoded as the dialplan writes them; ``lines`` replace values of
    Asterisk's own (``agi_callerid="…"``).  Text is Latin-1, one character an octet, so any octet can be sent.
    """
    own = {**_LINES, **lines}
    sent = [f"{name}: {own[name]}" for name in ASTERISKS_LINES]
    brought = {**_FACTS, **(facts or {})}.items()
    sent += [f"agi_arg_{place}: {name}={value}" for place, (name, value) in enumerate(brought, 1)]
    return ("\n".join(sent) + "\n\n").encode("latin-1")


class AsteriskDouble:
    """One dip over a blocking socket: send, take the command, reply."""

    def __init__(self, port: int, *, host: str = "127.0.0.1", timeout_s: float = 5.0) -> None:
        """Connect; raises OSError if nobody listens."""
        self.socket = socket.create_connection((host, port), timeout=timeout_s)

    def __enter__(self) -> AsteriskDouble:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.socket.close()

    def send(self, octets: bytes) -> None:
        """Send octets at once."""
        self.socket.sendall(octets)

    def command(self) -> bytes:
        """Wait for one command and return its line; raises ConnectionError if there was none, TimeoutError."""
        line = b""
        while not line.endswith(b"\n"):
            part = self.socket.recv(4096)
            if not part:
                raise ConnectionError("the server closed a dip without a command")
            line += part
        return line

    def is_closed(self) -> bool:
        """Wait for the server to close; False if it sends something instead."""
        try:
            return self.socket.recv(4096) == b""
        except ConnectionError:
            return True

    def dip(self, octets: bytes) -> bytes:
        """Go through a whole dip; return the command."""
        self.send(octets)
        line = self.command()
        self.send(ACCEPTED)
        if not self.is_closed():
            raise ConnectionError("the server sent more than one command")
        return line
