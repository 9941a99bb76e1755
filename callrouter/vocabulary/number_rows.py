"""Rows of telephone numbers and names: tens of octets each, found by number in a time that doesn't grow with them.

Rules:
- A number is a text of up to twelve ASCII digits; zeros in front count.
- Rows keep the order in which they were added; a number has one row.
- Numbers are hashed into a flat array, at most half full: a look-up touches a line or two of memory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final, Self

MOST_ROWS: Final = 1 << 23
"""So many rows have a number of their own in a slot."""
ROW_BITS: Final = 23
"""A slot is the number behind a 1, and below it so many bits of row."""
_ROW: Final = MOST_ROWS - 1
_LONGEST: Final = 12
"""Digits: a landline with its area code. With the 1 in front, they and the row take 64 bits."""
_LEAST_ROOM: Final = 8
_WORD: Final = (1 << 64) - 1
_MIX: Final = 0x9E3779B97F4A7C15
_MIX_AGAIN: Final = 0xBF58476D1CE4E5B9
"""Numbers come in blocks and at regular distances, and must not pile up. One multiplication, the key's square too,
leaves some distances at which they do; two with a fold of the bits between them (as splitmix64 has) leave none."""


class NumberRows:
    """Numbers with their rows, and each row's name."""

    __slots__ = ("_ends", "_names", "_slots")

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 2 * _LEAST_ROOM))
        """Open addressing: key << 23 | row; 0 is free. The key is the number behind a 1, which keeps its zeros."""
        self._names: bytearray | bytes = bytearray()
        self._ends = array("I")
        """Where each row's name ends among the names."""

    def __len__(self) -> int:
        """How many rows there are, empty ones included."""
        return len(self._ends)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NumberRows):
            return NotImplemented
        return self._ends == other._ends and self._names == other._names and self.slots() == other.slots()

    # Rows are added, so it has no hash.
    __hash__ = None  # type: ignore[assignment]  # Python's own way to say so, which object's type does not foresee

    def make_room(self, rows: int) -> None:
        """Prepare for so many rows more, at once. Raises ValueError for more than a table can hold."""
        wanted = len(self._ends) + rows
        if wanted > MOST_ROWS:
            raise ValueError(f"a table holds {MOST_ROWS} rows")
        filled = self._slots
        if 2 * wanted > len(filled):
            self._slots = array("Q", bytes(8 * 2 * wanted))
            for slot in filter(None, filled):
                self._slots[self._place(slot >> ROW_BITS)] = slot

    def add(self, number: str, name: str) -> int | None:
        """Add a row; return the row that has the number already, if there is one: then nothing is added.

        The number is canonical. Raises ValueError for more rows than a table can hold.
        """
        row = len(self._ends)
        if 2 * (row + 1) > len(self._slots):
            self.make_room(row + 1)
        key = int("1" + number)
        place = self._place(key)
        if slot := self._slots[place]:
            return slot & _ROW
        self._slots[place] = key << ROW_BITS | row
        self._names += name.encode()
        self._ends.append(len(self._names))
        return None

    def add_empty(self) -> None:
        """Add a row without a number, so that what follows keeps its place."""
        self._ends.append(len(self._names))

    def row(self, number: str) -> int | None:
        """The row of a number; None if it has none. Any text may be asked for."""
        if len(number) > _LONGEST or not number.isdecimal() or not number.isascii():
            return None
        key = int("1" + number)
        # As `_place` does it, without a call: this is asked for every call that reaches us.
        slots = self._slots
        size = len(slots)
        place = (((key * _MIX & _WORD) >> 29 ^ key) * _MIX_AGAIN & _WORD) % size
        while slot := slots[place]:
            if slot >> ROW_BITS == key:
                return slot & _ROW
            place = place + 1 if place + 1 < size else 0
        return None

    def name(self, row: int) -> str:
        """The name in a row."""
        ends = self._ends
        return self._names[ends[row - 1] if row else 0 : ends[row]].decode()

    def rows_named(self, word: str) -> Iterator[int]:
        """The rows whose name holds the word, in their order."""
        sought, latest = word.encode(), -1
        at = self._names.find(sought) if sought else -1
        while at >= 0:
            row = bisect_right(self._ends, at)
            if row != latest and at + len(sought) <= self._ends[row]:
                latest = row
                yield row
            at = self._names.find(sought, at + 1)

    def encoded_names(self, rows: Iterable[int]) -> Iterator[bytes]:
        """The names in some rows, in UTF-8."""
        names, ends = self._names, self._ends
        for row in rows:
            yield bytes(names[ends[row - 1] if row else 0 : ends[row]])

    def sealed(self) -> Self:
        """The rows themselves, with nothing more to come: names are quicker to get at then."""
        self._names = bytes(self._names)
        return self

    def slots(self) -> list[int]:
        """Every number with its row, shorter numbers first, else by their digits; see `number_of` and `row_of`."""
        return sorted(filter(None, self._slots))

    def slots_as_they_lie(self) -> memoryview:
        """Every slot in no order, 64 bits each, free ones (0) among them: for who reads them all at once."""
        return memoryview(self._slots)

    def steps(self, number: str) -> int:
        """How many slots a look-up of the number goes past: what its time depends on."""
        key, size = int("1" + number), len(self._slots)
        began = (((key * _MIX & _WORD) >> 29 ^ key) * _MIX_AGAIN & _WORD) % size
        return (self._place(key) - began) % size

    def _place(self, key: int) -> int:
        """Where the number stands, or would."""
        slots = self._slots
        size = len(slots)
        place = (((key * _MIX & _WORD) >> 29 ^ key) * _MIX_AGAIN & _WORD) % size
        while (slot := slots[place]) and slot >> ROW_BITS != key:
            place = place + 1 if place + 1 < size else 0
        return place


def row_of(slot: int) -> int:
    """A slot's row."""
    return slot & _ROW


def key_of(slot: int) -> int:
    """A slot's number with a 1 in front."""
    return slot >> ROW_BITS


def number_of(slot: int) -> str:
    """A slot's number."""
    return str(slot >> ROW_BITS)[1:]
