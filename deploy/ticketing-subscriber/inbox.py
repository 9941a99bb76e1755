"""The ticketing side's inbox: what an event must be, and storing each once, in SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_LARGEST_MESSAGE = 1 << 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    sequence TEXT,
    time TEXT,
    rehearsal INTEGER NOT NULL,
    event TEXT NOT NULL,
    stored_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (source, id)
)
"""


_KEY = {"source", "id"}


class OldInboxError(Exception):
    """The database was made by an older version of this program. The text names the remedy."""


class RejectedError(ValueError):
    """The message can never be stored. The text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent, checked as far as it is stored."""

    id: str
    source: str
    type: str
    subject: str
    sequence: str | None
    time: str | None
    rehearsal: bool
    data: dict[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message."""

    id: str
    outcome: str
    reason: str | None = None

    def payload(self) -> bytes:
        """Write the acknowledgement."""
        return json.dumps({"id": self.id, "outcome": self.outcome, "reason": self.reason}).encode()


class Inbox:
    """The records that have arrived, in SQLite. Raises OldInboxError when it is opened on an old database."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._database = sqlite3.connect(path, timeout=5.0)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(_SCHEMA)
        self._database.commit()
        columns = self._database.execute("SELECT name FROM pragma_table_info('inbox') WHERE pk > 0")
        if {name for (name,) in columns} != _KEY:
            self._database.close()
            raise OldInboxError(
                f"{path} 是旧版程序建的，只按 id 去重：请先停止本程序，把它（连同 -wal、-shm 文件）移到别处，"
                "再启动；旧记录仍在移走的文件里。 / "
                f"{path} was made by an older version, which knows messages by id alone: stop this program, move"
                " the file away (with its -wal and -shm files) and start again; the old records stay in it."
            )

    def store(self, events: Iterable[Event]) -> list[str]:
        """Store the events in one transaction; say `stored` or `duplicate` for each. Raises sqlite3.Error."""
        outcomes = []
        with self._database:
            for event in events:
                cursor = self._database.execute(
                    "INSERT INTO inbox (id, source, type, subject, sequence, time, rehearsal, event)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (
                        *(event.id, event.source, event.type, event.subject),
                        *(event.sequence, event.time, event.rehearsal, event.text),
                    ),
                )
                outcomes.append("stored" if cursor.rowcount else "duplicate")
        return outcomes

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def read_event(payload: bytes) -> Event:
    """Check a CloudEvent. Raises RejectedError."""
    if len(payload) > _LARGEST_MESSAGE:
        raise RejectedError("larger than 1 MiB")
    try:
        text = payload.decode()
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RejectedError("not JSON in UTF-8") from error
    if not isinstance(value, dict) or value.get("specversion") != "1.0":
        raise RejectedError("not a CloudEvents 1.0 event")
    for name in ("id", "source", "type", "subject"):
        if not _text(value.get(name)):
            raise RejectedError(f"attribute `{name}` is missing or no text")
    data = value.get("data")
    if not isinstance(data, dict):
        raise RejectedError("`data` is not an object")
    return Event(
        id=_text(value["id"]) or "",
        source=_text(value["source"]) or "",
        type=_text(value["type"]) or "",
        subject=_text(value["subject"]) or "",
        sequence=_text(value.get("sequence")),
        time=_text(value.get("time")),
        rehearsal=value.get("rehearsal") is True,
        data=data,
        text=text,
    )


def _text(value: object) -> str | None:
    # Lone surrogates cannot be stored.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None
