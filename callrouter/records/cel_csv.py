"""Cutting a journal file into rows. Pure.

Rules:
- Every field is quoted and quotes in it are doubled, so a row begins where a line begins with a quote, an
  event name and an instant. No caller can forge that: a quote of the caller's is always doubled.
- A row ends where the next begins, or at a line's end outside quotes. What comes after is not complete yet.
- What is no row is counted and passed over, and costs only itself. A row that was written short, without its
  line end, has the next one glued to it: that is looked for inside, and taken only when it is whole.
- Bytes that are not UTF-8 and NULs are kept as escapes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from callrouter.vocabulary.cel import CelRow, CelRowError, cel_row

_BEGINNING = rb'"[^",\r\n]{1,80}","\d{1,11}\.\d{6}","'
_ROW_BEGINS = re.compile(rb"^" + _BEGINNING, re.MULTILINE)
_GLUED_ROW_BEGINS = re.compile(rb'(?<!")(?=' + _BEGINNING + rb")")
"""Behind a quote it may be a caller's doubled one. It takes nothing up: a fragment may end in what looks like one."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The complete rows at the beginning of a stretch of the file."""

    rows: tuple[CelRow, ...]
    unreadable: int
    consumed: int
    """Bytes up to the end of the last complete row."""


@dataclass(frozen=True, slots=True)
class _Found:
    rows: tuple[CelRow, ...]
    clean: bool
    """There is nothing else in the piece."""
    ends_in_row: bool


def cut(data: bytes) -> Cut:
    """Cut a stretch of a journal file, which begins at a row's beginning, into rows."""
    begins = [match.start() for match in _ROW_BEGINS.finditer(data)]
    bounds = sorted({0, *begins, len(data)})
    rows: list[CelRow] = []
    unreadable = 0
    consumed = 0
    for start, end in pairwise(bounds):
        piece = data[start:end]
        found = _rows(piece)
        if end == len(data) and not _is_complete(piece, found):
            break
        rows += found.rows
        unreadable += not found.clean
        consumed = end
    return Cut(tuple(rows), unreadable, consumed)


def _is_complete(piece: bytes, found: _Found) -> bool:
    # A fragment's quotes need not be even, but a whole row behind it shows that the line is complete.
    return piece.endswith(b"\n") and (piece.count(b'"') % 2 == 0 or found.ends_in_row)


def _rows(piece: bytes) -> _Found:
    """Give the row at the piece's beginning, and those that are glued to a fragment behind it."""
    rows: list[CelRow] = []
    clean = True
    place = 0
    for begin in _beginnings(piece):
        row, end = _row(piece[begin:]) if begin >= place else (None, 0)
        if row is None:
            continue
        clean = clean and not piece[place:begin].strip()
        rows.append(row)
        place = begin + end
        if place == len(piece):
            break
    return _Found(tuple(rows), clean and not piece[place:].strip(), bool(rows) and place == len(piece))


def _beginnings(piece: bytes) -> Iterator[int]:
    yield 0
    for match in _GLUED_ROW_BEGINS.finditer(piece, 1):
        yield match.start()


def _row(data: bytes) -> tuple[CelRow | None, int]:
    """Give the row at the beginning, and the bytes that it takes; None when there is none."""
    lines = io.BytesIO(data)
    records = csv.reader(
        (line.decode("utf-8", "backslashreplace").replace("\0", "\\x00") for line in lines), strict=True
    )
    try:
        return cel_row(next(records, [])), lines.tell()
    except (csv.Error, CelRowError):
        return None, 0
