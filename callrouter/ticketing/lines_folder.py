"""The folder of JSON lines: a file a day, and which messages are in them.

Rules:
- A file is `<instance>-<date>.jsonl`, by the date of Asia/Shanghai on which a line is written: once the day is over
  nothing is added to its file, and whoever reads it then has all of it.
- The folder is its owner's alone (0700), and one process at a time writes into it, who holds its lock.
- A message that is in today's or yesterday's file is not written again: what was not closed before a crash is
  found there.
- Which messages a file holds is remembered as long as the file is the one that was read or written: one that was
  moved, replaced or changed by somebody else is read again.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from callrouter.ticketing.day_file import append, ids_in, mend, sync_folder

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Without summer time since 1991."""
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LATELY = 2
"""Files: today's and yesterday's."""
_REMEMBERED = 4
"""Files: those, and two older ones while a reconciliation goes through them."""


class LinesFolderError(Exception):
    """The folder cannot be used. The text names it and the remedy."""


@dataclass(frozen=True, slots=True)
class _Known:
    inode: int
    size: int
    ids: set[str]


class LinesFolder:
    """Writes lines, each message once. Every method may block; no two of them may run at once."""

    def __init__(self, folder: Path, instance: str) -> None:
        self.path = folder
        self._instance = instance
        self._name = re.compile(rf"{re.escape(instance)}-{_DAY}\.jsonl")
        self._known: dict[str, _Known] = {}
        self._torn: set[Path] = set()
        """Files in which something half-written may stand."""
        self._lock: int | None = None

    def open(self) -> int:
        """Take the folder, and mend its files; the octets that were cut. Raises LinesFolderError and OSError."""
        self._make()
        self._take_lock()
        return sum(mend(file) for file in self._files()[:_LATELY])

    def close(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, lines: Sequence[tuple[str, bytes]], now: datetime) -> frozenset[str]:
        """Write messages (id and line) that are not there yet; the ids of those that were. Raises OSError.

        When it raises, none of them has been written.
        """
        self._mend_torn()
        today = self.path / f"{self._instance}-{now.astimezone(SHANGHAI).date().isoformat()}.jsonl"
        lately = [self._ids(file) for file in self._files()[:_LATELY]]
        there = frozenset(id_ for id_, _ in lines if any(id_ in ids for ids in lately))
        new = {id_: line for id_, line in lines if id_ not in there}
        if new:
            ids = self._ids(today)
            try:
                append(today, tuple(new.values()))
            except BaseException:
                self._torn.add(today)
                raise
            ids.update(new)
            self._remember(today, ids)
        return there

    def missing(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Those of the messages that are in no file. Raises OSError.

        Files are read as far as needed, the newest first, and before them those that are remembered: one page of a
        reconciliation is about the same days as the one before it.
        """
        wanted = set(ids)
        for file in sorted(self._files(), key=lambda file: file.name not in self._known):
            if not wanted:
                break
            wanted -= self._ids(file)
        return tuple(id_ for id_ in ids if id_ in wanted)

    def damaged_lines(self) -> int:
        """How many lines of the newest files are no events: damaged after they were written. Raises OSError."""
        return sum(id_ is None for file in self._files()[:_LATELY] for id_ in ids_in(file))

    def _ids(self, file: Path) -> set[str]:
        try:
            found = file.stat(follow_symlinks=False)
        except FileNotFoundError:
            return set()
        known = self._known.get(file.name)
        if known is not None and (known.inode, known.size) == (found.st_ino, found.st_size):
            self._known[file.name] = self._known.pop(file.name)
            return known.ids
        ids = {id_ for id_ in ids_in(file) if id_ is not None}
        self._remember(file, ids)
        return ids

    def _remember(self, file: Path, ids: set[str]) -> None:
        found = file.stat(follow_symlinks=False)
        self._known[file.name] = _Known(found.st_ino, found.st_size, ids)
        for name in sorted(self._known, reverse=True)[_REMEMBERED:]:
            del self._known[name]

    def _files(self) -> list[Path]:
        """The files of the days, the newest first."""
        return sorted((one for one in self.path.iterdir() if self._name.fullmatch(one.name)), reverse=True)

    def _mend_torn(self) -> None:
        for file in tuple(self._torn):
            with suppress(FileNotFoundError):
                mend(file)
            self._torn.discard(file)

    def _make(self) -> None:
        with suppress(FileExistsError):
            self.path.mkdir(mode=0o700, parents=True)
            sync_folder(self.path.parent)
        if self.path.stat().st_mode & 0o077:
            raise LinesFolderError(
                f"{self.path}：别人也能进入，其中有号码；请 chmod 700。 / others may enter it, and it holds numbers:"
                " chmod 700"
            )

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        handle = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise LinesFolderError(
                f"{self.path}：另一个进程正在写；停掉它，或另设 ticketing.lines_dir。 / another process writes into"
                " it: stop that one, or set another ticketing.lines_dir"
            ) from None
        self._lock = handle


def one_line(event: bytes) -> bytes:
    """An event as one line: in JSON a line break can only stand between values."""
    return event.replace(b"\r", b" ").replace(b"\n", b" ")
