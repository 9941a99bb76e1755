"""Who asks at the desks: bearer tokens, each for one account in one role, until there are users with passwords.

Rules:
- A token is 256 bits of chance. The file holds its SHA-256 alone: who reads the file can't ask.
- The file is its owner's alone (0600); one that others may read, or that is damaged, lets nobody in.
- It is looked at on every request and read again when it has changed: who is revoked is out at once.
- A token lets in only while the settings have its account: a supervisor's among the supervisors.
- Every entry is compared, in constant time, whatever the one before gave.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from callrouter.console.desk_errors import Refusal
from callrouter.vocabulary.desk_role import Role
from callrouter.vocabulary.transfer import Staff

PREFIX: Final = "crd_"
"""What a token begins with, so that one that was left lying about is known for what it is."""
SECRET_BYTES: Final = 32
_MOST_FILE_BYTES: Final = 1 << 20
_LONGEST_TOKEN: Final = 128
_log = structlog.get_logger(__name__)


class TokenFileError(Exception):
    """The tokens' file cannot be trusted or read; the text names it and the remedy."""


class KeptToken(BaseModel):
    """A token as the file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]
    """By which it is revoked; it tells nothing of the token."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(repr=False)
    seat: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    role: Role
    made_at: AwareDatetime


class TokenFile(BaseModel):
    """All of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: tuple[KeptToken, ...] = ()


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks."""

    token_id: str
    seat: str
    role: Role


def digest(token: str) -> str:
    """What the file holds of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def keep(secret: bytes, seat: str, role: Role, at: datetime) -> tuple[str, KeptToken]:
    """Make a token of 32 octets of chance: what its bearer gets, and what is kept of it."""
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"{SECRET_BYTES} octets of chance, not {len(secret)}")
    token = PREFIX + secret.hex()
    found = digest(token)
    # Of a second digest: the id is shown, so it should not be a piece of what is compared.
    return token, KeptToken(id=digest(found)[:8], sha256=found, seat=seat, role=role, made_at=at)


def read_tokens(file: Path) -> TokenFile:
    """Read the file; without one there are no tokens. Raises TokenFileError."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return TokenFile()
    except OSError as error:
        raise TokenFileError(
            f"{file}: {error.strerror}; remedy: chmod 600, owned by who runs CallRouter"
        ) from None
    with os.fdopen(handle, "rb") as stream:
        if os.fstat(handle).st_mode & 0o077:
            raise TokenFileError(
                f"{file}: 别人可以读 / others may read it; remedy: chmod 600, and new tokens"
            )
        try:
            # Cut off, it is damaged.
            return TokenFile.model_validate_json(stream.read(_MOST_FILE_BYTES))
        except (ValidationError, OSError):
            raise TokenFileError(
                f"{file}: 已损坏 / damaged; remedy: delete it, and make new tokens: callrouter desk token add"
            ) from None


class DeskTokens:
    """The tokens as they stand now. `staff`: the accounts that there are."""

    def __init__(self, file: Path, staff: Staff, read: Callable[[Path], TokenFile] = read_tokens) -> None:
        self._file = file
        self._read = read
        self._known = {
            Role.AGENT: frozenset((*staff.seats, *staff.supervisors)),
            Role.SUPERVISOR: frozenset(staff.supervisors),
        }
        self._seen: tuple[int, ...] | None = None
        self._kept: tuple[KeptToken, ...] | None = ()
        """None: the file cannot be used."""

    def bearer(self, authorization: str) -> Bearer:
        """Who bears this header's token. Raises Refusal: `token`, or `tokens` for a file that cannot be used."""
        kept = self._now()
        if kept is None:
            raise Refusal("tokens")
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        found = (
            self._found(kept, token) if scheme.lower() == "bearer" and len(token) <= _LONGEST_TOKEN else None
        )
        if found is None or found.seat not in self._known[found.role]:
            raise Refusal("token")
        return Bearer(found.id, found.seat, found.role)

    def still_holds(self, bearer: Bearer) -> bool:
        """Whether who was let in would be let in again."""
        return any(
            (one.id, one.seat, one.role) == (bearer.token_id, bearer.seat, bearer.role)
            for one in self._now() or ()
        )

    @staticmethod
    def _found(kept: tuple[KeptToken, ...], token: str) -> KeptToken | None:
        borne, found = digest(token), None
        for one in kept:
            if hmac.compare_digest(one.sha256, borne):
                found = one
        return found

    def _now(self) -> tuple[KeptToken, ...] | None:
        seen = _stamp(self._file)
        if seen != self._seen:
            self._seen = seen
            try:
                self._kept = self._read(self._file).tokens
            except TokenFileError as error:
                self._kept = None
                _log.error("desk_tokens_unusable", why=str(error))
        return self._kept


def _stamp(file: Path) -> tuple[int, ...]:
    """What changes whenever the file does: it is replaced as a whole, so it is another one then."""
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_mode
