"""What travels between the outbox and the ticketing side.

Rules:
- A message keeps its id however often it is sent: the receiver drops what it has already stored by that id.
- Only the receiver's own acknowledgement closes a message. What a broker says is no proof of anything.
- Messages about one call are numbered from 1 without gaps, and sent in that order.
- What a message says is made once, as JSON text, when it is written into the outbox: it is sent as it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""A JSON value."""


class Kind(StrEnum):
    """What a message is about: the CloudEvents `type`."""

    ARRIVED = "cn.callrouter.call.arrived.v1"
    ANSWERED = "cn.callrouter.call.answered.v1"
    TRANSFERRED = "cn.callrouter.call.transferred.v1"
    ENDED = "cn.callrouter.call.ended.v1"
    RECORD_CLOSED = "cn.callrouter.record.closed.v2"
    """A call's record, or a correction of it (`revision` > 1)."""
    RECONCILE = "cn.callrouter.outbox.reconcile.v1"
    """What should be there: the ids of messages that were acknowledged."""


LIVE: Final = frozenset({Kind.ARRIVED, Kind.ANSWERED, Kind.TRANSFERRED, Kind.ENDED})


class Outcome(StrEnum):
    """What the ticketing side did with a message."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    """It had been stored before: as good as stored."""
    REJECTED = "rejected"
    """It will never be stored: a person has to look at it."""


@dataclass(frozen=True, slots=True)
class Message:
    """An outbox row on its way."""

    id: str
    node: str
    call_id: str
    sequence: int
    kind: Kind
    created_at: datetime
    rehearsal: bool
    body: str
    """A JSON object."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The ticketing side's own word about a message."""

    id: str
    outcome: Outcome
    reason: str | None
    """Why it was rejected; untrusted text, shortened."""
    missing: tuple[str, ...] = ()
    """About a manifest: the ids that the receiver does not have."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What should be there by now: a page of the daily reconciliation."""

    id: str
    since: int
    until: int
    """Outbox positions, `(since, until]`."""
    ids: tuple[str, ...]
    """Of the messages in between that were acknowledged."""


class PublishError(Exception):
    """Nothing was handed over: no link, or no answer from the other side. It will be sent again."""
