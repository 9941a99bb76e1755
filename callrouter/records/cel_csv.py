"""Cutting a journal file into rows. Pure.

Rules:
- Every field is quoted and quotes in it are doubled, so a row begins where a line begins with a quote, an
  event name and an instant. No caller can forge that: a quote of the caller's is always doubled.
- A row ends where the next begins, or at a line's end outside quotes. What comes after is not complete yet.
- What is no row is counted and passed over, and costs only itself. A row that was written short, without its
  line end, has the next one glued to it: that is looked for inside, and taken only when it is whole.
- Bytes that are not UTF-8 and NULs are kept as escapes.
- A stretch in which every line is a whole row, as nearly all are, is split at its separators, many times as
  fast. In anything else not a single row is read that way: both ways always give the same, and a test holds them
  against each other.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from callrouter.records.cut import Cut
from callrouter.vocabulary.cel import CelRow, CelRowError, cel_row, cel_row_of
from callrouter.vocabulary.journal import CEL_COLUMNS

_NAME: Final = rb'[^",\r\n]{1,80}'
_INSTANT: Final = r"\d{1,11}\.\d{6}"
_BEGINNING: Final = rb'"%s","%s","' % (_NAME, _INSTANT.encode())
_EVENT: Final = re.compile(_NAME)
_INSTANTS: Final = re.compile(rf"{_INSTANT}(?:\n{_INSTANT})*", re.ASCII)
_ROW_BEGINS: Final = re.compile(rb"^" + _BEGINNING, re.MULTILINE)
_GLUED_ROW_BEGINS: Final = re.compile(rb'(?<!")(?=' + _BEGINNING + rb")")
"""Behind a quote it may be a caller's doubled one. It takes nothing up: a fragment may end in what looks like one."""
_BLOCK_BYTES: Final = 1 << 15
"""What is read at once of lines that are whole rows, so that it stays in the processor's cache. It is less than the
longest field that the csv module takes: a row that has a longer one is not read here."""
_LAST: Final = len(CEL_COLUMNS) - 1
_QUOTES: Final = 2 * len(CEL_COLUMNS)
"""In a row whose fields hold none."""


@dataclass(frozen=True, slots=True)
class _Found:
    rows: tuple[CelRow, ...]
    clean: bool
    """There is nothing else in the piece."""
    ends_in_row: bool


def cut(data: bytes) -> Cut[CelRow]:
    """Cut a stretch of a journal file, which begins at a row's beginning, into rows."""
    rows = _rows_of_whole_lines(data)
    if rows is None:
        return _cut_closely(data)
    end = data.rfind(b"\n") + 1
    if rows and end < len(data) and not _ROW_BEGINS.match(data, end):
        # What follows does not look like a row yet: until it does, it may belong to the last one.
        rows.pop()
        end = data.rfind(b"\n", 0, end - 1) + 1
    return Cut(tuple(rows), 0, end)


def _rows_of_whole_lines(data: bytes) -> list[CelRow] | None:
    """Read the complete lines when each is a whole row and is written as Asterisk writes rows; None otherwise."""
    if b"\0" in data:
        return None
    rows: list[CelRow] = []
    begin = 0
    while end := data.rfind(b"\n", begin, begin + _BLOCK_BYTES) + 1:
        found = _rows_of_block(data[begin : end - 1])
        if found is None:
            return None
        rows += found
        begin = end
    return rows if rows and b"\n" not in data[begin:] else None


def _rows_of_block(data: bytes) -> list[CelRow] | None:
    """Read lines, without the last one's end."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    lines = text[1:-1].split('"\n"')
    if len(lines) <= text.count("\n") or not (text.startswith('"') and text.endswith('"')):
        return None
    return _rows_of_lines(lines, text.count('"'))


def _rows_of_lines(lines: list[str], quotes: int) -> list[CelRow] | None:
    """Read lines without their first and last quote, by columns: that costs half of what it does row by row."""
    fields = [line.split('","', _LAST) for line in lines]
    if min(map(len, fields)) <= _LAST:
        return None
    events, instants, uniqueids, linkedids, *others, extras = zip(*fields, strict=True)
    instants_text, extras_text = "\n".join(instants), "\n".join(extras)
    if not (all(map(_is_event, set(events))) and _INSTANTS.fullmatch(instants_text)):
        return None
    plain_text = extras_text.replace('""', '"')
    doubled = len(extras_text) - len(plain_text)
    # Every quote is accounted for: each line's own, and in its last field the doubled. One that stood anywhere else,
    # or alone, would make another number of them.
    if "" in uniqueids or "" in linkedids or quotes != _QUOTES * len(lines) + 2 * doubled:
        return None
    at_us = map(int, instants_text.replace(".", "").split("\n"))
    rows = zip(events, at_us, uniqueids, linkedids, *others, plain_text.split("\n"), strict=True)
    return list(map(cel_row_of, rows))


def _is_event(name: str) -> bool:
    return _EVENT.fullmatch(name.encode()) is not None


def _cut_closely(data: bytes) -> Cut[CelRow]:
    """Cut whatever there is: the rules of above, piece by piece."""
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
