"""A tree as text: the canonical layout.

Rules:
- Two spaces a level, a list's items too; two before a comment that stands beside something; one below the colon.
- Where brackets were broken into several lines they stay so: each further line begins below what the first holds.
- At most one blank line in a row, none at the beginning and before the end mark; no spaces at a line's end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, assert_never

from callrouter.plans.formatting.scalars import STEP, key_text, lines_of
from callrouter.plans.formatting.tree import Block, Document, Entry, Node, Note, Row, Scalar

_BESIDE: Final = "  "


def laid_out(document: Document) -> str:
    """The whole file."""
    root = document.root
    lines = [*_notes(root.before, 0), *_root(root), *_notes(document.below, 0)]
    while lines and not lines[0]:
        lines.pop(0)
    lines += ["...", *_notes(document.after, 0)]
    return "".join(f"{line}\n" for line in lines)


def _root(root: Entry) -> Iterable[str]:
    if isinstance(root.value, Block):
        return _block(root.value, 0)
    return _with_comment(_inline(root.value, 0, STEP), root)


def _block(block: Block, indent: int) -> Iterator[str]:
    """The lines of a block's entries at an indentation."""
    for entry in block.entries:
        hoisted = [] if block.is_mapping else _hoisted(entry.value)
        yield from _notes(entry.before, indent)
        yield from _notes(hoisted, indent)
        if entry.blank:
            yield ""
        yield from _keyed(entry, indent) if block.is_mapping else _item(entry, indent)
    yield from _notes(block.after, indent)


def _keyed(entry: Entry, indent: int) -> Iterator[str]:
    head = " " * indent + (key_text(entry.key) if entry.key else "") + ":"
    if isinstance(entry.value, Block):
        yield _commented(head, entry.beside)
        yield from _block(entry.value, indent + STEP)
        return
    first, *rest = _inline(entry.value, len(head) + 1, indent + STEP)
    yield from _with_comment([f"{head} {first}" if first else head, *rest], entry)


def _item(entry: Entry, indent: int) -> Iterator[str]:
    """An item of a list: what it holds begins on the line of its dash."""
    dash = " " * indent + "-"
    if isinstance(entry.value, Block):
        first, *rest = _block(entry.value, indent + STEP)
        yield f"{dash} {first.lstrip()}"
        yield from rest
        return
    first, *rest = _inline(entry.value, indent + STEP, indent + STEP)
    yield from _with_comment([f"{dash} {first}" if first else dash, *rest], entry)


def _hoisted(value: Node) -> list[Note]:
    """What stands above the first entry of an item, taken out: there is no place between it and the dash."""
    found: list[Note] = []
    while isinstance(value, Block):
        first = value.entries[0]
        found += first.before
        first.before, first.blank = [], False
        if value.is_mapping:
            break
        value = first.value
    return found


def _notes(notes: Iterable[Note], indent: int) -> Iterator[str]:
    for note in notes:
        if note.blank:
            yield ""
        yield " " * indent + note.text


def _with_comment(lines: list[str], entry: Entry) -> list[str]:
    """The lines of an entry with the comment beside it: behind the last, or behind the `|` of a block of text."""
    of_text = isinstance(entry.value, Scalar) and entry.value.style in ("|", ">") and len(lines) > 1
    place = 0 if of_text else -1
    lines[place] = _commented(lines[place], entry.beside)
    return lines


def _commented(line: str, comment: str) -> str:
    return f"{line}{_BESIDE}{comment}" if comment else line


def _inline(value: Node, column: int, indent: int) -> list[str]:
    """The lines of what begins at a column, further lines of a text at an indentation."""
    match value:
        case Scalar():
            return lines_of(value, " " * indent)
        case Row():
            return _row(value, column).split("\n")
        case Block():
            return list(_block(value, indent))
        case _:
            assert_never(value)


def _row(row: Row, column: int) -> str:
    """A mapping or a list in brackets that begins at a column."""
    pad = " " * (column + 1)
    text = "{" if row.is_mapping else "["
    for index, entry in enumerate(row.entries):
        text += "," if index else ""
        text += _in_row(entry.before, pad)
        if entry.before or (entry.broken and index):
            text += f"\n{pad}"
        elif index:
            text += " "
        if entry.key is not None:
            text += f"{key_text(entry.key)}: "
        at = len(text) - text.rindex("\n") - 1 if "\n" in text else column + len(text)
        text += "\n".join(_inline(entry.value, at, len(pad) + STEP))
    text += _in_row(row.after, pad)
    return text + (f"\n{' ' * column}" if row.after else "") + ("}" if row.is_mapping else "]")


def _in_row(notes: Iterable[Note], pad: str) -> str:
    """Comments in brackets: each ends its line."""
    return "".join(f"{_BESIDE}{note.text}" if note.beside else f"\n{pad}{note.text}" for note in notes)
