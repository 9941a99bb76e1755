"""What follows from a plan alone, kept beside it: an ordinary call costs a few look-ups.

Rules:
- Between two instants at which anything in the plan begins or ends, all of it stays the same but weekly hours: that
  is an epoch. What is found in an epoch holds in all of it. A public holiday begins and ends one where hours ask.
- Few epochs are kept, and few findings in each: forgetting changes nothing but the time of the next decision. The
  first to come are kept, in a large plan the busy ones; making room for others costs more than it saves.
- What a caller chooses is no key unless the plan knows it: no flood of odd numbers fills the memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from callrouter.decide.calendar import changes_of_days
from callrouter.decide.center import sole_area
from callrouter.decide.platform import Belonging
from callrouter.decide.ruling import Case
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Utility
from callrouter.vocabulary.territory import Trunk

MOST_KEPT: Final = 4096
"""Findings of one kind, in one epoch."""
_MOST_EPOCHS: Final = 4
_KEY: Final = "decide"

CaseKey = tuple["Door", str, str | None, str | None]
"""By which door, the number or its list, who handed it over, the caller's area where it matters."""


class Door:
    """Where a call comes in: trunk, platform, dialled area."""

    __slots__ = ("area", "belonging", "local_area", "trunk", "trunk_source")

    def __init__(self, trunk: Trunk | None, area: str | None, belonging: Belonging) -> None:
        self.trunk, self.area, self.belonging = trunk, area, belonging
        self.local_area = sole_area(belonging.platform)
        """The area of a landline that was dialled without one."""
        self.trunk_source = trunk.source if trunk is not None else None


class Epoch:
    """A stretch of time in which nothing in the plan begins or ends, `[starts, ends)`."""

    __slots__ = ("brand", "cases", "doors", "ends", "starts")

    def __init__(self, starts: datetime | None, ends: datetime | None, brand: int) -> None:
        self.starts, self.ends, self.brand = starts, ends, brand
        self.doors: dict[tuple[str, str | None, str | None], Door] = {}
        self.cases: dict[CaseKey, Case] = {}


class Memory:
    """What is kept of one plan."""

    __slots__ = (
        "_changes",
        "_epochs",
        "_latest",
        "_plan",
        "alone",
        "areas",
        "calendar",
        "choosy",
        "utilities",
        "zone",
    )

    def __init__(self, plan: Plan) -> None:
        self.zone = ZoneInfo(plan.timezone)
        self.calendar = plan.calendar
        self.utilities: dict[str, Utility] = {
            number: utility for utility in plan.utilities for number in utility.numbers
        }
        self.choosy = frozenset(number for number, centers in plan.centers.items() if len(centers) > 1)
        """Lines at which the caller's area matters."""
        with_seats = {number for queue in plan.queues.values() for number in queue.direct_lines}
        with_menus = {number for menu in plan.menus or () for number in menu.lines}
        self.alone = frozenset(with_seats | plan.centers.keys() | with_menus)
        """Lines that share no ruling with others of their list: centers or seats of their own, or a menu, answer."""
        self.areas = frozenset(_areas(plan))
        """Every area of which the plan says something."""
        self._plan = plan
        days = changes_of_days(_hours(plan), plan.calendar, self.zone)
        self._changes = sorted({at.astimezone(UTC) for at in (*beginnings(plan), *days)})
        self._epochs: dict[int, Epoch] = {}
        self._latest = self._epoch(0, None)

    def known_area(self, area: str | None) -> str | None:
        """The area, if the plan knows it; another one tells nothing."""
        return area if area in self.areas else None

    def epoch_of(self, at: datetime) -> Epoch:
        """The epoch in which `at` lies."""
        latest = self._latest
        if (latest.starts is None or latest.starts <= at) and (latest.ends is None or at < latest.ends):
            return latest
        place = bisect_right(self._changes, at)
        self._latest = self._epochs.get(place) or self._epoch(place, at)
        return self._latest

    @property
    def epochs_kept(self) -> int:
        """How many epochs are kept."""
        return len(self._epochs)

    def _epoch(self, place: int, at: datetime | None) -> Epoch:
        if len(self._epochs) >= _MOST_EPOCHS:
            del self._epochs[next(iter(self._epochs))]
        changes = self._changes
        epoch = self._epochs[place] = Epoch(
            changes[place - 1] if place else None,
            changes[place] if place < len(changes) else None,
            self._plan.brand_at(at) if at is not None else 0,
        )
        return epoch


def memory_of(plan: Plan) -> Memory:
    """What is kept of the plan, made when it is first needed."""
    memory = plan.kept.get(_KEY)
    if not isinstance(memory, Memory):
        memory = plan.kept[_KEY] = Memory(plan)
    return memory


def beginnings(plan: Plan) -> Iterator[datetime]:
    """Every instant at which anything in the plan begins or ends, in no order; public holidays are not among them."""
    schedules = {id(schedule): schedule for schedule in plan.schedules.values()}
    schedules |= {id(line.schedule): line.schedule for line in plan.lines.values()}
    schedules |= {id(one.schedule): one.schedule for one in plan.lists.lists}
    starts = [phase.starts for schedule in schedules.values() for phase in schedule.phases]
    yield from (at for at in starts if at is not None)
    yield from beginnings_for_all(plan)


def beginnings_for_all(plan: Plan) -> Iterator[datetime]:
    """Every such instant that is no phase of a line's own."""
    starts = [brand.starts for brand in plan.brands]
    starts += [platform.starts for platform in plan.platforms.values()]
    starts += [center.opens for centers in plan.centers.values() for center in centers]
    starts += [queue.starts for queue in plan.queues.values() if queue.direct_lines]
    starts += [stretch.starts for hours in _hours(plan) for stretch in hours.stretches]
    yield from (at for at in starts if at is not None)


def _areas(plan: Plan) -> Iterator[str]:
    """Every area of which the plan says something."""
    for platform in plan.platforms.values():
        yield from platform.areas
    for centers in plan.centers.values():
        for center in centers:
            yield from center.areas


def _hours(plan: Plan) -> Iterator[Hours]:
    yield from (platform.hours for platform in plan.platforms.values())
    yield from (center.hours for centers in plan.centers.values() for center in centers)
    yield from (utility.hours for utility in plan.utilities if utility.hours is not None)
    yield from (one.hours for one in plan.queues.values() if one.direct_lines and one.hours is not None)
