"""Asking the records' database: for consoles, the command line and metrics. Reads only.

Rules:
- A call is spoken of by the newest revision of its record, and counts once.
- Nothing here reads more than it gives: what is counted is counted in an index, whose condition is spelled out (not
  bound) so that the database sees which part of the table is meant.
- A call id alone is asked for node by node, because every key begins with the node.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from callrouter.records.outbox_due import from_milliseconds, in_milliseconds
from callrouter.records.outbox_rows import RowState
from callrouter.records.tables import call_record, open_call, outbox
from callrouter.vocabulary.cel import instant_at
from callrouter.vocabulary.message import Json
from callrouter.vocabulary.record_words import TerminalState

_IS_OPEN: Final = outbox.c.state == sa.literal_column("'open'")
_IS_DEAD: Final = outbox.c.state == sa.literal_column("'dead'")


@dataclass(frozen=True, slots=True)
class CallCount:
    """How many calls ended in a way: calls to a cancelled number are counted here."""

    line: str | None
    phase: str | None
    terminal_state: TerminalState
    calls: int


@dataclass(frozen=True, slots=True)
class Promptness:
    """How many of a line's calls reached a person within 15 seconds of their arrival (GB/T 33358-2016)."""

    line: str | None
    within: int
    later: int
    """Later, or never though the caller waited longer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a message about a call stands."""

    id: str
    sequence: int
    kind: str
    state: RowState
    attempts: int
    """Those that failed."""
    created_at: datetime
    closed_at: datetime | None
    outcome: str | None
    reason: str | None
    """The ticketing side's own words: untrusted text."""

    @property
    def acknowledged_at(self) -> datetime | None:
        """When the ticketing side took it."""
        return self.closed_at if self.state is RowState.ACKNOWLEDGED else None


@dataclass(frozen=True, slots=True)
class OpenCallEntry:
    """A call whose end has not been read, or that could not be made into a record."""

    node: str
    linkedid: str
    since: datetime
    fault: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records; None: any. Instants are those of arrival, `[since, until)`."""

    since: datetime | None = None
    until: datetime | None = None
    line: str | None = None
    terminal_state: TerminalState | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of records ended."""

    arrived_at_ms: int
    node: str
    call_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Records, the newest first, as JSON values."""

    records: tuple[dict[str, Json], ...]
    after: Cursor | None
    """Where the next page begins; None: this was the last."""


class RecordReader:
    """Answers about records and the outbox. Records come as JSON values, as they are delivered.

    Each method raises sqlalchemy.exc.SQLAlchemyError.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def record(self, call_id: str) -> dict[str, Json] | None:
        """Give the newest revision of a call's record."""
        revisions = await self.revisions(call_id)
        return revisions[-1] if revisions else None

    async def revisions(self, call_id: str) -> list[dict[str, Json]]:
        """Give every revision of a call's record, the newest last."""
        columns = call_record.c
        async with self._engine.connect() as connection:
            query = (
                sa.select(columns.body)
                .where(columns.node.in_(await _nodes(connection, call_record)), columns.call_id == call_id)
                .order_by(columns.node, columns.revision)
            )
            return [json.loads(body) for body in await connection.scalars(query)]

    async def recent(self, limit: int) -> list[dict[str, Json]]:
        """Give the calls that arrived last, the newest first."""
        return list((await self.page(Wanted(), limit=limit)).records)

    async def page(self, wanted: Wanted, *, limit: int, after: Cursor | None = None) -> Page:
        """Give the calls that arrived last, the newest first, from where a page before ended."""
        columns = call_record.c
        query = (
            sa.select(columns.arrived_at_ms, columns.node, columns.call_id, columns.body)
            .where(~_has_later_revision(), *_conditions(wanted))
            .order_by(columns.arrived_at_ms.desc(), columns.node.desc(), columns.call_id.desc())
            .limit(limit + 1)
        )
        if after is not None:
            key = sa.tuple_(columns.arrived_at_ms, columns.node, columns.call_id)
            last = (after.arrived_at_ms, after.node, after.call_id)
            # The first condition follows from the second, and is one that every database finds in the index.
            query = query.where(
                columns.arrived_at_ms <= after.arrived_at_ms, key < sa.tuple_(*map(sa.literal, last))
            )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        shown = rows[:limit]
        more = len(rows) > limit and shown
        return Page(tuple(json.loads(row.body) for row in shown), Cursor(*shown[-1][:3]) if more else None)

    async def counts(self) -> list[CallCount]:
        """Count the calls by line, phase and terminal state."""
        columns = call_record.c
        counted = await self._counted(columns.line, columns.phase, columns.terminal_state)
        return [
            CallCount(line, phase, TerminalState(state), calls) for (line, phase, state), calls in counted
        ]

    async def promptness(self) -> list[Promptness]:
        """Count by line the calls that were answered within 15 s, and those that were not."""
        columns = call_record.c
        lines: dict[str | None, dict[bool, int]] = {}
        for (line, within), calls in await self._counted(columns.line, columns.answered_within_15_s):
            if within is not None:
                lines.setdefault(line, {})[within] = calls
        return [Promptness(line, of.get(True, 0), of.get(False, 0)) for line, of in lines.items()]

    async def deliveries(self, call_id: str) -> list[Delivery]:
        """Give where each message about a call stands, in order."""
        columns = outbox.c
        async with self._engine.connect() as connection:
            query = (
                sa.select(outbox)
                .where(columns.node.in_(await _nodes(connection, outbox)), columns.call_id == call_id)
                .order_by(columns.node, columns.seq)
            )
            rows = (await connection.execute(query)).all()
        return [
            Delivery(
                id=row.id,
                sequence=row.seq,
                kind=row.kind,
                state=RowState(row.state),
                attempts=row.attempts,
                created_at=from_milliseconds(row.created_at_ms),
                closed_at=None if row.closed_at_ms is None else from_milliseconds(row.closed_at_ms),
                outcome=row.outcome,
                reason=row.reason,
            )
            for row in rows
        ]

    async def outbox_depth(self) -> int:
        """Count the messages that the ticketing side has not acknowledged."""
        return await self._count(sa.select(sa.func.count()).select_from(outbox).where(_IS_OPEN))

    async def dead_letters(self) -> int:
        """Count the messages that nobody will send again unless a person says so."""
        return await self._count(sa.select(sa.func.count()).select_from(outbox).where(_IS_DEAD))

    async def oldest_waiting_age(self, now: datetime) -> timedelta:
        """Give how long the first open message has waited; zero when there is none."""
        query = sa.select(outbox.c.created_at_ms).where(_IS_OPEN).order_by(outbox.c.position).limit(1)
        async with self._engine.connect() as connection:
            created = await connection.scalar(query)
        return timedelta() if created is None else max(timedelta(), now - from_milliseconds(created))

    async def open_calls(self) -> list[OpenCallEntry]:
        """Give the calls that have no record yet, the oldest first."""
        query = sa.select(open_call).order_by(open_call.c.since_us, open_call.c.linkedid)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [OpenCallEntry(row.node, row.linkedid, instant_at(row.since_us), row.fault) for row in rows]

    async def _count(self, query: sa.Select[Any]) -> int:
        async with self._engine.connect() as connection:
            return await connection.scalar(query) or 0

    async def _counted(self, *key: sa.ColumnElement[Any]) -> list[tuple[tuple[Any, ...], int]]:
        """Count calls by columns: all revisions, less those that a later one has replaced."""
        later = call_record.alias("later")
        columns = call_record.c
        replaced = (
            sa.select(*key)
            .select_from(later)
            .join(
                call_record,
                sa.and_(
                    columns.node == later.c.node,
                    columns.call_id == later.c.call_id,
                    columns.revision == later.c.revision - 1,
                ),
            )
            .where(later.c.revision > sa.literal_column("1"))
        )
        counts: dict[tuple[Any, ...], int] = {}
        async with self._engine.connect() as connection:
            for *values, calls in await connection.execute(
                sa.select(*key, sa.func.count()).group_by(*key).order_by(*key)
            ):
                counts[tuple(values)] = calls
            # Not grouped there: SQLite would go through all calls for the grouping's sake. Corrections are few.
            for ended, calls in Counter(map(tuple, await connection.execute(replaced))).items():
                # A revision may have come between the two questions.
                counts[ended] = max(0, counts.get(ended, 0) - calls)
        return [(ended, calls) for ended, calls in counts.items() if calls]


async def _nodes(connection: AsyncConnection, table: sa.Table) -> list[str]:
    """Give the nodes of a table: one step down its index for each."""
    nodes: list[str] = []
    while True:
        query = sa.select(sa.func.min(table.c.node)).where(table.c.node > (nodes[-1] if nodes else ""))
        node = await connection.scalar(query)
        if node is None:
            return nodes
        nodes.append(node)


def _has_later_revision() -> sa.ColumnElement[bool]:
    columns, later = call_record.c, call_record.alias("later")
    return sa.exists().where(
        later.c.node == columns.node,
        later.c.call_id == columns.call_id,
        later.c.revision > columns.revision,
        # Says the same, in the words of the index that only has corrections.
        later.c.revision > sa.literal_column("1"),
    )


def _conditions(wanted: Wanted) -> Iterable[sa.ColumnElement[bool]]:
    columns = call_record.c
    if wanted.since is not None:
        yield columns.arrived_at_ms >= in_milliseconds(wanted.since)
    if wanted.until is not None:
        yield columns.arrived_at_ms < in_milliseconds(wanted.until)
    if wanted.line is not None:
        yield columns.line == wanted.line
    if wanted.terminal_state is not None:
        yield columns.terminal_state == wanted.terminal_state
