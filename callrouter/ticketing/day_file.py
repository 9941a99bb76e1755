"""One file of JSON lines: whole lines on the disk, or none of them.

Rules:
- What is appended is on the disk (fsync; the folder's too when the file is new) before anybody hears of it.
- An append that fails takes back what it had written. Where that fails as well, the next one begins by mending.
- Mending: a last line without its end is completed when it is whole JSON, and cut when it is not; it was never
  acknowledged, so it comes again.
- The file is opened anew each time, by its name, and never through a link: whoever moves it away has it whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_HEAD = b'{"specversion":"1.0","id":"'
"""How our events begin."""
_PIECE = 1 << 20
"""Octets that are read together."""


def append(file: Path, lines: Sequence[bytes]) -> None:
    """Append whole lines, each without its line feed. Raises OSError; then none of them is there."""
    is_new = not file.exists()
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        before = os.fstat(handle).st_size
        try:
            _write_whole(handle, b"".join(line + b"\n" for line in lines))
            os.fsync(handle)
            if is_new:
                sync_folder(file.parent)
        except BaseException:
            os.ftruncate(handle, before)
            os.fsync(handle)
            raise
    finally:
        os.close(handle)


def mend(file: Path) -> int:
    """Make the last line whole, or take it away; the octets that were cut. Raises OSError."""
    handle = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        begin = _begin_of_last_line(handle, size)
        torn = os.pread(handle, size - begin, begin)
        if not torn:
            return 0
        if is_event(torn):
            os.pwrite(handle, b"\n", size)
            cut = 0
        else:
            os.ftruncate(handle, begin)
            cut = len(torn)
        os.fsync(handle)
        return cut
    finally:
        os.close(handle)


def ids_in(file: Path) -> Iterator[str | None]:
    """The message id of each whole line, None for a line that is no event of ours. Raises OSError."""
    with file.open("rb") as stream:
        for line in stream:
            yield id_of(line) if line.endswith(b"\n") else None


def id_of(line: bytes) -> str | None:
    """The id of the event in a line, without reading all of it where it looks like one of ours."""
    if line.startswith(_HEAD) and line.endswith(b"}\n") and b"\0" not in line:
        return line[len(_HEAD) : line.find(b'"', len(_HEAD))].decode("utf-8", "replace")
    return _id_in(line)


def is_event(line: bytes) -> bool:
    """Whether a line is a whole event."""
    return _id_in(line) is not None


def _id_in(line: bytes) -> str | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = event.get("id") if isinstance(event, dict) else None
    return found if isinstance(found, str) else None


def sync_folder(folder: Path) -> None:
    """Put a new name in a folder on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_whole(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _begin_of_last_line(handle: int, size: int) -> int:
    """Where what follows the last line feed begins."""
    end = size
    while end > 0:
        begin = max(0, end - _PIECE)
        found = os.pread(handle, end - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return 0
