"""Two plans' lists side by side, a million numbers of each: how many are in which list of either, and in which area.

Nothing is done number by number: both tables are taken as they lie in memory, sorted, and put beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from callrouter.vocabulary.number_rows import ROW_BITS
from callrouter.vocabulary.number_table import LineLists

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.uint64]
    Places = npt.NDArray[np.int64]

_LOCAL_DIGITS = (7, 8)


def kinds_of_listed(
    before: LineLists, after: LineLists, areas: Sequence[str], but: Sequence[str]
) -> Iterator[tuple[str, int, str]]:
    """Of each kind its lowest number, how many there are, and the lists: `a`, or `a → b`, `-` for none.

    Left out are the numbers of `but`.
    """
    if not (before.lists or after.lists):
        return
    import numpy  # noqa: PLC0415 - it takes a while to load, and most plans have no list

    old, new = _in_order(before, numpy), _in_order(after, numpy)
    numbers = numpy.sort(numpy.concatenate((old[0], new[0])))
    # Each once; sorted as they are, that is quicker than numpy's own way.
    numbers = numbers[numpy.diff(numbers, prepend=numpy.uint64(0)) != 0]
    numbers = numbers[~numpy.isin(numbers, _keys(but, numpy))]
    kind = _looked_up(numbers, *old, numpy) * (len(after.lists) + 1) + _looked_up(numbers, *new, numpy)
    kind = kind * (len(areas) + 1) + _areas(numbers, areas, numpy)
    kinds, firsts, counts = numpy.unique(kind, return_index=True, return_counts=True)
    for every, first, count in zip(kinds.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        was, is_now = divmod(every // (len(areas) + 1), len(after.lists) + 1)
        a = before.lists[was - 1].id if was else "-"
        b = after.lists[is_now - 1].id if is_now else "-"
        yield str(int(numbers[first]))[1:], count, a if a == b else f"{a} → {b}"


def _in_order(lists: LineLists, numpy: Any) -> tuple[Numbers, Places]:
    """The numbers of all lists in order, each with its list, the first one being 1."""
    slots = numpy.frombuffer(lists.slots_as_they_lie(), dtype=numpy.uint64)
    slots = numpy.sort(slots[slots != 0])
    rows = slots & numpy.uint64((1 << ROW_BITS) - 1)
    firsts = numpy.array(lists.first_rows, dtype=numpy.uint64)
    return slots >> numpy.uint64(ROW_BITS), numpy.searchsorted(firsts, rows, side="right")


def _keys(numbers: Sequence[str], numpy: Any) -> Numbers:
    keys = [int(f"1{number}") for number in numbers if len(number) <= 12]
    return numpy.array(keys, dtype=numpy.uint64)  # type: ignore[no-any-return]  # what numpy is, is known at run time


def _looked_up(numbers: Numbers, known: Numbers, lists: Places, numpy: Any) -> Places:
    """The list of each number; 0: none."""
    if not len(known):
        return numpy.zeros(len(numbers), dtype=numpy.int64)  # type: ignore[no-any-return]
    at = numpy.minimum(numpy.searchsorted(known, numbers), len(known) - 1)
    return numpy.where(known[at] == numbers, lists[at], 0)  # type: ignore[no-any-return]


def _areas(numbers: Numbers, areas: Sequence[str], numpy: Any) -> Places:
    """The area of each number, the first one being 1; 0: one that nobody asks for."""
    found = numpy.zeros(len(numbers), dtype=numpy.int64)
    for place, area in enumerate(areas, start=1):
        for digits in _LOCAL_DIGITS:
            lowest = int(f"1{area}") * 10**digits
            bounds = numpy.array([lowest, lowest + 10**digits], dtype=numpy.uint64)
            begin, end = numpy.searchsorted(numbers, bounds)
            found[begin:end] = place
    return found  # type: ignore[no-any-return]
