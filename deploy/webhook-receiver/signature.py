"""Checking a request's signature, as Standard Webhooks has it.

Copy this file: it needs nothing but Python. The body is what came over the wire, octet by octet; whoever parses it
first and writes it anew signs something else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

TOLERANCE_S = 300
"""Seconds that a request may be old, or ahead of our clock: an old one may have been recorded and sent again."""


class SignatureError(ValueError):
    """The request is not from whom it says. The text says why."""


def verify(secrets: Iterable[str], headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Check a request; `headers` have small letters, `now` is in seconds since 1970. Raises SignatureError.

    Two secrets are given while they are changed; a request may bear several signatures as well.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not (timestamp.isascii() and timestamp.isdigit()):
        raise SignatureError("webhook-id or webhook-timestamp is missing")
    if abs(now - int(timestamp[:12])) > TOLERANCE_S:
        raise SignatureError("webhook-timestamp is too far from our clock")
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = [
        base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256))
        for secret in secrets
    ]
    for mark in headers.get("webhook-signature", "").split():
        version, _, given = mark.partition(",")
        if version == "v1" and any(hmac.compare_digest(one, given.encode()) for one in expected):
            return
    raise SignatureError("no signature is right")
