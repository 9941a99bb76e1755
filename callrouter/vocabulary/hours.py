"""When people answer: weekly hours in stretches of time.

Rules:
- Stretches are half-open and follow one another like phases; the first is since ever, the last without an end.
- Times of day are local to the plan's time zone, half-open: 09:00-18:00 is closed at 18:00:00. `24:00` is the
  day's end; a span that ends at or before its start does not cross midnight but is refused by the loader.
- Hours that the document does not state and the operator has not given are unstated: nobody may count on them.
- Public holidays and make-up workdays change nothing unless the stretch says what holds on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Staffing(StrEnum):
    """What a stretch says."""

    ROUND_THE_CLOCK = "7x24"
    WEEKLY = "weekly"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of one weekday, in minutes since midnight, `[opens, closes)`."""

    weekday: int
    """0 is Monday."""
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A part of any day, in minutes since midnight, `[opens, closes)`."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What holds during `[starts, ends)`."""

    starts: datetime | None
    ends: datetime | None
    staffing: Staffing
    spans: tuple[Span, ...]
    """Of WEEKLY; sorted."""
    source: str
    place: str
    illustrative: bool = False
    holidays: tuple[DaySpan, ...] | None = None
    """Of WEEKLY: what holds on a public holiday, sorted; empty: closed. None: as on any such weekday."""
    workdays: int | None = None
    """Of WEEKLY: the weekday whose spans hold on a make-up workday; 0 is Monday. None: those of its own weekday."""

    @property
    def asks_calendar(self) -> bool:
        """Whether holidays or make-up workdays matter to it."""
        return self.holidays is not None or self.workdays is not None


@dataclass(frozen=True, slots=True)
class Hours:
    """Named hours of a plan."""

    id: str
    stretches: tuple[Stretch, ...]
    place: str


def announced_as(hours: Hours, stretch: Stretch) -> str:
    """What the announcement outside these hours is named by: their id, numbered from the second weekly stretch on.

    Each weekly stretch may speak other times of day, so each has a recording of its own.
    """
    weekly = [one for one in hours.stretches if one.staffing is Staffing.WEEKLY]
    place = next((index for index, one in enumerate(weekly) if one is stretch), 0)
    return f"{hours.id}-{place + 1}" if place else hours.id
