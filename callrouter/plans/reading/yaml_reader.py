"""YAML text to plain values: text, lists and mappings of text, each with its place.

Rules:
- Nothing is typed here: 12315, 0755, on and 10:30 are read as their text. The schema gives types.
- One way to write a thing: no anchors, aliases, merge keys, tags, directives or second documents, and no
  duplicate keys. What YAML would quietly accept is an error with its place.
- A file ends with a line `...` (YAML's end of document), so that a file cut off anywhere is no plan.
- Sizes are bounded, so that no file can make the loader hang.

It builds on the parser's events rather than on `yaml.compose`, because composed nodes have already followed
the aliases and forgotten the anchors, and composing recurses without a limit.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from callrouter.plans.reading import yaml_faults as faults
from callrouter.plans.reading.written import ListMarks, MappingMarks, Marks, Plain, Written, line_of, packed
from callrouter.plans.reading.yaml_syntax import Quoted, diagnosed

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes. A plan of 10,000 lines takes more than half of it."""
DEEPEST = 12
"""Levels of mappings and lists within one another."""
MOST_VALUES = 250_000
"""Texts, lists and mappings of a file. A plan of 10,000 lines has a third of them."""
_MOST_INVISIBLE = 50

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f"
    "\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)


def read(path: Path, name: str) -> Written:
    """Read one file. Never raises for what is in it: look at `findings`."""
    written = Written(name)
    text = text_of(path, written)
    return read_text(text, written) if text is not None else _told(written)


def read_text(text: str, written: Written) -> Written:
    """Read the text of a file into `written`, which is given back. Never raises for what is in it."""
    reader = _Reader(text, written)
    try:
        reader.document()
    except yaml.YAMLError as error:
        written.report(*diagnosed(error, text, reader.quoted))
    except _TooDeepError as error:
        written.report(error.at, faults.too_deep(DEEPEST))
    except _TooManyError:
        pass  # the last finding says so
    finally:
        reader.close()
    return _told(written)


def _told(written: Written) -> Written:
    written.refuse_what_was_told()
    return written


def text_of(path: Path, written: Written) -> str | None:
    """The file's text, or None and a report."""
    raw = bytes_of(path, written)
    return decoded(raw, written) if raw is not None else None


def bytes_of(path: Path, written: Written) -> bytes | None:
    """What the file holds, and one byte more than it may hold at most; or None and a report."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            written.report(None, faults.unreadable("not a file"))
            return None
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        written.report(None, faults.unreadable(getattr(error, "strerror", None) or "odd name"))
        return None


def decoded(raw: bytes, written: Written) -> str | None:
    """The text that the bytes are, or None and a report."""
    if len(raw) > LARGEST_FILE:
        written.report(None, faults.too_large(LARGEST_FILE))
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        written.report(_after(raw[: error.start].decode("utf-8-sig", errors="replace")), faults.NOT_UTF8)
        return None
    return text if _all_visible(text, written) else None


def _after(before: str) -> int:
    """The position that follows a text."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n")
    return packed(lines.count("\n"), len(lines) - (lines.rfind("\n") + 1))


def _all_visible(text: str, written: Written) -> bool:
    if text.isascii() and text.isprintable():
        return True
    found = 0
    for match in _INVISIBLE.finditer(text):
        written.report(_after(text[: match.start()]), faults.invisible(match[0]))
        found += 1
        if found == _MOST_INVISIBLE:
            break
    return not found


_QUOTES = frozenset("\"'")


class _TooDeepError(Exception):
    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class _TooManyError(Exception):
    pass


class _Reader:
    """Builds plain values and their marks out of the parser's events."""

    def __init__(self, text: str, written: Written) -> None:
        self._loader = yaml.CSafeLoader(text)
        # The stubs tell neither a scalar's value nor that an event follows every start.
        self._next: Callable[[], Any] = self._loader.get_event
        self._written = written
        self._values = 0
        self.quoted: Quoted | None = None
        """The last text in quotes that runs over several lines: a quote may have been forgotten there."""

    def close(self) -> None:
        """Give the parser back."""
        self._loader.dispose()

    def document(self) -> None:
        """Read the whole file."""
        self._next()  # the start of the stream
        start = self._next()
        if not isinstance(start, yaml.DocumentStartEvent):
            self._written.report(None, faults.EMPTY)
            return
        if start.version or start.tags:
            self._written.report(_at(start), faults.DIRECTIVE)
        self._written.data, self._written.marks = self._value(self._next(), 0)
        end = self._next()
        more = self._next()
        if isinstance(more, yaml.DocumentStartEvent):
            self._written.report(_at(more), faults.SECOND_DOCUMENT)
        elif isinstance(end, yaml.DocumentEndEvent) and not end.explicit:
            self._written.report(_at(end), faults.CUT_OFF)
        self._written.whole = True

    def _value(self, event: Any, depth: int) -> tuple[Plain, Marks]:
        kind = type(event)
        mark = event.start_mark
        at = packed(mark.line, mark.column)
        if depth > DEEPEST:
            raise _TooDeepError(at)
        self._values += 1
        if self._values > MOST_VALUES:
            self._written.report(at, faults.too_many_values(MOST_VALUES))
            raise _TooManyError
        if kind is yaml.AliasEvent:
            self._written.report(at, faults.ALIAS)
            return "", at
        self._refuse_dress(event, at)
        if kind is yaml.ScalarEvent:
            if event.style in _QUOTES and event.end_mark.line > mark.line:
                self.quoted = Quoted(mark.line, mark.column, event.end_mark.line)
            return event.value, at | (not event.style)
        if kind is yaml.SequenceStartEvent:
            return self._sequence(at, depth)
        return self._mapping(at, depth)

    def _refuse_dress(self, event: Any, at: int) -> None:
        if event.anchor is not None:
            self._written.report(at, faults.ALIAS)
        if event.tag is not None:
            self._written.report(at, faults.TAG)
        if self._written.is_full:
            raise _TooManyError

    def _sequence(self, at: int, depth: int) -> tuple[Plain, Marks]:
        items: list[Plain] = []
        marks: list[Marks] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            item, mark = self._value(event, depth + 1)
            items.append(item)
            marks.append(mark)
        return items, ListMarks(at, marks)

    def _mapping(self, at: int, depth: int) -> tuple[Plain, Marks]:
        entries: dict[str, Plain] = {}
        keys: dict[str, int] = {}
        marks: dict[str, Marks] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            mark = event.start_mark
            key_at = packed(mark.line, mark.column)
            key = self._key(event, key_at, keys)
            if key is None:
                self._skip(self._next())
                continue
            keys[key] = key_at
            entries[key], marks[key] = self._value(self._next(), depth + 1)
        return entries, MappingMarks(at, keys, marks)

    def _key(self, event: Any, at: int, keys: dict[str, int]) -> str | None:
        """The key; None, and a report, if it can't be one."""
        if type(event) is not yaml.ScalarEvent:
            self._written.report(at, faults.ALIAS if isinstance(event, yaml.AliasEvent) else faults.ODD_KEY)
            self._skip(event)
            return None
        self._refuse_dress(event, at)
        key: str = event.value
        if key == "<<" and not event.style:
            self._written.report(at, faults.ALIAS)
            return None
        if (first := keys.get(key)) is not None:
            self._written.report(at, faults.duplicate(key, line_of(first)))
            if self._written.is_full:
                raise _TooManyError
            return None
        return key

    def _skip(self, event: Any) -> None:
        """Pass over a value that has no place in the plan."""
        depth = 0
        while True:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise _TooDeepError(_at(event))
            if depth == 0:
                return
            event = self._next()


def _at(event: Any) -> int:
    mark = event.start_mark
    return packed(mark.line, mark.column) if mark else packed(0, 0)
