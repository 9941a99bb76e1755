"""What becomes of a hotline number: the mode, the fates, the phases, and when each begins.

Rules:
- Number fate, seat fate and landing are separate facts; a mode is a label over them
  (双号并行 in one document keeps the seats for now, in another it does not).
- Every interval is half-open and zone-aware: `[starts, ends)`: "to 30 September" ends on 1 October 00:00.
- A deadline (「…前」) is kept as a `Due` and never switches anything.
- Dated phases follow one another without gap or overlap, so exactly one is in force at any instant. Phases whose
  instant nobody has given yet follow behind them and are never in force.
- Every part remembers where it was written (`file:line`) and which line of which document it implements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Mode(StrEnum):
    """The policy's word for what becomes of a line; a label, never a rule (policy facts, section 0.2)."""

    MERGED = "merged"
    """整体并入, 取消号码: the seats merge, the number is cancelled."""
    DUAL = "dual"
    """双号并行: the number is kept, 12345 answers it (or, for now, its own seats do)."""
    BRANCH = "branch"
    """设分中心: number and seats kept; 12345 reaches it by transfer."""
    PARALLEL = "parallel"
    """并行接听: the line's own platform answers."""
    FORWARDED = "forwarded"
    """来电转移: the number is kept and forwarded by the carrier."""
    ABSORBED = "absorbed"
    """直接合并: the hotline function of a landline or mobile is provided by 12345."""
    WITHDRAWN = "withdrawn"
    """撤销."""
    HUB = "hub"
    """12345 itself."""
    EMERGENCY = "emergency"
    """110, 119, 120, 122: never a line of a plan."""
    UTILITY = "utility"
    """A public utility's own hotline."""
    UNKNOWN = "unknown"
    """A number that is in no plan."""


LINE_MODES = frozenset(
    {Mode.MERGED, Mode.DUAL, Mode.BRANCH, Mode.PARALLEL, Mode.FORWARDED, Mode.ABSORBED, Mode.WITHDRAWN}
)
"""The modes that a plan may give to a line."""


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
    """Who answers a call to the number, by plan."""

    PLATFORM = "platform"
    """12345 of the line's level."""
    DEPARTMENT = "department"
    """The line's own seats at the department, to which this platform can connect."""
    BRANCH = "branch"
    """The branch center, to which this platform can connect."""
    EXTERNAL = "external"
    """Where it always rang: this platform is not meant to see the call."""
    RELEASED = "released"
    """Nobody: the call is told so and released."""
    EMERGENCY = "emergency"
    """The emergency service; a call that reaches us all the same gets a person at once."""


class PhaseName(StrEnum):
    """Where a line stands in its migration."""

    BEFORE = "before"
    """The plan does not yet take the call."""
    TRANSITION = "transition"
    """过渡期: the number still works, 12345 answers, the caller is told."""
    IN_FORCE = "in_force"
    """The mode is in force."""
    ENDED = "ended"
    """The number has been cancelled."""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline of the document: reported, never acted on."""

    what: str
    by: date
    source: str
    """The document's line, such as `000:L82`."""
    place: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a line's migration, `[starts, ends)`."""

    name: PhaseName
    starts: datetime | None
    """None: since ever, in the first phase; not given yet, in an undated one."""
    ends: datetime | None
    """None: until further notice."""
    landing: Landing
    number_fate: NumberFate
    seat_fate: SeatFate
    announcement: str | None
    """The catalogue id of the announcement, such as `T01`; spoken per line."""
    source: str
    place: str
    illustrative: bool = False
    """Whether the instant is the operator's choice, not the document's."""
    given_place: str | None = None
    """Where the operator gave the instant that the document leaves open; None: nobody did."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What becomes of the lines that follow it, and when."""

    id: str
    mode: Mode
    number_fate: NumberFate
    seat_fate: SeatFate
    phases: tuple[Phase, ...]
    """Dated, in order, without gap or overlap: never empty, the first since ever, the last without an end."""
    undated: tuple[Phase, ...]
    """What comes next once someone gives the instant, in order."""
    dues: tuple[Due, ...]
    place: str

    def next_phase(self, phase: Phase) -> Phase | None:
        """What follows `phase`, one of `phases`, dated or not; None if nothing is planned."""
        following = self.phases[self.phases.index(phase) + 1 :] + self.undated
        return following[0] if following else None
