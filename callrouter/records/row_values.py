"""What is written into the database about a call, as the columns of its rows.

Rules:
- A message's id follows from node, call and what it is about, so that a database rebuilt from the journal gives the
  same ids and the receiver sees duplicates, not new calls. Nodes must therefore have different names.
- A message is due at once, whatever the clock says and is set to later.
- The columns beside a record's body are there to be asked about: what no index takes is cut off and made printable
  there. The body has all of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha1
from uuid import UUID

from callrouter.records.bodies import live_body, live_kind
from callrouter.records.journal_pieces import write_piece
from callrouter.records.outbox_due import in_milliseconds
from callrouter.records.outbox_rows import RowState
from callrouter.records.tail import FilePosition
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.live import Milestone
from callrouter.vocabulary.message import Kind
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord

Values = dict[str, object]

_MESSAGES = UUID("5f0c3c1e-6a0e-5a57-9f2c-3b1f0f6a12d5").bytes
"""The namespace of the messages' ids."""
_LONGEST_COLUMN = 120
"""Characters; three of them in four octets each still fit into an index."""


def message_id(node: str, call_id: str, about: str) -> str:
    """Give the id that a message about a call has for ever; `about` is `record:<revision>` or a milestone's name.

    It is a UUID of version 5 (RFC 9562, 5.5), as `uuid.uuid5` gives it in seven times as long.
    """
    digest = sha1(_MESSAGES + f"{node}\n{call_id}\n{about}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) % 4]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def position_values(node: str, log_name: str, position: FilePosition) -> Values:
    """Give the columns of `journal_position`."""
    return {
        "node": node,
        "log": log_name,
        "inode": position.inode,
        "head": position.head,
        "offset": position.offset,
    }


def open_call_values(
    node: str, linkedid: str, since_us: int, told: Sequence[str], fault: str | None
) -> Values:
    """Give the columns of `open_call`."""
    return {
        "node": node,
        "linkedid": linkedid,
        "since_us": since_us,
        "told": json.dumps(list(told)),
        "fault": fault,
    }


def piece_values(
    node: str, linkedid: str, piece: int, rows: tuple[Sequence[CelRow], Sequence[QueueRow]], now_ms: int
) -> Values:
    """Give the columns of `journal_piece`."""
    return {
        "node": node,
        "linkedid": linkedid,
        "piece": piece,
        "stored_at_ms": now_ms,
        "rows": write_piece(*rows),
    }


def record_values(linkedid: str, record: CallRecord, body: str) -> Values:
    """Give the columns of `call_record`."""
    decision = record.decision
    return {
        "node": record.node,
        "call_id": record.call_id,
        "revision": record.revision,
        "linkedid": linkedid,
        "arrived_at_ms": in_milliseconds(record.arrived_at),
        "ended_at_ms": in_milliseconds(record.ended_at),
        "plan": _column(decision.plan) if decision else None,
        "platform": _column(decision.platform) if decision else None,
        "line": _column(decision.line) if decision else None,
        "mode": _column(decision.mode) if decision else None,
        "phase": _column(decision.phase) if decision else None,
        "terminal_state": record.terminal_state.value,
        "answered_within_15_s": record.answered_within_15_s,
        "rehearsal": record.rehearsal,
        "fallback": record.fallback.value if record.fallback else None,
        "body": body,
    }


def record_message_values(record: CallRecord, sequence: int, now_ms: int) -> Values:
    """Give the columns of the `outbox` row that tells of a record, whose body is the record's."""
    return {
        **_message_values(record.node, record.call_id, sequence, now_ms),
        "id": message_id(record.node, record.call_id, f"record:{record.revision}"),
        "kind": Kind.RECORD_CLOSED.value,
        "revision": record.revision,
        "rehearsal": record.rehearsal,
        "body": None,
    }


def live_message_values(
    node: str, call_id: str, sequence: int, milestone: Milestone, *, rehearsal: bool, now_ms: int
) -> Values:
    """Give the columns of the `outbox` row that tells of a live event."""
    return {
        **_message_values(node, call_id, sequence, now_ms),
        "id": message_id(node, call_id, milestone.name),
        "kind": live_kind(milestone.event).value,
        "revision": None,
        "rehearsal": rehearsal,
        "body": live_body(milestone.event),
    }


def _message_values(node: str, call_id: str, sequence: int, now_ms: int) -> Values:
    return {
        "node": node,
        "call_id": call_id,
        "seq": sequence,
        "state": RowState.OPEN.value,
        "attempts": 0,
        "created_at_ms": now_ms,
        "next_attempt_at_ms": 0,
    }


def _column(text: str | None) -> str | None:
    if text is None or (len(text) <= _LONGEST_COLUMN and text.isprintable()):
        return text
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)[
        :_LONGEST_COLUMN
    ]
