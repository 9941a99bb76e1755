"""A migration plan: which hotline number, in which jurisdiction, in which mode, from which instant to which.

Rules:
- Number fate, seat fate and landing are separate facts; a mode is a label over them
  (双号并行 in one document keeps the seats for now, in another it does not).
- Every interval is half-open and zone-aware: `[starts, ends)`: "to 30 September" ends on 1 October 00:00.
- A deadline (「…前」) is kept as a `Due` and never switches anything.
- A line's phases follow one another without gap or overlap, so exactly one is in force at any instant.
- Every part remembers where it was written (`file:line`) and which line of which document it implements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Mode(StrEnum):
    """The policy's word for what becomes of a line; a label, never a rule (policy facts, section 0.2)."""

    HOTLINE = "hotline"
    """12345 itself."""
    MERGED = "merged"
    """整体并入: a transition, then the number is cancelled."""
    DUAL = "dual"
    """双号并行: the number is kept, 12345 answers it."""
    BRANCH = "branch"
    """设分中心: number and seats kept; 12345 reaches it by three-way transfer."""
    PARALLEL = "parallel"
    """并行接听: the line's own platform answers."""
    FORWARDED = "forwarded"
    """来电转移: the number is kept and forwarded by the carrier."""
    ABSORBED = "absorbed"
    """直接合并: a landline's hotline function is provided by 12345."""
    WITHDRAWN = "withdrawn"
    """撤销."""


class NumberFate(StrEnum):
    """What becomes of the number."""

    KEPT = "kept"
    CANCELLED = "cancelled"
    UNSTATED = "unstated"


class SeatFate(StrEnum):
    """What becomes of the line's seats."""

    MERGED = "merged"
    KEPT = "kept"
    NONE = "none"
    UNSTATED = "unstated"


class Landing(StrEnum):
    """Who is meant to answer a call to the number."""

    PLATFORM = "platform"
    """12345 of the line's level."""
    OWN_SEATS = "own_seats"
    """The line's department, branch center or own platform."""
    NOBODY = "nobody"
    """The number is cancelled: the carrier should no longer deliver it."""


class PhaseName(StrEnum):
    """Where a line stands in its migration."""

    BEFORE = "before"
    TRANSITION = "transition"
    """过渡期: the number still works, 12345 answers, the caller is told."""
    IN_FORCE = "in_force"
    """The mode is in force for good."""
    ENDED = "ended"
    """The number has been cancelled."""


class OnArrival(StrEnum):
    """What is done with a call that reaches us in a phase."""

    CONNECT = "connect"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of the document: reported, never acted on."""

    what: str
    by: date
    source: str
    """The document's line, such as `000:L82`."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a line's migration, `[starts, ends)`."""

    name: PhaseName
    starts: datetime | None
    """None: since ever."""
    ends: datetime | None
    """None: until further notice."""
    landing: Landing
    on_arrival: OnArrival
    notice: str | None
    """The catalogue id of the announcement, such as `T01`; spoken per line."""
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class Line:
    """A hotline number and what becomes of it."""

    number: str
    name: str
    """The document's name for it."""
    spoken_number: str
    """As people say it: 幺二三幺五."""
    spoken_name: str
    """Short enough for an announcement."""
    mode: Mode
    number_fate: NumberFate
    seat_fate: SeatFate
    phases: tuple[Phase, ...]
    dues: tuple[Due, ...]
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class LineClass:
    """A rule for lines that the document does not name (省内自行设立的热线); numbers may be added later."""

    id: str
    name: str
    mode: Mode
    phases: tuple[Phase, ...]
    dues: tuple[Due, ...]
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class Brand:
    """What the platform calls itself from an instant on."""

    name: str
    starts: datetime | None
    place: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Where calls of one kind go: a queue, a notice of the whole platform, a priority."""

    queue: str
    notice: str | None
    """The catalogue id, such as `G01`; the same for every line."""
    priority: int
    place: str


@dataclass(frozen=True, slots=True)
class Document:
    """The policy document that a plan implements."""

    ref: str
    """The number by which sources cite it: `000`."""
    title: str
    number: str
    """川办发〔2021〕15号."""
    issued: date


@dataclass(frozen=True, slots=True)
class Plan:
    """One jurisdiction's plan, checked and frozen."""

    jurisdiction: str
    title: str
    version: str
    hash: str
    """SHA-256, in hex, of what was loaded: the same for the same rules, whatever the comments."""
    document: Document
    timezone: str
    area_codes: frozenset[str]
    hotline_number: str
    hotline_spoken: str
    brands: tuple[Brand, ...]
    hotline: Desk
    """Calls to 12345 itself; its queue and priority also serve the lines."""
    emergency: Desk
    """Calls to an emergency number that reach us."""
    unknown_number: Desk
    """Calls to a number that is in no plan."""
    lines: Mapping[str, Line]
    classes: tuple[LineClass, ...]
    place: str

    @property
    def short_codes(self) -> frozenset[str]:
        """Every code that the plan knows, 12345 included."""
        return frozenset(self.lines) | {self.hotline_number}

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that a call may be sent to."""
        return frozenset(desk.queue for desk in (self.hotline, self.emergency, self.unknown_number))


def line_notice_key(notice: str, number: str) -> str:
    """The file key of an announcement that names its line: `T01` for 12300 is `t01-12300`."""
    return f"{notice.lower()}-{number}"


def platform_notice_key(notice: str) -> str:
    """The file key of an announcement that is the same for every line: `G01` is `g01`."""
    return notice.lower()
