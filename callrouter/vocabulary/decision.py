"""A decision: the treatment, and the reasons that anyone may ask for.

Rules:
- Every decision carries at least one reason; CLI, console and record show the same value.
- A ruling is made of the plan alone, a decision of the ruling and the instant; so what is said of a ruling
  (a verdict's text, a counter) is said once and kept.
- A reason names its rule by place: `dialplans/sichuan/lines.yaml:14`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from callrouter.vocabulary.migration import Landing, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.treatment import Treatment


class ReasonCode(StrEnum):
    """Why a call is treated as it is."""

    LINE_IN_PHASE = "line_in_phase"
    """The dialled line is in the plan and this phase of it is in force."""
    LINE_IN_PLAN = "line_in_plan"
    """Which line of the plan it is; always beside a reason that names the phase."""
    LANDS_ELSEWHERE = "lands_elsewhere"
    """By plan the line rings elsewhere, yet the call reached us: it is connected all the same, and marked."""
    NUMBER_ENDED = "number_ended"
    """The number has been cancelled, yet the carrier still delivers it."""
    HUB_DIALLED = "hub_dialled"
    """The caller dialled 12345 itself."""
    EMERGENCY_DIALLED = "emergency_dialled"
    """An emergency number reached us: straight to a person, first in the queue, nothing played before."""
    HANDED_OVER = "handed_over"
    """An emergency service or another platform handed the call over."""
    CAME_ROUND = "came_round"
    """The call has passed us before: it is answered here, and not passed on again."""
    UTILITY_DIALLED = "utility_dialled"
    """A public utility's own hotline was dialled."""
    NUMBER_NOT_IN_PLAN = "number_not_in_plan"
    """The plan's rule for unknown numbers applies."""
    PLATFORM_GIVEN = "platform_given"
    """Whoever asks says at which platform the call came in."""
    PLATFORM_BY_TRUNK = "platform_by_trunk"
    PLATFORM_BY_AREA = "platform_by_area"
    PLATFORM_BY_DEFAULT = "platform_by_default"
    """Neither trunk nor area code tells the platform."""
    PLATFORM_BY_LEVEL = "platform_by_level"
    """The line belongs to another level than the platform where the call came in."""
    PLATFORM_BY_PARENT = "platform_by_parent"
    """The platform may not be reached so, or gets no live calls: the one above it, or home, answers."""
    PLATFORM_ELSEWHERE = "platform_elsewhere"
    """The platform is not served by this instance: the call goes to its peer."""
    CENTER_BY_AREA = "center_by_area"
    """Which of several centers."""
    CENTER_UNREACHABLE = "center_unreachable"
    """By plan a center answers, but it has no peer, has not opened yet or is closed: the queue."""
    OUTSIDE_HOURS = "outside_hours"
    PUBLIC_HOLIDAY = "public_holiday"
    """The day is a public holiday, and the hours of whoever is to answer say what holds on one."""
    MAKE_UP_WORKDAY = "make_up_workday"
    """The day is worked in place of another (调休上班), and the hours say which weekday's hold."""
    CALENDAR_SILENT = "calendar_silent"
    """The hours ask for holidays, and the calendar does not know this year's: the weekday decides."""
    EXPERT_SEATS = "expert_seats"
    """By plan the line's own seats answer first: expert or dedicated ones (专家座席、专席)."""
    SEATS_CLOSED = "seats_closed"
    """They would, but it is outside their hours: general seats, or what holds outside the platform's hours."""
    SEATS_NOT_YET = "seats_not_yet"
    """They would, but they have not begun: general seats."""
    MENU_OFFERED = "menu_offered"
    """The operator's plan has a menu for whoever calls so: a key chooses the seats."""
    ILLUSTRATIVE = "illustrative"
    """The rule is the operator's choice where the document is silent."""


class Reason(NamedTuple):
    """One step of the argument."""

    code: ReasonCode
    rule: str
    """The plan line that says so, `file:line`."""
    detail: str
    """In plain words, Chinese / English; never a caller's number."""

    @classmethod
    def at(cls, code: ReasonCode, place: str, detail: str) -> Reason:
        """Make a reason from where its rule was written, `file:line` or `file:line:column`."""
        line, _, column = place.rpartition(":")
        rule = line if column.isdigit() and line.rpartition(":")[2].isdigit() else place
        return cls(code, rule, detail)


class Ruling(NamedTuple):
    """What a rule of a plan says: one value for every call that the rule covers, whenever it arrives."""

    treatment: Treatment
    reasons: tuple[Reason, ...]
    mode: Mode
    landing: Landing
    stray: bool
    """Whether by plan the call should not have come: it is connected, marked, and raises an alarm."""
    platform: str
    """The platform that is to answer."""
    plan: str
    """The jurisdiction."""
    plan_version: str
    plan_hash: str
    line: str | None = None
    """The line's canonical number; None when the dialled number is in no plan."""
    name: str | None = None
    """The document's name for it."""
    phase: PhaseName | None = None
    next_phase: PhaseName | None = None
    next_phase_starts: datetime | None = None
    """None while nobody has given the instant."""
    number_fate: NumberFate | None = None
    seat_fate: SeatFate | None = None
    expert_seats: bool | None = None
    announcement: str | None = None
    """The catalogue id of what the treatment's notice plays, such as `T01`."""
    source: str | None = None
    """Who handed the call over, such as `emergency:110`; None: the caller dialled."""
    tag: str | None = None
    entry: str = ""
    """The platform where the call came in."""
    area: str | None = None
    """The area code of the place that the call is about, as far as the dialled number or that platform tells. Never
    the caller's: a ruling is one for all who call so."""
    register_rule: str | None = None
    """By when the platform passes on what it has accepted: `18:00/10:00`; None: nobody has said."""
    here: str = ""
    """The platform by which the call came to this instance: the entry, or home for one that is not served here."""
    answers: str = ""
    """The platform of this instance whose seats answer, or would if another house did not: `platform`, or home."""

    def __hash__(self) -> int:
        """Hash line and area alone: rulings are looked up at every call, and few in force at once share both."""
        return hash((self.line, self.area))


class Decision(NamedTuple):
    """What is done with a call, and why."""

    ruling: Ruling
    decided_at: datetime
    """The instant the plan was asked about. Zone-aware."""

    @property
    def treatment(self) -> Treatment:
        """What is done."""
        return self.ruling.treatment

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, the decisive reason first."""
        return self.ruling.reasons

    @property
    def line(self) -> str | None:
        """The hotline's number, or None when the dialled number is in no plan."""
        return self.ruling.line

    @property
    def mode(self) -> Mode:
        """What becomes of the line, or what the dialled number is."""
        return self.ruling.mode

    @property
    def phase(self) -> PhaseName | None:
        """Where the line stands, if it is one."""
        return self.ruling.phase

    @property
    def plan(self) -> str:
        """The jurisdiction."""
        return self.ruling.plan

    @property
    def plan_version(self) -> str:
        """The plan's own version."""
        return self.ruling.plan_version

    @property
    def plan_hash(self) -> str:
        """What identifies the plan's rules."""
        return self.ruling.plan_hash
