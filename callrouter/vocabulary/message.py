"""What travels between the outbox and the ticketing side.

Rules:
- A message keeps its id however often it is sent: the receiver drops what it has already stored by that id.
- Only the receiver's own acknowledgement closes a message. What a broker says is no proof of anything.
- Messages about one call are numbered from 1 without gaps, and sent in that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callrouter.vocabulary.record import Json

RECORD_CLOSED = "cn.callrouter.record.closed.v1"
"""The kind of a message that carries a call's record."""


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
    kind: str
    created_at: datetime
    rehearsal: bool
    body: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The ticketing side's own word about a message."""

    id: str
    outcome: Outcome
    reason: str | None
    """Why it was rejected; untrusted text, shortened."""


class PublishError(Exception):
    """The message was not handed over: no link, or no answer from the broker. It will be sent again."""
