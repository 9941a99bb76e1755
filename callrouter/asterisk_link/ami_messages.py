"""AMI messages as values, and actions as octets.  PURE.

Rules
1. A message is a list of headers in order; some names may stand more than once (see ``ami_protocol``), so they are
   kept as pairs.
2. What a message is, its *first* header says: ``Response`` or ``Event``.  (The event OriginateResponse holds
   a header ``Response`` too.)
3. An action that could end its own line is not repaired but refused: CR, LF and NUL in any name or value.
4. Asterisk 22 refuses a line of more than 1,024 octets with its CR LF, and more than 128 lines, without doing
   anything; such an action is refused here, with the name of the header.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_LINE_BYTES: Final = 1022
MAX_HEADERS: Final = 128

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,79}")
_LINE_BREAKERS = re.compile("[\r\n\0]")


@dataclass(frozen=True, slots=True)
class AmiMessage:
    """One message of Asterisk's.  Header names are compared as Asterisk spells them."""

    headers: tuple[tuple[str, str], ...]

    @property
    def is_event(self) -> bool:
        """Whether this is an event; if not, it is the response to an action."""
        return self.headers[0][0] == "Event"

    @property
    def name(self) -> str:
        """The event's name, or the response's verdict (``Success``, ``Error``, ``Goodbye``)."""
        return self.headers[0][1]

    def get(self, name: str, default: str = "") -> str:
        """The first value of ``name``, or ``default``."""
        for header, value in self.headers:
            if header == name:
                return value
        return default

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of ``name``, in order."""
        return tuple(value for header, value in self.headers if header == name)


@dataclass(frozen=True, slots=True)
class AmiResponse:
    """The answer to an action: the response, and for a list action its items, without the closing event."""

    message: AmiMessage
    items: tuple[AmiMessage, ...] = ()
    missing: int = 0
    """How many items Asterisk counted that are not among ``items``: unreadable, or not to be trusted."""

    def get(self, name: str, default: str = "") -> str:
        """The first value of the response's header ``name``."""
        return self.message.get(name, default)

    @property
    def output(self) -> tuple[str, ...]:
        """The lines that ``Action: Command`` printed."""
        return self.message.all("Output")


class AmiActionError(ValueError):
    """An action of ours that must not be sent: the place, the fault and the remedy; never the value."""


# A name with a tuple of values is sent once for each (Variable).
Headers = Mapping[str, str | tuple[str, ...]]


def encode_action(name: str, action_id: str, headers: Headers) -> bytes:
    """Return the octets of an action; raises `AmiActionError` if it would break rule 3 or 4."""
    lines = [_encode_line("Action", name), _encode_line("ActionID", action_id)]
    for header, values in headers.items():
        if header in ("Action", "ActionID"):
            raise AmiActionError(f"AMI action {header}: given as a header too; leave it out")
        lines += [_encode_line(header, value) for value in ((values,) if isinstance(values, str) else values)]
    if len(lines) > MAX_HEADERS:
        raise AmiActionError(
            f"AMI action: more than {MAX_HEADERS} headers; Asterisk would refuse it, send fewer"
        )
    return b"".join(lines) + b"\r\n"


def _encode_line(name: str, value: str) -> bytes:
    if _NAME.fullmatch(name) is None:
        raise AmiActionError("AMI action: a header's name is no plain word; use letters, digits and -")
    if _LINE_BREAKERS.search(value):
        raise AmiActionError(f"AMI action, header {name}: the value holds CR, LF or NUL; refuse it earlier")
    try:
        line = f"{name}: {value}".encode()
    except UnicodeEncodeError:
        raise AmiActionError(f"AMI action, header {name}: not valid Unicode; decode it properly") from None
    if len(line) > MAX_LINE_BYTES:
        raise AmiActionError(f"AMI action, header {name}: longer than {MAX_LINE_BYTES} octets; shorten it")
    return line + b"\r\n"
