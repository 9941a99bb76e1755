"""The hours of whoever answers, written out for the compiled fallback: see `decide.opening_table`."""

from __future__ import annotations

from datetime import datetime

from callrouter.asterisk_link.fallback_of_the_plan import HoursByName
from callrouter.asterisk_link.hours_of_the_plan import DayTimes, OneDay, Until
from callrouter.decide.opening_table import DayParts, hours_table
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.plan import Plan


class HoursTables:
    """Tables by name; days that are alike share their times."""

    def __init__(self, plan: Plan, at: datetime) -> None:
        self._plan, self._at = plan, at
        self._known: dict[int, tuple[Hours, HoursByName]] = {}
        self._times: dict[tuple[tuple[int, bool], ...], str] = {}

    def name(self, hours: Hours) -> str:
        """Its table's name, written out when it is first asked for."""
        kept = self._known.get(id(hours))
        if kept is None:
            kept = self._known[id(hours)] = hours, self._written(hours, f"h{len(self._known) + 1}")
        return kept[1].name

    @property
    def tables(self) -> tuple[HoursByName, ...]:
        """Every table that was asked for."""
        return tuple(table for _, table in self._known.values())

    @property
    def times(self) -> tuple[DayTimes, ...]:
        """The sorts of days in them."""
        return tuple(
            DayTimes(
                name, tuple(Until(_clock(ends), "open" if is_open else "closed") for ends, is_open in parts)
            )
            for parts, name in self._times.items()
        )

    def _written(self, hours: Hours, name: str) -> HoursByName:
        table = hours_table(self._plan, [hours], self._at)
        return HoursByName(
            name,
            tuple(self._sort(parts) for parts in table.usual),
            tuple(OneDay(f"{day:%Y%m%d}", self._sort(parts)) for day, parts in table.days.items()),
        )

    def _sort(self, parts: DayParts) -> str:
        plain = tuple((part.ends_s, part.is_open) for part in parts)
        return self._times.setdefault(plain, f"d{len(self._times) + 1}")


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}{minutes % 60:02}{second:02}"
