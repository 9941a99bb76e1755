"""What one platform tells the next of a call that it passes on.  PURE.

Rules:
- It is one line of text, `v1&case=…&path=…&line=…&mode=…&source=…&rule=…`, made of our own words alone: letters,
  digits and `._:/+-`. It holds nothing of the caller.
- `case` is the id that the call had where it came in first, and keeps; `path` is the platforms it has passed, in
  order, joined by `+`. Both are always there; what is not known of the rest is left out.
- What is read was written by somebody else: one word that is not as it should be, and nothing of it is believed. A
  key that this version does not know is passed over, so that a newer platform can say more.
- On SIP it travels as a header of its own, and as User-to-User (RFC 7433) for carriers that take unknown headers off:
  in hexadecimal, shortened to what ISDN carries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

HEADER: Final = "X-CallRouter-Context"
USER_TO_USER: Final = "User-to-User"

LONGEST_PATH: Final = 8
"""Platforms. A country's calls pass three: a city's, a province's, another city's."""
LONGEST_TEXT: Final = 400
"""Characters that are read; what is written is shorter."""
LONGEST_USER_TO_USER: Final = 128
"""Octets that ISDN carries (RFC 7433, 4.1)."""

_VERSION: Final = "v1"
_PLATFORM: Final = r"[a-z0-9][a-z0-9-]{0,39}"
_WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "case": re.compile(r"[A-Za-z0-9._-]{1,80}"),
    "path": re.compile(rf"{_PLATFORM}(?:\+{_PLATFORM}){{0,{LONGEST_PATH - 1}}}"),
    "line": re.compile(r"[0-9]{3,16}"),
    "mode": re.compile(r"[a-z_]{1,20}"),
    "rule": re.compile(r"[A-Za-z0-9._/:-]{1,100}"),
    "source": re.compile(r"[a-z]{1,20}:[a-z0-9-]{1,40}"),
}
_KEY: Final = re.compile(r"[a-z_]{1,20}")
_ANY_WORD: Final = re.compile(r"[A-Za-z0-9._:/+-]{0,120}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")


class PassedOn(NamedTuple):
    """What the platform before us told of a call."""

    case: str
    path: tuple[str, ...]
    """The platforms that it has passed before, in order."""
    line: str | None = None
    """The hotline's number there, canonical."""
    mode: str | None = None
    """What becomes of that line, in the plan there."""
    rule: str | None = None
    """The plan line that decided there."""
    source: str | None = None
    """Who handed the call over, such as `emergency:110`; None: the caller dialled."""


def is_word(key: str, value: str) -> bool:
    """Whether a value can be told under a key."""
    return _WORDS[key].fullmatch(value) is not None


def told(passed_on: PassedOn) -> str:
    """Spell it as the header has it; `read` undoes it. Raises ValueError for a word that it cannot carry."""
    words = {**passed_on._asdict(), "path": "+".join(passed_on.path)}
    pairs = {key: value for key, value in words.items() if value is not None}
    for key, value in pairs.items():
        if not is_word(key, value):
            raise ValueError(f"{key}: not a word that can be told to another platform")
    return "&".join((_VERSION, *(f"{key}={value}" for key, value in pairs.items())))


def read(text: str) -> PassedOn | None:
    """Read a header's value; None where it is not exactly what a platform of ours writes. Total."""
    version, *pairs = text[: LONGEST_TEXT + 1].split("&")
    if version != _VERSION or len(text) > LONGEST_TEXT:
        return None
    words: dict[str, str] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        pattern = _WORDS.get(key, _ANY_WORD)
        if not _KEY.fullmatch(key) or key in words or not pattern.fullmatch(value):
            return None
        words[key] = value
    if "case" not in words or "path" not in words:
        return None
    line, mode, rule, source = (words.get(key) for key in ("line", "mode", "rule", "source"))
    return PassedOn(words["case"], tuple(words["path"].split("+")), line, mode, rule, source)


def read_user_to_user(value: str) -> PassedOn | None:
    """Read what User-to-User says, `<hexadecimal>;encoding=hex;…`; None where it is none of ours. Total."""
    octets = value.partition(";")[0].strip()
    if len(octets) > 2 * LONGEST_USER_TO_USER or not _HEX.fullmatch(octets):
        return None
    try:
        return read(bytes.fromhex(octets).decode("ascii"))
    except UnicodeDecodeError:
        return None
