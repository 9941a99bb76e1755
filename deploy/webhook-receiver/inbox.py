"""The ticketing side's inbox: what an event must be, and storing each once, in SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RECONCILE = "cn.callrouter.outbox.reconcile.v1"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS inbox (
    id TEXT NOT NULL,
    source TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    sequence TEXT,
    rehearsal INTEGER NOT NULL,
    event TEXT NOT NULL,
    stored_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    PRIMARY KEY (source, id)
)
"""


class RejectedError(ValueError):
    """What came can never be stored. The text says why, without quoting it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent, checked as far as it is stored."""

    id: str
    source: str
    type: str
    subject: str
    sequence: str | None
    rehearsal: bool
    data: dict[str, object]
    text: str


class Inbox:
    """The messages that have arrived. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._one_at_a_time = threading.Lock()
        self._database = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(_SCHEMA)
        self._database.commit()

    def store(self, events: Sequence[Event]) -> int:
        """Store events in one transaction; how many were new. Raises sqlite3.Error: then none is stored."""
        new = 0
        with self._one_at_a_time, self._database:
            for event in events:
                new += self._database.execute(
                    "INSERT INTO inbox (id, source, type, subject, sequence, rehearsal, event)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (
                        *(event.id, event.source, event.type, event.subject),
                        *(event.sequence, event.rehearsal, event.text),
                    ),
                ).rowcount
        return new

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of the messages that are not there. Raises sqlite3.Error."""
        with self._one_at_a_time:
            return [
                one
                for one in ids
                if not self._database.execute("SELECT 1 FROM inbox WHERE id = ?", (one,)).fetchone()
            ]

    def close(self) -> None:
        """Close the database."""
        with self._one_at_a_time:
            self._database.close()


def read_events(body: bytes, *, batch: bool) -> list[Event]:
    """Check one CloudEvent, or a batch of them. Raises RejectedError: then nothing of it is to be stored."""
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise RejectedError("not JSON in UTF-8") from error
    if batch and not isinstance(value, list):
        raise RejectedError("a batch is a JSON array")
    return [_event(one) for one in (value if batch else [value])]


def ids_asked(event: Event) -> list[str]:
    """The ids of a manifest. Raises RejectedError."""
    ids = event.data.get("ids")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise RejectedError("a manifest has a list `ids`")
    return ids


def _event(value: object) -> Event:
    if not isinstance(value, dict) or value.get("specversion") != "1.0":
        raise RejectedError("not a CloudEvents 1.0 event")
    for name in ("id", "source", "type"):
        if not isinstance(value.get(name), str) or not value[name]:
            raise RejectedError(f"attribute `{name}` is missing or no text")
    if not isinstance(value.get("data"), dict):
        raise RejectedError("`data` is not an object")
    sequence = value.get("sequence")
    return Event(
        id=_storable(value["id"]),
        source=_storable(value["source"]),
        type=_storable(value["type"]),
        subject=_storable(str(value.get("subject", ""))),
        sequence=_storable(sequence) if isinstance(sequence, str) else None,
        rehearsal=value.get("rehearsal") is True,
        data=value["data"],
        text=json.dumps(value),
    )


def _storable(text: str) -> str:
    # Lone surrogates cannot be stored.
    return text.encode("utf-8", "replace").decode()
