"""Putting Asterisk's logs aside when they are large, and removing them when they are old. Blocking.

Rules:
- A log is put aside by rename, so that nothing is copied and nothing lost. Asterisk opens the journal for each row;
  the queue log it keeps open, and writes on into the renamed file until it is told to open its logs anew: who rotates
  that tells it (AMI: `LoggerRotate`, with `rotatestrategy = none`).
- Nothing is overwritten: of two with the same stamp the second gets a number too. Who dies between two steps leaves
  an empty file at worst.
- Removed is what was read to its end and has not changed for so long. Never the current file, and none of its other
  names; nor the last one put aside while there is no current one, as somebody may still have it open.
- An unfinished last line that nobody has gone on with for so long is no reason to keep a file.
- What is compressed, was not read, or cannot be looked at or removed, is left; what is old among it is told of.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import structlog

from callrouter.records.tail import FilePosition, inode_of, is_compressed, is_rotated

_STAMP: Final = re.compile(r"[0-9A-Za-z_-]{1,40}", re.ASCII)

_LONGEST_REST: Final = 1 << 18
"""Bytes: as much as is read at once."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _PutAside:
    path: Path
    status: os.stat_result


def rotate(path: Path, *, larger_than_bytes: int, stamp: str) -> Path | None:
    """Rename a log that is larger than that to its name and the stamp; give the new path.

    None when it is not, or there is none. The name is on the disk when this returns. Raises OSError, and ValueError
    when the stamp is anything but letters, digits, `_` and `-`.
    """
    if not _STAMP.fullmatch(stamp):
        raise ValueError(f"{stamp!r} is no stamp for a file: use letters, digits, _ and -")
    try:
        if path.stat().st_size <= larger_than_bytes:
            return None
    except FileNotFoundError:
        return None
    aside = _new_name(path, stamp)
    try:
        path.rename(aside)
    except OSError:
        aside.unlink()
        raise
    _sync_folder(path.parent)
    return aside


def prune(
    path: Path, positions: Iterable[FilePosition], *, older_than_s: float, now_s: float, dry_run: bool = False
) -> tuple[Path, ...]:
    """Remove the files of a log that were read to their end and last changed more than that many seconds ago.

    Gives those that it removed; with `dry_run` those that it would remove. Raises OSError when the folder cannot be
    looked at.
    """
    read = {position.inode: position for position in positions}
    kept = _names_in_use(path)
    removed: list[Path] = []
    left: list[str] = []
    for file in _put_aside(path):
        if now_s - file.status.st_mtime <= older_than_s or inode_of(file.status) in kept:
            continue
        if not _was_read(file, read) or not (dry_run or _removed(file.path)):
            left.append(file.path.name)
            continue
        removed.append(file.path)
    if left:
        log.warning(
            "old files of a log were not removed: they were not read to their end, are compressed,"
            " or are not ours to remove",
            files=left,
        )
    return tuple(removed)


def _new_name(path: Path, stamp: str) -> Path:
    """Take a name that nobody has, with an empty file."""
    name = f"{path.name}.{stamp}"
    for number in count(2):
        aside = path.with_name(name)
        try:
            os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            name = f"{path.name}.{stamp}-{number}"
        else:
            break
    return aside


def _names_in_use(path: Path) -> frozenset[int]:
    try:
        return frozenset({inode_of(path.stat())})
    except FileNotFoundError:
        last = max(_put_aside(path), key=lambda file: file.status.st_mtime_ns, default=None)
        return frozenset() if last is None else frozenset({inode_of(last.status)})


def _put_aside(path: Path) -> list[_PutAside]:
    found: list[_PutAside] = []
    try:
        with os.scandir(path.parent) as entries:
            for entry in entries:
                # One that is gone meanwhile is none.
                with suppress(FileNotFoundError):
                    if is_rotated(entry.name, path.name) and entry.is_file(follow_symlinks=False):
                        found.append(_PutAside(Path(entry.path), entry.stat(follow_symlinks=False)))
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda file: (file.status.st_mtime_ns, file.path.name))


def _was_read(file: _PutAside, read: Mapping[int, FilePosition]) -> bool:
    if is_compressed(file.path.name):
        return False
    if not file.status.st_size:
        return True
    position = read.get(inode_of(file.status))
    if position is None or position.offset > file.status.st_size:
        return False
    try:
        with file.path.open("rb") as content:
            same = content.read(len(position.head) // 2).hex() == position.head
            content.seek(position.offset)
            rest = content.read(_LONGEST_REST + 1)
            return same and len(rest) <= _LONGEST_REST and b"\n" not in rest
    except OSError:
        return False


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
