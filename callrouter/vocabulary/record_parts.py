"""The parts of a call's record: who took part, what was played, where it waited, what became of it.

Instants are zone-aware; durations are whole milliseconds, never negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callrouter.vocabulary.record_words import (
    EmergencyDirection,
    LegRole,
    SupervisionKind,
    TransferKind,
    TransferOutcome,
)
from callrouter.vocabulary.transfer import RefusedTarget


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
    """When it was picked up, if it was connected, else when it was given up.

    Exact where the journal tells; else to the second, as the queue log has it.
    """
    answered: bool
    """Whether it was connected with the caller."""
    rang_ms: int | None
    """To the pick-up, else to the giving up."""
    status: str | None = None
    """Asterisk's DIALSTATUS, of a seat that was not connected; None where nobody wrote it down."""
    cause: int | None = None
    """Q.850, likewise."""


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
    consult_ms: int = 0
    """How long agent and target talked on it without the caller; it is no part of `talk_ms`."""


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
    """The target picked up; it is then asked whether it takes the call."""
    joined_at: datetime | None
    """The target came to the caller."""
    ended_at: datetime | None
    """The attempt failed, or the target that was joined left."""
    outcome: TransferOutcome
    cause: int | None
    """Q.850."""
    leg: str | None
    """The uniqueid of the channel to the target."""
    accepted_at: datetime | None = None
    """The target took the call."""
    left_by_agent_at: datetime | None = None
    """Since when the caller was with the target alone; None: the agent stayed as long, or no agent was there."""
    refused: RefusedTarget | None = None
    """Why it did not begin, where the plan does not let it."""


@dataclass(frozen=True, slots=True)
class Consult:
    """A stretch in which agent and target heard each other and the caller did not, `[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime
    agent: str
    """The uniqueid of the agent's leg."""
    target: str
    """The uniqueid of the target's leg."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A stretch in which the caller heard music because the agent wanted it so, `[starts_at, ends_at)`.

    That an agent keys in a target's code is one, too. Waiting for a target is none: it is told by the transfer.
    """

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Supervision:
    """A supervisor took part in the talk of a seat."""

    supervisor: str
    """The account."""
    seat: str | None
    kind: SupervisionKind | None
    began_at: datetime
    ended_at: datetime | None
    """None: nobody wrote it down; with the call at the latest."""


@dataclass(frozen=True, slots=True)
class Note:
    """What an agent wrote down of the call: personal data, like the caller's number."""

    at: datetime
    by: str | None
    """The seat."""
    text: str
    """At most 500 characters."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket that an agent named; of several the last is the one that counts."""

    at: datetime
    by: str | None
    """The seat."""
    number: str


@dataclass(frozen=True, slots=True)
class Guided:
    """The caller was told where to turn: a matter that is not accepted, or whose line answers for itself (引导).

    What was played, and whether it was heard to its end, is among the announcements.
    """

    at: datetime
    by: str | None
    """The seat."""
    about: str
    """The matter's or the utility's id in the plan, or the line's number."""


@dataclass(frozen=True, slots=True)
class Enforcement:
    """An agent marked the call as a report that is passed on first (立即转办); no rating is asked for then."""

    at: datetime
    by: str | None
    """The seat."""


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
    received_first_by: str | None = None
    """The service that handed the call to us, else the platform that the caller reached first: it accepts a matter
    for which nobody is clearly responsible (国办发〔2022〕12号). None where nobody has decided about the call."""


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
    """A stretch that was not recorded, because personal data were dictated.

    A file ends with it, and another begins after it; in an older record the file holds silence instead.
    """

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
    bytes: int | None = None
    """Its size as Asterisk saw it at its end."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the caller thought of it (满意度评价)."""

    offered_at: datetime
    grade: int | None
    """1 to 5; None when none was given."""
    waived: bool = False
    """The agent saw to it that the caller was not asked; `offered_at` is then when the caller would have been."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """A message that the caller left."""

    file: str | None
    status: str | None
    """Asterisk's RECORD_STATUS."""
    proof: FileProof | None = None
    started_at: datetime | None = None
    """When the caller began to speak."""
    finished_at: datetime | None = None
    length_ms: int | None = None
    """As its file tells; None when that cannot be read."""


@dataclass(frozen=True, slots=True)
class CallBack:
    """The caller asked to be called back."""

    requested_at: datetime
    number: str | None
    """The caller's, as it was written when the call arrived; None when it was withheld."""


@dataclass(frozen=True, slots=True)
class MenuChoice:
    """A menu that the caller was offered, and what came of it."""

    menu: str
    """Its id in the plan."""
    at: datetime
    """When it was offered."""
    key: str | None
    """0 to 9; None when the caller chose nothing and was put through to a person, or left."""
