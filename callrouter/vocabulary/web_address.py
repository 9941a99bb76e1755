"""Where a message may be sent over HTTP.

Rules:
- https, or http to this machine itself; http to another machine only where the settings say so: a record holds
  numbers, and on the way anyone could read them.
- A user name or a password in the address is refused: addresses come into logs and process lists.
- A fault never quotes the address.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit


class WebAddressError(ValueError):
    """The address cannot be used. The text says why and what to write, without quoting it."""


def web_address(url: str, *, plain_http: bool = False) -> SplitResult:
    """Check an address and give its parts; `plain_http`: http may leave this machine. Raises WebAddressError."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise WebAddressError("not an address: write https://host/path, in ASCII and without spaces")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebAddressError("not an address: write https://host/path") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise WebAddressError("not an address of the web: write https://host/path")
    if "@" in parts.netloc:
        raise WebAddressError("holds a user name or password: take them out; requests are signed instead")
    if parts.fragment:
        raise WebAddressError("holds a `#…`, which is never sent: take it out")
    if parts.scheme == "http" and not plain_http and not is_loopback(parts.hostname):
        raise WebAddressError(
            "http leaves this machine in the clear: write https, or allow it by webhook_plain_http"
        )
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host as an address names it is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
