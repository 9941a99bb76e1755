"""The outbox's rows in the database: what is due, what was tried in vain, what is closed.

Rules:
- A row is open until the ticketing side speaks; its first word counts. A dead row is a dead letter: refused by the
  ticketing side, damaged, or dropped by a person. It is kept with its reason, and no longer holds up those after it.
- A first attempt writes nothing. What is written is that an attempt has failed, and that a row is closed. Any number
  of rows is closed by one statement for each outcome.
- Whoever publishes by a lease brings its fence: a write without the lease changes nothing and raises LeaseLostError.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from callrouter.records.database import Database
from callrouter.records.leases import Fence, check_fence
from callrouter.records.one_parameter import among, as_parameter
from callrouter.records.outbox_due import IS_OPEN, Due, from_milliseconds, in_milliseconds, read_due
from callrouter.records.tables import outbox, reconcile_cursor
from callrouter.vocabulary.message import Acknowledgement, Outcome


class RowState(StrEnum):
    """Where a message stands."""

    OPEN = "open"
    """Not acknowledged; whether it was sent says nothing."""
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"
    """A dead letter: kept with its reason, for a person."""


_CLOSED_AS: Final = {
    Outcome.STORED: RowState.ACKNOWLEDGED,
    Outcome.DUPLICATE: RowState.ACKNOWLEDGED,
    Outcome.REJECTED: RowState.DEAD,
}
_SETTLED_AFTER: Final = timedelta(minutes=10)
"""Transactions commit out of order: a row that is older than this has nothing before it that is still to come."""
_REOPENED: Final = {
    "state": RowState.OPEN,
    "attempts": 0,
    "closed_at_ms": None,
    "outcome": None,
    "reason": None,
}


@dataclass(frozen=True, slots=True)
class Closing:
    """What acknowledgements have done: the ids of each kind."""

    acknowledged: frozenset[str]
    rejected: Mapping[str, str]
    """With the call's id."""
    repeated: frozenset[str]
    unknown: frozenset[str]


@dataclass(frozen=True, slots=True)
class ManifestPage:
    """A stretch of the outbox, from the oldest row on."""

    until: int
    """The last row's position."""
    ids: tuple[str, ...]
    """Of the rows that were acknowledged."""
    is_whole: bool
    """No row of it is open."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A row, for a person."""

    id: str
    node: str
    call_id: str
    sequence: int
    kind: str
    state: RowState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    """When it is tried again, if an attempt has failed."""
    closed_at: datetime | None
    reason: str | None
    """Why it is dead: the ticketing side's own words, untrusted text, or ours."""


class OutboxRows:
    """The outbox table. Each method is one transaction and raises sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(
        self,
        now: datetime,
        *,
        limit: int,
        but: Collection[int] = (),
        again: int | None = 0,
        further: int = 0,
    ) -> Due:
        """Give the messages to be sent now; see `outbox_due.read_due`."""
        async with self._database.read() as connection:
            return await read_due(connection, now, limit=limit, again=again, but=but, further=further)

    async def retry_later(self, next_attempts: Mapping[int, datetime], fence: Fence | None = None) -> None:
        """Note that attempts at the rows at these positions have failed, and when the next ones are due."""
        statement = (
            sa.update(outbox)
            .where(outbox.c.position == sa.bindparam("row"), IS_OPEN)
            .values(attempts=outbox.c.attempts + 1, next_attempt_at_ms=sa.bindparam("next_attempt"))
        )
        values = [{"row": row, "next_attempt": in_milliseconds(at)} for row, at in next_attempts.items()]
        async with self._write(fence) as connection:
            await connection.execute(statement, values)

    async def make_all_due(self, now: datetime, fence: Fence | None = None) -> None:
        """Forget every back-off: what is away may be back."""
        statement = sa.update(outbox).where(IS_OPEN, outbox.c.attempts > 0)
        async with self._write(fence) as connection:
            await connection.execute(statement.values(next_attempt_at_ms=in_milliseconds(now)))

    async def close(
        self, acknowledgements: Sequence[Acknowledgement], now: datetime, fence: Fence | None = None
    ) -> Closing:
        """Close the rows that the ticketing side has spoken about: one statement for each outcome."""
        first: dict[str, Acknowledgement] = {}
        for word in acknowledgements:
            first.setdefault(word.id, word)
        by_outcome: dict[Outcome, list[Acknowledgement]] = {}
        for word in first.values():
            by_outcome.setdefault(word.outcome, []).append(word)
        acknowledged: set[str] = set()
        rejected: dict[str, str] = {}
        async with self._write(fence) as connection:
            for outcome, words in by_outcome.items():
                closed = await _close(connection, words, outcome, in_milliseconds(now))
                if outcome is Outcome.REJECTED:
                    rejected |= closed
                else:
                    acknowledged |= closed.keys()
            others = first.keys() - acknowledged - rejected.keys()
            known = await _known(connection, others) if others else frozenset()
        repeated = known
        if len(first) < len(acknowledgements):
            repeated |= {word.id for word in acknowledgements if first[word.id] is not word} - others
        return Closing(frozenset(acknowledged), rejected, repeated, frozenset(others - known))

    async def page_for_manifest(self, since: int, limit: int, now: datetime) -> ManifestPage | None:
        """Give the next rows after a position, without the newest; None when there are none."""
        columns = outbox.c
        query = sa.select(columns.position, columns.id, columns.state, columns.created_at_ms)
        query = query.where(columns.position > since).order_by(columns.position).limit(limit)
        newest, now_ms = in_milliseconds(now - _SETTLED_AFTER), in_milliseconds(now)
        rows = []
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                if newest <= row.created_at_ms <= now_ms:
                    break
                rows.append(row)
        if not rows:
            return None
        return ManifestPage(
            until=rows[-1].position,
            ids=tuple(row.id for row in rows if row.state == RowState.ACKNOWLEDGED),
            is_whole=all(row.state != RowState.OPEN for row in rows),
        )

    async def reopen(self, ids: Collection[str], fence: Fence | None = None) -> int:
        """Open acknowledged rows again: the ticketing side has lost them. Gives how many there were."""
        return await self._open_again(ids, RowState.ACKNOWLEDGED, fence)

    async def retry(self, ids: Collection[str]) -> int:
        """Open dead letters again; gives how many there were.

        The reconciliation has passed them by, as nobody had acknowledged them: it goes back to before the first.
        """
        return await self._open_again(ids, RowState.DEAD, None)

    async def drop(self, id_: str, reason: str, now: datetime) -> bool:
        """Make an open row a dead letter; False when there is no such row."""
        statement = sa.update(outbox).where(outbox.c.id == id_, IS_OPEN)
        values = {"state": RowState.DEAD, "reason": reason, "closed_at_ms": in_milliseconds(now)}
        async with self._write(None) as connection:
            return bool((await connection.execute(statement.values(values))).rowcount)

    async def listing(self, states: Collection[RowState], *, limit: int, after: int = 0) -> list[OutboxEntry]:
        """Give the rows in these states, the oldest first."""
        query = sa.select(outbox).where(outbox.c.state.in_(tuple(states)), outbox.c.position > after)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(outbox.c.position).limit(limit))).all()
        return [_entry(row) for row in rows]

    async def _open_again(self, ids: Collection[str], state: RowState, fence: Fence | None) -> int:
        statement = sa.update(outbox).where(outbox.c.id.in_(tuple(ids)), outbox.c.state == state)
        async with self._write(fence) as connection:
            opened = await connection.scalars(
                statement.values(_REOPENED).returning(outbox.c.position),
            )
            positions = opened.all()
            if positions:
                before, cursor = min(positions) - 1, reconcile_cursor.c
                await connection.execute(
                    sa.update(reconcile_cursor).where(cursor.position > before).values(position=before)
                )
            return len(positions)

    @asynccontextmanager
    async def _write(self, fence: Fence | None) -> AsyncIterator[AsyncConnection]:
        async with self._database.write() as connection:
            if fence is not None:
                await check_fence(connection, fence)
            yield connection


async def _close(
    connection: AsyncConnection, words: Sequence[Acknowledgement], outcome: Outcome, now_ms: int
) -> dict[str, str]:
    """Close the open rows among these; gives their ids with their calls'."""
    dialect = connection.dialect.name
    statement, reasons = _closing(dialect), {one.id: one.reason for one in words if one.reason is not None}
    if reasons:
        statement = statement.values(reason=sa.case(reasons, value=outbox.c.id, else_=None))
    values = {
        "ids": as_parameter(dialect, [word.id for word in words]),
        "closed_as": _CLOSED_AS[outcome],
        "closed_by": outcome,
        "now": now_ms,
    }
    closed = await connection.execute(statement, values)
    return dict(map(tuple, closed.all()))


@cache
def _closing(dialect: str) -> ReturningUpdate[Any]:
    return (
        sa.update(outbox)
        .where(among(dialect, outbox.c.id, "ids"), IS_OPEN)
        .values(
            state=sa.bindparam("closed_as"),
            outcome=sa.bindparam("closed_by"),
            reason=None,
            closed_at_ms=sa.bindparam("now"),
        )
        .returning(outbox.c.id, outbox.c.call_id)
    )


async def _known(connection: AsyncConnection, ids: Collection[str]) -> frozenset[str]:
    dialect = connection.dialect.name
    query = sa.select(outbox.c.id).where(among(dialect, outbox.c.id, "ids"))
    return frozenset(await connection.scalars(query, {"ids": as_parameter(dialect, ids)}))


def _entry(row: sa.Row[tuple[object, ...]]) -> OutboxEntry:
    return OutboxEntry(
        id=row.id,
        node=row.node,
        call_id=row.call_id,
        sequence=row.seq,
        kind=row.kind,
        state=RowState(row.state),
        attempts=row.attempts,
        created_at=from_milliseconds(row.created_at_ms),
        next_attempt_at=from_milliseconds(row.next_attempt_at_ms) if row.attempts else None,
        closed_at=None if row.closed_at_ms is None else from_milliseconds(row.closed_at_ms),
        reason=row.reason,
    )
