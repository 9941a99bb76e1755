"""The plan worked out ahead, as the templates need it: `decide.followed_plan` in names that an extension may have.

Rules:
- An instant is in whole seconds since 1970: what begins within a second holds from the next one on, the first whose
  beginning it covers.
- Names are letters, digits and hyphens; `_` joins them. A key is in its table once.
"""

from __future__ import annotations

from dataclasses import dataclass

from callrouter.asterisk_link.hours_of_the_plan import DayTimes, OneDay


@dataclass(frozen=True, slots=True)
class Row:
    """What stands for a key in a table."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """A chain that holds until an instant."""

    before: str
    """Seconds since 1970; empty: for ever."""
    chain: str


@dataclass(frozen=True, slots=True)
class CourseOfCalls:
    """What holds of a call, one chain after the other."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is done with a call, in the words of a verdict (`verdict`); outside `hours`, what `otherwise` says."""

    name: str
    hours: str
    otherwise: str
    order: str
    notice: str
    queue: str
    priority: str
    cause: str
    line: str
    mode: str
    phase: str
    flags: str
    where: str
    told: tuple[Row, ...]
    is_listed: bool = False
    """Whether `line` is one of many: each call names its own."""


@dataclass(frozen=True, slots=True)
class HoursByName:
    """When somebody is on duty."""

    name: str
    weekdays: tuple[str, ...]
    """The names of seven weekdays' times, Monday first."""
    days: tuple[OneDay, ...]


@dataclass(frozen=True, slots=True)
class ListedNumbers:
    """A file of rows of one width, sorted as numbers: the number, a blank, its list, a line end."""

    file: str
    rows: int
    number_width: int
    row_width: int


@dataclass(frozen=True, slots=True)
class FallbackOfThePlan:
    """All that is followed while no controller answers."""

    plan_hash: str
    handed_over: str
    """What the file keys begin with that callers hear whom an emergency service hands over; empty: they hear none."""
    entries: tuple[Row, ...]
    """By trunk and dialled area, and who calls: `tcarrier_028`, `tcarrier_028_sos`."""
    dialled_in: tuple[Row, ...]
    """Numbers of trunks that are lines' own, and those that are 12345's."""
    local_areas: tuple[Row, ...]
    """The area of landlines that were dialled without one, by trunk."""
    codes: tuple[str, ...]
    """Short numbers that the plan knows, emergencies among them."""
    calls: tuple[Row, ...]
    """The course of each number; where it is another by an entry, `e3_12300`; and from an area, `e3_12300_028`."""
    choosy: tuple[str, ...]
    """Numbers of which the caller's area may tell."""
    courses: tuple[CourseOfCalls, ...]
    outcomes: tuple[Outcome, ...]
    zone: str
    hours: tuple[HoursByName, ...]
    times: tuple[DayTimes, ...]
    listed: ListedNumbers | None
