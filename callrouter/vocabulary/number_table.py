"""Large lists of numbers (a province's office landlines), small in memory and quick to look up.

Rules:
- A listed number is a landline with its area code (`03552180012`) or a mobile's eleven digits, spelled exactly so.
- A number is in one list only. Its line is made when it is asked for, out of its row and its list.
- Once made, the lists never change.

Measured with 1,000,000 numbers in no order and names of 33 octets, on a machine with other work to do: 54 octets a
number (a dict of lines: 510); a look-up of a random number 2.5 µs, no longer than with 10,000: one of them to find
the row, the rest to make the line. The dict takes 0.2 µs with 10,000 and 0.7 with 1,000,000. From the CSV file to
the table 2.5 s, and 1.7 s for the digest.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_right
from codecs import charmap_decode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from callrouter.vocabulary.line import Line
from callrouter.vocabulary.migration import Schedule
from callrouter.vocabulary.number_rows import NumberRows, key_of, number_of, row_of

_ROWS_AT_ONCE: Final = 1 << 16
FIRST_ROW_AT: Final = 2
"""The line of a CSV file with its first row: the header is before it."""


@dataclass(frozen=True, slots=True)
class LineList:
    """A CSV file of numbers that follow one schedule and share one announcement."""

    id: str
    name: str
    spoken_name: str
    schedule: Schedule
    file: str
    """Its name beside the YAML."""
    source: str
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class ListFile:
    """Which rows are a list's."""

    list: LineList
    shown: str
    """The file as places name it: `dialplans/changzhi/landlines.csv`."""
    first_row: int

    def place_of(self, row: int) -> str:
        """Where one of its rows stands: `file:line:1`."""
        return f"{self.shown}:{row - self.first_row + FIRST_ROW_AT}:1"


class LineLists:
    """All listed numbers of a plan."""

    __slots__ = ("_digest", "_files", "_rows", "_starts", "lists")

    def __init__(self, files: Sequence[ListFile] = (), rows: NumberRows | None = None) -> None:
        """Take what a loader has read: the files in the order of their rows, and the rows; nobody adds any more."""
        self._files = tuple(files)
        self._rows = (rows or NumberRows()).sealed()
        self._starts = [file.first_row for file in self._files]
        self._digest: str | None = None
        self.lists = tuple(file.list for file in self._files)

    @classmethod
    def of(cls, list_: LineList, named: Iterable[tuple[str, str]], folder: str = "dialplans/test") -> Self:
        """One list of numbers and names that are known to be right, as if read from its file in the folder."""
        rows = NumberRows()
        for number, name in named:
            rows.add(number, name)
        return cls([ListFile(list_, f"{folder}/{list_.file}", 0)], rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LineLists):
            return NotImplemented
        return self._files == other._files and self._rows == other._rows

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"LineLists({[list_.id for list_ in self.lists]}, {len(self)} numbers)"

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of which numbers with which names are in which list, in whatever order; kept.

        What the lists themselves say (their schedules, their words) is not in it.
        """
        if self._digest is None:
            self._digest = self._made_digest()
        return self._digest

    def line(self, number: str) -> Line | None:
        """The line of a canonical landline or mobile number; None if it is in no list."""
        row = self._rows.row(number)
        if row is None:
            return None
        # Every call to a listed number comes by here: what could be said shorter with calls is said without.
        file = self._files[bisect_right(self._starts, row) - 1]
        list_ = file.list
        return _line_of(
            Line,
            (
                number,
                self._rows.name(row),
                charmap_decode(number.encode(), "strict", _SPOKEN)[0],
                list_.spoken_name,
                list_.schedule,
                None,
                None,
                list_.id,
                None,
                list_.source,
                f"{file.shown}:{row - file.first_row + FIRST_ROW_AT}:1",
                list_.illustrative,
            ),
        )

    def numbers(self) -> Iterator[str]:
        """Every number, shorter ones first, else by their digits."""
        return map(number_of, self._rows.slots())

    def rows_of(self, list_id: str) -> Iterator[tuple[str, str]]:
        """The numbers and names of one list, in the order of `numbers`."""
        for slot in self._slots_by_list().get(list_id, ()):
            yield number_of(slot), self._rows.name(row_of(slot))

    def slots_as_they_lie(self) -> memoryview:
        """The table itself: a slot for each number and free ones, in no order; see `number_rows`."""
        return self._rows.slots_as_they_lie()

    @property
    def first_rows(self) -> tuple[int, ...]:
        """Of each list, its first row."""
        return tuple(self._starts)

    def named(self, word: str) -> Iterator[tuple[LineList, str, str]]:
        """The rows whose name holds the word: the list, the name, and the place of the row."""
        for row in self._rows.rows_named(word):
            file = self._files[bisect_right(self._starts, row) - 1]
            yield file.list, self._rows.name(row), file.place_of(row)

    def _slots_by_list(self) -> dict[str, list[int]]:
        slots = self._rows.slots()
        if len(self._files) == 1:
            return {self.lists[0].id: slots}
        ends = [*self._starts[1:], len(self._rows)] if self._files else []
        return {
            file.list.id: [slot for slot in slots if file.first_row <= row_of(slot) < end]
            for file, end in zip(self._files, ends, strict=True)
        }

    def _made_digest(self) -> str:
        digest = hashlib.sha256()
        for list_id, slots in sorted(self._slots_by_list().items()):
            digest.update(f"{list_id},{len(slots)}\n".encode())
            for begin in range(0, len(slots), _ROWS_AT_ONCE):
                some = slots[begin : begin + _ROWS_AT_ONCE]
                numbers = array("Q", map(key_of, some))
                if sys.byteorder == "big":
                    numbers.byteswap()
                digest.update(numbers)
                # No name holds a line end, or two tables could have one digest.
                digest.update(b"\n".join([*self._rows.encoded_names(map(row_of, some)), b""]))
        return digest.hexdigest()


def spoken_digits(number: str) -> str:
    """A number as people say it, digit by digit: 幺 for 1."""
    return charmap_decode(number.encode(), "strict", _SPOKEN)[0]


_line_of: Final = tuple.__new__
if Line._fields != (
    *(
        "number",
        "name",
        "spoken_number",
        "spoken_name",
        "schedule",
        "level",
        "expert_seats",
        "announcement_owner",
    ),
    *("tag", "source", "place", "illustrative"),
):
    raise AssertionError("a line's fields have moved: see LineLists.line()")
_SPOKEN: Final = "".join(
    "零幺二三四五六七八九"[int(char)] if char in "0123456789" else char for char in map(chr, range(128))
)
"""What each ASCII character is said as; as a decoding it takes a quarter of the time of `str.translate`."""
