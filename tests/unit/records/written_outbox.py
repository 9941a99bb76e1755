"""Rows of the outbox, written as the store writes them, without a journal and without calls."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from callrouter.records.database import Database, open_database
from callrouter.records.tables import call_record, outbox
from callrouter.vocabulary.message import LIVE, Kind

NODE = "node1"
LONG_AGO_MS = 1_633_000_000_000


@dataclass(frozen=True)
class Row:
    """A message to be: of which call, the how-manieth, and what it says."""

    call_id: str
    seq: int = 1
    kind: str = Kind.RECORD_CLOSED
    body: str | None = '{"terminal_state":"completed"}'
    node: str = NODE
    name: str | None = None

    @property
    def id(self) -> str:
        return self.name or f"{self.node}.{self.call_id}.{self.seq}"


def records(numbers: Iterable[int]) -> list[Row]:
    """The records of as many calls."""
    return [Row(f"call-{number}") for number in numbers]


def story(number: int, messages: int) -> list[Row]:
    """All messages of a call: live events, and its record."""
    kinds = [Kind.ARRIVED, *[Kind.TRANSFERRED] * (messages - 2), Kind.RECORD_CLOSED][-messages:]
    return [
        Row(f"call-{number}", seq, kind, json.dumps({"n": number, "seq": seq}))
        for seq, kind in enumerate(kinds, 1)
    ]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A database of its own."""
    database = await open_database(url)
    try:
        yield database
    finally:
        await database.close()


async def write(database: Database, rows: Sequence[Row], *, created_at_ms: int = LONG_AGO_MS) -> None:
    """Commit rows in one transaction."""
    async with database.write() as connection:
        bodies = [row for row in rows if row.kind not in LIVE]
        if bodies:
            await connection.execute(sa.insert(call_record), [_record_values(row) for row in bodies])
        await connection.execute(sa.insert(outbox), [_outbox_values(row, created_at_ms) for row in rows])


async def states(database: Database) -> dict[str, str]:
    """Where each message stands, by its id."""
    async with database.read() as connection:
        rows = await connection.execute(sa.select(outbox.c.id, outbox.c.state))
        return {row.id: row.state for row in rows}


async def attempts(database: Database) -> dict[str, int]:
    """How often each message was tried in vain, by its id."""
    async with database.read() as connection:
        rows = await connection.execute(sa.select(outbox.c.id, outbox.c.attempts))
        return {row.id: row.attempts for row in rows}


def _record_values(row: Row) -> dict[str, object]:
    return {
        "node": row.node,
        "call_id": row.call_id,
        "revision": row.seq,
        "linkedid": row.call_id,
        "arrived_at_ms": LONG_AGO_MS,
        "ended_at_ms": LONG_AGO_MS,
        "terminal_state": "completed",
        "rehearsal": False,
        "body": row.body or "",
    }


def _outbox_values(row: Row, created_at_ms: int) -> dict[str, object]:
    return {
        "id": row.id,
        "node": row.node,
        "call_id": row.call_id,
        "seq": row.seq,
        "kind": row.kind,
        "revision": None if row.kind in LIVE else row.seq,
        "rehearsal": False,
        "body": row.body if row.kind in LIVE else None,
        "state": "open",
        "attempts": 0,
        "created_at_ms": created_at_ms,
        "next_attempt_at_ms": 0,
    }
