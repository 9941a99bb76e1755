"""Where a syntax error of YAML really is, and what was done there: a tab, a Chinese colon, a quote left open.

Rules:
- The parser complains where it can't go on, often a line or many too late: the lines before are looked at.
- What is not known is told in the parser's words, at the parser's place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from callrouter.plans.findings import Fault
from callrouter.plans.reading import yaml_faults as faults
from callrouter.plans.reading.written import packed

_LINE_END = re.compile(r"\r\n|\r|\n")
_KEY = r"^ *(?:- +)*[A-Za-z_][\w-]* *"
_SLIPS = (
    (re.compile(r"^ *(?:- +)*\t"), faults.TAB, -1),
    (re.compile(_KEY + "："), faults.WIDE_COLON, -1),
    (re.compile(_KEY + r":(?=[^\s])"), faults.NO_SPACE, 0),
)
"""What a line may hold, the fault, and where it is from the end of the match."""


class Quoted(NamedTuple):
    """A text in quotes that runs over several lines; lines and columns from 0."""

    line: int
    column: int
    last_line: int


def diagnosed(error: yaml.YAMLError, text: str, quoted: Quoted | None) -> tuple[int, Fault]:
    """The place, packed, and the fault. `quoted` is the last text in quotes of several lines, if there was one."""
    marked = error if isinstance(error, yaml.MarkedYAMLError) else yaml.MarkedYAMLError()
    mark, context = marked.problem_mark or marked.context_mark, marked.context_mark
    problem = marked.problem or "not readable"
    if mark is None:
        return packed(0, 0), faults.syntax(problem)
    at = packed(mark.line, mark.column)
    slip = _open_quote(marked, mark.line, quoted) or _slip(mark.line, _LINE_END.split(text))
    if slip is not None:
        return slip
    if problem == "did not find expected <document start>":
        return at, faults.AFTER_END
    if context is not None and (marked.context or "").startswith("while parsing a block"):
        return at, faults.misaligned(problem, context.line + 1, context.column + 1)
    return at, faults.syntax(problem)


def _open_quote(error: yaml.MarkedYAMLError, line: int, quoted: Quoted | None) -> tuple[int, Fault] | None:
    """A quote that runs on to the next one, lines below, or to the end of the file."""
    begins = error.context_mark
    if begins is not None and error.context == "while scanning a quoted scalar":
        return packed(begins.line, begins.column), faults.OPEN_QUOTE
    if quoted is not None and quoted.line < line <= quoted.last_line + 1:
        return packed(quoted.line, quoted.column), faults.OPEN_QUOTE
    return None


def _slip(mark: int, lines: list[str]) -> tuple[int, Fault] | None:
    """What was typed wrong at the line of the mark, or at the one before."""
    for line in _suspects(mark, lines):
        for pattern, fault, back in _SLIPS:
            if match := pattern.search(lines[line]):
                return packed(line, match.end() + back), fault
    return None


def _suspects(line: int, lines: list[str]) -> Iterator[int]:
    """The last line before that says anything, then the line itself."""
    before = min(line, len(lines)) - 1
    while before >= 0 and (not lines[before].strip() or lines[before].lstrip().startswith("#")):
        before -= 1
    if before >= 0:
        yield before
    if line < len(lines):
        yield line
