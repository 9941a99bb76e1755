"""Reading one of Asterisk's logs on from where it was left, across rotations.

Rules:
- Rotation is by rename, to a name that begins with the log's own (`cel.csv.20261122T100000`, `queue_log.0`).
  Renamed files are read to their end, oldest first, before the current one. Compressed ones are passed over:
  rotate with `delaycompress`.
- A file is known by its inode and its first bytes, so a new file in an old inode is read from its beginning,
  and so is one that was truncated. Reading twice is harmless: rows have a key. What was read while the file was
  replaced under the reader's eyes does not count.
- A renamed file may still grow: Asterisk keeps the queue log open until it is told to open it anew.
- A renamed file that cannot be read is passed over, told of once and counted: it stops neither the others nor
  the current file. As soon as it can be read, it is.
- The position moves on only when the rows are safely stored (`accept`).
- A file that has not changed since a look that found nothing new is not opened again.
- The files hold phone numbers: whatever Asterisk made them, they become 0600.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic

import structlog

from callrouter.records.cut import Cut, Row

_HEAD: Final = 64
"""Bytes that tell a file from another: its first row, with an instant and an id."""
_COMPRESSED: Final = frozenset({".gz", ".xz", ".bz2", ".zst", ".Z", ".lz4"})
_BATCH_BYTES: Final = 1 << 18
"""About seventy calls. Whoever asks how the records stand waits for one batch at most."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FilePosition:
    """How far a file has been read."""

    inode: int
    head: str
    """The file's first bytes, in hexadecimal."""
    offset: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """Some rows of one file, and where it stands after them."""

    rows: tuple[Row, ...]
    unreadable: int
    position: FilePosition
    is_full: bool
    """It was cut off at the limit: there is more."""


class LogTail(Generic[Row]):
    """The files of one log of one node. Blocking: call it from a thread."""

    def __init__(
        self,
        path: Path,
        cut: Callable[[bytes], Cut[Row]],
        positions: Iterable[FilePosition] = (),
        *,
        limit: int = _BATCH_BYTES,
    ) -> None:
        self._path = path
        self._cut = cut
        self._positions = {position.inode: position for position in positions}
        self._limit = limit
        self._passed_over: set[str] = set()
        self._nothing_new: dict[int, tuple[int, int]] = {}
        """Inode to size and time of change, as they were when nothing new was found."""
        self._told_of_its_mode = False

    @property
    def files_passed_over(self) -> int:
        """How many rotated files could not be read."""
        return len(self._passed_over)

    def next_batch(self) -> Batch[Row] | None:
        """Read at most `limit` bytes of new rows; None when there is no complete new row.

        Raises OSError when the current file or the folder cannot be read.
        """
        earlier = self._first_rotated_batch()
        if earlier is not None:
            return earlier
        batch = self._read(self._path)
        if batch is None or self._is_known(batch.position):
            return batch
        # The file is new. If it took the old one's place after the look above, the old one's rest comes first.
        return self._first_rotated_batch() or batch

    def accept(self, position: FilePosition) -> None:
        """Go on from here: everything before it is stored."""
        self._positions[position.inode] = position

    def _is_known(self, position: FilePosition) -> bool:
        known = self._positions.get(position.inode)
        return known is not None and position.head.startswith(known.head)

    def _first_rotated_batch(self) -> Batch[Row] | None:
        for path in self._rotated():
            try:
                batch = self._read(path)
            except OSError as error:
                self._pass_over(path.name, error)
                continue
            if batch is not None:
                return batch
        return None

    def _pass_over(self, name: str, error: OSError) -> None:
        if name not in self._passed_over:
            self._passed_over.add(name)
            log.warning(
                "a rotated journal file cannot be read and was passed over: let the owner of the journal own it",
                file=name,
                error=type(error).__name__,
            )

    def _rotated(self) -> list[Path]:
        rotated: list[tuple[int, str]] = []
        try:
            with os.scandir(self._path.parent) as entries:
                for entry in entries:
                    if not is_rotated(entry.name, self._path.name) or is_compressed(entry.name):
                        continue
                    try:
                        if entry.is_file() and self._may_have_news(entry.stat()):
                            rotated.append((entry.stat().st_mtime_ns, entry.path))
                    except OSError as error:
                        self._pass_over(entry.name, error)
        except FileNotFoundError:
            return []
        return [Path(name) for _, name in sorted(rotated)]

    def _may_have_news(self, status: os.stat_result) -> bool:
        return self._nothing_new.get(inode_of(status)) != (status.st_size, status.st_mtime_ns)

    def _read(self, path: Path) -> Batch[Row] | None:
        try:
            if not self._may_have_news(path.stat()):
                return None
            file = path.open("rb")
        except FileNotFoundError:
            return None
        with file:
            status = os.fstat(file.fileno())
            self._make_private(file.fileno(), status)
            before = file.read(_HEAD)
            offset = self._offset(inode_of(status), before, status.st_size)
            file.seek(offset)
            data = file.read(self._limit)
            head = os.pread(file.fileno(), _HEAD, 0)
            if not head.startswith(before) or os.fstat(file.fileno()).st_size < offset + len(data):
                return None
        batch = self._batch(data, inode_of(status), head, offset)
        if batch is None:
            # As they were before: what came meanwhile is news.
            self._nothing_new[inode_of(status)] = (status.st_size, status.st_mtime_ns)
        return batch

    def _batch(self, data: bytes, inode: int, head: bytes, offset: int) -> Batch[Row] | None:
        found = self._cut(data)
        consumed, unreadable = found.consumed, found.unreadable
        if not consumed and len(data) == self._limit:
            # No row is this long: what stands here is none, and must not stop those after it.
            consumed, unreadable = len(data), 1
        if not consumed:
            return None
        position = FilePosition(inode, head.hex(), offset + consumed)
        return Batch(found.rows, unreadable, position, is_full=len(data) == self._limit)

    def _offset(self, inode: int, head: bytes, size: int) -> int:
        known = self._positions.get(inode)
        if known is None:
            return 0
        if size < known.offset or not head.hex().startswith(known.head):
            log.warning("a journal file was replaced or truncated, reading it from its beginning")
            return 0
        return known.offset

    def _make_private(self, descriptor: int, status: os.stat_result) -> None:
        if not status.st_mode & 0o077:
            return
        try:
            os.fchmod(descriptor, 0o600)
        except PermissionError:
            if not self._told_of_its_mode:
                self._told_of_its_mode = True
                log.warning(
                    "the journal can be read by others and is not ours to change: let Asterisk run with umask 077"
                )


def is_rotated(name: str, current: str) -> bool:
    """Say whether a name is that of a file which was once called `current`."""
    return name.startswith(current) and name != current


def is_compressed(name: str) -> bool:
    """Say whether a file is compressed, by its name."""
    return Path(name).suffix in _COMPRESSED


def inode_of(status: os.stat_result) -> int:
    """Give a file's number, as a database can hold it: signed, of 64 bits."""
    return status.st_ino & 0x7FFF_FFFF_FFFF_FFFF


def is_last(batch: Batch[Row] | None, path: Path) -> bool:
    """Say whether the log at `path` had no more; a batch of a rotated file is followed by those after it."""
    if batch is None:
        return True
    if batch.is_full:
        return False
    try:
        return inode_of(path.stat()) == batch.position.inode
    except FileNotFoundError:
        return False
