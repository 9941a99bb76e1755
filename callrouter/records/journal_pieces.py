"""What one reading brought of a call, as one value for the database. Pure.

Rules:
- A piece is text, squeezed by zlib. Each row gives its values in the order of its class's fields: another order, or a
  field more, is another form.
- Form 2 is values with a NUL between them: `2`, the number of the journal's rows, those rows, and the queue log's
  lines, each with the number of its data before them. It takes a third of the time that JSON takes.
- Form 1 is compact JSON, `[1, rows of the journal, lines of the queue log]`. It is written where a text holds a NUL,
  which none of Asterisk's does, and was always written once.
- What is read is what was written, to the last character. zlib's checksum tells a damaged piece; it is refused whole,
  with one error, and so is one of a form that is not known.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from callrouter.vocabulary.cel import CelRow, cel_row_of
from callrouter.vocabulary.journal import CEL_COLUMNS
from callrouter.vocabulary.queue_log import QueueRow, queue_row_of

_LEVEL: Final = 1
"""Rows of a call are so alike that more effort saves little."""
_WINDOW_BITS: Final = 13
"""Eight KiB hold more than a call. For zlib's usual 32 the kernel gives fresh memory each time: twice as slow."""
_UNENCODABLE: Final = "surrogatepass"
"""Half a character outside the basic plane is kept as it is."""
_FORM_2: Final = "2\0"
_encode: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

_Rows = tuple[tuple[CelRow, ...], tuple[QueueRow, ...]]


class PieceError(ValueError):
    """The bytes are no piece, or a damaged one. The message says why, without quoting it."""


def write_piece(cel: Sequence[CelRow], queue: Sequence[QueueRow]) -> bytes:
    """Give the rows' bytes."""
    text = _form_2(cel, queue) or _encode((1, cel, queue))
    return zlib.compress(text.encode("utf-8", _UNENCODABLE), _LEVEL, wbits=_WINDOW_BITS)


def read_piece(piece: bytes) -> _Rows:
    """Undo `write_piece`; raise PieceError when that cannot be done exactly."""
    try:
        text = zlib.decompress(piece).decode("utf-8", _UNENCODABLE)
        content = None if text.startswith(_FORM_2) else json.loads(text)
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise PieceError(f"a piece of a call's journal is damaged: {type(error).__name__}") from None
    try:
        return _read_form_2(text) if content is None else _read_form_1(content)
    except (ValueError, TypeError) as error:
        raise PieceError("a piece of a call's journal holds what is no row") from error


def _form_2(cel: Sequence[CelRow], queue: Sequence[QueueRow]) -> str | None:
    """Give the text; None when a value holds what separates values."""
    rows = [
        f"{event}\0{at_us}\0{uniqueid}\0{linkedid}\0{channel}\0{context}\0{exten}\0{app}\0{number}\0{peer}\0{extra}"
        for event, at_us, uniqueid, linkedid, channel, context, exten, app, number, peer, extra in cel
    ]
    lines = [
        "\0".join((str(at_s), call, name, member, event, str(len(data)), *data))
        for at_s, call, name, member, event, data in queue
    ]
    text = _FORM_2 + "\0".join((str(len(rows)), *rows, *lines))
    separators = 1 + len(CEL_COLUMNS) * len(rows) + sum(6 + len(line.data) for line in queue)
    return text if text.count("\0") == separators else None


def _read_form_2(text: str) -> _Rows:
    _, count, *values = text.split("\0")
    number, width = int(count), len(CEL_COLUMNS)
    end = number * width
    if number < 0 or end > len(values):
        raise ValueError("there are fewer rows than there should be")
    columns: list[Any] = [values[place:end:width] for place in range(width)]
    columns[1] = map(int, columns[1])
    return tuple(map(cel_row_of, zip(*columns, strict=True))), tuple(_queue_rows(values[end:]))


def _queue_rows(values: list[str]) -> Iterator[QueueRow]:
    begin = 0
    while begin < len(values):
        at_s, call, queue, member, event, number = values[begin : begin + 6]
        begin, end = begin + 6, begin + 6 + int(number)
        if not begin <= end <= len(values):
            raise ValueError("a line has less data than it should have")
        yield queue_row_of((int(at_s), call, queue, member, event, tuple(values[begin:end])))
        begin = end


def _read_form_1(content: Any) -> _Rows:
    form, cel, queue = content
    if form != 1:
        raise PieceError(
            "a piece of a call's journal has a form that is not known: this program reads 1 and 2"
        )
    return tuple(map(_cel_row, cel)), tuple(map(_queue_row, queue))


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
