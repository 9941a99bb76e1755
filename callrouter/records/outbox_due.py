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
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.one_parameter import as_parameter, not_among
from callrouter.records.outbox_bodies import (
    LARGEST_BODY,
    DueMessage,
    Unsendable,
    from_milliseconds,
    in_milliseconds,
    read_bodies,
)
from callrouter.records.tables import outbox

__all__ = [
    "IS_OPEN",
    "LARGEST_BODY",
    "Due",
    "DueMessage",
    "Unsendable",
    "from_milliseconds",
    "in_milliseconds",
    "read_due",
]

IS_OPEN: Final = outbox.c.state == sa.literal_column("'open'")
"""Spelled out and not bound: databases use an index over part of a table only when they see that part's name."""
_SHORTEST_PAGE = 1000
"""Keys that are read together, at least."""
_OLDEST_PAGES, _FURTHER_PAGES = 4, 16
"""In one look: a tenth of a second."""

_Call = tuple[str, str]
"""Node and call id."""


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


_KEYS: Final = sa.select(*(outbox.c[name] for name in _Key._fields)).where(IS_OPEN)
_NEVER_TRIED: Final = (
    _KEYS.where(outbox.c.attempts == 0, outbox.c.position > sa.bindparam("after"))
    .order_by(outbox.c.position)
    .limit(sa.bindparam("page"))
)
_BUT: Final = {dialect: not_among(dialect, outbox.c.position, "but") for dialect in ("sqlite", "postgresql")}


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
    chosen = [*failed[:share], *new[: limit - share]]
    messages, unsendable = await read_bodies(connection, [key.position for key in chosen])
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
    page = max(limit, _SHORTEST_PAGE)
    query, parameters = _NEVER_TRIED, dict[str, object](page=page)
    if but:
        dialect = connection.dialect.name
        query, parameters["but"] = query.where(_BUT[dialect]), as_parameter(dialect, but)
    for _ in range(pages):
        keys = _keys(await connection.execute(query, {**parameters, "after": after}))
        found += await _in_turn(connection, keys)
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


def _keys(rows: sa.Result[Any]) -> list[_Key]:
    return list(map(_Key._make, rows.all()))


async def _in_turn(connection: AsyncConnection, keys: Sequence[_Key]) -> list[_Key]:
    """Keep what may be sent now of each call, in the order of its messages."""
    if all(key.seq == 1 for key in keys):
        return list(keys)  # first messages have none before them
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
