"""What version 1 of the schema kept, in the words of version 2.

Rules:
- Nothing is thrown away: the journal's rows of every call become one piece; what a call said as JSON stays as it was.
- A call without a record goes on as an open one. If its end was written down and it was ours, folding it has failed:
  it is marked so, and tried again at the next start.
- All of it is read and written in portions: a year of calls fits into little memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from callrouter.records.journal_pieces import write_piece
from callrouter.vocabulary.cel import CelEvent, CelRow
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, JournalEvent

FAULT_OF_VERSION_1 = "NotFoldedByVersion1"
"""In place of the error's name, which version 1 did not keep."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PORTION = 200
_KIND = "cn.callrouter.record.closed.v2"

_PIECE_COLUMNS = ("node", "linkedid", "piece", "stored_at_ms", "rows")
_OPEN_COLUMNS = ("node", "linkedid", "since_us", "told", "fault")
_ROW_COLUMNS = (
    *("event", "at_us", "uniqueid", "linkedid", "channel", "context"),
    *("exten", "app", "caller_number", "peer", "extra"),
)


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


_journal_row = _table("journal_row", "node", *_ROW_COLUMNS)
_journal_piece = _table("journal_piece", *_PIECE_COLUMNS)
_open_call = _table("open_call", *_OPEN_COLUMNS)
_call_record = _table(
    "call_record",
    *("node", "call_id", "revision", "linkedid", "arrived_at_ms", "ended_at_ms", "plan", "platform", "body"),
)
_outbox = _table("outbox", "node", "call_id", "seq", "kind", "revision", "state", "body")


def carry_over_positions(connection: Connection) -> list[dict[str, object]]:
    """Give how far the journal's files have been read: it was one log, and there are two now."""
    old = _table("journal_position", "node", "inode", "head", "offset")
    return [dict(row) | {"log": "cel"} for row in connection.execute(sa.select(old)).mappings()]


def carry_over_records(connection: Connection) -> None:
    """Fill the new columns of the records from what they say."""
    columns, first_row = _call_record.c, _journal_row.c
    # The channel's own row names its call; without it (pruned by hand, say) the two are taken to be the same.
    of_its_channel = (
        sa.select(sa.func.min(first_row.linkedid))
        .where(first_row.node == columns.node, first_row.uniqueid == columns.call_id)
        .scalar_subquery()
    )
    connection.execute(
        sa.update(_call_record).values(linkedid=sa.func.coalesce(of_its_channel, columns.call_id))
    )
    fill = (
        sa.update(_call_record)
        .where(
            columns.node == sa.bindparam("its_node"),
            columns.call_id == sa.bindparam("its_call"),
            columns.revision == sa.bindparam("its_revision"),
        )
        .values(
            ended_at_ms=sa.bindparam("ended", type_=sa.BigInteger),
            plan=sa.bindparam("its_plan", type_=sa.Text),
            platform=sa.bindparam("its_platform", type_=sa.Text),
        )
    )
    for portion in _records_in_portions(connection):
        connection.execute(fill, [_said_by(row) for row in portion])


def carry_over_states(connection: Connection) -> None:
    """Put the outbox's rows into the states of version 2; a message that is a record no longer repeats it."""
    columns, record = _outbox.c, _call_record.c
    connection.execute(
        sa.update(_outbox).values(
            kind=_KIND,
            revision=columns.seq,
            state=sa.case(
                (columns.state.in_(("waiting", "sent")), "open"),
                (columns.state == "rejected", "dead"),
                else_=columns.state,
            ),
        )
    )
    same = sa.exists().where(
        record.node == columns.node,
        record.call_id == columns.call_id,
        record.revision == columns.seq,
        record.body == columns.body,
    )
    connection.execute(sa.update(_outbox).where(same).values(body=None))


def carry_over_calls(connection: Connection) -> None:
    """Make pieces of the journal's rows, and open calls of those that have no record."""
    for node, portion in _calls_in_portions(connection):
        query = sa.select(_call_record.c.linkedid).where(
            _call_record.c.node == node, _call_record.c.linkedid.in_([rows[0].linkedid for rows in portion])
        )
        recorded = set(connection.scalars(query))
        connection.execute(sa.insert(_journal_piece), [_piece(node, rows) for rows in portion])
        still_open = [
            _open(node, rows)
            for rows in portion
            if rows[0].linkedid not in recorded and not _is_none_of_ours(rows)
        ]
        if still_open:
            connection.execute(sa.insert(_open_call), still_open)


def _piece(node: str, rows: Sequence[CelRow]) -> dict[str, object]:
    return {
        "node": node,
        "linkedid": rows[0].linkedid,
        "piece": 1,
        "stored_at_ms": max(row.at_us for row in rows) // 1000,
        "rows": write_piece(rows, ()),
    }


def _open(node: str, rows: Sequence[CelRow]) -> dict[str, object]:
    return {
        "node": node,
        "linkedid": rows[0].linkedid,
        "since_us": min(row.at_us for row in rows),
        "told": "[]",
        "fault": FAULT_OF_VERSION_1 if _has_ended(rows) else None,
    }


def _has_ended(rows: Iterable[CelRow]) -> bool:
    return any(row.event == CelEvent.LINKEDID_END for row in rows)


def _is_none_of_ours(rows: Sequence[CelRow]) -> bool:
    """Whether a call ended that did not come from outside, such as one between two seats: it has no record."""
    return _has_ended(rows) and not any(
        row.event in {JournalEvent.ARRIVED, JournalEvent.REFUSED}
        or (
            row.event == CelEvent.CHAN_START
            and row.context == ARRIVAL_CONTEXT
            and row.uniqueid == row.linkedid
        )
        for row in rows
    )


def _calls_in_portions(connection: Connection) -> Iterator[tuple[str, list[list[CelRow]]]]:
    columns = _journal_row.c
    for node in connection.scalars(sa.select(columns.node).distinct()).all():
        after = ""
        while True:
            names = connection.scalars(
                sa.select(columns.linkedid)
                .distinct()
                .where(columns.node == node, columns.linkedid > after)
                .order_by(columns.linkedid)
                .limit(_PORTION)
            ).all()
            if not names:
                break
            after = names[-1]
            rows = connection.execute(
                sa.select(*(columns[name] for name in _ROW_COLUMNS))
                .where(columns.node == node, columns.linkedid.in_(names))
                .order_by(columns.linkedid, columns.at_us)
            )
            found = [CelRow(*row) for row in rows]
            yield node, [list(call) for _, call in groupby(found, key=lambda row: row.linkedid)]


def _records_in_portions(connection: Connection) -> Iterator[Sequence[RowMapping]]:
    columns = _call_record.c
    key = sa.tuple_(columns.node, columns.call_id, columns.revision)
    after: tuple[str, str, int] = ("", "", 0)
    while True:
        query = (
            sa.select(columns.node, columns.call_id, columns.revision, columns.arrived_at_ms, columns.body)
            .where(key > sa.tuple_(*(sa.literal(part) for part in after)))
            .order_by(columns.node, columns.call_id, columns.revision)
            .limit(_PORTION)
        )
        portion = connection.execute(query).mappings().all()
        if not portion:
            return
        yield portion
        last = portion[-1]
        after = (last["node"], last["call_id"], last["revision"])


def _said_by(row: RowMapping) -> dict[str, object]:
    try:
        record = json.loads(row["body"])
        decision = record.get("decision") or {}
        ended = (datetime.fromisoformat(record["ended_at"]) - _EPOCH) // timedelta(milliseconds=1)
        plan, platform = decision.get("plan"), decision.get("platform")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # Damaged: it stays as it is, and is found by its arrival.
        ended, plan, platform = row["arrived_at_ms"], None, None
    return {
        "its_node": row["node"],
        "its_call": row["call_id"],
        "its_revision": row["revision"],
        "ended": ended,
        "its_plan": plan,
        "its_platform": platform,
    }
