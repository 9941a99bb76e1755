"""What is judged wherever it stands in a file: numbers without quotes, and sources of another document.

Rules:
- A number that other YAML tools would read as another value must stand in quotes: 0755 is 493 to some, 1e5 is
  100000, 12_345 is 12345, 10:30 is 630. We read its text; whoever edits the file with such a tool destroys it.
- A plain 12315 is safe: its digits are the same everywhere.
- Every source cites the document that the plan implements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped
from callrouter.plans.reading.written import ListMarks, MappingMarks, Marks, Plain, Written
from callrouter.plans.schema.values import SOURCE

NUMBER_KEYS = frozenset(
    {"number", "numbers", "line", "areas", "opens", "closes", "ref", "version", "seats", "pilots", "priority"}
)
"""Keys whose values are numbers, codes or times of day in every part of the language."""

_DAMAGED = re.compile(
    r"""[-+]?0[0-9_]+ | [-+][0-9][0-9_]* | [0-9]+_[0-9_]*        # octal, or the sign or _ gets lost
      | [-+]?0[xob][0-9a-fA-F_]+                                 # hexadecimal, octal, binary
      | [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?             # sexagesimal
      | [-+]?(\.[0-9_]+|[0-9][0-9_]*\.[0-9_]*)([eE][-+]?[0-9]+)? # floating point
      | [-+]?[0-9][0-9_]*[eE][-+]?[0-9]+""",
    re.VERBOSE | re.ASCII,
)
_SOURCE = re.compile(SOURCE, re.ASCII)


def judge_quotes(written: Written) -> None:
    """Report every number that would not survive another YAML tool."""
    for mapping, marks in _mappings(written.data, written.marks):
        for key in NUMBER_KEYS & mapping.keys():
            for value, at in _scalars(mapping[key], marks.values[key]):
                if at & 1 and _DAMAGED.fullmatch(value):
                    written.report(at, _unquoted(value))


def judge_sources(written: Written, ref: str) -> None:
    """Report every source that is not in the document `ref`."""
    for mapping, marks in _mappings(written.data, written.marks):
        source = mapping.get("source")
        if isinstance(source, str) and not source.startswith(f"{ref}:") and _SOURCE.fullmatch(source):
            at = marks.values["source"]
            if isinstance(at, int):
                written.report(at, _foreign(source, ref))


def _mappings(data: Plain, marks: Marks) -> Iterator[tuple[dict[str, Plain], MappingMarks]]:
    """Every mapping of a file."""
    if isinstance(data, dict) and isinstance(marks, MappingMarks):
        yield data, marks
        for key, value in data.items():
            if not isinstance(value, str):
                yield from _mappings(value, marks.values[key])
    elif isinstance(data, list) and isinstance(marks, ListMarks):
        for value, mark in zip(data, marks.items, strict=True):
            if not isinstance(value, str):
                yield from _mappings(value, mark)


def _scalars(data: Plain, marks: Marks) -> Iterator[tuple[str, int]]:
    """A value, or those of a list."""
    if isinstance(data, str) and isinstance(marks, int):
        yield data, marks
    elif isinstance(data, list) and isinstance(marks, ListMarks):
        for value, mark in zip(data, marks.items, strict=True):
            if isinstance(value, str) and isinstance(mark, int):
                yield value, mark


def _unquoted(value: str) -> Fault:
    shown = clipped(value)
    return Fault(
        Code.UNQUOTED_NUMBER,
        f"{shown} 没有加引号，其他 YAML 工具会把它读成别的值",
        f"{shown} is not quoted: other YAML tools read another value",
        f'写成 "{shown}" / write "{shown}"',
    )


def _foreign(source: str, ref: str) -> Fault:
    return Fault(
        Code.FOREIGN_SOURCE,
        f"出处 {source} 不是本计划的文件 {ref}",
        f"{source} is not in this plan's document {ref}",
        f"以 {ref}: 开头 / begin it with {ref}:",
    )
