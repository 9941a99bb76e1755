"""What is judged wherever it stands in a file: numbers without quotes, null, and sources of another document.

Rules:
- A number that other YAML tools would read as another value must stand in quotes: 0755 is 493 to some, 1e5 is
  100000, 12_345 is 12345, 10:30 is 630. We read its text; whoever edits the file with such a tool destroys it.
- `null` and `~` are no values: what there is not, is left out. We would read their text.
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
    | {"except_lines"}
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
_NULLS = frozenset({"null", "Null", "NULL", "~"})
_NULL = Fault(
    Code.WRONG_VALUE,
    "null 不是值",
    "null is no value here",
    "没有就不写这一行 / leave the line out where there is nothing to say",
)
_DIGIT_BY_DIGIT = '逐位写出号码并加引号，例如 "12315" / write the number digit by digit, in quotes'


def judge_spelling(written: Written) -> None:
    """Report every value that another YAML tool would not read as the text that it is here."""
    for mapping, marks in _mappings(written.data, written.marks):
        for key, held in mapping.items():
            for value, at in _scalars(held, marks.values[key]):
                if not at & 1:
                    continue
                if value in _NULLS:
                    written.report(at, _NULL)
                elif key in NUMBER_KEYS and _DAMAGED.fullmatch(value):
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
    meant = _in_quotes(value)
    return Fault(
        Code.UNQUOTED_NUMBER,
        f"{shown} 没有加引号，其他 YAML 工具会把它读成别的值",
        f"{shown} is not quoted: other YAML tools read another value",
        f'写成 "{clipped(meant)}" / write "{clipped(meant)}"' if meant else _DIGIT_BY_DIGIT,
    )


def _in_quotes(value: str) -> str | None:
    """What should stand in quotes instead; None where the value does not tell."""
    if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", value):
        return value.zfill(len("09:00"))
    digits = value.replace("_", "").removeprefix("+86")
    if digits.isdigit():
        return digits
    return value if re.fullmatch(r"[0-9.:]+", value) else None


def _foreign(source: str, ref: str) -> Fault:
    return Fault(
        Code.FOREIGN_SOURCE,
        f"出处 {source} 不是本计划的文件 {ref}",
        f"{source} is not in this plan's document {ref}",
        f"以 {ref}: 开头 / begin it with {ref}:",
    )
