"""An agent's desk: what it shows, what may be asked of it, and what can go wrong.  Values and words alone.

Rules:
- Nobody names a channel or a number: a seat asks, of its own call, and for a target of the plan.
- Every answer comes within a tenth of a second, or says what went wrong.
- What has been asked of Asterisk and not been seen to happen is said to be so; nobody asks again by himself.
- Flags tell the agent something; no call is treated otherwise because of one.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from callrouter.decide.guidance import Guidance
from callrouter.decide.transfer_target import Offer
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import IgnoredReason, Refused, TransferState


class DeskAct(StrEnum):
    """What an agent may ask for in a call."""

    CONSULT = "consult"
    """Three-way, first with the target alone; whether a target may be had is another question."""
    PASS = "pass"  # noqa: S105 - no password
    """Plain."""
    EMERGENCY = "emergency"
    """110, 119, 120 or 122; whatever else goes on is taken back first."""
    HOLD = "hold"
    RESUME = "resume"
    JOIN = "join"
    LEAVE = "leave"
    CANCEL = "cancel"
    GUIDE = "guide"
    """The caller is told where to turn, and is with the agent again afterwards."""
    PAUSE_RECORDING = "pause_recording"
    RESUME_RECORDING = "resume_recording"


class Recorded(StrEnum):
    """Whether what is said now goes into a file."""

    ON = "on"
    PAUSED = "paused"
    OFF = "off"
    """The call is not recorded at all."""


@dataclass(frozen=True, slots=True)
class DeskCall:
    """A call as its agent sees it."""

    call_id: str
    seat: str | None
    """None: the agent has left it."""
    state: TransferState
    attempt: int
    """How many transfers were tried, this one included."""
    kind: TransferKind | None
    target: str | None
    """Of the latest attempt: its id in the plan."""
    outcome: str | None
    """How the latest attempt ended (a `TransferOutcome`); None while it goes on."""
    since: datetime | None
    """When the state began; None: before the controller looked. Zone-aware."""
    talking_since: datetime | None
    """When the agent got the call; None as above."""
    caller: str = field(default="", repr=False)
    """Masked unless asked for whole; empty: withheld."""
    line: str | None = None
    mode: str | None = None
    phase: str | None = None
    platform: str | None = None
    entry: str | None = None
    source: str | None = None
    tag: str | None = None
    area: str | None = None
    case: str | None = None
    path: tuple[str, ...] = ()
    """The platforms that passed it on before us."""
    queue: str | None = None
    flags: tuple[str, ...] = ()
    """`repeat`, `abusive`, in alphabetical order."""
    recorded: Recorded = Recorded.OFF
    ticket: str | None = None
    is_enforcement: bool = False
    may: tuple[DeskAct, ...] = ()
    """What may be asked for in this state."""


class DeskNews(StrEnum):
    """What a change is."""

    BEGAN = "began"
    """The seat has a call."""
    CHANGED = "changed"
    ENDED = "ended"
    """The seat has it no more; the caller may still be with the target."""
    RESYNC = "resync"
    """Changes are missing here: look at the call again."""


@dataclass(frozen=True, slots=True)
class DeskChange:
    """A step of some call."""

    number: int
    """Rises with each change of this controller's; a later run begins above an earlier one."""
    what: DeskNews
    at: datetime
    call_id: str | None = None
    seat: str | None = None
    state: TransferState | None = None
    attempt: int = 0
    target: str | None = None
    stimulus: str | None = None
    """What caused it (a `TransferStimulus`), where Asterisk said so."""
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What Asterisk was seen to have made of it."""

    state: TransferState
    attempt: int


class DeskError(Exception):
    """What was asked for was not done, or nobody can say whether it was."""


class NoCallError(DeskError):
    """The seat has no call, or the caller has gone."""

    def __init__(self) -> None:
        super().__init__("this seat has no call now; remedy: look at the call again")


class NotInStateError(DeskError):
    """It means nothing in the state in which the call is."""

    def __init__(self, state: TransferState, attempt: int, reason: IgnoredReason | None = None) -> None:
        super().__init__(
            f"not while the call is in state {state}, attempt {attempt}; remedy: look at it again"
        )
        self.state = state
        self.attempt = attempt
        self.reason = reason
        """None: the call is at another attempt than the asker thought, or another request of his goes on."""


class TargetRefusedError(DeskError):
    """The caller may not be passed there."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(f"the target is refused: {refused.why}; remedy: see what its reason says instead")
        self.refused = refused


class UnknownGuidanceError(DeskError):
    """There is nothing of that id or code that a caller could be told."""

    def __init__(self) -> None:
        super().__init__("no such guidance; remedy: choose one of those that are listed")


class NotInControlError(DeskError):
    """Another controller acts for this Asterisk."""

    def __init__(self, holder: str | None = None) -> None:
        super().__init__("another controller is in control; remedy: ask that one")
        self.holder = holder
        """Its name; None: it is not known."""


class DrainingError(DeskError):
    """This controller is about to stop, and begins no transfer."""

    def __init__(self) -> None:
        super().__init__("the controller is stopping; remedy: ask another, or use the phone's keys")


class AsteriskAwayError(DeskError):
    """Asterisk can't be asked; nothing was done."""

    def __init__(self) -> None:
        super().__init__("no link to Asterisk, or no answer; nothing was done; remedy: the phone's keys")


class AsteriskSilentError(DeskError):
    """Asterisk was told, and has not been seen to have done it: it may have, or may still."""

    def __init__(self, state: TransferState | None = None) -> None:
        super().__init__("Asterisk was told and has not done it yet; remedy: look at the call, then decide")
        self.state = state
        """What was seen last; None: nothing."""


class AsteriskRefusedError(DeskError):
    """Asterisk would not; its own log says why."""

    def __init__(self) -> None:
        super().__init__("Asterisk refused it; remedy: its own log says why")


class BadWordError(DeskError):
    """What is to be written down can't be: the text is constant."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is too long, empty or not of the signs it may have; remedy: shorten it")
        self.what = what
        """`note`, `ticket` or `word_id`."""


class TransferDesk(Protocol):
    """What an agent's desk can do. Every method ends within a tenth of a second; each raises DeskError."""

    async def my_call(self, seat: str, *, whole_number: bool = False) -> DeskCall | None:
        """Show the seat's call; None: it has none. Raises AsteriskAwayError."""

    async def calls(self, *, whole_numbers: bool = True) -> tuple[DeskCall, ...]:
        """Show every call that has or had an agent, for a supervisor; those that can be read in time."""

    async def targets(self, seat: str) -> tuple[Offer, ...]:
        """Whom the seat could bring in now, and why not others. Raises NoCallError and AsteriskAwayError."""

    async def guidances(self) -> tuple[Guidance, ...]:
        """What a caller can be told instead of being passed on; whether the seat has one or not."""

    def subscribe(self, seat: str | None, after: int | None = None) -> AsyncGenerator[DeskChange, None]:
        """Tell the changes of a seat's calls (None: of all) as they happen, and those after a number first.

        Where some are missing a RESYNC stands in their place. Close it with `aclose`.
        """

    async def consult(
        self, seat: str, target: str, kind: TransferKind, *, attempt: int | None = None
    ) -> Done:
        """Bring in a target, by its id or its code. `attempt`: as the asker last saw it."""

    async def join(self, seat: str, *, attempt: int | None = None) -> Done:
        """Make it three."""

    async def leave(self, seat: str, *, attempt: int | None = None) -> Done:
        """Leave the caller with the target."""

    async def cancel(self, seat: str, *, attempt: int | None = None) -> Done:
        """Drop the target, or end a hold: back to the caller."""

    async def hold(self, seat: str, *, attempt: int | None = None) -> Done:
        """Let the caller hear music."""

    async def resume(self, seat: str, *, attempt: int | None = None) -> Done:
        """Back to the caller who was held."""

    async def guide(self, seat: str, about: str, *, attempt: int | None = None) -> Done:
        """Have the caller told where to turn, by an id or a code. Raises UnknownGuidanceError too."""

    async def pause_recording(self, seat: str) -> Recorded:
        """What is said from now on is in no file."""

    async def resume_recording(self, seat: str) -> Recorded:
        """Record again."""

    async def note(self, seat: str, text: str, *, word_id: str | None = None) -> None:
        """Write a note into the call's record. Of the latest call of the seat, while its caller is there."""

    async def ticket(self, seat: str, number: str, *, word_id: str | None = None) -> None:
        """Write a ticket's number into the record; a target hears its last four digits."""

    async def mark_enforcement(self, seat: str, *, word_id: str | None = None) -> None:
        """Mark the call as one for law enforcement: forwarded first, no survey."""

    async def wrap_up(self, seat: str, on: bool) -> str | None:
        """Take no calls while a ticket is finished, or take them again; return the pause that holds now.

        Only a pause of this kind is ended. Raises UnknownSeat too.
        """
