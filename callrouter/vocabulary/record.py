"""The record of one inbound call, as 12345's ticketing gets it.

Rules:
- One call has one record; a correction is a new revision, never an edit.
- Every inbound call that ended has a record, however little is known: what is not known is None or empty, and
  what is odd is named in `anomalies`.
- Instants are zone-aware; in JSON they are ISO 8601. Durations are whole milliseconds, never negative.
- Numbers are kept as they were written by the carrier: this is the only place that holds them raw.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from callrouter.vocabulary.journal import Fallback

SCHEMA_VERSION = 1
"""Raised when a reader of the JSON form would have to change."""

Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
"""A JSON value of a record; no fractions."""


class LegRole(StrEnum):
    """What a channel was in the call."""

    CALLER = "caller"
    AGENT = "agent"
    LAST_RESORT = "last_resort"
    """Dialled because no agent could be had."""


class HungUpBy(StrEnum):
    """Who ended the call."""

    CALLER = "caller"
    AGENT = "agent"
    """A person on our side: an agent, or who answered at the last resort."""
    SYSTEM = "system"
    """The dialplan."""


class TerminalState(StrEnum):
    """How a call ended."""

    COMPLETED = "completed"
    """The caller talked to a person."""
    VOICEMAIL = "voicemail"
    """The caller left a message."""
    ABANDONED = "abandoned"
    """The caller left before either."""
    RELEASED = "released"
    """We ended the call, without a person or a message."""
    REFUSED = "refused"
    """Refused before any decision."""
    INTERRUPTED = "interrupted"
    """The exchange died during the call."""


class Anomaly(StrEnum):
    """What is odd about what was written down."""

    NO_CHANNEL_START = "no_channel_start"
    NO_HANGUP = "no_hangup"
    """The caller's channel has no HANGUP row: cause and party are not known."""
    SEVERAL_ARRIVALS = "several_arrivals"
    SEVERAL_DECISIONS = "several_decisions"
    """The first one is the record's."""
    NO_DECISION = "no_decision"
    """Neither a decision nor a fallback was written down."""
    UNREADABLE_FACT = "unreadable_fact"
    """A fact is there, but not as the contract spells it."""
    NOTICE_UNPAIRED = "notice_unpaired"
    """An announcement finished that had not started."""
    NOTICE_FAILED = "notice_failed"
    """An announcement could not be played: the caller did not hear it."""
    QUEUE_UNPAIRED = "queue_unpaired"
    """A queue was left that had not been entered."""
    VOICEMAIL_FAILED = "voicemail_failed"
    """A voicemail was started and left no message."""
    ENDED_WITHOUT_A_PERSON = "ended_without_a_person"
    """We ended a call that the plan meant to be answered."""
    TIME_RAN_BACKWARDS = "time_ran_backwards"
    """An end lies before its beginning: the clock was set during the call."""
    NOT_EXPLAINED = "not_explained"
    """A fallback call for which no decision could be found afterwards."""


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """What was decided about the call, and by which rule. None where the fact was not written down."""

    line: str | None
    mode: str | None
    phase: str | None
    rule: str | None
    """The plan line that decided: `dialplans/sichuan/lines.yaml:14`."""
    reason: str | None
    plan: str | None
    plan_version: str | None
    plan_hash: str | None
    found_by: str | None
    treatment: str | None
    notice: str | None
    queue: str | None
    priority: int | None
    decided_at: datetime | None
    """The instant the plan was asked about: in the rehearsal clock, if there is one."""
    landing: str | None = None
    stray: bool | None = None
    """Whether by plan the call should not have come."""
    source: str | None = None
    """Who handed the call over."""
    platform: str | None = None
    announcement: str | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A prompt that was played to the caller."""

    key: str
    started_at: datetime
    finished_at: datetime | None
    """None: the caller left while it was played, or it could not be played."""


@dataclass(frozen=True, slots=True)
class QueueVisit:
    """A stay in a queue, `[entered_at, left_at)`; talking to the agent belongs to it."""

    queue: str
    entered_at: datetime
    left_at: datetime
    wait_ms: int
    """From entering to the bridge with a person, or to leaving."""
    status: str | None
    """Asterisk's QUEUESTATUS; None when the caller hung up in it."""
    agent: str | None
    """The endpoint that talked to the caller in this visit."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A channel to a party. Local channels are plumbing, not legs."""

    channel: str
    endpoint: str
    role: LegRole
    uniqueid: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    hangup_cause: int | None
    """Q.850; None when Asterisk gave none (it writes 0)."""
    hung_up_by_us: bool | None
    """Whether the dialplan, not a party, ended it; None when Asterisk names no source."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message that the caller left."""

    file: str | None
    status: str | None
    """Asterisk's RECORD_STATUS."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Everything that is known about one inbound call after it has ended."""

    call_id: str
    """The uniqueid of the caller's channel."""
    node: str
    """The exchange that held the call."""
    rehearsal: bool
    arrived_at: datetime
    arrived_at_rehearsal: datetime | None
    accepted_at: datetime | None
    """The instant the call reached a person, or its voicemail was finished."""
    called_raw: str
    caller_raw: str
    presentation: str | None
    trunk: str | None
    sip_call_id: str | None
    decision: RecordedDecision | None
    fallback: Fallback | None
    decision_derived: bool
    """The decision was worked out after the call: the call itself took the safe default."""
    announcements: tuple[Announcement, ...]
    queue_visits: tuple[QueueVisit, ...]
    legs: tuple[Leg, ...]
    agent: str | None
    """The endpoint of the agent who talked to the caller; the last one, if several did."""
    talk_ms: int
    """How long the caller was bridged with a person."""
    voicemail: Voicemail | None
    hangup_cause: int | None
    """Q.850, of the caller's leg."""
    hung_up_by: HungUpBy | None
    terminal_state: TerminalState
    ended_at: datetime
    cel_ids: tuple[str, ...]
    """The uniqueids of the journal rows this was folded from."""
    anomalies: tuple[Anomaly, ...]
    revision: int = 1
    schema_version: int = SCHEMA_VERSION
    to_raw: str | None = None
    """What the SIP header said; None where it named the called number and the call was not forwarded.

    The dialled line was looked for here and in the two below, as far as the trunk is believed; the decision's
    `found_by` says where it was found.
    """
    diversion_raw: str | None = None
    """Topmost first, separated by commas; None where there was none."""
    history_info_raw: str | None = None


_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (CallRecord, RecordedDecision, Announcement, QueueVisit, Leg, Voicemail)
}
"""Looked up once: asking a dataclass for its fields costs more than writing them."""


def record_to_json(record: CallRecord) -> dict[str, Json]:
    """Give the record as JSON values, field for field."""
    return {name: _json(getattr(record, name)) for name in _FIELDS[CallRecord]}


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    names = _FIELDS.get(type(value))
    if names is None:
        raise TypeError(f"a record holds no {type(value).__name__}: give it a JSON form in record.py")
    return {name: _json(getattr(value, name)) for name in names}
