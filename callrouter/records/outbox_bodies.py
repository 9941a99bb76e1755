"""What the outbox's rows say: messages to be sent, and rows that never can be.

Rules:
- Every body is read through once more before it is sent: its text is spliced into an event as it is, and a damaged
  one would spoil everything that travels with it.
- It is read through without being made into Python's objects: that takes a third of the time. What that reading does
  not understand, or lets pass although JSON has no such number, a slower one decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple, NoReturn

import sqlalchemy as sa
from pydantic_core import SchemaValidator, core_schema
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.one_parameter import among, as_parameter
from callrouter.records.tables import call_record, outbox
from callrouter.vocabulary.message import Kind, Message

LARGEST_BODY: Final = (1 << 20) - (1 << 13)
"""Bytes: with its envelope it stays below the MiB that the ticketing side takes."""
DAMAGED: Final = "the outbox row cannot be read: its body is no JSON object; the journal still has the call"
TOO_LARGE: Final = f"larger than the {LARGEST_BODY} bytes that can be sent; the database still has all of it"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_KINDS: Final = {kind.value: kind for kind in Kind}
_read_through: Final = SchemaValidator(
    core_schema.typed_dict_schema({}, extra_behavior="ignore")
).validate_json
"""Reads JSON to its end and makes nothing of it; raises ValueError for what is none, or no object."""


class DueMessage(NamedTuple):
    """A message to be sent now."""

    message: Message
    position: int
    attempts: int
    """How often it was tried before, in vain; one that was is sent alone."""
    size: int
    """Of the body, in bytes."""


@dataclass(frozen=True, slots=True)
class Unsendable:
    """An open row that can never be sent."""

    id: str
    call_id: str
    reason: str


def in_milliseconds(at: datetime) -> int:
    """Give the whole milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Undo `in_milliseconds`. Raises OverflowError."""
    return _EPOCH + milliseconds * _MILLISECOND


async def read_bodies(
    connection: AsyncConnection, positions: Sequence[int]
) -> tuple[list[DueMessage], list[Unsendable]]:
    """Read the rows at these positions, in this order; those that are gone are passed over."""
    messages: list[DueMessage] = []
    unsendable: list[Unsendable] = []
    if not positions:
        return messages, unsendable
    dialect = connection.dialect.name
    found = await connection.execute(_with_bodies(dialect), {"places": as_parameter(dialect, positions)})
    rows = {row[0]: row for row in found.all()}
    for row in (rows[position] for position in positions if position in rows):
        try:
            one = _due_message(row)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            unsendable.append(Unsendable(row.id, row.call_id, DAMAGED))
        else:
            if one.size > LARGEST_BODY:
                unsendable.append(Unsendable(row.id, row.call_id, TOO_LARGE))
            else:
                messages.append(one)
    return messages, unsendable


@cache
def _with_bodies(dialect: str) -> sa.Select[Any]:
    row, record = outbox.c, call_record.c
    body: sa.ColumnElement[object] = sa.func.coalesce(row.body, record.body)
    if dialect == "sqlite":
        # As octets: one text that is no UTF-8 would otherwise fail the reading of all.
        body = sa.cast(body, sa.LargeBinary)
    its_record = sa.and_(
        record.node == row.node, record.call_id == row.call_id, record.revision == row.revision
    )
    return (
        sa.select(
            *(row.position, row.attempts, row.id, row.node, row.call_id, row.seq, row.kind),
            *(row.created_at_ms, row.rehearsal, body.label("body")),
        )
        .select_from(outbox.outerjoin(call_record, its_record))
        .where(among(dialect, row.position, "places"))
    )


def _due_message(row: Sequence[Any]) -> DueMessage:
    position, attempts, id_, node, call_id, sequence, kind, created_at_ms, rehearsal, body = row
    octets = body if isinstance(body, bytes) else str(body or "").encode()
    _check_object(octets)
    created_at, text = from_milliseconds(created_at_ms), octets.decode()
    message = Message(id_, node, call_id, sequence, _KINDS[kind], created_at, rehearsal, text)
    return DueMessage(message, position, attempts, len(octets))


def _check_object(body: bytes) -> None:
    try:
        _read_through(body)
        is_sure = b"NaN" not in body and b"Infinity" not in body
    except ValueError:
        is_sure = False
    # The slow parser has the last word: half of a surrogate pair, escaped, is JSON too.
    if not is_sure and not isinstance(json.loads(body, parse_constant=_no_number), dict):
        raise TypeError("a message's body is a JSON object")


def _no_number(_text: str) -> NoReturn:
    raise ValueError("a number that JSON does not have")
