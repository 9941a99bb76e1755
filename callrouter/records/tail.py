"""Reading a node's journal files on from where they were left, across rotations.

Rules:
- Rotation is by rename, to a name that begins with the journal's own (`cel.csv.1`, `cel.csv-20260101`).
  Renamed files are read to their end, oldest first, before the current one. Compressed ones are passed over:
  rotate with `delaycompress`.
- A file is known by its inode and its first bytes, so a new file in an old inode is read from its beginning,
  and so is one that was truncated. Reading twice is harmless: rows have a key.
- A renamed file that cannot be read is passed over, told of once and counted: it stops neither the others nor
  the current file. As soon as it can be read, it is.
- The position moves on only when the rows are safely stored (`accept`).
- The files hold phone numbers: whatever Asterisk made them, they become 0600.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog

from callrouter.records.cel_csv import cut
from callrouter.vocabulary.cel import CelRow

_HEAD = 64
"""Bytes that tell a file from another: event, instant and channel of the first row."""
_COMPRESSED = frozenset({".gz", ".xz", ".bz2", ".zst"})

log = structlog.get_logger(__name__)


_BATCH_BYTES = 1 << 18
"""About seventy calls. Whoever asks how the records stand waits for one batch at most."""


@dataclass(frozen=True, slots=True)
class FilePosition:
    """How far a file has been read."""

    inode: int
    head: str
    """The file's first bytes, in hexadecimal."""
    offset: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one file, and where it stands after them."""

    rows: tuple[CelRow, ...]
    unreadable: int
    position: FilePosition
    is_full: bool
    """It was cut off at the limit: there is more."""


class JournalTail:
    """The journal files of one node. Blocking: call it from a thread."""

    def __init__(
        self, path: Path, positions: Iterable[FilePosition] = (), *, limit: int = _BATCH_BYTES
    ) -> None:
        self._path = path
        self._positions = {position.inode: position for position in positions}
        self._limit = limit
        self._passed_over: set[str] = set()

    @property
    def files_passed_over(self) -> int:
        """How many rotated files could not be read."""
        return len(self._passed_over)

    def next_batch(self) -> Batch | None:
        """Read at most `limit` bytes of new rows; None when there is no complete new row.

        Raises OSError when the current file or the folder cannot be read.
        """
        earlier = self._first_rotated_batch()
        if earlier is not None:
            return earlier
        batch = self._read(self._path)
        if batch is None or batch.position.inode in self._positions:
            return batch
        # The file is new. If it took the old one's place after the look above, the old one's rest comes first.
        return self._first_rotated_batch() or batch

    def accept(self, position: FilePosition) -> None:
        """Go on from here: everything before it is stored."""
        self._positions[position.inode] = position

    def _first_rotated_batch(self) -> Batch | None:
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
                    if not self._is_rotated_name(entry.name):
                        continue
                    try:
                        if entry.is_file() and self._has_news(entry.stat()):
                            rotated.append((entry.stat().st_mtime_ns, entry.path))
                    except OSError as error:
                        self._pass_over(entry.name, error)
        except FileNotFoundError:
            return []
        return [Path(name) for _, name in sorted(rotated)]

    def _is_rotated_name(self, name: str) -> bool:
        ours = name.startswith(self._path.name) and name != self._path.name
        return ours and Path(name).suffix not in _COMPRESSED

    def _has_news(self, status: os.stat_result) -> bool:
        known = self._positions.get(_inode(status))
        return known is None or known.offset != status.st_size

    def _read(self, path: Path) -> Batch | None:
        try:
            if not self._has_news(path.stat()):
                return None
            file = path.open("rb")
        except FileNotFoundError:
            return None
        with file:
            status = os.fstat(file.fileno())
            _make_private(file.fileno(), status)
            head = file.read(_HEAD)
            offset = self._offset(_inode(status), head, status.st_size)
            file.seek(offset)
            data = file.read(self._limit)
        found = cut(data)
        consumed, unreadable = found.consumed, found.unreadable
        if not consumed and len(data) == self._limit:
            # No row is this long: what stands here is none, and must not stop those after it.
            consumed, unreadable = len(data), 1
        if not consumed:
            return None
        position = FilePosition(_inode(status), head.hex(), offset + consumed)
        return Batch(found.rows, unreadable, position, is_full=len(data) == self._limit)

    def _offset(self, inode: int, head: bytes, size: int) -> int:
        known = self._positions.get(inode)
        if known is None:
            return 0
        if size < known.offset or not head.hex().startswith(known.head):
            log.warning("a journal file was replaced or truncated, reading it from its beginning")
            return 0
        return known.offset


def _inode(status: os.stat_result) -> int:
    # Databases have signed 64-bit integers.
    return status.st_ino & 0x7FFF_FFFF_FFFF_FFFF


def _make_private(descriptor: int, status: os.stat_result) -> None:
    if status.st_mode & 0o077:
        try:
            os.fchmod(descriptor, 0o600)
        except PermissionError:
            log.warning(
                "the journal can be read by others and is not ours to change: let Asterisk run with umask 077"
            )
