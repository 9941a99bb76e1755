"""Whether somebody is on duty at an instant.

Rules:
- Stretches are half-open, and so are the spans of a weekday: 09:00-18:00 is closed at 18:00:00.
- Times of day are those that a clock on the wall shows in the plan's time zone: where clocks are put forward, a span
  is as much shorter as the day is; where they are put back, the hour that comes twice counts both times.
- Hours that nobody has stated are neither open nor closed: who asks must say what that means to him.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from enum import StrEnum
from typing import assert_never

from callrouter.vocabulary.hours import Hours, Span, Staffing, Stretch


class Openness(StrEnum):
    """What hours say of an instant."""

    OPEN = "open"
    CLOSED = "closed"
    UNSTATED = "unstated"


def stretch_at(hours: Hours, at: datetime) -> Stretch:
    """What holds at `at`; the first stretch for an instant before all of them."""
    for stretch in reversed(hours.stretches):
        if stretch.starts is None or stretch.starts <= at:
            return stretch
    return hours.stretches[0]


def openness(hours: Hours, at: datetime, zone: tzinfo) -> Openness:
    """What the hours say of `at`, which must be zone-aware."""
    if not hours.stretches:
        return Openness.UNSTATED
    stretch = stretch_at(hours, at)
    match stretch.staffing:
        case Staffing.ROUND_THE_CLOCK:
            return Openness.OPEN
        case Staffing.UNSTATED:
            return Openness.UNSTATED
        case Staffing.WEEKLY:
            return _on_the_wall(stretch.spans, at, zone)
        case _:
            assert_never(stretch.staffing)


def is_open(hours: Hours, at: datetime, zone: tzinfo) -> bool:
    """Whether somebody is certainly on duty at `at`: unstated hours are not open."""
    return openness(hours, at, zone) is Openness.OPEN


def changes_by_the_week(hours: Hours, at: datetime) -> bool:
    """Whether, in the stretch that holds at `at`, the answer depends on weekday and time of day."""
    return bool(hours.stretches) and stretch_at(hours, at).staffing is Staffing.WEEKLY


def _on_the_wall(spans: tuple[Span, ...], at: datetime, zone: tzinfo) -> Openness:
    try:
        local = at.astimezone(zone)
    except OverflowError:
        # The first and the last hours of the calendar have no local time everywhere.
        return Openness.UNSTATED
    weekday, minute = local.weekday(), local.hour * 60 + local.minute
    for span in spans:
        if span.weekday == weekday and span.opens <= minute < span.closes:
            return Openness.OPEN
    return Openness.CLOSED
