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
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from callrouter.plans import yaml_faults as faults
from callrouter.plans.errors import Fault, PlanError, clipped

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes. A plan of 10,000 lines takes about half of it."""
DEEPEST = 12
"""Levels of mappings and lists within one another."""

Where = tuple[str | int, ...]
"""The way to a value: `("lines", 3, "number")`."""
Plain = str | list["Plain"] | dict[str, "Plain"]

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]"
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Written:
    """A file as it was written, and the errors found in it so far."""

    name: str
    """`dialplans/sichuan/lines.yaml`."""
    data: Plain = ""
    whole: bool = False
    """Whether `data` is all that the file says; if not, the errors say why."""
    errors: list[PlanError] = field(default_factory=list)
    values: dict[Where, Position] = field(default_factory=dict)
    keys: dict[Where, Position] = field(default_factory=dict)

    def report(self, where: Where | Position | None, fault: Fault) -> None:
        """Note a fault: at a position, at a value, or (None) of the file as a whole."""
        match where:
            case None:
                position = Position(0, 0)
            case Position():
                position = where
            case _:
                position = self.position(where)
        self.errors.append(PlanError(self.name, position.line, position.column, fault))

    def position(self, where: Where) -> Position:
        """The value's position, or that of what it would stand in."""
        while where and where not in self.values:
            where = where[:-1]
        return self.values.get(where, Position(1, 1))

    def place(self, where: Where) -> str:
        """`file:line` of the key, or of the list's item, that a reader would look for."""
        position = self.keys.get(where) or self.position(where)
        return f"{self.name}:{position.line}"


def read(path: Path, name: str) -> Written:
    """Read one file. Never raises for what is in it: look at `errors`."""
    written = Written(name)
    text = _text(path, written)
    if text is not None:
        try:
            _Reader(text, written).document()
        except yaml.YAMLError as error:
            _report_syntax(error, written)
        except _TooDeepError as error:
            written.report(error.position, faults.too_deep(DEEPEST))
    return written


def _text(path: Path, written: Written) -> str | None:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except OSError as error:
        written.report(
            None,
            Fault(
                "文件无法读取",
                f"the file cannot be read ({error.strerror})",
                "检查文件是否存在、是否有读取权限 / see that it exists and may be read",
            ),
        )
        return None
    if len(raw) > LARGEST_FILE:
        written.report(
            None,
            Fault(
                f"文件超过 {LARGEST_FILE} 字节",
                f"the file is larger than {LARGEST_FILE} bytes",
                "拆分计划 / split the plan",
            ),
        )
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", errors="replace")
        written.report(
            _position_after(before),
            Fault("不是 UTF-8 编码", "this is not UTF-8", "把文件另存为 UTF-8 编码 / save the file as UTF-8"),
        )
        return None
    return text if _all_visible(text, written) else None


def _position_after(before: str) -> Position:
    return Position(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _all_visible(text: str, written: Written) -> bool:
    found = list(_INVISIBLE.finditer(text))
    for match in found[:50]:
        code = f"U+{ord(match[0]):04X}"
        written.report(
            _position_after(text[: match.start()]),
            Fault(
                f"有看不见的控制字符 {code}",
                f"there is an invisible control character {code}",
                "删掉该字符后重新输入这一行 / delete it and type the line again",
            ),
        )
    return not found


def _report_syntax(error: yaml.YAMLError, written: Written) -> None:
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    problem = error.problem if isinstance(error, yaml.MarkedYAMLError) else None
    written.report(
        Position(mark.line + 1, mark.column + 1) if mark else None,
        Fault(
            "YAML 语法错误，本文件其余部分没有检查",
            f"YAML syntax error: {clipped(problem or 'not readable')}; the rest of the file was not checked",
            "检查这一行和上一行的缩进、冒号、引号和括号 / "
            "look at the indentation, colons, quotes and brackets of this line and the one before",
        ),
    )


class _TooDeepError(Exception):
    def __init__(self, position: Position) -> None:
        super().__init__()
        self.position = position


class _Reader:
    """Builds plain values out of the parser's events."""

    def __init__(self, text: str, written: Written) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._written = written

    def document(self) -> None:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if not isinstance(start, yaml.DocumentStartEvent):
            self._written.report(None, faults.EMPTY)
            return
        if start.version or start.tags:
            self._written.report(_position(start), faults.DIRECTIVE)
        self._written.data = self._value(next(self._events), ())
        end = next(self._events)
        if isinstance(end, yaml.DocumentEndEvent) and not end.explicit:
            self._written.report(_position(end), faults.CUT_OFF)
        more = next(self._events)
        if isinstance(more, yaml.DocumentStartEvent):
            self._written.report(_position(more), faults.SECOND_DOCUMENT)
        self._written.whole = True

    def _value(self, event: yaml.Event, where: Where) -> Plain:
        position = _position(event)
        self._written.values[where] = position
        if len(where) > DEEPEST:
            raise _TooDeepError(position)
        self._refuse_dress(event)
        match event:
            case yaml.ScalarEvent():
                return str(event.value)
            case yaml.SequenceStartEvent():
                return self._sequence(where)
            case yaml.MappingStartEvent():
                return self._mapping(where)
            case _:
                return ""  # an alias, reported above

    def _refuse_dress(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._written.report(_position(event), faults.ALIAS)
            return
        if getattr(event, "anchor", None) is not None:
            self._written.report(_position(event), faults.ALIAS)
        if getattr(event, "tag", None) is not None:
            self._written.report(_position(event), faults.TAG)

    def _sequence(self, where: Where) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*where, len(items))))
        return items

    def _mapping(self, where: Where) -> dict[str, Plain]:
        entries: dict[str, Plain] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, where)
            if key is None:
                self._skip(next(self._events))
                continue
            self._written.keys[(*where, key)] = _position(event)
            entries[key] = self._value(next(self._events), (*where, key))
        return entries

    def _key(self, event: yaml.Event, where: Where) -> str | None:
        """The key; None, and a report, if it can't be one."""
        self._refuse_dress(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._written.report(_position(event), faults.ODD_KEY)
            self._skip(event)
            return None
        key = str(event.value)
        if key == "<<" and event.implicit[0]:
            self._written.report(_position(event), faults.ALIAS)
            return None
        if (first := self._written.keys.get((*where, key))) is not None:
            self._written.report(_position(event), faults.duplicate(key, first.line))
            return None
        return key

    def _skip(self, event: yaml.Event) -> None:
        """Pass over a value that has no place in the plan."""
        depth = 0
        while True:
            match event:
                case yaml.CollectionStartEvent():
                    depth += 1
                case yaml.CollectionEndEvent():
                    depth -= 1
            if depth > DEEPEST:
                raise _TooDeepError(_position(event))
            if depth == 0:
                return
            event = next(self._events)


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
