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

from callrouter.vocabulary.journal import Fallback
from callrouter.vocabulary.reasons_told import RecordedReason
from callrouter.vocabulary.record_parts import (
    Announcement,
    CallBack,
    Consult,
    Emergency,
    Enforcement,
    Guided,
    Hold,
    Leg,
    MenuChoice,
    Note,
    QueueVisit,
    Recording,
    Supervision,
    Survey,
    Talk,
    Ticket,
    Transfer,
    Voicemail,
)
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, HungUpBy, TerminalState

SCHEMA_VERSION = 2
"""Raised when a reader of the JSON form would have to change: not for a new field, nor for a new word."""


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
    register_rule: str | None = None
    """By when the platform passes on what was left for it, `18:00/10:00`; None: the plan does not say."""
    path: str | None = None
    """The platforms that had the call before its entry, in order, joined by `+`; None: none had."""
    case: str | None = None
    """The id that such a call had where it came in first."""

    reasons: tuple[RecordedReason, ...] = ()
    """All steps of the argument, in order; the first one is `reason` and `rule`.

    Of an older journal that one alone. A last one with the code `more`: the journal had no room for more.
    """


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
    """The instant the call reached a person, its voicemail was finished, or a call-back was asked for."""
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
    """GB/T 33358-2016: counted from the arrival to the pick-up, announcements included.

    None when the caller left before 15 s, and when nobody was to answer: the call was refused, or released by plan.
    """
    talks: tuple[Talk, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    emergency: Emergency | None = None
    recordings: tuple[Recording, ...] = ()
    survey: Survey | None = None
    picked_up_ms: int | None = None
    """From the arrival to the pick-up by the first person who talked to the caller.

    A seat may be picked up while the announcement plays, and is connected at its end: `waited_ms` is counted to that.
    """
    call_back: CallBack | None = None
    menu: tuple[MenuChoice, ...] = ()
    """The menus that the caller was offered, in order; none by default."""
    register_by: datetime | None = None
    """When a voicemail or a call-back request must have been passed on, where the plan has such a rule."""
    context_raw: str | None = None
    """What the platform that brought the call told of it, as it was written; None where none did.

    What of it was believed, the decision's `path` and `case` say.
    """
    agents: tuple[str, ...] = ()
    """The endpoints of all agents who talked to the caller, each once, in the order of their first talk.

    Whoever an agent brought into the call is none of them: see `transfers` and the roles of `legs`.
    """
    consults: tuple[Consult, ...] = ()
    holds: tuple[Hold, ...] = ()
    held_ms: int = 0
    """How long the caller was on hold, in all."""
    supervisions: tuple[Supervision, ...] = ()
    notes: tuple[Note, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    enforcement: Enforcement | None = None
    guided: tuple[Guided, ...] = ()
