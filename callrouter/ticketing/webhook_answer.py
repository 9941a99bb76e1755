"""What an answer to a webhook request says of the messages in it. Pure.

Rules:
- 2xx: the other side has them.
- 400, 413 and 422 to one message alone: it will never take that one. To several: it is not said which; each is
  to be sent alone.
- 408, 425, 429 and 5xx: later. 429 and 503 are about everything, and may say how long to wait.
- Anything else (3xx, 401, 403, 404, 405, 410, …) is about the address, the secret or the set-up on one of the two
  sides, and about no message: all wait until a person has mended it. None becomes a dead letter by that.
- What the other side wrote is not to be believed: of a refusal, at most 256 characters that can be printed are kept.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

LONGEST_REASON: Final = 256
_REFUSALS = frozenset({400, 413, 422})
_LATER = frozenset({408, 425})
_EVERYTHING_LATER = frozenset({429, 503})


class Meaning(Enum):
    """What a status is about."""

    TAKEN = auto()
    REFUSED = auto()
    """This message, for ever; or one of those that came together."""
    LATER = auto()
    """Something failed on the other side: perhaps only for these messages."""
    BUSY = auto()
    """Nothing is wanted for now."""
    MISCONFIGURED = auto()
    """A person has to mend something before anything is taken."""


def meaning_of(status: int) -> Meaning:
    """What an HTTP status says."""
    if 200 <= status < 300:
        return Meaning.TAKEN
    if status in _REFUSALS:
        return Meaning.REFUSED
    if status in _EVERYTHING_LATER:
        return Meaning.BUSY
    if status in _LATER or status >= 500:
        return Meaning.LATER
    return Meaning.MISCONFIGURED


def refusal(status: int, body: bytes) -> str:
    """Why a message was refused, for a person to read."""
    text = body[: 4 * LONGEST_REASON].decode("utf-8", "replace")
    plain = "".join(character if character.isprintable() else " " for character in text)
    return f"HTTP {status} {' '.join(plain.split())}".rstrip()[:LONGEST_REASON]


def wait_asked_for(retry_after: str | None, now: datetime, *, longest: float) -> float:
    """The seconds of a Retry-After (a count, or an instant), at most `longest`; 0 when it says nothing usable."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), longest)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), longest)


def missing_in(body: bytes, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The ids, of those asked about, that the other side says it does not have. Raises ValueError otherwise."""
    try:
        value = json.loads(body)
    except RecursionError:
        raise ValueError("not JSON") from None
    missing = value.get("missing") if isinstance(value, dict) else None
    if not isinstance(missing, list):
        raise ValueError("no JSON object with a list `missing`")  # noqa: TRY004 - what came from outside is a value
    known = frozenset(one for one in missing if isinstance(one, str))
    return tuple(one for one in asked if one in known)
