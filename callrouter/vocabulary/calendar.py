"""A calendar: the days on which a country does not work although they are weekdays, or works although they are not.

Rules:
- A day is a local day of the plan's time zone, from midnight to midnight.
- Every year is ordained anew (国务院办公厅关于…年部分节假日安排的通知), some days in the December before it: no year
  follows from another, and of a year that is not listed nobody knows anything but its weekdays.
- A site's own changes go before what the country ordains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class DayKind(StrEnum):
    """What sort of day it is, whatever its weekday says."""

    HOLIDAY = "holiday"
    """法定节假日, the days off that are moved to it (调休) included."""
    WORKDAY = "workday"
    """调休上班: worked, although it is a Saturday or Sunday."""
    ORDINARY = "ordinary"
    """As its weekday says: a site takes back what the country ordains."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One day that is not as its weekday says."""

    day: date
    kind: DayKind
    name: str
    """The holiday's name (国庆节), also of a day that is worked in its place."""
    source: str
    """The notice that ordains it, such as `国办发明电〔2020〕27号`; `operator` for a site's own."""
    place: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """The special days of the years that are known."""

    id: str
    """Of its file: `china`."""
    years: tuple[int, ...]
    """The years that have been ordained, in order."""
    ordained: tuple[SpecialDay, ...]
    """In order, each day once."""
    changes: tuple[SpecialDay, ...]
    """A site's own, in order, each day once."""
    place: str
    by_day: Mapping[date, SpecialDay] = field(init=False, compare=False, repr=False)
    """What holds of each special day, the site's changes done."""

    def __post_init__(self) -> None:
        days = {one.day: one for one in (*self.ordained, *self.changes)}
        kept = {day: one for day, one in sorted(days.items()) if one.kind is not DayKind.ORDINARY}
        object.__setattr__(self, "by_day", kept)

    def special(self, day: date) -> SpecialDay | None:
        """The day, if it is not as its weekday says."""
        return self.by_day.get(day)

    def knows(self, year: int) -> bool:
        """Whether the year has been ordained."""
        return year in self.years
