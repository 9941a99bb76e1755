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

from callrouter.vocabulary.plan import Mode, PhaseName
from callrouter.vocabulary.treatment import Treatment


class ReasonCode(StrEnum):
    """Why a call is treated as it is."""

    LINE_IN_PHASE = "line_in_phase"
    """The dialled line is in the plan and this phase of it is in force."""
    LINE_IN_PLAN = "line_in_plan"
    """Which line of the plan it is; always beside a reason that names the phase."""
    LANDS_ELSEWHERE = "lands_elsewhere"
    """The plan lands this line at its own seats, yet the call reached us: it is connected all the same."""
    NUMBER_ENDED = "number_ended"
    """The number has been cancelled, yet the carrier still delivers it."""
    HOTLINE_DIALLED = "hotline_dialled"
    """The caller dialled 12345 itself."""
    EMERGENCY_DIALLED = "emergency_dialled"
    """An emergency number reached us: straight to a person, first in the queue, nothing played before."""
    NUMBER_NOT_IN_PLAN = "number_not_in_plan"
    """The plan's rule for unknown numbers applies."""


class Reason(NamedTuple):
    """One step of the argument."""

    code: ReasonCode
    rule: str
    """The plan line that says so, `file:line`."""
    detail: str
    """In plain words; never a caller's number."""


class Ruling(NamedTuple):
    """What a rule of a plan says: one value for every call that the rule covers, whenever it arrives."""

    treatment: Treatment
    reasons: tuple[Reason, ...]
    line: str | None
    """The hotline's number, or None when the dialled number is in no plan."""
    mode: Mode | None
    phase: PhaseName | None
    plan: str
    plan_version: str
    plan_hash: str

    def __hash__(self) -> int:
        """Hash the line alone: rulings are looked up at every call, and few in force at once share one."""
        return hash(self.line)


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
    def mode(self) -> Mode | None:
        """What becomes of the line, if it is one."""
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
