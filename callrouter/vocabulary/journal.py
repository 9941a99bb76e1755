"""What the dialplan writes down about a call, and how it is spelled.

Rules:
- Calls become records from Asterisk's own journal (CEL as CSV), never from what the controller remembers.
- Domain facts enter the journal as CEL user events whose `extra` is a URI query string (`k=v&k=v`, each
  value percent-encoded UTF-8), so no value can forge a separator.
- The names below are the contract between asterisk/extensions.conf.j2 and records/fold; a test compares
  the two, so neither can drift.
"""

from __future__ import annotations

from enum import StrEnum

CEL_COLUMNS = (
    "eventtype",
    "eventtime",
    "uniqueid",
    "linkedid",
    "channame",
    "context",
    "exten",
    "appname",
    "cidnum",
    "peer",
    "eventextra",
)
"""The columns of cel.csv, in order (asterisk/cel_custom.conf.j2). `eventtime` is epoch seconds with µs."""


ARRIVAL_CONTEXT = "from-carrier"
"""Where inbound calls enter the dialplan: a channel that starts a call there is a call of ours."""


class JournalEvent(StrEnum):
    """A CEL user event of ours."""

    ARRIVED = "CR_ARRIVED"
    """First of every call. Keys: arrived_at, called, caller, presentation, trunk, sip_call_id, clock_offset.

    `arrived_at` is epoch seconds with µs, the instant that the plan is asked about; `called` and `caller` are raw
    text; `clock_offset` is the rehearsal offset in whole seconds, 0 when live.
    """
    CLUES = "CR_CLUES"
    """Beside the arrival of a call whose To names another number than was called, that was forwarded, or that another
    platform brought: one row for each key. Keys: to, diversion, history_info, context.

    They are header values, raw text; the rows of a header are joined by commas, topmost first. One that is longer
    than the dialplan brings is `too-long`; one that is too long for a row of the journal ends in ` <...`.
    """
    DECIDED = "CR_DECIDED"
    """After the arrival dip. Keys: those of `DecisionFact`, or `fallback`: why the default was taken."""
    NOTICE = "CR_NOTICE"
    """An announcement. Keys: key (the prompt's), state (started, finished, failed, scheduled).

    One that is played while the seats ring is written down once, before: `scheduled`, with starts_ms and ends_ms
    since this row. It is heard whole unless the caller hangs up in it.
    """
    QUEUE = "CR_QUEUE"
    """Keys: queue, state (entered, left); when left also status (QUEUESTATUS), agent, cause (Q.850).

    The agent is the queue member's interface: `Local/1001@seat`; `PJSIP/1001` in an older journal.
    """
    LAST_RESORT = "CR_LAST_RESORT"
    """Keys: target, state (dialled, left); when left also status (DIALSTATUS), cause (Q.850)."""
    VOICEMAIL = "CR_VOICEMAIL"
    """Keys: state (started, finished), file (when finished, if it is kept), status (then; RECORD_STATUS)."""
    REFUSED = "CR_REFUSED"
    """After the arrival of a call that is refused before any decision. Key: reason."""
    LEG = "CR_LEG"
    """On a channel to a party, before it is called. Keys: sip_call_id (of that leg), party (a `LegRole`)."""
    TRANSFER = "CR_TRANSFER"
    """An attempt to bring somebody into the call.

    Keys: id (the attempt's, within the call), state (requested, ringing, answered, accepted, joined, ended; refused:
    it did not begin, and this is all that is written of it). When requested or refused also kind (a `TransferKind`),
    target (its id in the plan), by (the agent's seat) and, to an emergency service, service (110, 119, 120, 122). On
    any, leg (the uniqueid of the channel to the target). Answered is not yet accepted: the target is asked whether it
    takes the call. Joined, or ended after that, also left: `agent`, if the agent has left the caller with the target.
    When ended also outcome (a `TransferOutcome`) and cause (Q.850).
    When refused also why (a `RefusedTarget`).
    """
    HOLD = "CR_HOLD"
    """The caller hears music because the agent wants it so. Keys: state (began, ended).

    It ends by itself with the call, or when the caller is back in a queue.
    """
    RECORDING = "CR_RECORDING"
    """Keys: file (its name, without folders), state (started, paused, resumed, finished, failed); at its end bytes.

    A pause ends the file: `paused` and `finished` are its, and `resumed` is, before the next file is `started`.
    """
    SURVEY = "CR_SURVEY"
    """Keys: state (offered, finished, waived); when finished also grade (1 to 5; empty: none was given).

    Waived: the caller would have been asked, and the agent has pressed the key that spares him.
    """
    CALL_BACK = "CR_CALL_BACK"
    """The caller asked to be called back, at the number of the arrival. Key: state (requested)."""
    MENU = "CR_MENU"
    """Keys: menu (its id in the plan), state (offered, chosen, given_up); when chosen also key (0 to 9)."""
    DESK = "CR_DESK"
    """What an agent has written down, marked or had said; the row is written at the caller's end, in no order.

    Keys: id (the same id and part twice is one word), kind (note, ticket, enforcement, guidance), by (the seat), at
    (epoch seconds with µs, when it was said). Of a note also text, part and of (a long one is in parts 1..of); of a
    ticket also number; of guidance, which is written at once, also about (a `Guidance`'s id).
    """
    SUPERVISION = "CR_SUPERVISION"
    """A supervisor listens, whispers to the agent, or joins.

    Keys: id, call (the call's id), seat, supervisor (accounts), kind (listen, whisper, join), state (began, ended),
    at (epoch seconds with µs). It is written twice: at once, on the supervisor's channel, which is no part of the
    call; and on the caller's at its end, in no order. The same id and state is one word. Without `ended` it ended
    with the call.
    """
    SEAT = "CR_SEAT"
    """On the channel that rings a seat, when it was not connected. Keys: seat, status (DIALSTATUS), cause (Q.850)."""


class DecisionFact(StrEnum):
    """A key of CR_DECIDED: what was decided, by which rule of which plan."""

    LINE = "line"
    """The hotline's number, such as 12315; empty when the number is in no plan."""
    MODE = "mode"
    PHASE = "phase"
    RULE = "rule"
    """The plan line that decided: `dialplans/sichuan/lines.yaml:14`."""
    REASON = "reason"
    """The first reason's code, such as `line_in_phase`."""
    PLAN = "plan"
    """The jurisdiction, such as `sichuan`."""
    PLAN_VERSION = "plan_version"
    PLAN_HASH = "plan_hash"
    FOUND_BY = "found_by"
    """Where the dialled hotline was found: `request-uri`, …"""
    TREATMENT = "treatment"
    """What was decided: `queue`, `dial`, `voicemail`, `guide` or `release`; `connect` in an older journal."""
    NOTICE = "notice"
    QUEUE = "queue"
    PRIORITY = "priority"
    LANDING = "landing"
    """Who answers by plan: `platform`, `branch`, `external`, …"""
    STRAY = "stray"
    """`1`: by plan the call should not have come; `0` otherwise."""
    SOURCE = "source"
    """Who handed the call over, such as `emergency:110`; empty: the caller dialled."""
    PLATFORM = "platform"
    """The platform that is to answer."""
    ANNOUNCEMENT = "announcement"
    """The catalogue id of what the notice plays, such as `T01`."""
    TAG = "tag"
    """What the plan marks the line with, such as `mayor`."""
    ENTRY = "entry"
    """The platform where the call came in."""
    AREA = "area"
    """The area code of the place that the call is about, as far as the dialled number or the platform tells."""
    PATH = "path"
    """The platforms that had the call before its entry, in order, joined by `+`: those that passed it on, and ours
    where it came in for one that is not served here."""
    CASE = "case"
    """The id that such a call had where it came in first."""
    REGISTER_RULE = "register_rule"
    """By when the platform passes on what it has accepted: `18:00/10:00`. Only of a platform with such a rule."""
    BECAUSE = "because"
    """The other reasons (vocabulary/reasons_told.py); empty: there are none."""
    DECIDED_AT = "decided_at"
    """The instant the plan was asked about, ISO 8601. Read where an older journal has it, and no longer written: it
    is the arrival's, in the rehearsal clock if there is one."""


class Fallback(StrEnum):
    """Why the dialplan took its safe default instead of a decision."""

    NO_VERDICT = "no_verdict"
    """The controller was not there, died, or hung past the 3-second fuse; the general queue took the call."""
    PLAN_FOLLOWED = "plan_followed"
    """The same, but the dialplan followed the plan as it was worked out for it ahead."""
    BAD_VERDICT = "bad_verdict"
    """What came back is not a verdict this dialplan understands."""
