"""Where the values of a loaded plan stand in its files, for whoever finds fault with one of them.

Rules:
- An item is known by its place, `file:line:column`; so is what the operator's file fills in for it.
- What was not written has no place of its own: the item's place is given instead.
- Nothing is looked up before someone asks; a large plan is indexed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from callrouter.plans.reading.written import (
    ListMarks,
    MappingMarks,
    Marks,
    Written,
    column_of,
    line_of,
    start_of,
)

_NAMES = frozenset({"id", "number", "schedule"})
"""Keys by which the overlay's items say what they fill in."""


class Positions:
    """The places of a plan's values."""

    def __init__(
        self, files: Iterable[Written] = (), filled_in: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        """Take the files, and for an item's place the places of the overlay's items that fill it in."""
        self._files = {written.name: written for written in files}
        self._filled_in = {place: tuple(more) for place, more in (filled_in or {}).items()}
        self._index: dict[str, dict[str, list[MappingMarks]]] = {}

    def of(self, place: str, key: str) -> str:
        """The place of the value of `key` in the item at `place`, or `place` itself."""
        filled_in = self._filled_in.get(place, ()) if key not in _NAMES else ()
        for item in (*filled_in, place):
            name = item.rsplit(":", 2)[0]
            for marks in self._mappings(name).get(item, ()):
                if key in marks.values:
                    at = start_of(marks.values[key])
                    return f"{name}:{line_of(at)}:{column_of(at)}"
        return place

    def _mappings(self, name: str) -> dict[str, list[MappingMarks]]:
        """The mappings of a file by their place: where they begin, and where their key stands."""
        if name not in self._index:
            index: dict[str, list[MappingMarks]] = {}
            written = self._files.get(name)
            for at, marks in _walk(written.marks, start_of(written.marks)) if written else ():
                index.setdefault(f"{name}:{line_of(at)}:{column_of(at)}", []).append(marks)
            self._index[name] = index
        return self._index[name]


def _walk(marks: Marks, key_at: int) -> Iterator[tuple[int, MappingMarks]]:
    """Every mapping, the outer ones first."""
    if isinstance(marks, MappingMarks):
        yield marks.at, marks
        if key_at != marks.at:
            yield key_at, marks
        for key, value in marks.values.items():
            if not isinstance(value, int):
                yield from _walk(value, marks.keys[key])
    elif isinstance(marks, ListMarks):
        for item in marks.items:
            if not isinstance(item, int):
                yield from _walk(item, start_of(item))
