"""What one reading brought of a call, as one value for the database. Pure.

Rules:
- A piece is compact JSON, `[form, rows of the journal, lines of the queue log]`, squeezed by zlib. Each row is an
  array in the order of its class's fields: another order, or a field more, is another form.
- What is read is what was written, to the last character. zlib's checksum tells a damaged piece; it is refused whole,
  with one error, and so is one of a form that is not known.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any, Final

from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow

_FORM: Final = 1
_LEVEL: Final = 1
"""Rows of a call are so alike that more effort saves little."""
_WINDOW_BITS: Final = 13
"""Eight KiB hold more than a call. For zlib's usual 32 the kernel gives fresh memory each time: twice as slow."""
_encode: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class PieceError(ValueError):
    """The bytes are no piece, or a damaged one. The message says why, without quoting it."""


def write_piece(cel: Sequence[CelRow], queue: Sequence[QueueRow]) -> bytes:
    """Give the rows' bytes."""
    return zlib.compress(_encode((_FORM, cel, queue)).encode("ascii"), _LEVEL, wbits=_WINDOW_BITS)


def read_piece(piece: bytes) -> tuple[tuple[CelRow, ...], tuple[QueueRow, ...]]:
    """Undo `write_piece`; raise PieceError when that cannot be done exactly."""
    try:
        form, cel, queue = json.loads(zlib.decompress(piece))
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise PieceError(f"a piece of a call's journal is damaged: {type(error).__name__}") from None
    if form != _FORM:
        raise PieceError(
            f"a piece of a call's journal has a form that is not known: this program reads {_FORM}"
        )
    try:
        return tuple(map(_cel_row, cel)), tuple(map(_queue_row, queue))
    except (ValueError, TypeError) as error:
        raise PieceError("a piece of a call's journal holds what is no row") from error


def _cel_row(fields: list[Any]) -> CelRow:
    row = CelRow._make(fields)
    _check(row.at_us, (row.event, *row[2:]))
    return row


def _queue_row(fields: list[Any]) -> QueueRow:
    at_s, call, queue, member, event, data = fields
    _check(at_s, (call, queue, member, event, *data))
    return QueueRow(at_s, call, queue, member, event, tuple(data))


def _check(instant: object, texts: tuple[Any, ...]) -> None:
    if type(instant) is not int:
        raise TypeError("an instant is a whole number")
    # Joining them is the fastest way to see whether all are text.
    "".join(texts)
