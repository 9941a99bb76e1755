"""Signing what is sent by webhook, as Standard Webhooks has it, and the file that holds the secrets.

Rules:
- What is signed is `<webhook-id>.<webhook-timestamp>.<body>`, by HMAC-SHA256; the signature is `v1,<base64>`.
- A secret is `whsec_` and base64 of 24 to 64 octets. The file holds one a line, and two while they are changed:
  then each request is signed with both, and the other side may go over to the new one whenever it likes.
- The file is its owner's alone (0600); one that others may read is refused. No secret comes into a log or an error.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Octets (Standard Webhooks, "Signature scheme")."""
_MOST_SECRETS = 2
_LARGEST_FILE = 4096


class WebhookSecretError(Exception):
    """The file of the secrets cannot be used. The text names it and the remedy, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class WebhookKeys:
    """The keys that requests are signed with, the newest first."""

    keys: tuple[bytes, ...] = field(repr=False)

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The headers that prove a request; `timestamp` is in seconds since 1970."""
        signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
        marks = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in self.keys)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
        }


def read_keys(file: Path) -> WebhookKeys:
    """Read the secrets. Raises WebhookSecretError when there are none, when one is damaged, or others may read it."""
    try:
        with file.open("rb") as stream:
            if os.fstat(stream.fileno()).st_mode & 0o077:
                raise WebhookSecretError(
                    f"{file}：别人也能读。请换一个新的密钥，并 chmod 600。 / others may read it: make a new secret,"
                    " and chmod 600"
                )
            text = stream.read(_LARGEST_FILE).decode("ascii", "replace")
    except OSError as error:
        raise WebhookSecretError(
            f"{file}：读不了（{error.strerror}）。把对方给的 whsec_… 写进去，chmod 600。 / cannot be read"
            f" ({error.strerror}): write the whsec_… that the other side gave you into it, and chmod 600"
        ) from None
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not 1 <= len(lines) <= _MOST_SECRETS:
        raise WebhookSecretError(
            f"{file}：应当有一个密钥，更换期间两个，每行一个。 / should hold one secret, two while they are changed,"
            " one a line"
        )
    return keys_of(lines, str(file))


def keys_of(words: Iterable[str], where: str) -> WebhookKeys:
    """Read secrets, the newest first; `where` says where they stand. Raises WebhookSecretError for a damaged one."""
    return WebhookKeys(tuple(_key(word, where) for word in words))


def _key(word: str, where: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not word.startswith(_PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise WebhookSecretError(
            f"{where}：密钥应为 whsec_ 加 {_SHORTEST} 至 {_LONGEST} 字节的 base64。 / a secret is whsec_ and the"
            f" base64 of {_SHORTEST} to {_LONGEST} octets"
        )
    return key
