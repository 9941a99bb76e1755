"""The words of a call's record: closed sets, each with what it means."""

from __future__ import annotations

from enum import StrEnum


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
    EMERGENCY = "emergency"
    """紧急转接: caller and agent talk on while 110, 119, 120 or 122 is called, then all three talk."""


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
    REFUSED = "refused"
    """It did not begin: the plan does not let this caller be passed there; the transfer's `refused` says why."""


class SupervisionKind(StrEnum):
    """How a supervisor took part in a talk."""

    LISTEN = "listen"
    """Unheard."""
    WHISPER = "whisper"
    """Heard by the agent alone."""
    JOIN = "join"
    """Heard by all."""


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
    TARGET = "target"
    """Somebody to whom the caller was passed: a branch center, a colleague, another platform."""


class TerminalState(StrEnum):
    """How a call ended."""

    COMPLETED = "completed"
    """The caller talked to a person."""
    VOICEMAIL = "voicemail"
    """The caller left a message."""
    CALL_BACK = "call_back"
    """The caller asked to be called back."""
    ABANDONED = "abandoned"
    """The caller left before any of these."""
    RELEASED = "released"
    """We ended the call, without a person, a message or a request."""
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
    RECORDING_FAILED = "recording_failed"
    """The talk could not be recorded: a full disk, say."""
    MENU_UNPAIRED = "menu_unpaired"
    """A key was pressed, or a menu given up, that had not been offered."""
    RECORDING_REPAIRED = "recording_repaired"
    """A file had no proper end, because the exchange died: its header was written anew."""
    HOLD_UNPAIRED = "hold_unpaired"
    """A hold ended that had not begun."""
    NOTE_INCOMPLETE = "note_incomplete"
    """Parts of an agent's note are missing."""
    SUPERVISION_UNPAIRED = "supervision_unpaired"
    """A supervision ended that had not begun."""
