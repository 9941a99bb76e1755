"""A file as it was written: its plain values, where each stands, and what was found wrong so far.

Rules:
- A position is one number, `line << 24 | column << 1 | plain`: a large plan has many. `plain` says that a value
  was written without quotes, which matters to numbers.
- The marks have the shape of the data: a mapping's hold those of its keys and values, a list's those of its items.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from callrouter.plans.findings import Fault, Finding

Where = tuple[str | int, ...]
"""The way to a value: `("lines", 3, "number")`."""
Plain = str | list["Plain"] | dict[str, "Plain"]


class MappingMarks(NamedTuple):
    """Where a mapping, its keys and its values stand."""

    at: int
    keys: dict[str, int]
    values: dict[str, Marks]


class ListMarks(NamedTuple):
    """Where a list and its items stand."""

    at: int
    items: list[Marks]


Marks: TypeAlias = "int | ListMarks | MappingMarks"


def packed(line: int, column: int, plain: bool = False) -> int:
    """A position as one number; line and column count from 0 here, as the parser has them."""
    return (line + 1) << 24 | (column + 1) << 1 | plain


def line_of(at: int) -> int:
    """The line of a packed position, from 1."""
    return at >> 24


def column_of(at: int) -> int:
    """The column of a packed position, from 1."""
    return (at & 0xFFFFFF) >> 1


def start_of(marks: Marks) -> int:
    """Where a value begins."""
    return marks if isinstance(marks, int) else marks.at


MOST_TOLD = 1000
"""Findings a file: whoever has more corrects these first, and no file can keep the loader busy for long."""
_MORE_ZH = f"错误超过 {MOST_TOLD} 处，其余没有列出"
_MORE_EN = f"there are more than {MOST_TOLD} errors; the others are not listed"
_MORE_FIX = "先改正列出的错误，再检查一次 / correct those that are listed, then check again"
TOP = packed(0, 0)
"""The beginning of a file."""


@dataclass(slots=True)
class Written:
    """A file as it was written, and what was found in it so far."""

    name: str
    """`dialplans/sichuan/lines.yaml`."""
    data: Plain = ""
    marks: Marks = TOP
    whole: bool = False
    """Whether `data` is all that the file says; if not, the findings say why."""
    findings: list[Finding] = field(default_factory=list)
    refused: frozenset[tuple[int, int]] = frozenset()
    """Where the reading has found something wrong: what stands there is not judged again."""

    @property
    def is_full(self) -> bool:
        """Whether so much is wrong that nobody looks any further."""
        return len(self.findings) > MOST_TOLD

    def report(self, at: int | None, fault: Fault) -> None:
        """Note a fault at a packed position, or (None) of the file; past the limit, that there are more."""
        if self.is_full:
            return
        if len(self.findings) == MOST_TOLD:
            fault = replace(fault, zh=_MORE_ZH, en=_MORE_EN, fix=_MORE_FIX)
        line, column = (line_of(at), column_of(at)) if at is not None else (0, 0)
        self.findings.append(Finding(self.name, line, column, fault))

    def refuse_what_was_told(self) -> None:
        """From now on, what stands where a fault was noted is not judged again."""
        self.refused = frozenset((one.line, one.column) for one in self.findings)

    def was_refused(self, at: int) -> bool:
        """Whether the reading has found something wrong at this position."""
        return (line_of(at), column_of(at)) in self.refused

    def value_at(self, where: Where) -> int:
        """Where the value stands, or what it would stand in."""
        at = start_of(self.marks)
        for marks in self._down(where):
            at = start_of(marks)
        return at

    def key_at(self, where: Where) -> int:
        """Where the value's key stands, or the list's item: what a reader would look for."""
        if where and isinstance(parent := self.marks_at(where[:-1]), MappingMarks):
            return parent.keys.get(str(where[-1]), parent.at)
        return self.value_at(where)

    def place(self, where: Where) -> str:
        """`file:line:column` of the key, or of the list's item."""
        at = self.key_at(where)
        return f"{self.name}:{line_of(at)}:{column_of(at)}"

    def marks_at(self, where: Where) -> Marks | None:
        """The marks of a value; None if it isn't there."""
        found = [self.marks, *self._down(where)]
        return found[-1] if len(found) == len(where) + 1 else None

    def _down(self, where: Where) -> Iterator[Marks]:
        """The marks along the way, as far as it goes."""
        marks: Marks = self.marks
        for step in where:
            if isinstance(marks, MappingMarks) and step in marks.values:
                marks = marks.values[str(step)]
            elif isinstance(marks, ListMarks) and isinstance(step, int) and step < len(marks.items):
                marks = marks.items[step]
            else:
                return
            yield marks
