r"""How single values are written: in double quotes where they were quoted, plain where they were plain.

Rules:
- Nothing is quoted that was plain, and the other way round: other readers of YAML take `12300` for a number, and the
  plan's own tells the two apart.
- Double quotes; single ones stay where a text holds `"` or `\`, which would need escaping.
- A text's own line breaks stay; its further lines are indented below it. Nothing is wrapped, nothing escaped.
"""

from __future__ import annotations

import json
import re
from typing import Final

from callrouter.plans.formatting.tree import Scalar

_HEADER: Final = re.compile(r"(?P<kind>[|>])(?P<signs>[-+0-9]*)[ \t]*(?P<comment>#[^\n]*)?")
STEP: Final = 2
"""By how much what belongs to a key is indented."""


def lines_of(scalar: Scalar, pad: str) -> list[str]:
    """The value's lines; those behind the first begin with `pad`."""
    if scalar.style in ("|", ">"):
        return _text_block(scalar, pad)
    if scalar.style == "'":
        return _single_quoted(scalar.source, pad)
    if "\n" not in scalar.source:
        return [scalar.source]
    return _indented(_folded(scalar.source, escapes=scalar.style == '"'), pad)


def key_text(scalar: Scalar) -> str:
    """A key, on one line."""
    if scalar.value and "\n" not in scalar.source and scalar.style not in ("|", ">"):
        return lines_of(scalar, "")[0]
    return _quoted(scalar.value)


def header_comment(source: str) -> str:
    """The comment in the first line of a block of text; empty if there is none."""
    header = _HEADER.match(source)
    return (header["comment"] or "").rstrip() if header else ""


def ends_at(text: str, start: int, end: int, value: str) -> int:
    """Where a block of text really ends: without the last line end, and without blank lines that don't count."""
    before, _, last = text[start:end].rpartition("\n")
    source = text[start:end] if last.strip(" ") else before
    header = _HEADER.match(source)
    if header is None or "+" not in header["signs"]:
        width = _width(source, value)
        lines = source.split("\n")
        while len(lines) > 1 and not lines[-1].strip(" ") and len(lines[-1]) <= width:
            lines.pop()
        source = "\n".join(lines)
    return start + len(source)


def _single_quoted(source: str, pad: str) -> list[str]:
    inner = source[1:-1].replace("''", "'")
    if '"' not in inner and "\\" not in inner:
        source = f'"{inner}"'
    return _indented(_folded(source, escapes=False), pad)


def _folded(source: str, *, escapes: bool) -> list[str]:
    """The lines without the spaces around their breaks, which YAML doesn't read."""
    first, *rest = source.split("\n")
    if not rest:
        return [first]
    *between, last = rest
    ends = [_without_end(first, escapes=escapes)]
    ends += [_without_end(line.lstrip(" \t"), escapes=escapes) for line in between]
    return [*ends, last.lstrip(" \t")]


def _without_end(line: str, *, escapes: bool) -> str:
    """The line without spaces at its end, but for one that is escaped."""
    kept = line.rstrip(" \t")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    if escapes and backslashes % 2 and len(kept) < len(line):
        return kept + ("x20" if line[len(kept)] == " " else "t")
    return kept


def _indented(lines: list[str], pad: str) -> list[str]:
    return [lines[0], *(f"{pad}{line}" if line else "" for line in lines[1:])]


def _text_block(scalar: Scalar, pad: str) -> list[str]:
    """A block of text, indented anew."""
    header = _HEADER.match(scalar.source)
    width = _width(scalar.source, scalar.value)
    if header is None or not scalar.value.strip("\n "):
        return [_quoted(scalar.value)]
    lines = [line[width:] for line in scalar.source.split("\n")[1:]]
    first = next(line for line in lines if line.strip(" "))
    # A text that begins with spaces says by how much it is indented: else they would count as indentation.
    depth = str(STEP) if first.startswith(" ") else ""
    return [header["kind"] + depth + header["signs"].strip("0123456789"), *_indented(["", *lines], pad)[1:]]


def _width(source: str, value: str) -> int:
    """By how much the lines of a block of text are indented."""
    line = next((line for line in source.split("\n")[1:] if line.strip(" ")), "")
    said = next((line for line in value.split("\n") if line.strip(" ")), "")
    return (len(line) - len(line.lstrip(" "))) - (len(said) - len(said.lstrip(" ")))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
