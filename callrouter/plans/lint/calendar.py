"""Public holidays: the calendar knows every year in which hours ask for them.

Rules:
- In a year that the calendar does not know the weekday decides: on 国庆节 callers would wait for nobody.
- Next year's holidays are ordained in autumn; from the first of December on they are missed.
- Only hours that still matter at the instant of the check are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import asks, beginning
from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, warning
from callrouter.vocabulary.calendar import Calendar, DayKind
from callrouter.vocabulary.hours import Stretch

_MISSED_FROM: Final = 12
"""The month in which next year's notice has been out for weeks."""


def calendar(subject: Subject) -> Iterator[Finding]:
    """Find years that the calendar does not know and hours need, and a site's changes that change nothing."""
    held = subject.plan.calendar
    if held is None:
        return
    today = subject.today
    missed = [year for year in _looked_at(today) if not held.knows(year)]
    for hours in subject.kept_hours:
        for stretch in hours.stretches:
            for year in missed:
                if asks(stretch) and _is_in_force_in(year, stretch, subject):
                    yield _unknown(subject, held, stretch, year, next_year=year > today.year)
    yield from _idle(held)


def _looked_at(today: date) -> tuple[int, ...]:
    """The years that must be known today."""
    return (today.year, today.year + 1) if today.month >= _MISSED_FROM else (today.year,)


def _is_in_force_in(year: int, stretch: Stretch, subject: Subject) -> bool:
    """Whether the stretch holds at any instant of the year that is not over yet."""
    zone = ZoneInfo(subject.plan.timezone)
    begins: datetime = max(beginning(date(year, 1, 1), zone), subject.at)
    ends = beginning(date(year + 1, 1, 1), zone)
    return (stretch.starts is None or stretch.starts < ends) and (
        stretch.ends is None or begins < stretch.ends
    )


def _unknown(subject: Subject, held: Calendar, stretch: Stretch, year: int, *, next_year: bool) -> Finding:
    zh, en = ("明年", "next year") if next_year else ("今年", "this year")
    asked = subject.asked_at(stretch)
    return warning(
        asked,
        Code.CALENDAR_YEAR_MISSING,
        f"日历 {held.id} 没有{zh}（{year}）的节假日，{year} 年只按星期判断",
        f"the calendar {held.id} has no holidays of {en} ({year}): there the weekday alone decides",
        f"照国务院办公厅的通知补入 {held.place.rpartition(':')[0].rpartition(':')[0]} / "
        "add the year there as the notice ordains it",
        source=stretch.source,
    )


def _idle(held: Calendar) -> Iterator[Finding]:
    ordained = {one.day: one.kind for one in held.ordained}
    told: set[str] = set()
    for change in held.changes:
        is_so = ordained.get(change.day, DayKind.ORDINARY) is change.kind
        if is_so and change.place not in told:
            told.add(change.place)
            yield warning(
                change.place,
                Code.CALENDAR_CHANGE_IDLE,
                f"{change.day} 在日历 {held.id} 中本来就是 {change.kind}，这一项不起作用",
                f"{change.day} is {change.kind} in the calendar {held.id} anyway: this changes nothing",
                "更正日期，或删除 / correct the day, or take it out",
            )
