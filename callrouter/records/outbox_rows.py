"""The outbox's rows in the database: what is due, what was sent, what is closed.

Rules:
- A row is open (waiting, sent) until the ticketing side speaks; its first word counts.
- Of a call's open rows only the first is ever due: order is kept per call. A rejected row no longer holds up
  those after it.
- While new messages wait, those that were sent before get no more than their share: messages that nobody answers
  must not starve the others.
- A row that cannot be read any more is no message: whoever asked is given its id, to close it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import assert_never

import sqlalchemy as sa

from callrouter.records.database import Database
from callrouter.records.tables import outbox
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class RowState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENT = "sent"
    """Handed to the broker at least once, which proves nothing."""
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    """A dead letter: kept with its reason, for a person."""


OPEN = (RowState.WAITING, RowState.SENT)


@dataclass(frozen=True, slots=True)
class DueMessage:
    """A message to be sent now, and how often that was tried before."""

    message: Message
    attempts: int


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now."""

    messages: tuple[DueMessage, ...]
    damaged: Mapping[str, str]
    """The ids of rows that cannot be read any more, with the call's id."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What acknowledgements have done: the ids of each kind."""

    acknowledged: frozenset[str]
    rejected: Mapping[str, str]
    """With the call's id."""
    repeated: frozenset[str]
    unknown: frozenset[str]


class OutboxRows:
    """The outbox table. Each method is one transaction and raises sqlalchemy.exc.SQLAlchemyError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, now: datetime, *, limit: int, again: int, but: Collection[str]) -> Due:
        """Give the messages to be sent now, without those in flight (`but`).

        What was sent before comes first, then what never was, each from the oldest on. While there is enough of
        the latter, at most `again` messages are of the former.
        """
        columns = outbox.c
        new = _first_of_its_call().where(columns.state == RowState.WAITING).order_by(columns.position)
        sent = (
            _first_of_its_call()
            .where(
                columns.state == RowState.SENT,
                columns.next_attempt_at_ms <= in_milliseconds(now),
                columns.id.not_in(tuple(but)),
            )
            .order_by(columns.next_attempt_at_ms, columns.position)
        )
        async with self._database.read() as connection:
            never_sent = (await connection.execute(new.limit(limit))).mappings().all()
            share = min(limit, max(again, limit - len(never_sent)))
            sent_before = (await connection.execute(sent.limit(share))).mappings().all()
        return _due([*sent_before, *never_sent][:limit])

    async def mark_sent(self, next_attempts: Mapping[str, datetime]) -> None:
        """Note that messages are about to be sent, and when they are due again."""
        statement = (
            sa.update(outbox)
            .where(
                outbox.c.id == sa.bindparam("message"),
                # Not IN: its parameters cannot be expanded for several rows at once.
                sa.or_(outbox.c.state == RowState.WAITING, outbox.c.state == RowState.SENT),
            )
            .values(
                state=RowState.SENT,
                attempts=outbox.c.attempts + 1,
                next_attempt_at_ms=sa.bindparam("next_attempt"),
            )
        )
        async with self._database.write() as connection:
            await connection.execute(
                statement,
                [{"message": id_, "next_attempt": in_milliseconds(at)} for id_, at in next_attempts.items()],
            )

    async def make_all_due(self, now: datetime) -> None:
        """Forget every back-off: what was in flight on the old link may be lost."""
        statement = sa.update(outbox).where(outbox.c.state == RowState.SENT)
        async with self._database.write() as connection:
            await connection.execute(statement.values(next_attempt_at_ms=in_milliseconds(now)))

    async def close(self, acknowledgements: Sequence[Acknowledgement], now: datetime) -> Closing:
        """Close the rows that the ticketing side has spoken about."""
        acknowledged: set[str] = set()
        rejected: set[str] = set()
        async with self._database.write() as connection:
            for (outcome, reason), ids in _by_verdict(acknowledgements).items():
                closed = await connection.scalars(
                    sa.update(outbox)
                    .where(outbox.c.id.in_(ids), outbox.c.state.in_(OPEN))
                    .values(
                        state=_closed_state(outcome),
                        outcome=outcome,
                        reason=reason,
                        acknowledged_at_ms=in_milliseconds(now),
                    )
                    .returning(outbox.c.id)
                )
                (rejected if outcome is Outcome.REJECTED else acknowledged).update(closed)
            others = {word.id for word in acknowledgements} - acknowledged - rejected
            query = sa.select(outbox.c.id, outbox.c.call_id).where(outbox.c.id.in_(rejected | others))
            known = {row.id: row.call_id for row in await connection.execute(query)}
        return Closing(
            acknowledged=frozenset(acknowledged),
            rejected={id_: known[id_] for id_ in rejected},
            repeated=frozenset(others & known.keys()),
            unknown=frozenset(others - known.keys()),
        )


def in_milliseconds(at: datetime) -> int:
    """Give the whole milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Undo `in_milliseconds`."""
    return _EPOCH + milliseconds * _MILLISECOND


def _first_of_its_call() -> sa.Select[tuple[object, ...]]:
    columns, earlier = outbox.c, outbox.alias("earlier")
    blocked = sa.exists().where(
        earlier.c.node == columns.node,
        earlier.c.call_id == columns.call_id,
        earlier.c.seq < columns.seq,
        earlier.c.state.in_(OPEN),
    )
    return sa.select(outbox).where(~blocked)


def _by_verdict(words: Sequence[Acknowledgement]) -> dict[tuple[Outcome, str | None], list[str]]:
    verdicts: dict[tuple[Outcome, str | None], list[str]] = {}
    for word in words:
        verdicts.setdefault((word.outcome, word.reason), []).append(word.id)
    return verdicts


def _closed_state(outcome: Outcome) -> RowState:
    match outcome:
        case Outcome.STORED | Outcome.DUPLICATE:
            return RowState.ACKNOWLEDGED
        case Outcome.REJECTED:
            return RowState.REJECTED
        case _:
            assert_never(outcome)


def _due(rows: Sequence[sa.RowMapping]) -> Due:
    messages: list[DueMessage] = []
    damaged: dict[str, str] = {}
    for row in rows:
        try:
            messages.append(_due_message(row))
        except (ValueError, TypeError, OverflowError, RecursionError):
            damaged[row["id"]] = row["call_id"]
    return Due(tuple(messages), damaged)


def _due_message(row: sa.RowMapping) -> DueMessage:
    body = json.loads(row["body"])
    if not isinstance(body, dict):
        raise TypeError("a message's body is a JSON object")
    message = Message(
        id=row["id"],
        node=row["node"],
        call_id=row["call_id"],
        sequence=row["seq"],
        kind=row["kind"],
        created_at=from_milliseconds(row["created_at_ms"]),
        rehearsal=row["rehearsal"],
        body=body,
    )
    return DueMessage(message, row["attempts"])
