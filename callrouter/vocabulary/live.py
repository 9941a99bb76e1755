"""What happens to a call, told while it happens.

Rules:
- Each is told once per call, in the order in which it happened, and never taken back: the record, which comes at the
  end, is what counts.
- A call of which nothing was told when its end is read (after an outage, say) is told by its record alone. Of any
  other, everything is told: whoever hears of a call's arrival hears of its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from callrouter.vocabulary.journal import Fallback
from callrouter.vocabulary.record_words import HungUpBy, TransferKind, TransferOutcome

LIVE_SCHEMA_VERSION = 1
"""Raised when a reader of the JSON form of a live event would have to change."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A call has come in, and was decided on (or took the safe default)."""

    at: datetime
    sip_call_id: str | None
    called_raw: str
    caller_raw: str
    line: str | None
    mode: str | None
    phase: str | None
    platform: str | None
    source: str | None
    fallback: Fallback | None
    schema_version: int = LIVE_SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Answered:
    """The caller talks with a person, for the first time."""

    at: datetime
    endpoint: str
    waited_ms: int
    """From the arrival."""
    schema_version: int = LIVE_SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Transferred:
    """An attempt to bring somebody in has ended, well or not."""

    at: datetime
    """When the target came to the caller, else when the attempt failed."""
    id: str
    kind: TransferKind | None
    target: str | None
    outcome: TransferOutcome
    schema_version: int = LIVE_SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Ended:
    """The caller's channel is gone."""

    at: datetime
    hung_up_by: HungUpBy | None
    hangup_cause: int | None
    """Q.850."""
    schema_version: int = LIVE_SCHEMA_VERSION


LiveEvent: TypeAlias = Arrived | Answered | Transferred | Ended


@dataclass(frozen=True, slots=True)
class Milestone:
    """A live event of a call, with the name under which it is remembered as told."""

    name: str
    """`arrived`, `answered`, `transferred:<attempt>`, `ended`: unique within the call."""
    event: LiveEvent
