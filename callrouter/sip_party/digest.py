"""Answers to a digest challenge (RFC 7616; MD5 also as in RFC 2617 and, without qop, RFC 2069).

Rules:

- Of several challenges the first one we can answer is answered: the server lists what it prefers first.
- We answer MD5 and SHA-256, with qop=auth where it is offered and in the old form where no qop is offered.
  A challenge that offers only auth-int, or a `-sess` algorithm, cannot be answered.
- Chance is an argument: the caller gives the client nonce.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

_FIRST_USE: Final = "00000001"
_HASHES: Final = {"MD5": "md5", "SHA-256": "sha256"}
_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a WWW-Authenticate or Proxy-Authenticate header asks for."""

    realm: str
    nonce: str
    algorithm: str
    opaque: str | None
    with_qop: bool
    stale: bool


def read_challenge(value: str) -> Challenge | None:
    """Read one challenge; None when it is no digest challenge we can answer."""
    scheme, _, rest = value.strip().partition(" ")
    given = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PARAMETER.finditer(rest)}
    algorithm = given.get("algorithm", "MD5").upper()
    offered = {option.strip() for option in given.get("qop", "").lower().split(",")} - {""}
    if scheme.lower() != "digest" or algorithm not in _HASHES or "realm" not in given or "nonce" not in given:
        return None
    if offered and "auth" not in offered:
        return None
    return Challenge(
        realm=given["realm"],
        nonce=given["nonce"],
        algorithm=algorithm,
        opaque=given.get("opaque"),
        with_qop=bool(offered),
        stale=given.get("stale", "").lower() == "true",
    )


def first_answerable(values: tuple[str, ...]) -> Challenge | None:
    """Return the first challenge we can answer, or None."""
    return next((c for c in map(read_challenge, values) if c is not None), None)


def answer(
    challenge: Challenge,
    *,
    user: str,
    password: str,
    method: str,
    uri: str,
    cnonce: str,
) -> str:
    """Return the value of the Authorization (or Proxy-Authorization) header.

    Realm, nonce and opaque are sent back exactly as they were quoted, which is also what is hashed.
    """

    def digest(text: str) -> str:
        # MD5 is what the peer asks for (RFC 3261 section 22.4), not what we rely on.
        return hashlib.new(_HASHES[challenge.algorithm], text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{user}:{challenge.realm}:{password}")
    what = digest(f"{method}:{uri}")
    middle = f"{_FIRST_USE}:{cnonce}:auth:" if challenge.with_qop else ""
    parts = [
        f'username="{user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{digest(f"{secret}:{challenge.nonce}:{middle}{what}")}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.with_qop:
        parts += ["qop=auth", f"nc={_FIRST_USE}", f'cnonce="{cnonce}"']
    if challenge.opaque is not None:
        parts.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(parts)
