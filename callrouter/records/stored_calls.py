"""Calls as the database has them: those that are open, and those about which something is read after their end.

Rules:
- What a call's rows are worth is known only together: a call with a record whose first rows were pruned is not whole,
  and its record is final.
- A correction is numbered on from the last message about the call. Where that was pruned, being acknowledged long
  ago, it is numbered on from the most that can have been told: what comes later is never numbered below.
- A piece that cannot be read costs the call these rows and nothing else. It is told of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.fold import milestones
from callrouter.records.journal_pieces import read_piece
from callrouter.records.open_calls import KnownRecord, OpenCall
from callrouter.records.tables import call_record, journal_piece, open_call, outbox
from callrouter.vocabulary.cel import CelEvent, CelRow, boot_at_node
from callrouter.vocabulary.queue_log import QueueRow

log = structlog.get_logger(__name__)

_AT_ONCE = 400
"""Keys in one query: below every database's limit."""


@dataclass(slots=True)
class _Pieces:
    numbers: set[int] = field(default_factory=set)
    cel: list[CelRow] = field(default_factory=list)
    queue: list[QueueRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Newest:
    call_id: str
    revision: int
    body: str


async def open_linkedids(connection: AsyncConnection, node: str) -> tuple[list[str], list[str]]:
    """Give the linkedids of the open calls, and of those that are over and could not be folded."""
    query = sa.select(open_call.c.linkedid, open_call.c.fault).where(open_call.c.node == node)
    rows = (await connection.execute(query.order_by(open_call.c.since_us, open_call.c.linkedid))).all()
    return [row.linkedid for row in rows if row.fault is None], [
        row.linkedid for row in rows if row.fault is not None
    ]


async def with_record(connection: AsyncConnection, node: str, linkedids: Sequence[str]) -> list[str]:
    """Give those of the calls that have a record."""
    found: list[str] = []
    columns = call_record.c
    for portion in _portions(linkedids):
        query = sa.select(columns.linkedid).where(columns.node == node, columns.linkedid.in_(portion))
        found += await connection.scalars(query.distinct())
    return found


async def stored_calls(
    connection: AsyncConnection, node: str, linkedids: Sequence[str], *, at: float
) -> dict[str, OpenCall]:
    """Give calls as they are stored, as if their rows had been read at the monotonic instant `at`."""
    calls: dict[str, OpenCall] = {}
    for portion in _portions(linkedids):
        told = await _told(connection, node, portion)
        pieces = await _pieces(connection, node, portion)
        newest = await _newest(connection, node, portion)
        sequences = await _sequences(connection, node, [one.call_id for one in newest.values()])
        for linkedid in portion:
            found, record = pieces.get(linkedid) or _Pieces(), newest.get(linkedid)
            cel = tuple(found.cel)
            calls[linkedid] = OpenCall(
                linkedid,
                cel,
                tuple(found.queue),
                pieces=max(found.numbers, default=0),
                is_whole=record is None or found.numbers == set(range(1, len(found.numbers) + 1)) != set(),
                told=told.get(linkedid, ()),
                is_noted=linkedid in told,
                ended=any(row.event == CelEvent.LINKEDID_END for row in cel),
                record=_known(record, cel, sequences) if record else None,
                boot=boot_at_node(linkedid, node),
                seen_at=at,
            )
    return calls


def _known(newest: _Newest, cel: Sequence[CelRow], sequences: dict[tuple[str, int], int]) -> KnownRecord:
    last = sequences.get((newest.call_id, newest.revision))
    if last is None:
        last = max(
            len(milestones(cel, is_over=True)) + newest.revision,
            *(number for (call_id, _), number in sequences.items() if call_id == newest.call_id),
            0,
        )
    return KnownRecord(newest.body, newest.revision, last)


async def _told(
    connection: AsyncConnection, node: str, linkedids: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    columns = open_call.c
    query = sa.select(columns.linkedid, columns.told).where(
        columns.node == node, columns.linkedid.in_(linkedids)
    )
    return {linkedid: tuple(json.loads(told)) for linkedid, told in await connection.execute(query)}


async def _pieces(connection: AsyncConnection, node: str, linkedids: Sequence[str]) -> dict[str, _Pieces]:
    columns = journal_piece.c
    query = (
        sa.select(columns.linkedid, columns.piece, columns.rows)
        .where(columns.node == node, columns.linkedid.in_(linkedids))
        .order_by(columns.linkedid, columns.piece)
    )
    found: dict[str, _Pieces] = {}
    for linkedid, number, octets in await connection.execute(query):
        pieces = found.setdefault(linkedid, _Pieces())
        pieces.numbers.add(number)
        try:
            cel, queue = read_piece(octets)
        except Exception as error:
            log.error(  # noqa: TRY400 -- a traceback's text may quote a caller
                "a piece of a call's journal cannot be read", call_id=linkedid, error=type(error).__name__
            )
            continue
        pieces.cel += cel
        pieces.queue += queue
    return found


async def _newest(connection: AsyncConnection, node: str, linkedids: Sequence[str]) -> dict[str, _Newest]:
    columns = call_record.c
    query = (
        sa.select(columns.linkedid, columns.call_id, columns.revision, columns.body)
        .where(columns.node == node, columns.linkedid.in_(linkedids))
        .order_by(columns.revision)
    )
    return {linkedid: _Newest(*rest) for linkedid, *rest in await connection.execute(query)}


async def _sequences(
    connection: AsyncConnection, node: str, call_ids: Sequence[str]
) -> dict[tuple[str, int], int]:
    """Give the numbers of the messages that are there: by call and revision, a live event's revision being 0."""
    if not call_ids:
        return {}
    columns = outbox.c
    query = (
        sa.select(columns.call_id, columns.revision, columns.seq)
        .where(columns.node == node, columns.call_id.in_(call_ids))
        .order_by(columns.seq)
    )
    return {(call_id, revision or 0): seq for call_id, revision, seq in await connection.execute(query)}


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
