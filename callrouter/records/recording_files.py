"""The recordings in their folder, and which of them may go.

Rules:
- A file is `<call>-<part>.wav`; what has another name is a stranger's: it is told of, and never touched.
- How old a recording is, its call says: the end in its record, not the file's own time.
- A recording whose call has no record is kept and told of. It may be of a call that is still up.
- What was removed stays proved: the record keeps its hash and its length.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from callrouter.records.database import Database
from callrouter.records.outbox_due import from_milliseconds
from callrouter.records.recording_repair import says_nought
from callrouter.records.tables import call_record, open_call

_NAME: Final = re.compile(r"(?P<call>[A-Za-z0-9._-]{1,80})-(?P<part>[0-9]{1,4})\.wav")
_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A file of the folder."""

    name: str
    call_id: str
    part: int
    octets: int
    ended_at: datetime | None
    """When its call ended; None: there is no record of it."""
    is_up: bool
    """Its call goes on: Asterisk may be writing it."""
    is_broken: bool
    """Its header says that it is empty, and it is not: see `recording_repair`."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What is in the folder."""

    recordings: tuple[RecordingFile, ...]
    strangers: tuple[str, ...]
    """Names that are no recording's."""

    def older_than(self, days: int, now: datetime) -> tuple[RecordingFile, ...]:
        """Those that may go: their calls ended so many days ago."""
        before = now - timedelta(days=days)
        return tuple(
            one
            for one in self.recordings
            if one.ended_at is not None and one.ended_at < before and not one.is_up
        )

    def without_record(self) -> tuple[RecordingFile, ...]:
        """Those that nobody answers for."""
        return tuple(one for one in self.recordings if one.ended_at is None and not one.is_up)

    def broken(self) -> tuple[RecordingFile, ...]:
        """Those to be repaired: nobody is writing them any more."""
        return tuple(one for one in self.recordings if one.is_broken and not one.is_up)


async def look_into(folder: Path, database: Database, node: str, *, inside: bool = True) -> Folder:
    """See what is there, and whose it is; whether a file is broken only if the files are looked `inside`, too.

    Raises sqlalchemy.exc.SQLAlchemyError, and OSError when the folder cannot be read; one that is not there is empty.
    """
    names = await asyncio.to_thread(_names, folder)
    named = [(name, _NAME.fullmatch(name)) for name in names]
    calls = sorted({match["call"] for _, match in named if match})
    ends = await _ends(database, node, calls)
    up = await _up(database, node)
    ours = [(name, match) for name, match in named if match]
    recordings = await asyncio.to_thread(lambda: tuple(_files(folder, ours, ends, up, inside)))
    return Folder(recordings, tuple(name for name, match in named if match is None))


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


def _files(
    folder: Path,
    named: list[tuple[str, re.Match[str]]],
    ends: dict[str, datetime],
    up: frozenset[str],
    inside: bool,
) -> Iterator[RecordingFile]:
    for name, match in named:
        try:
            octets = (folder / name).lstat().st_size
        except OSError:
            continue  # removed meanwhile
        yield RecordingFile(
            name,
            match["call"],
            int(match["part"]),
            octets,
            ends.get(match["call"]),
            match["call"] in up,
            inside and says_nought(name, folder),
        )


async def _ends(database: Database, node: str, calls: list[str]) -> dict[str, datetime]:
    columns = call_record.c
    found: dict[str, datetime] = {}
    for first in range(0, len(calls), _AT_ONCE):
        asked = (
            sa.select(columns.call_id, sa.func.max(columns.ended_at_ms))
            .where(columns.node == node, columns.call_id.in_(calls[first : first + _AT_ONCE]))
            .group_by(columns.call_id)
        )
        async with database.read() as connection:
            found |= {call: from_milliseconds(ended) for call, ended in await connection.execute(asked)}
    return found


async def _up(database: Database, node: str) -> frozenset[str]:
    async with database.read() as connection:
        rows = await connection.execute(sa.select(open_call.c.linkedid).where(open_call.c.node == node))
        return frozenset(linkedid for (linkedid,) in rows)


def remove(folder: Path, files: tuple[RecordingFile, ...]) -> tuple[RecordingFile, ...]:
    """Remove them; those that went. What is gone already has gone."""
    gone = []
    for one in files:
        (folder / one.name).unlink(missing_ok=True)
        gone.append(one)
    return tuple(gone)
