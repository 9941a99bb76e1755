"""The record of one inbound call, as 12345's ticketing gets it.

Rules:
- One call has one record; a correction is a new revision, never an edit.
- Every inbound call that ended has a record, however little is known: what is not known is None or empty, and
  what is odd is named in `anomalies`.
- Instants are zone-aware; in JSON they are ISO 8601. Durations are whole milliseconds, never negative.
- The JSON form and its schema are made from these classes alone (`records/bodies`).
- Numbers are kept as they were written by the carrier: this is the only place that holds them raw.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callrouter.vocabulary.journal import Fallback

SCHEMA_VERSION = 2
"""Raised when a reader of the JSON form would have to change."""


class LegRole(StrEnum):
    """What a channel was in the call."""

    CALLER = "caller"
    AGENT = "agent"
    LAST_RESORT = "last_resort"
    """Dialled because no agent could be had."""
    BRANCH = "branch"
    """A branch center."""
    EXPERT = "expert"
    COLLEAGUE = "colleague"
    SUPERVISOR = "supervisor"
    PLATFORM = "platform"
    """Another 12345 platform."""
    UTILITY = "utility"
    EMERGENCY = "emergency"


class TransferKind(StrEnum):
    """How somebody was to be brought into a call."""

    THREE_WAY = "three_way"
    """三方转接: the agent stays until all three talk."""
    PLAIN = "plain"
    """转接: the agent leaves."""


class TransferOutcome(StrEnum):
    """What became of the attempt."""

    JOINED = "joined"
    """The target talked with the caller."""
    DECLINED = "declined"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    CLOSED = "closed"
    """Outside its hours."""
    CANCELLED = "cancelled"
    """The agent took it back."""
    CALLER_LEFT = "caller_left"
    INTERRUPTED = "interrupted"
    """Nobody wrote down how it ended."""


class EmergencyDirection(StrEnum):
    """Who handed the call to whom."""

    IN = "in"
    """110, 119, 120 or 122 handed it to us."""
    OUT = "out"
    """We handed it to them."""


class ClosedBy(StrEnum):
    """How we know that the call is over."""

    END = "end"
    """Asterisk wrote down its end."""
    RULE = "rule"
    """It did not: Asterisk died, or no longer knows the call."""


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
    NO_END = "no_end"
    """The call was closed by rule: its end was never written down."""
    TRANSFER_UNPAIRED = "transfer_unpaired"
    """A transfer went on that had not been requested."""
    RECORDING_MISSING = "recording_missing"
    """A file that was written down as recorded is not there, or cannot be read."""
    SURVEY_UNREADABLE = "survey_unreadable"
    """A grade that is none of 1 to 5."""
    NOT_EXPLAINED = "not_explained"
    """A fallback call for which no decision could be found afterwards."""
    RECORDING_UNPAIRED = "recording_unpaired"
    """A recording ended, paused or went on that had not been started, or not been paused."""
    TRY_UNPAIRED = "try_unpaired"
    """The queue log tells of a seat that was rung in a queue where the caller was not."""


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
    entry: str | None = None
    """The platform where the call came in; `platform` is the one that is to answer."""
    area: str | None = None
    """The area code of the place that the call is about."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A prompt that was played to the caller."""

    key: str
    started_at: datetime
    finished_at: datetime | None
    """None: the caller left while it was played, or it could not be played."""


@dataclass(frozen=True, slots=True)
class SeatTry:
    """A seat that was rung for a caller who waited."""

    seat: str
    """Its endpoint."""
    at: datetime
    """To the second, as the queue log has it: when it answered, or when it was given up."""
    answered: bool
    rang_ms: int | None


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
    tries: tuple[SeatTry, ...] = ()
    """The seats that were rung, in order, as the queue log tells."""


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
    sip_call_id: str | None = None
    talk_ms: int = 0
    """How long it was bridged with the caller."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A stretch in which the caller and a person heard each other, `[starts_at, ends_at)`.

    It has no length when the clock was set back during it, or the exchange died during it and nothing was written
    down after its beginning: that they talked is known, and not for how long.
    """

    starts_at: datetime
    ends_at: datetime
    uniqueid: str
    """Of the leg."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """An attempt to bring somebody into the call."""

    id: str
    kind: TransferKind | None
    target: str | None
    """Its id in the plan."""
    by: str | None
    """The endpoint of the agent who asked for it."""
    requested_at: datetime
    answered_at: datetime | None
    joined_at: datetime | None
    ended_at: datetime | None
    outcome: TransferOutcome
    cause: int | None
    """Q.850."""
    leg: str | None
    """The uniqueid of the channel to the target."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """A hand-over between us and an emergency service.

    A call that came from one and went to another tells of the latter; the decision's `source` tells of the former.
    """

    direction: EmergencyDirection
    service: str
    """110, 119, 120 or 122."""
    result: TransferOutcome | None
    """None for one that was handed to us: it is the call itself."""


@dataclass(frozen=True, slots=True)
class FileProof:
    """What proves a sound file."""

    sha256: str
    """In hexadecimal."""
    bytes: int
    duration_ms: int | None
    """None when its header does not tell."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch of a recording that holds silence, because personal data were dictated."""

    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that the talk was recorded into."""

    file: str
    """Its name, without folders."""
    started_at: datetime
    finished_at: datetime | None
    pauses: tuple[Pause, ...]
    proof: FileProof | None = None


@dataclass(frozen=True, slots=True)
class Survey:
    """What the caller thought of it (满意度评价)."""

    offered_at: datetime
    grade: int | None
    """1 to 5; None when none was given."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message that the caller left."""

    file: str | None
    status: str | None
    """Asterisk's RECORD_STATUS."""
    proof: FileProof | None = None


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
    closed_by: ClosedBy = ClosedBy.END
    called: str | None = None
    """`called_raw`, canonical: a short code (`12345`; `028-12345` with an area), or E.164 (`+862886112345`).

    A landline that was dialled without its area keeps its local digits. None when it is no number.
    """
    platform_path: tuple[str, ...] = ()
    """The platforms that the call passed: where it came in first, where it was answered last."""
    waited_ms: int | None = None
    """From the arrival to the first person; None when the caller reached none."""
    answered_within_15_s: bool | None = None
    """GB/T 33358-2016: counted from the arrival, announcements included.

    None when the caller left before 15 s, and when nobody was to answer: the call was refused, or released by plan.
    """
    talks: tuple[Talk, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    emergency: Emergency | None = None
    recordings: tuple[Recording, ...] = ()
    survey: Survey | None = None
