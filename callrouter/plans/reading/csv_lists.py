"""Lists of numbers from CSV files, into a table that is small in memory and quick to look up.

Rules:
- The header is `number,name`, then a row a line: a landline with its area code (`03552180012`) or a mobile, and what
  the document calls it. UTF-8, with or without a mark; LF or CRLF; quotes by RFC 4180, but no row spans two lines.
- A number stands once in all lists and in YAML. Emergency numbers and 12345 are never lines.
- Nothing is skipped silently: an empty line, a last line without an end, a space too many are errors with a place.
- Files are read in blocks, so that only the table grows with them; a good row costs one look at it.
"""

from __future__ import annotations

import re
import stat
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from callrouter.plans.findings import Fault, Finding
from callrouter.plans.reading import csv_faults as faults
from callrouter.plans.reading.csv_row import BadRow, parsed
from callrouter.vocabulary.number_rows import NumberRows
from callrouter.vocabulary.number_table import FIRST_ROW_AT, LineList, LineLists, ListFile

LARGEST_FILE: Final = 256 * 1024 * 1024
"""Octets."""
MOST_NUMBERS: Final = 5_000_000
"""Of all lists together."""
MOST_TOLD: Final = 50
"""Findings a file."""
MOST_COUNTED: Final = 20_000
"""Rows of a file that are wrong; with more it is no list, and is read no further."""
_BLOCK: Final = 1 << 20
_LONGEST_ROW: Final = 4096
"""Octets."""
_GOOD_ROW: Final = re.compile(
    r"(0(?:10|2[0-57-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}|1[3-9][0-9]{9}),([^\s\",](?:[^\t\r\",]{0,98}[^\s\",])?)\r?"
)
"""Nothing in it needs a closer look but whether all of it can be seen."""


class ListedNumbers:
    """Takes the lists of a plan, file by file, and makes a table of them."""

    def __init__(self, taken: Mapping[str, str], hub: str = "12345") -> None:
        """Begin; `taken` are the canonical numbers that stand in YAML, each with its place."""
        self._taken = taken
        self._hub = hub
        self._rows = NumberRows()
        self._files: list[ListFile] = []

    def add_file(self, list_: LineList, path: Path, shown: str) -> list[Finding]:
        """Read one list's file, which is called `shown` in places; say what is wrong with it.

        Never raises for what the file is or holds.
        """
        self._files.append(ListFile(list_, shown, len(self._rows)))
        told = _Told(shown)
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                told.tell(0, 0, faults.NOT_A_FILE)
                return told.findings
            with path.open("rb") as file:
                self._read(file, told)
        except (OSError, ValueError) as error:
            told.tell(0, 0, faults.unreadable(getattr(error, "strerror", None) or "odd name"))
        return told.findings

    def finish(self) -> LineLists:
        """The table of what was good; nothing may be added any more."""
        return LineLists(self._files, self._rows)

    def _read(self, file: BinaryIO, told: _Told) -> None:
        if file.seek(0, 2) > LARGEST_FILE:
            told.tell(0, 0, faults.too_large(LARGEST_FILE))
            return
        rows = _line_ends(file)
        if len(self._rows) + rows > MOST_NUMBERS:
            told.tell(0, 0, faults.too_many(MOST_NUMBERS))
            return
        self._rows.make_room(rows)
        line = 1
        for lines in _blocks(file, told):
            if line == 1 and lines[0].removesuffix("\r") != faults.HEADER:
                told.tell(1, 1, faults.wrong_header(lines[0].removesuffix("\r")))
                return
            self._take(lines[1:] if line == 1 else lines, max(line, FIRST_ROW_AT), told)
            line += len(lines)
            if told.is_full:
                told.give_up(line)
                return
        if line <= FIRST_ROW_AT and not told.findings:
            told.tell(0, 0, faults.EMPTY)

    def _take(self, rows: list[str], line: int, told: _Told) -> None:
        """Take the rows that begin at a line."""
        good, taken, add = _GOOD_ROW.fullmatch, self._taken, self._rows.add
        for at, row in enumerate(rows, start=line):
            match = good(row)
            if match is not None:
                number, name = match[1], match[2]
                # What is there already has not been added, so that it can be looked at closer.
                if name.isprintable() and number not in taken and add(number, name) is None:
                    continue
            self._look_closer(row, at, told)

    def _look_closer(self, row: str, line: int, told: _Told) -> None:
        """Take a row that is quoted or otherwise unusual, or say what is wrong with it."""
        try:
            number, name = parsed(row, self._hub)
        except BadRow as bad:
            self._refuse(line, bad.column, bad.fault, told)
            return
        place = self._taken.get(number)
        if place is None:
            already = self._rows.add(number, name)
            if already is None:
                return
            place = self._place(already)
        self._refuse(line, 1, faults.duplicate(number, place), told)

    def _refuse(self, line: int, column: int, fault: Fault, told: _Told) -> None:
        told.tell(line, column, fault)
        self._rows.add_empty()

    def _place(self, row: int) -> str:
        file = self._files[bisect_right(self._files, row, key=lambda one: one.first_row) - 1]
        return file.place_of(row)


class _Told:
    """The findings of one file: the first so many, and how many more there are."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._findings: list[Finding] = []
        self._more = 0
        self._more_from = 0
        self._unread_from = 0

    def tell(self, line: int, column: int, fault: Fault) -> None:
        """Note a finding."""
        if len(self._findings) < MOST_TOLD:
            self._findings.append(Finding(self._shown, line, column, fault))
            return
        self._more_from = self._more_from or line
        self._more += 1

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that nobody looks any further."""
        return self._more >= MOST_COUNTED

    def give_up(self, line: int) -> None:
        """Note from which line on nothing was looked at."""
        self._unread_from = line

    @property
    def findings(self) -> list[Finding]:
        """What is to be reported."""
        if not self._more:
            return self._findings
        return [
            *self._findings,
            Finding(self._shown, self._more_from, 1, faults.untold(self._more, self._unread_from)),
        ]


def _line_ends(file: BinaryIO) -> int:
    """Count the lines; the file is at its beginning before and after."""
    file.seek(0)
    lines = sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))
    file.seek(0)
    return lines


def _blocks(file: BinaryIO, told: _Told) -> Iterator[list[str]]:
    """The file's lines, many at a time, up to the first that can't be read, which is told."""
    line = 1
    while octets := file.read(_BLOCK) + file.readline(_LONGEST_ROW):
        fault = None
        if not octets.endswith(b"\n"):
            fault = faults.CUT_OFF
            if file.read(1):
                fault, octets = faults.LONG_ROW, octets[: octets.rfind(b"\n") + 1]
        try:
            text = octets.decode("utf-8-sig" if line == 1 else "utf-8")
        except UnicodeDecodeError as error:
            fault, text = faults.NOT_UTF8, octets[: error.start].decode("utf-8-sig" if line == 1 else "utf-8")
        *lines, rest = text.split("\n")
        at, column = line + len(lines), len(rest) + 1
        if rest and fault is faults.CUT_OFF:
            lines.append(rest)
        if lines:
            yield lines
        line += len(lines)
        if fault is faults.CUT_OFF and not text:
            return
        if fault is not None:
            told.tell(at, column, fault)
            return
