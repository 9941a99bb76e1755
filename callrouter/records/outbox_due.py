"""Which open rows of the outbox may be sent now, and what they say.

Rules:
- What may be sent of a call begins with its first open message: an earlier one that is on the way, or waits for its
  next attempt, holds up the later ones. Of other calls it holds up nothing.
- Messages that were never tried may go together. One whose attempt failed goes alone, when its time has come.
- While new messages wait, those that failed before get no more than their share: messages that nobody answers must
  not starve the others.
- No cursor over positions: several collectors commit out of order, so that a row may turn up behind others. Keys are
  read from the oldest open row on, bodies only of what is sent.
- A look costs no more, however many messages wait behind one that nobody answers: it goes through the oldest rows,
  and then on from where the look before it came to, round and round.
- Every body is parsed once more before it is sent: text is spliced into the events, and a damaged one would spoil
  everything that travels with it. (12 µs for 3 KB.)
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, NoReturn

import sqlalchemy as sa
from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.tables import call_record, outbox
from callrouter.vocabulary.message import Kind, Message

IS_OPEN: Final = outbox.c.state == sa.literal_column("'open'")
"""Spelled out and not bound: databases use an index over part of a table only when they see that part's name."""
LARGEST_BODY: Final = (1 << 20) - (1 << 13)
"""Bytes: with its envelope it stays below the MiB that the ticketing side takes."""
DAMAGED: Final = "the outbox row cannot be read: its body is no JSON object; the journal still has the call"
_SHORTEST_PAGE = 1000
"""Keys that are read together, at least."""
_OLDEST_PAGES, _FURTHER_PAGES = 4, 16
"""In one look: a tenth of a second."""
TOO_LARGE: Final = f"larger than the {LARGEST_BODY} bytes that can be sent; the database still has all of it"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

_Call = tuple[str, str]
"""Node and call id."""


@dataclass(frozen=True, slots=True)
class DueMessage:
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


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now."""

    messages: tuple[DueMessage, ...]
    unsendable: tuple[Unsendable, ...]
    again_at: datetime | None
    """When to look again for messages that were tried in vain; None: there are no more."""
    further: int = 0
    """The position from which the next look goes on; 0: this one saw all."""


class _Key(NamedTuple):
    position: int
    node: str
    call_id: str
    seq: int
    attempts: int
    next_attempt_at_ms: int


_KEYS = sa.select(*(outbox.c[name] for name in _Key._fields)).where(IS_OPEN)


def in_milliseconds(at: datetime) -> int:
    """Give the whole milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def from_milliseconds(milliseconds: int) -> datetime:
    """Undo `in_milliseconds`. Raises OverflowError."""
    return _EPOCH + milliseconds * _MILLISECOND


async def read_due(
    connection: AsyncConnection,
    now: datetime,
    *,
    limit: int,
    again: int | None,
    but: Collection[int],
    further: int,
) -> Due:
    """Give the messages to be sent now, without those at the positions `but`, which are on the way.

    `again`: how many of them may be messages that failed before while there is enough else; None: none, and they are
    not looked for. `further`: where the look before came to.
    """
    but = frozenset(but)
    new, further = await _never_tried(connection, limit, but, further)
    failed, again_at = ([], None) if again is None else await _tried_in_vain(connection, now, limit, but)
    share = min(len(failed), max(again or 0, limit - len(new)))
    if share < len(failed):
        again_at = now
    messages, unsendable = await _read_bodies(connection, [*failed[:share], *new[: limit - share]])
    return Due(tuple(messages), tuple(unsendable), again_at, further)


async def _never_tried(
    connection: AsyncConnection, limit: int, but: frozenset[int], further: int
) -> tuple[list[_Key], int]:
    found, seen_to = await _look_through(connection, _OLDEST_PAGES, limit, but, 0)
    if len(found) == limit or not seen_to:
        return found, further if seen_to else 0
    start = max(seen_to, further)
    more, further = await _look_through(connection, _FURTHER_PAGES, limit - len(found), but, start)
    return [*found, *more], further


async def _look_through(
    connection: AsyncConnection, pages: int, limit: int, but: frozenset[int], after: int
) -> tuple[list[_Key], int]:
    """Give what may be sent behind a position, and the position up to which that is all; 0: up to the end."""
    found: list[_Key] = []
    page = max(limit + len(but), _SHORTEST_PAGE)
    query = _KEYS.where(outbox.c.attempts == 0).order_by(outbox.c.position).limit(page)
    for _ in range(pages):
        keys = _keys(await connection.execute(query.where(outbox.c.position > after)))
        found += await _in_turn(connection, [key for key in keys if key.position not in but])
        if len(found) >= limit:
            return found[:limit], after
        if len(keys) < page:
            return found, 0
        # However many wait for an earlier message of their call, the others are behind them.
        after = keys[-1].position
    return found, after


async def _tried_in_vain(
    connection: AsyncConnection, now: datetime, limit: int, but: frozenset[int]
) -> tuple[list[_Key], datetime | None]:
    columns, now_ms = outbox.c, in_milliseconds(now)
    page = limit + len(but) + 1
    query = _KEYS.where(columns.attempts > 0).order_by(columns.next_attempt_at_ms, columns.position)
    keys = _keys(await connection.execute(query.limit(page)))
    waiting = [key for key in keys if key.position not in but]
    due = [key for key in waiting if key.next_attempt_at_ms <= now_ms]
    in_turn = await _in_turn(connection, due)
    if len(in_turn) < len(due) or len(keys) == page == len(due) + len(keys) - len(waiting):
        return in_turn, now
    later = [key.next_attempt_at_ms for key in waiting[len(due) :]]
    return in_turn, from_milliseconds(later[0]) if later else None


def _keys(rows: Iterable[sa.Row[tuple[object, ...]]]) -> list[_Key]:
    return [_Key._make(row) for row in rows]


async def _in_turn(connection: AsyncConnection, keys: Sequence[_Key]) -> list[_Key]:
    """Keep what may be sent now of each call, in the order of its messages."""
    calls: dict[_Call, list[_Key]] = {}
    for key in keys:
        calls.setdefault((key.node, key.call_id), []).append(key)
    # A first message has none before it: most calls need not be asked about.
    unsure = [call for call, its in calls.items() if any(key.seq > 1 for key in its)]
    open_rows = await _open_positions(connection, unsure)
    return [
        key
        for call, its in calls.items()
        for key in _sendable(its, open_rows.get(call) or [key.position for key in its])
    ]


def _sendable(keys: Sequence[_Key], open_positions: Sequence[int]) -> Iterator[_Key]:
    by_position = {key.position: key for key in keys}
    for ahead, position in enumerate(open_positions):
        key = by_position.get(position)
        if key is None or (key.attempts and ahead):
            return
        yield key
        if key.attempts:
            return


async def _open_positions(connection: AsyncConnection, calls: Sequence[_Call]) -> Mapping[_Call, list[int]]:
    """Give the positions of each call's open messages, in the order of the messages."""
    if not calls:
        return {}
    columns = outbox.c
    by_node: dict[str, list[str]] = {}
    for node, call_id in calls:
        by_node.setdefault(node, []).append(call_id)
    query = (
        sa.select(columns.node, columns.call_id, columns.position)
        .where(IS_OPEN)
        .where(
            sa.or_(
                *(sa.and_(columns.node == node, columns.call_id.in_(ids)) for node, ids in by_node.items())
            )
        )
        .order_by(columns.seq)
    )
    positions: dict[_Call, list[int]] = {}
    for node, call_id, position in await connection.execute(query):
        positions.setdefault((node, call_id), []).append(position)
    return positions


async def _read_bodies(
    connection: AsyncConnection, keys: Sequence[_Key]
) -> tuple[list[DueMessage], list[Unsendable]]:
    messages: list[DueMessage] = []
    unsendable: list[Unsendable] = []
    if not keys:
        return messages, unsendable
    query = _with_bodies(connection.dialect.name).where(outbox.c.position.in_([key.position for key in keys]))
    rows = {row.position: row for row in await connection.execute(query)}
    for row in (rows[key.position] for key in keys if key.position in rows):
        try:
            one = _due_message(row)
        except (ValueError, TypeError, OverflowError, RecursionError):
            unsendable.append(Unsendable(row.id, row.call_id, DAMAGED))
        else:
            if one.size > LARGEST_BODY:
                unsendable.append(Unsendable(row.id, row.call_id, TOO_LARGE))
            else:
                messages.append(one)
    return messages, unsendable


def _with_bodies(dialect: str) -> sa.Select[tuple[object, ...]]:
    row, record = outbox.c, call_record.c
    body: sa.ColumnElement[object] = sa.func.coalesce(row.body, record.body)
    if dialect == "sqlite":
        # As octets: one text that is no UTF-8 would otherwise fail the reading of all.
        body = sa.cast(body, sa.LargeBinary)
    return sa.select(
        *(row.position, row.id, row.node, row.call_id, row.seq, row.kind, row.rehearsal),
        *(row.created_at_ms, row.attempts, body.label("body")),
    ).select_from(
        outbox.outerjoin(
            call_record,
            sa.and_(record.node == row.node, record.call_id == row.call_id, record.revision == row.revision),
        )
    )


def _due_message(row: sa.Row[tuple[object, ...]]) -> DueMessage:
    octets = row.body if isinstance(row.body, bytes) else str(row.body or "").encode()
    if not _is_object(octets):
        raise TypeError("a message's body is a JSON object")
    message = Message(
        id=row.id,
        node=row.node,
        call_id=row.call_id,
        sequence=row.seq,
        kind=Kind(row.kind),
        created_at=from_milliseconds(row.created_at_ms),
        rehearsal=row.rehearsal,
        body=octets.decode(),
    )
    return DueMessage(message, row.position, row.attempts, len(octets))


def _is_object(body: bytes) -> bool:
    try:
        value = from_json(body, allow_inf_nan=False)
    except ValueError:
        # The slow parser has the last word: half of a surrogate pair, escaped, is JSON too.
        value = json.loads(body, parse_constant=_no_number)
    return isinstance(value, dict)


def _no_number(_text: str) -> NoReturn:
    raise ValueError("a number that JSON does not have")
