"""A plan's file as it was written: its values, and the comments and blank lines that belong to each.

Rules:
- A comment above an entry, or between its key and its value, belongs to the entry; one behind it on its line as well.
- What stands below the last entry, as far to the right as its like, belongs to the mapping or list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True)
class Note:
    """A comment on a line of its own; `beside`, of a row in brackets, is one that follows something on its line."""

    text: str
    blank: bool = False
    """Whether a blank line is above it."""
    beside: bool = False


@dataclass(slots=True)
class Scalar:
    """A single value, or a key."""

    source: str
    """As it was written, quotes and all."""
    value: str
    """What it says."""
    style: str
    """`"` and `'` for quotes, `|` and `>` for blocks of text; empty: plain."""


@dataclass(slots=True)
class Entry:
    """An item of a list, or a key with its value."""

    value: Node
    key: Scalar | None = None
    before: list[Note] = field(default_factory=list)
    blank: bool = False
    """Whether a blank line is directly above it."""
    beside: str = ""
    """The comment behind it on its line: behind its value, or behind its key where a block follows."""
    broken: bool = False
    """In brackets: whether it begins a line."""


@dataclass(slots=True)
class Row:
    """A mapping or a list in brackets."""

    is_mapping: bool
    entries: list[Entry] = field(default_factory=list)
    after: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """A mapping or a list whose entries stand one below the other."""

    is_mapping: bool
    column: int
    """Where its entries began, from 0."""
    entries: list[Entry] = field(default_factory=list)
    after: list[Note] = field(default_factory=list)


Node: TypeAlias = "Scalar | Row | Block"


@dataclass(slots=True)
class Document:
    """A whole file; `root` is an entry without a key."""

    root: Entry
    below: list[Note] = field(default_factory=list)
    """What stands below all values, and belongs to none."""
    after: list[Note] = field(default_factory=list)
    """What follows the end mark."""
