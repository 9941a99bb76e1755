"""Weekly hours of two plans in one stretch of time: who is on duty in the one while who is in the other.

Rules:
- Nothing is judged by how hours are written: they are asked, at every instant of some days at which they may change.
- Those days are every special day of either calendar, and so many others that each weekday is among them: all other
  days are like one of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import asks, beginning
from callrouter.decide.hours import Openness, openness, stretch_at
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.plan import Plan

Chain = tuple[Hours, ...]
_DAY: Final = timedelta(days=1)
_AT_MOST: Final = 60
"""Days; no row of holidays hides a weekday for so long."""
_SOME_MONDAY: Final = date(2001, 1, 1)


class Duty:
    """Two plans' people in `[starts, ends)`, in which none of their stretches of hours begins or ends."""

    def __init__(
        self, before: Plan, after: Plan, starts: datetime | None, ends: datetime | None, at: datetime
    ) -> None:
        self._plans, self._starts, self._ends, self._at = (before, after), starts, ends, at
        self._zones = (ZoneInfo(before.timezone), ZoneInfo(after.timezone))
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], frozenset[tuple[int, int]]] = {}

    def together(self, before: Chain, after: Chain) -> frozenset[tuple[int, int]]:
        """Which place in the one chain and which in the other are in force at one instant, at any at all."""
        key = tuple(map(id, before)), tuple(map(id, after))
        if key not in self._known:
            self._known[key] = frozenset(
                (self._place(0, before, at), self._place(1, after, at))
                for at in self._instants(before, after)
            )
        return self._known[key]

    def _place(self, which: int, chain: Chain, at: datetime) -> int:
        plan, zone = self._plans[which], self._zones[which]
        for place, hours in enumerate(chain):
            if openness(hours, at, zone, plan.calendar) is not Openness.CLOSED:
                return place
        return len(chain)

    def _instants(self, before: Chain, after: Chain) -> set[datetime]:
        """Every instant that may begin something, and the first of all."""
        days = self._days(before, after)
        found = {self._at}
        for chain, zone in zip((before, after), self._zones, strict=True):
            minutes = {0} | {minute for hours in chain for minute in _minutes(hours, self._at)}
            for day in days:
                midnight = datetime.combine(day, time(), zone)
                found |= {(midnight + timedelta(minutes=minute)).astimezone(UTC) for minute in minutes}
        return {at for at in found if self._holds(at)}

    def _holds(self, at: datetime) -> bool:
        return (self._starts is None or self._starts <= at) and (self._ends is None or at < self._ends)

    def _days(self, before: Chain, after: Chain) -> set[date]:
        special: set[date] = set()
        for chain, plan in zip((before, after), self._plans, strict=True):
            if plan.calendar is not None and any(asks(stretch_at(hours, self._at)) for hours in chain):
                special |= set(plan.calendar.by_day)
        if self._zones[0] != self._zones[1]:
            special |= {day + beside for day in special for beside in (-_DAY, _DAY)}
        began = None if self._starts is None else self._starts.astimezone(self._zones[0]).date() - _DAY
        ended = None if self._ends is None else self._ends.astimezone(self._zones[0]).date() + _DAY
        found = {day for day in special if (not began or day >= began) and (not ended or day <= ended)}
        first = began or (ended - _AT_MOST * _DAY if ended else _SOME_MONDAY)
        found |= set(_ordinary(first, ended, special))
        if ended is not None:
            found |= {ended - nth * _DAY for nth in range(3)}
        return found


def _ordinary(first: date, ended: date | None, special: set[date]) -> Iterator[date]:
    """Days from the first on, until each weekday was among those that are like any other."""
    seen: set[int] = set()
    for nth in range(_AT_MOST):
        day = first + nth * _DAY
        if ended is not None and day > ended:
            return
        yield day
        if nth > 1 and day not in special:
            seen.add(day.weekday())
            if len(seen) == 7:
                return


def _minutes(hours: Hours, at: datetime) -> Iterator[int]:
    stretch = stretch_at(hours, at)
    for opens, closes in (
        *((span.opens, span.closes) for span in stretch.spans),
        *((span.opens, span.closes) for span in stretch.holidays or ()),
    ):
        yield opens
        yield closes


def odd_days(before: Plan, after: Plan) -> Iterator[datetime]:
    """When each day begins and ends of which the two calendars say something else, where anybody's hours ask them."""
    plans = (before, after)
    kinds = [
        {day: one.kind for day, one in plan.calendar.by_day.items()} if plan.calendar is not None else {}
        for plan in plans
    ]
    for day in kinds[0].keys() | kinds[1].keys():
        if kinds[0].get(day) is not kinds[1].get(day):
            for plan in plans:
                zone = ZoneInfo(plan.timezone)
                yield beginning(day, zone)
                yield beginning(day + _DAY, zone)
