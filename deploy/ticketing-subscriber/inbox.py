"""The ticketing side's inbox: every event once, in SQLite, and the calls as their newest records say."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from events import Event, Manifest

_SCHEMA = (
    """
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
""",
    "CREATE INDEX IF NOT EXISTS inbox_by_call ON inbox (source, subject)",
    # SQLite takes the other columns from the row that has the maximum.
    """
CREATE VIEW IF NOT EXISTS calls AS
SELECT source,
       subject AS call_id,
       max(CAST(coalesce(json_extract(event, '$.data.revision'), 1) AS INTEGER)) AS revision,
       json_extract(event, '$.data.terminal_state') AS terminal_state,
       json_extract(event, '$.data.arrived_at') AS arrived_at,
       rehearsal,
       id,
       json_extract(event, '$.data') AS record,
       stored_at
FROM inbox
WHERE type LIKE 'cn.callrouter.record.closed.%'
GROUP BY source, subject
""",
)
_COLUMNS = {"id", "source", "type", "subject", "sequence", "time", "rehearsal", "event", "stored_at"}
_KEY = {"source", "id"}


class OldInboxError(Exception):
    """The database was made by an older version of this program. The text names the remedy."""


class Inbox:
    """The events that have arrived, in SQLite. Raises OldInboxError when it is opened on an old database."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._database = sqlite3.connect(path, timeout=5.0)
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            _check(self._database, path)
            for statement in _SCHEMA:
                self._database.execute(statement)
            self._database.commit()
        except BaseException:
            self._database.close()
            raise
        self._sources: set[str] | None = None

    def store(self, events: Iterable[Event]) -> list[str]:
        """Store the events in one transaction; say `stored` or `duplicate` for each. Raises sqlite3.Error."""
        outcomes = []
        sources = set()
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
                sources.add(event.source)
                outcomes.append("stored" if cursor.rowcount else "duplicate")
        self._all_sources().update(sources)
        return outcomes

    def missing(self, manifest: Manifest) -> tuple[str, ...]:
        """Say which of the manifest's events are not here. Raises sqlite3.Error."""
        here: set[str] = set()
        places = ",".join("?" * len(manifest.ids))
        for source in self._all_sources():
            if source == manifest.source or source.startswith(f"{manifest.source}/"):
                query = f"SELECT id FROM inbox WHERE source = ? AND id IN ({places})"  # noqa: S608 -- question marks
                here.update(id_ for (id_,) in self._database.execute(query, (source, *manifest.ids)))
        return tuple(id_ for id_ in manifest.ids if id_ not in here)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _all_sources(self) -> set[str]:
        if self._sources is None:
            # From one to the next: DISTINCT would read every row.
            query = (
                "WITH RECURSIVE one(source) AS (SELECT min(source) FROM inbox UNION ALL"
                " SELECT (SELECT min(source) FROM inbox WHERE source > one.source) FROM one"
                " WHERE one.source NOT NULL)"
                " SELECT source FROM one WHERE source NOT NULL"
            )
            self._sources = {source for (source,) in self._database.execute(query)}
        return self._sources


def _check(database: sqlite3.Connection, path: Path) -> None:
    columns: Sequence[tuple[str, int]] = database.execute(
        "SELECT name, pk FROM pragma_table_info('inbox')"
    ).fetchall()
    key = {name for name, place in columns if place}
    if columns and (key != _KEY or not {name for name, _ in columns} >= _COLUMNS):
        raise OldInboxError(
            f"{path} 是旧版程序建的，缺少列，或只按 id 去重：请先停止本程序，把它（连同 -wal、-shm 文件）移到别处，"
            "再启动；旧记录仍在移走的文件里。 / "
            f"{path} was made by an older version, which lacks columns or knows messages by id alone: stop this"
            " program, move the file away (with its -wal and -shm files) and start again; the old records stay in it."
        )
