"""Cutting a journal file into rows. Pure.

Rules:
- Every field is quoted and quotes in it are doubled, so a row begins where a line begins with a quote, an
  event name and an instant. No caller can forge that: a quote of the caller's is always doubled.
- A row ends where the next begins, or at a line's end outside quotes. What comes after is not complete yet.
- What is no row is counted and passed over, and costs only itself. Bytes that are not UTF-8 and NULs are kept
  as escapes.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import pairwise

from callrouter.vocabulary.cel import CelRow, CelRowError, cel_row

_ROW_BEGINS = re.compile(rb'^"[^",\r\n]{1,80}","\d{1,11}\.\d{6}","', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cut:
    """The complete rows at the beginning of a stretch of the file."""

    rows: tuple[CelRow, ...]
    unreadable: int
    consumed: int
    """Bytes up to the end of the last complete row."""


def cut(data: bytes) -> Cut:
    """Cut a stretch of a journal file, which begins at a row's beginning, into rows."""
    begins = [match.start() for match in _ROW_BEGINS.finditer(data)]
    bounds = sorted({0, *begins, len(data)})
    pieces = [data[start:end] for start, end in pairwise(bounds)]
    if pieces and not _is_complete(pieces[-1]):
        pieces.pop()
    rows: list[CelRow] = []
    unreadable = 0
    for piece in pieces:
        row, clean = _row(piece)
        rows += [row] if row else []
        unreadable += not clean
    return Cut(tuple(rows), unreadable, sum(map(len, pieces)))


def _is_complete(piece: bytes) -> bool:
    return piece.endswith(b"\n") and piece.count(b'"') % 2 == 0


def _row(piece: bytes) -> tuple[CelRow | None, bool]:
    """Give the row at the piece's beginning, and whether there is nothing else in the piece."""
    text = piece.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    records = csv.reader(io.StringIO(text, newline=""), strict=True)
    row: CelRow | None = None
    try:
        row = cel_row(next(records, []))
        return row, not any(records)
    except (csv.Error, CelRowError):
        return row, not piece.strip()
