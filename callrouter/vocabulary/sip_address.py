r"""The addresses in a SIP header value: To, Diversion, History-Info.  PURE.

Rules:
- A value is one entry or several, joined by commas: `"Li, Si" <sip:+862812333@host;user=phone>;index=1, <tel:12315>`.
  Commas and angle brackets inside a quoted name are part of the name.
- A value is taken whole or not at all: what can't be read in exactly one way, is too long or holds too many entries
  gives no entry. Half a chain would name the wrong number as its first.
- An address that is none of `sip:`, `sips:` and `tel:`, or has no user part, is an entry without a user: it keeps its
  place in the chain and names nobody.
- A user part is percent-decoded once; with a control character or foreign octets in it, it names nobody. Its
  parameters (`;phone-context=+8628`) stay: they belong to the number.
- Nothing is raised, and the time is linear in the length.

Sources: RFC 3261 (25.1: name-addr, addr-spec), RFC 3966 (tel), RFC 5806 (Diversion), RFC 7044 (History-Info).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

LONGEST_VALUE: Final = 4096
"""Characters of a header value that are read."""
MOST_ENTRIES: Final = 20
"""Networks allow five forwardings; more entries than these are no call's history."""

_QUOTED = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\x20-\x7e])*"'
_PLAIN = r"[A-Za-z0-9.!%*_+`'~-]++"
_WORD = rf"(?:{_QUOTED}|[A-Za-z0-9.!%*_+`'~\[\]:/@-]++)"
_PARAMETER = rf"[ \t]*+;[ \t]*+{_PLAIN}(?:[ \t]*+=[ \t]*+{_WORD})?+"
_ENTRY = re.compile(
    rf"[ \t]*+(?:(?:{_QUOTED}|(?:{_PLAIN}[ \t]*+)*)[ \t]*+<(?P<bracketed>[^<>\"\x00-\x20\x7f]*+)>"
    rf"|(?P<bare>[^<>\",;?\x00-\x20\x7f]++))"
    rf"(?P<parameters>(?:{_PARAMETER})*)[ \t]*+(?P<end>,|\Z)"
)
"""No group is possessive: the `re` of Python 3.11.2 (Debian 12) may take up half of its last turn."""
_ONE_PARAMETER = re.compile(rf"[ \t]*;[ \t]*({_PLAIN})(?:[ \t]*=[ \t]*({_WORD}))?")
_SIP = re.compile(r"(?i:sips?):(?P<user>[^@:]++)(?::[^@]*+)?@[^@]++")
_TEL = re.compile(r"(?i:tel):(?P<user>[^?@]++)")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class SipAddress(NamedTuple):
    """One entry of a header value."""

    user: str
    """The user part or telephone number, decoded; empty where it names nobody."""
    parameters: tuple[tuple[str, str], ...] = ()
    """Those behind the address, in order; names in lower case, values as they are written."""

    def parameter(self, name: str) -> str | None:
        """The value of a parameter; empty if it has none. None if it is missing or stands twice."""
        found = [value for one, value in self.parameters if one == name]
        return found[0] if len(found) == 1 else None


def addresses(value: str) -> tuple[SipAddress, ...]:
    """Read a header value; no entries if it can't be read as a whole. Never raises."""
    if len(value) > LONGEST_VALUE:
        return ()
    found: list[SipAddress] = []
    place, more = 0, True
    while more:
        entry = _ENTRY.match(value, place)
        if entry is None or len(found) == MOST_ENTRIES:
            return ()
        uri = entry["bracketed"] if entry["bare"] is None else entry["bare"]
        named = _ONE_PARAMETER.findall(entry["parameters"])
        found.append(SipAddress(user_of(uri), tuple((name.lower(), text) for name, text in named)))
        place, more = entry.end(), entry["end"] == ","
    return tuple(found)


def user_of(uri: str) -> str:
    """The decoded user part of a `sip:`, `sips:` or `tel:` address; empty if it has none that can be read."""
    match = _SIP.fullmatch(uri) or _TEL.fullmatch(uri)
    if match is None or _PERCENT.search(match["user"]):
        return ""
    try:
        user = unquote_to_bytes(match["user"]).decode()
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROL.search(user) else user
