"""Opening hours as the templates need them: spelled as Asterisk's clock spells an instant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Until:
    """What holds on a day until a time of it, from the one before."""

    before: str
    """Six digits, `090000`; `240000` for the last."""
    answer: str
    """`open`, or `closed:` and the file key of what the caller is told, if anything."""


@dataclass(frozen=True, slots=True)
class DayTimes:
    """A sort of day: many days have the same times."""

    name: str
    parts: tuple[Until, ...]


@dataclass(frozen=True, slots=True)
class OneDay:
    """A day that is not as its weekday usually is."""

    date: str
    """Eight digits, `20211001`."""
    times: str
    """The name of its times."""


@dataclass(frozen=True, slots=True)
class HoursOfThePlan:
    """When callers are connected while nobody can be asked."""

    zone: str
    """`Asia/Shanghai`."""
    offsets: tuple[str, ...]
    """What the clock there may say of its distance from UTC, `+0800`: it tells whether Asterisk knows the zone."""
    times: tuple[DayTimes, ...]
    weekdays: tuple[str, ...]
    """The names of seven weekdays' times, Monday first."""
    days: tuple[OneDay, ...]
