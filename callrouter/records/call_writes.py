"""What is to be written about each call of a batch, as values.

Rules:
- A call that goes on gets its new rows as a piece, a message for each live event, and a row of `open_call` that says
  what was told.
- A call that is over gets its new rows as a piece, the live events that are still to be told, and the record with its
  message; its row of `open_call` goes.
- Of a call that is none of ours nothing stays.
- A call that could not become a record keeps its pieces, and a row of `open_call` with the fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callrouter.records.fold import is_rehearsal
from callrouter.records.open_calls import Change
from callrouter.records.outbox_due import in_milliseconds
from callrouter.records.record_making import Fault, Made, Making, NotMade
from callrouter.records.row_values import (
    Values,
    live_message_values,
    open_call_values,
    piece_values,
    record_message_values,
    record_values,
)


@dataclass(slots=True)
class CallWrites:
    """What is to be written about one call."""

    node: str
    linkedid: str
    since_us: int
    told_before: tuple[str, ...]
    """The milestones that `open_call` names so far."""
    piece: Values | None = None
    note: Values | None = None
    """The row of `open_call` that it is to have."""
    note_goes: bool = False
    pieces_go: bool = False
    record: Values | None = None
    messages: list[Values] = field(default_factory=list)


def call_writes(
    changes: Iterable[Change], making: Mapping[str, Making], *, node: str, now: datetime, rehearsal: bool
) -> list[CallWrites]:
    """Say what is to be written; `making` is what became of the calls that are over, by linkedid."""
    now_ms = in_milliseconds(now)
    return [
        _writes_of(change, making.get(change.call.linkedid), node, now_ms, rehearsal=rehearsal)
        for change in changes
    ]


def _writes_of(
    change: Change, making: Making | None, node: str, now_ms: int, *, rehearsal: bool
) -> CallWrites:
    call, told_before = change.call, change.was_noted_as
    writes = CallWrites(node, call.linkedid, call.since_us, told_before or ())
    if isinstance(making, NotMade) and not making.is_ours:
        writes.note_goes = told_before is not None
        writes.pieces_go = call.pieces > change.has_rows
        return writes
    if change.has_rows:
        rows = (change.cel, change.queue)
        writes.piece = piece_values(node, call.linkedid, call.pieces, rows, now_ms)
    if change.milestones:
        writes.messages = _live_messages(change, node, now_ms, rehearsal=rehearsal)
    if isinstance(making, Made):
        writes.record = record_values(call.linkedid, making.record, making.body)
        writes.messages.append(record_message_values(making.record, call.sequence + 1, now_ms))
    fault = making.error if isinstance(making, Fault) else None
    if making is not None and fault is None:
        writes.note_goes = told_before is not None
    elif fault is not None or told_before != call.told:
        writes.note = open_call_values(node, call.linkedid, call.since_us, call.told, fault)
    return writes


def _live_messages(change: Change, node: str, now_ms: int, *, rehearsal: bool) -> list[Values]:
    rehearsal = rehearsal or is_rehearsal(change.call.cel)
    call_id, first = change.call.call_id, len(change.call.told) - len(change.milestones) + 1
    return [
        live_message_values(node, call_id, number, milestone, rehearsal=rehearsal, now_ms=now_ms)
        for number, milestone in enumerate(change.milestones, first)
    ]
