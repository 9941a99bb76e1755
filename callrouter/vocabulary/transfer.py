"""A transfer while it goes on: its states, what can happen to it, what is then done; and to whom an agent may pass.

Rules:
- A state says who hears whom. In each of them the caller is with a person, on the way to one, in the queue, or gone.
- The dialplan carries a transfer from its beginning to its end; these words are what it writes on the caller's
  channel and in its events, and what `decide.transfer_table` says of each.
- A target is named by its id in the plan, or by the digits that an agent presses. Nobody ever gives a free number.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.numbers import Number, UnknownNumber
from callrouter.vocabulary.record_words import LegRole, TransferKind


class TransferState(StrEnum):
    """Who hears whom."""

    TALK = "talk"
    """Caller and agent; nothing is in flight."""
    HELD = "held"
    """The agent asked the caller to hold: the caller hears music, the agent nothing."""
    CALLING = "calling"
    """Three-way: the target is rung. The caller hears music, the agent a ringing tone."""
    ASKING = "asking"
    """The target has picked up and is asked whether to accept; the others hear what they heard."""
    CONSULT = "consult"
    """Agent and target; the caller hears music."""
    TOGETHER = "together"
    """Emergency: caller and agent hear each other, and the emergency service is rung."""
    THREE = "three"
    """All hear all."""
    HANDED = "handed"
    """Caller and target; the agent has left."""
    PASSING = "passing"
    """Plain: the target is rung, or is asked. The caller hears music, the agent a ringing tone while he stays."""
    ALONE = "alone"
    """The agent has gone before the target accepted, in either kind: the caller hears music, the target is rung or is
    asked, and the caller is joined to it as soon as it accepts."""
    QUEUED = "queued"
    """The caller is back at the head of the queue: this transfer is over. The next agent's talk begins anew."""
    ENDED = "ended"
    """The call is over."""


class TransferStimulus(StrEnum):
    """What can happen to a transfer."""

    CONSULT = "consult"
    """The agent asks for a target, and means to talk with it first (三方转接)."""
    PASS = "pass"  # noqa: S105 - no password
    """The agent asks for a target that takes the caller as soon as it accepts (转接)."""
    EMERGENCY = "emergency"
    """The agent asks for an emergency service: it is called, and who answers joins at once."""
    HOLD = "hold"
    RESUME = "resume"
    JOIN = "join"
    """The agent makes it three."""
    LEAVE = "leave"
    """The agent leaves the caller with the target."""
    CANCEL = "cancel"
    """The agent drops the target and goes back to the caller."""
    PICKED_UP = "picked_up"
    """The target's side has answered; nobody has yet said that the caller is welcome."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    """The target was asked and did not want the caller, or said nothing."""
    FAILED = "failed"
    """The target could not be had, or its connection broke down; the `TransferOutcome` says how."""
    TARGET_GONE = "target_gone"
    """The target hung up."""
    AGENT_GONE = "agent_gone"
    """The agent hung up."""
    AGENT_LOST = "agent_lost"
    """The agent's device died: no sound for its RTP timeout, cause 44."""
    CALLER_GONE = "caller_gone"
    TOO_LONG = "too_long"
    """The caller has heard music for as long as anyone may: the net under what nobody told of."""


AGENT_ASKS = (
    TransferStimulus.CONSULT,
    TransferStimulus.PASS,
    TransferStimulus.EMERGENCY,
    TransferStimulus.HOLD,
    TransferStimulus.RESUME,
    TransferStimulus.JOIN,
    TransferStimulus.LEAVE,
    TransferStimulus.CANCEL,
)
"""What an agent may ask for, by a feature code or the desk."""


class TransferEffect(StrEnum):
    """What the dialplan does. Each is without effect where there is nothing left to do."""

    HOLD_CALLER = "hold_caller"
    """The caller hears what is going on (B01, B02), then music."""
    AGENT_TO_CONFERENCE = "agent_to_conference"
    CALL_TARGET = "call_target"
    WHISPER = "whisper"
    """The target hears the dialled line and the ticket's tail (B04), and is asked to accept."""
    TARGET_TO_CONFERENCE = "target_to_conference"
    CALLER_TO_CONFERENCE = "caller_to_conference"
    DROP_TARGET = "drop_target"
    TELL_REASON = "tell_reason"
    """The caller hears that it failed (B03), the agent why."""
    RELEASE_AGENT = "release_agent"
    CALLER_TO_QUEUE = "caller_to_queue"
    """To its head."""
    RELEASE_ALL = "release_all"
    """Whoever is left."""
    SURVEY = "survey"
    """What follows a talk: a rating where the plan asks for one, then the end."""


class IgnoredReason(StrEnum):
    """Why nothing is done about a stimulus; an agent who asked is told."""

    IN_FLIGHT = "in_flight"
    """One thing at a time: a transfer or a hold is going on."""
    NOTHING_IN_FLIGHT = "nothing_in_flight"
    """There is no transfer, so nobody to join, to leave with or to drop."""
    NOT_HELD = "not_held"
    NOT_ACCEPTED = "not_accepted"
    """The target has not accepted yet."""
    PLAIN = "plain"
    """In a plain transfer the caller is joined by itself."""
    ALREADY = "already"
    """It is so already."""
    AGENT_LEFT = "agent_left"
    """Who has left asks for nothing more, and can't leave twice."""
    NO_WAIT = "no_wait"
    """The caller does not wait, or waits where other rules hold."""
    LATE = "late"
    """Of a target that is no longer waited for."""


class Staff(NamedTuple):
    """The accounts of this installation that a call may be passed to."""

    seats: tuple[str, ...]
    supervisors: tuple[str, ...] = ()


class TransferTarget(NamedTuple):
    """Somebody to whom a caller can be passed in this call, whether or not it is allowed at an instant."""

    id: str
    """In the plan; an account for a colleague."""
    role: LegRole
    name: str
    code: str
    """The digits that an agent presses; empty where there is none that is its own."""
    kinds: tuple[TransferKind, ...]
    """How it may be brought in, the preferred one first."""
    place: str
    """Where the plan says so; empty for accounts of the settings."""
    is_first: bool = True
    """Whether it is the one that its code stands for while nobody can be asked."""
    begins: datetime | None = None
    """From when it may be called; None: since ever."""


class RefusedTarget(StrEnum):
    """Why a caller is not passed to a target."""

    UNKNOWN = "unknown"
    """The plan knows no such target or code."""
    YOURSELF = "yourself"
    HERE = "here"
    """It is the platform that has the call."""
    LOOP = "loop"
    """The call has come through that platform."""
    CLOSED = "closed"
    """Outside its hours."""
    HOURS_UNSTATED = "hours_unstated"
    NOT_YET = "not_yet"
    """It has not begun."""
    NO_PEER = "no_peer"
    """Nobody has given a trunk to it."""
    NO_SEATS = "no_seats"
    TICKET_ONLY = "ticket_only"
    GUIDE_ONLY = "guide_only"
    OTHER_KIND = "other_kind"
    """The plan lets it be reached in the other kind alone: three-way, or plain."""
    EMERGENCY = "emergency"
    """An emergency service, or a call to one: that is not passed on by these ways."""
    STOPPING = "stopping"
    """The controller is about to stop, and begins nothing new."""


class CallAtHand(NamedTuple):
    """What is known of the call that an agent would pass on, from what travels on its channel."""

    mode: Mode
    platform: str
    """The one that answers."""
    line: str | None = None
    """The dialled line's canonical number."""
    area: str | None = None
    """What the dialled number, or the platform where the call came in, tells of its area."""
    caller: Number = UnknownNumber("")
    source: str | None = None
    """Who handed it over, such as `platform:chongqing`."""
    path: tuple[str, ...] = ()
    """The platforms that have had it, in order, as far as they said so; then the one of ours where it came in."""


class Allowed(NamedTuple):
    """The caller may be passed to this target."""

    target: TransferTarget
    reason: str
    """Chinese / English."""


class Refused(NamedTuple):
    """The caller may not be passed there, and what to do instead."""

    why: RefusedTarget
    reason: str
    """Chinese / English."""
    instead: Means | None = None
    """A ticket or guidance, where the plan has one of them; None: ask for somebody else."""
    target: str | None = None
    """Its id, if it is one of the plan's."""
    place: str = ""
    """Where the plan says so."""
