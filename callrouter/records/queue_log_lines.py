"""Cutting a queue log into its lines. Pure.

Rules (Asterisk 22, main/logger.c, `ast_queue_log`):
- Asterisk writes a line and its line feed at once, and cuts one off at 8191 bytes. A line without a line feed is not
  complete yet.
- It quotes nothing: a `|` in a value makes one field more, a line feed one line more. Neither gets near a queue: our
  dialplan leaves a caller nothing but a number. What is forged all the same is about no call of ours, as every call's
  id begins with a name that no caller knows (`asterisk_link/boot_name.py`).
- What is no row is counted and passed over, and costs only itself. On a full disk a line is written short, without
  its line feed, and has the next one glued to it: that is looked for inside, and taken when it is about no call, or
  its id begins with the name of the system that the stretch's other lines have.
- Bytes that are not UTF-8 and NULs are kept as escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from callrouter.records.cut import Cut
from callrouter.vocabulary.queue_log import NO_CALL, QueueRow, QueueRowError, queue_row

_LONGEST_LINE: Final = 8191
"""Bytes, without the line feed."""
_SYSTEM: Final = re.compile(r"(.+-)\d+\.\d+", re.ASCII)
"""A call's id where the system has a name."""
_BEGINNING: Final = rb"\d{10}\|(?:NONE|[^|]+-\d+\.\d+)\|[^|]*\|[^|]*\|[A-Z]+\|"
"""A line's: its epoch has ten digits until the year 2286."""
_GLUED: Final = re.compile(rb"(?=%s)" % _BEGINNING)
"""The beginning of a line within a line. It takes nothing up: a fragment may end in what looks like one."""
_SEEMS_GLUED: Final = re.compile(_BEGINNING)
"""The same, where it is enough to know that there is one: that is found much faster."""


def cut_queue_log(data: bytes) -> Cut[QueueRow]:
    """Cut a stretch of a queue log, which begins at a line's beginning, into rows."""
    consumed = data.rfind(b"\n") + 1
    lines = data[:consumed].split(b"\n")[:-1]
    if any(_SEEMS_GLUED.search(line, 1) for line in lines):
        return _cut_glued(lines, consumed)
    rows = [row for row in map(_row, lines) if row is not None]
    return Cut(tuple(rows), len(lines) - len(rows), consumed)


def _cut_glued(lines: Iterable[bytes], consumed: int) -> Cut[QueueRow]:
    """Cut lines of which some are glued to others."""
    rows: list[QueueRow] = []
    behind: list[tuple[int, QueueRow]] = []
    unreadable = 0
    for line in lines:
        glued = [match.start() for match in _GLUED.finditer(line, 1)]
        row = _row(line[glued[-1] :] if glued else line)
        unreadable += bool(glued) or row is None
        if row is None:
            continue
        if glued:
            behind.append((len(rows), row))
        else:
            rows.append(row)
    systems = {_system(row.call) for row in rows} if behind else set()
    for place, row in reversed(behind):
        if row.call == NO_CALL or _system(row.call) in systems:
            rows.insert(place, row)
    return Cut(tuple(rows), unreadable, consumed)


def _row(line: bytes) -> QueueRow | None:
    if len(line) > _LONGEST_LINE:
        return None
    try:
        return queue_row(line.decode("utf-8", "backslashreplace").replace("\0", "\\x00"))
    except QueueRowError:
        return None


def _system(call: str) -> str | None:
    match = _SYSTEM.fullmatch(call)
    return match[1] if match else None
