"""What is written down of a call: an agent's notes, a ticket's number, the mark of a report, a target refused to him.

Rules:
- It becomes a fact of the call, in Asterisk's journal, from which the record is made: nothing of it is kept here.
- A word waits on the caller's channel and is written when that ends. Asterisk's own death before that loses it.
- No text reaches the dialplan as it is: it is spelled as all facts of the journal are, percent-encoded, so it has no
  sign that means anything there.
- The same word twice is one word: it bears an id, and who reads the journal counts an id once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from callrouter.calls.desk_protocol import BadWordError
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Refused
from callrouter.vocabulary.wire_text import without_controls

LONGEST_NOTE: Final = 500
"""Characters."""
HANDLER: Final = "CHANNEL(hangup_handler_push)"
"""The variable by which a handler is hung on a channel."""
_LONGEST_PART: Final = 840
"""Octets of a note's text, encoded, in one row: with the rest, less than a line of AMI may have."""
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_TICKET: Final = re.compile(r"[A-Za-z0-9-]{1,40}")
_TAIL_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Word:
    """Channel variables to be set, in this order; the same again does no harm."""

    variables: tuple[tuple[str, str], ...]


def note(text: str, seat: str, at: datetime, word_id: str) -> Word:
    """Spell a note. Raises BadWordError."""
    plain = without_controls(" ".join(text.split()))
    if not plain or len(plain) > LONGEST_NOTE:
        raise BadWordError("note")
    parts = tuple(_parts(plain))
    common = _common(word_id, "note", seat, at)
    return Word(
        tuple(
            _pushed(f"{common}&part={number}&of={len(parts)}&text={part}")
            for number, part in enumerate(parts, 1)
        )
    )


def ticket(number: str, seat: str, at: datetime, word_id: str | None) -> Word:
    """Spell a ticket's number; a target is told its last four digits. Raises BadWordError."""
    if not _TICKET.fullmatch(number):
        raise BadWordError("ticket")
    digits = "".join(sign for sign in number if sign.isdigit())
    tail = digits[-_TAIL_DIGITS:] if len(digits) >= _TAIL_DIGITS else ""
    common = _common(f"ticket-{number}" if word_id is None else word_id, "ticket", seat, at)
    said = _pushed(f"{common}&number={number}")
    return Word((("CR_TICKET_TAIL", tail), said, ("CR_TICKET", number)))


def enforcement(seat: str, at: datetime, word_id: str | None) -> Word:
    """Spell the mark: forwarded first, and the caller is not asked for a rating. Raises BadWordError."""
    said = _pushed(_common("enforcement" if word_id is None else word_id, "enforcement", seat, at))
    return Word((("CR_NO_SURVEY", "1"), said, ("CR_ENFORCEMENT", "1")))


def refusal(refused: Refused, kind: TransferKind, seat: str, at: datetime, word_id: str) -> Word:
    """Spell an attempt that did not begin. Raises BadWordError."""
    facts = f"{_common(f'r-{word_id}', kind, seat, at)}&state=refused&why={refused.why}&target={refused.target or ''}"
    return Word(((HANDLER, f"desk-word,refused,1({facts})"),))


def _common(word_id: str, kind: str, seat: str, at: datetime) -> str:
    if not _ID.fullmatch(word_id):
        raise BadWordError("word_id")
    return f"id={word_id}&kind={kind}&by={quote(seat, safe='')}&at={at.timestamp():.6f}"


def _pushed(facts: str) -> tuple[str, str]:
    return HANDLER, f"desk-word,s,1({facts})"


def _parts(text: str) -> Iterator[str]:
    """Cut a text so that no row is too long, never within a character."""
    part = ""
    for sign in text:
        encoded = quote(sign, safe="")
        if len(part) + len(encoded) > _LONGEST_PART:
            yield part
            part = ""
        part += encoded
    yield part
