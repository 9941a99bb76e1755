"""An announcement that a plan can play, and the values that are spoken in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from callrouter.vocabulary.hours import Span


@dataclass(frozen=True, slots=True)
class WantedNotice:
    """An announcement and the values that are spoken in it; None where it has none."""

    key: str
    """The file key, such as `t01-12300-sichuan`."""
    announcement: str
    """The catalogue id, such as `T01`."""
    brand: str
    """The platform's name."""
    place: str
    """The phase, desk, hours, queue or platform that plays it, `file:line:column`."""
    dated: bool = True
    """False: nobody has given the phase its instant yet, and words that name it are missing."""
    number: str | None = None
    """The line's or emergency's number."""
    spoken_number: str | None = None
    spoken_name: str | None = None
    last_day: date | None = None
    stop_day: date | None = None
    daily: Span | None = None
    """The hours of each day."""
    begins: date | None = None
    """The first day on which it is heard; None: since ever, or nobody knows."""
    seats: str | None = None
    """The spoken name of expert or dedicated seats."""
    email: str | None = None
    target: str | None = None
    """The spoken name of whom a call is passed on to."""
    guide: str | None = None
    """Where the callers of a matter that is not accepted turn."""
    dialled: str | None = None
    """What whoever a call is passed on to hears of the line: a number, or the spoken name."""
