"""The parts of SIP addresses and Via headers that a user agent needs (RFC 3261 section 20.10 and 25.1).

Rules:

- A name-addr is an optional display name (perhaps quoted), a URI in angle brackets, and parameters after
  them; an addr-spec has no brackets, and what follows its first semicolon is header parameters.
- A quoted display name may hold any of `<`, `;` and `,`; none of them counts.
- A header's list is split at commas outside quotes and brackets.
- Only numeric IPv4 hosts are next hops: a laboratory has no DNS.
"""

import ipaddress
import re
from typing import Final

Address = tuple[str, int]
"""An IPv4 host and a UDP port."""

DEFAULT_SIP_PORT: Final = 5060
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_HOST_PORT = re.compile(r"sips?:(?:[^@>]*@)?([^:;?>]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


def uri_of(value: str) -> str:
    """Return the URI of a name-addr or addr-spec header value."""
    bare = _QUOTED.sub("", value)
    bracketed = re.search(r"<([^>]*)>", bare)
    return bracketed[1] if bracketed else bare.partition(";")[0].strip()


def tag_of(value: str) -> str | None:
    """Return the tag parameter of a From or To value, or None when it has none."""
    after = re.sub(r"<[^>]*>", "", _QUOTED.sub("", value))
    match = re.search(r";\s*tag\s*=\s*([^;\s]+)", after, re.IGNORECASE)
    return match[1] if match else None


def split_list(value: str) -> tuple[str, ...]:
    """Split a header value at the commas that separate list elements."""
    elements = [""]
    for part in re.findall(r'"(?:[^"\\]|\\.)*"|<[^>]*>|,|[^,"<]+|["<]', value):
        if part == ",":
            elements.append("")
        else:
            elements[-1] += part
    return tuple(element.strip() for element in elements if element.strip())


def via_key(value: str) -> tuple[str, str]:
    """Return branch and sent-by of the topmost Via: a transaction's identity (RFC 3261 section 17.2.3)."""
    top = next(iter(split_list(value)), "")
    sent_by, _, parameters = top.partition(";")
    match = re.search(r"(?:^|;)\s*branch\s*=\s*([^;\s]+)", parameters, re.IGNORECASE)
    return (match[1] if match else "", sent_by.split()[-1].lower() if sent_by.split() else "")


def next_hop(uri: str, otherwise: Address) -> Address:
    """Return where a URI is reached by UDP; `otherwise` when its host is a name or the URI is no SIP URI."""
    match = _HOST_PORT.match(uri)
    if match is None:
        return otherwise
    try:
        host = str(ipaddress.IPv4Address(match[1]))
    except ValueError:
        return otherwise
    port = int(match[2] or DEFAULT_SIP_PORT)
    return (host, port) if 0 < port < 65_536 else otherwise
