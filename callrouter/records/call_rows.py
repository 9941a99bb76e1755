"""The journal's rows in the database: how they are stored, and found again by the call that they belong to."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.tables import call_record, journal_row
from callrouter.vocabulary.cel import CelEvent, CelRow, instant_at, microseconds_of
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, JournalEvent


def without_record(node: str) -> sa.Select[str]:
    """Ask for the calls (linked ids) that have ended and have no record: folding them has failed."""
    arrived, ended = journal_row.alias("arrived"), journal_row.alias("ended")
    has_ended = sa.exists().where(
        ended.c.node == node,
        ended.c.linkedid == arrived.c.linkedid,
        ended.c.event == CelEvent.LINKEDID_END,
    )
    has_record = sa.exists().where(call_record.c.node == node, call_record.c.call_id == arrived.c.uniqueid)
    # A caller who gave up before the dialplan's first step has no row of ours, only Asterisk's own.
    began_a_call = sa.and_(
        arrived.c.event == CelEvent.CHAN_START,
        arrived.c.context == ARRIVAL_CONTEXT,
        arrived.c.uniqueid == arrived.c.linkedid,
    )
    return (
        sa.select(arrived.c.linkedid)
        .distinct()
        .where(
            arrived.c.node == node,
            sa.or_(arrived.c.event.in_((JournalEvent.ARRIVED, JournalEvent.REFUSED)), began_a_call),
            ~has_record,
            has_ended,
        )
    )


async def rows_of_calls(
    connection: AsyncConnection, node: str, linkedids: Sequence[str]
) -> list[list[CelRow]]:
    """Give the stored rows of each of these calls that has any."""
    columns = journal_row.c
    query = sa.select(
        *(columns.event, columns.at_us, columns.uniqueid, columns.linkedid, columns.channel, columns.context),
        *(columns.exten, columns.app, columns.caller_number, columns.peer, columns.extra),
    ).where(columns.node == node, columns.linkedid.in_(linkedids))
    calls: dict[str, list[CelRow]] = {linkedid: [] for linkedid in linkedids}
    for event, at_us, uniqueid, linkedid, *rest in await connection.execute(query):
        calls[linkedid].append(CelRow(event, instant_at(at_us), uniqueid, linkedid, *rest))
    return [rows for rows in calls.values() if rows]


def journal_values(node: str, row: CelRow) -> dict[str, object]:
    """Give a row's columns."""
    return {
        "node": node,
        "uniqueid": row.uniqueid,
        "event": row.event,
        "at_us": microseconds_of(row.at),
        "linkedid": row.linkedid,
        "channel": row.channel,
        "context": row.context,
        "exten": row.exten,
        "app": row.app,
        "caller_number": row.caller_number,
        "peer": row.peer,
        "extra": row.extra,
    }
