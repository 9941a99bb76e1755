"""Whether somebody is on duty at an instant.

Rules:
- Stretches are half-open, and so are the spans of a weekday: 09:00-18:00 is closed at 18:00:00.
- Times of day are those that a clock on the wall shows in the plan's time zone: where clocks are put forward, a span
  is as much shorter as the day is; where they are put back, the hour that comes twice counts both times.
- Hours that nobody has stated are neither open nor closed: who asks must say what that means to him.
- On a public holiday or a make-up workday a stretch that says what holds on such days goes by that (calendar.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import assert_never

from callrouter.decide.calendar import special_day, why_of_the_day
from callrouter.vocabulary.calendar import Calendar, DayKind
from callrouter.vocabulary.decision import Reason
from callrouter.vocabulary.hours import DaySpan, Hours, Staffing, Stretch


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


def openness(hours: Hours, at: datetime, zone: tzinfo, calendar: Calendar | None = None) -> Openness:
    """What the hours say of `at`, which must be zone-aware; without a calendar every day is as its weekday says."""
    if not hours.stretches:
        return Openness.UNSTATED
    stretch = stretch_at(hours, at)
    match stretch.staffing:
        case Staffing.ROUND_THE_CLOCK:
            return Openness.OPEN
        case Staffing.UNSTATED:
            return Openness.UNSTATED
        case Staffing.WEEKLY:
            return _on_the_wall(stretch, at, zone, calendar)
        case _:
            assert_never(stretch.staffing)


def is_open(hours: Hours, at: datetime, zone: tzinfo, calendar: Calendar | None = None) -> bool:
    """Whether somebody is certainly on duty at `at`: unstated hours are not open."""
    return openness(hours, at, zone, calendar) is Openness.OPEN


def changes_by_the_week(hours: Hours, at: datetime) -> bool:
    """Whether, in the stretch that holds at `at`, the answer depends on weekday and time of day."""
    return bool(hours.stretches) and stretch_at(hours, at).staffing is Staffing.WEEKLY


def why_today(
    hours: Hours | None, at: datetime, zone: tzinfo, calendar: Calendar | None
) -> tuple[Reason, ...]:
    """What the calendar says of the local day at `at`, if these hours ask it and the day is not like any other."""
    if hours is None or calendar is None or not hours.stretches:
        return ()
    local = _local(at, zone)
    return () if local is None else why_of_the_day(stretch_at(hours, at), local.date(), calendar)


def _on_the_wall(stretch: Stretch, at: datetime, zone: tzinfo, calendar: Calendar | None) -> Openness:
    local = _local(at, zone)
    if local is None:
        return Openness.UNSTATED
    weekday, minute = local.weekday(), local.hour * 60 + local.minute
    special = None if calendar is None else special_day(stretch, local.date(), calendar)
    if special is not None:
        if special.kind is DayKind.HOLIDAY:
            return _within(stretch.holidays or (), minute)
        if stretch.workdays is not None:
            weekday = stretch.workdays
    for span in stretch.spans:
        if span.weekday == weekday and span.opens <= minute < span.closes:
            return Openness.OPEN
    return Openness.CLOSED


def _within(spans: Iterable[DaySpan], minute: int) -> Openness:
    return Openness.OPEN if any(span.opens <= minute < span.closes for span in spans) else Openness.CLOSED


def _local(at: datetime, zone: tzinfo) -> datetime | None:
    try:
        return at.astimezone(zone)
    except OverflowError:
        # The first and the last hours of the calendar have no local time everywhere.
        return None
