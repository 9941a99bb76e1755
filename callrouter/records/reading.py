"""Asking the records' database: for consoles, the command line and metrics. Reads only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from callrouter.records.outbox_rows import OPEN, RowState, from_milliseconds
from callrouter.records.tables import call_record, outbox
from callrouter.vocabulary.record import Json, TerminalState


@dataclass(frozen=True, slots=True)
class CallCount:
    """How many calls ended in a way: calls to a cancelled number are counted here."""

    line: str | None
    phase: str | None
    terminal_state: TerminalState
    calls: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a message about a call stands."""

    id: str
    sequence: int
    state: RowState
    attempts: int
    acknowledged_at: datetime | None
    outcome: str | None
    reason: str | None
    """The ticketing side's own words: untrusted text."""


class RecordReader:
    """Answers about records and the outbox. Records come as JSON values, as they are delivered."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def record(self, call_id: str) -> dict[str, Json] | None:
        """Give the newest revision of a call's record."""
        columns = call_record.c
        query = (
            sa.select(columns.body)
            .where(columns.call_id == call_id)
            .order_by(columns.revision.desc())
            .limit(1)
        )
        async with self._engine.connect() as connection:
            body = await connection.scalar(query)
        return None if body is None else json.loads(body)

    async def recent(self, limit: int) -> list[dict[str, Json]]:
        """Give the calls that arrived last, the newest first."""
        columns = call_record.c
        query = (
            sa.select(columns.body)
            .order_by(columns.arrived_at_ms.desc(), columns.revision.desc())
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            return [json.loads(body) for body in await connection.scalars(query)]

    async def counts(self) -> list[CallCount]:
        """Count the calls by line, phase and terminal state. First revisions only: a call counts once."""
        columns = call_record.c
        key = (columns.line, columns.phase, columns.terminal_state)
        query = sa.select(*key, sa.func.count()).where(columns.revision == 1).group_by(*key).order_by(*key)
        async with self._engine.connect() as connection:
            return [
                CallCount(line, phase, TerminalState(state), calls)
                for line, phase, state, calls in await connection.execute(query)
            ]

    async def deliveries(self, call_id: str) -> list[Delivery]:
        """Give where each message about a call stands, in order."""
        columns = outbox.c
        query = sa.select(outbox).where(columns.call_id == call_id).order_by(columns.seq)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            Delivery(
                id=row["id"],
                sequence=row["seq"],
                state=RowState(row["state"]),
                attempts=row["attempts"],
                acknowledged_at=_instant(row["acknowledged_at_ms"]),
                outcome=row["outcome"],
                reason=row["reason"],
            )
            for row in rows
        ]

    async def outbox_depth(self) -> int:
        """Count the messages that the ticketing side has not acknowledged."""
        query = sa.select(sa.func.count()).where(outbox.c.state.in_(OPEN))
        async with self._engine.connect() as connection:
            return await connection.scalar(query) or 0

    async def dead_letters(self) -> int:
        """Count the messages that the ticketing side has rejected."""
        query = sa.select(sa.func.count()).where(outbox.c.state == RowState.REJECTED)
        async with self._engine.connect() as connection:
            return await connection.scalar(query) or 0

    async def oldest_waiting_age(self, now: datetime) -> timedelta:
        """Give how long the oldest open message has waited; zero when there is none."""
        query = sa.select(sa.func.min(outbox.c.created_at_ms)).where(outbox.c.state.in_(OPEN))
        async with self._engine.connect() as connection:
            created = await connection.scalar(query)
        return timedelta() if created is None else max(timedelta(), now - from_milliseconds(created))


def _instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else from_milliseconds(milliseconds)
