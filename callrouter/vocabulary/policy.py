"""What a document says of emergencies, utilities and scope, and where calls are put."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Mode


class EmergencyOut(StrEnum):
    """What is done with an emergency matter that reaches 12345."""

    TRANSFER = "transfer"
    GUIDE = "guide"
    TRANSFER_ELSE_GUIDE = "transfer_else_guide"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class EmergencyTarget:
    """An emergency desk that answers for some areas."""

    areas: tuple[str, ...]
    """Empty: all."""
    peer: str
    place: str
    illustrative: bool = False
    alternates: tuple[str, ...] = ()
    """Peers by which it is called where the first one fails, in this order."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency number."""

    number: str
    name: str
    spoken_number: str
    out: EmergencyOut
    handed_in: bool | None
    """Whether its non-emergency matters are handed over to 12345; None: the document doesn't say."""
    targets: tuple[EmergencyTarget, ...]
    source: str
    place: str
    illustrative: bool = False
    """Whether `out` is the operator's choice."""


@dataclass(frozen=True, slots=True)
class Utility:
    """A public utility: water, power, gas, heat, transit, rail, port."""

    id: str
    name: str
    means: tuple[Means, ...]
    """Empty: parallel or unstated: the utility answers its own calls and 12345 only knows of it."""
    parallel: bool
    numbers: tuple[str, ...]
    """Canonical; given by the operator, for no document prints any."""
    peer: str | None
    hours: Hours | None
    source: str
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """A kind of matter that 12345 does not take, and where its callers are guided."""

    id: str
    what: str
    guide: str | None
    """Where to, in the document's or the operator's words; None: not stated."""
    source: str
    place: str
    illustrative: bool = False


class QueueKind(StrEnum):
    """Whose seats they are."""

    GENERAL = "general"
    EXPERT = "expert"
    """专家座席 of a line."""
    DEDICATED = "dedicated"
    """专席, such as 营商环境 or 未成年人保护."""


class Overflow(StrEnum):
    """What becomes of a caller whom a queue's seats can't answer."""

    GENERAL = "general"
    """The platform's general queue."""
    VOICEMAIL = "voicemail"
    LAST_RESORT = "last_resort"
    """The duty phone, then voicemail."""
    PLATFORM = "platform"
    """Another platform, through its peer; then the duty phone."""


class Answers(StrEnum):
    """Which calls expert or dedicated seats answer."""

    TRANSFERS = "transfers"
    """Only what an agent passes on: 12345 answers general questions first."""
    LINE = "line"
    """Also whoever dials the line: general seats answer while these can't."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Seats that answer together."""

    id: str
    name: str
    spoken_name: str
    kind: QueueKind
    platform: str
    line: str | None
    """Of expert seats: the line's number."""
    seats: tuple[str, ...]
    """SIP accounts; the operator's to give."""
    hours: Hours | None
    """None: the platform's."""
    overflow: Overflow
    starts: datetime | None
    """From when it exists; None: since ever."""
    source: str
    place: str
    illustrative: bool = False
    answers: Answers | None = None
    """None: nobody has said, and only transfers reach it."""
    answered_lines: tuple[str, ...] | None = None
    """Of dedicated seats that answer lines: the lines' canonical numbers."""
    own_announcement: str | None = None
    """The catalogue id of what their callers hear in place of the line's or the platform's, such as `Z01`."""
    own_priority: int | None = None
    """That of their callers, where it is above the one they would have."""
    overflow_to: str | None = None
    """Of `Overflow.PLATFORM`: the platform."""
    given_place: str | None = None
    """Where the operator gave any of these for a queue of the document; None: nobody did."""

    @property
    def direct_lines(self) -> tuple[str, ...]:
        """The lines whose calls are put to these seats."""
        if self.answers is not Answers.LINE:
            return ()
        return (self.line,) if self.line is not None else self.answered_lines or ()


@dataclass(frozen=True, slots=True)
class Desk:
    """How calls of one kind are received: an announcement of the whole platform, and a priority."""

    announcement: str | None
    """The catalogue id, such as `G01`; the same for every line."""
    priority: int
    """0 to 999: the higher, the sooner."""
    place: str


@dataclass(frozen=True, slots=True)
class Desks:
    """The kinds of calls that a platform receives."""

    hub: Desk
    """12345 itself; its priority is also the lines'."""
    emergency: Desk
    """An emergency number that reached us."""
    unknown: Desk
    """A number that is in no plan."""
    handed_over: Desk
    """A matter handed over by an emergency service."""
    closed: Desk
    """Outside the platform's hours: the announcement before voicemail."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What the document demands of every line of a mode, or of the plan as a whole; only a check acts on it."""

    mode: Mode | None
    """Whose lines; None: the plan as a whole."""
    transition: bool
    """A transition phase before the number is cancelled (过渡期)."""
    announcement: bool
    """A voice prompt in the transition (语音提示)."""
    round_the_clock: bool
    """Seats at 7×24."""
    new_lines: bool | None
    """False: no new hotline may be set up (原则上不再新设); None: nothing is said."""
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class SurveyRule:
    """Who is asked for a rating after a talk."""

    offered: bool
    except_lines: tuple[str, ...]
    """Canonical numbers whose callers are not asked, such as a line of enforcement."""
    except_queues: tuple[str, ...]
    """Queues after which nobody is asked."""
    source: str
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class RegisterRule:
    """By when the platforms of a plan pass on (分转) what they have accepted, such as a message."""

    until: int
    """Minutes since midnight: what is accepted before then is passed on by then, the same day."""
    next_day: int
    """Minutes since midnight: by when all else is, the next day."""
    source: str
    place: str
    illustrative: bool = False

    @property
    def text(self) -> str:
        """The rule as the record keeps it: `18:00/10:00`."""
        return "/".join(f"{at // 60:02d}:{at % 60:02d}" for at in (self.until, self.next_day))
