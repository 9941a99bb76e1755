"""What calls are treated otherwise: two plans asked about the same calls, epoch by epoch.

Rules:
- Asked is about every number that the plans' structure does not clear (`touched`), by every way in (`ways`).
- Where nothing in either plan begins or ends, what a plan says of a call is one value (`decide.memory`); so both are
  compared once for each such stretch of time, `[starts, ends)`, and boundaries are exact.
- Weekly hours are in no boundary: where they matter, it is asked whether there is any instant of the stretch at which
  the two decisions differ (`duty`). If there is, both are told with their hours.
- A group is exact: each of its numbers is treated otherwise by each of its ways, in all of its stretch of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from callrouter.decide.memory import beginnings
from callrouter.plans.comparison.duty import Duty, odd_days
from callrouter.plans.comparison.numbers import Asked
from callrouter.plans.comparison.said import Change, Said, case_for, chain, changes_of, whole
from callrouter.plans.comparison.touched import Together, touched
from callrouter.plans.comparison.ways import Alike, Way, Ways
from callrouter.vocabulary.plan import Plan

_SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_A_MOMENT: Final = timedelta(seconds=1)


class Epoch(NamedTuple):
    """A stretch of time in which nothing in either plan begins or ends."""

    starts: datetime | None
    """None: since ever."""
    ends: datetime | None
    """None: without an end."""
    at: datetime
    """One instant of it: its first, if it has one."""


class Differs(NamedTuple):
    """One number, one way, one stretch of time."""

    starts: datetime | None
    ends: datetime | None
    before: Said
    after: Said


class _What(NamedTuple):
    starts: datetime | None
    ends: datetime | None
    changes: tuple[Change, ...]


class Group(NamedTuple):
    """All that changes alike, in the same stretch of time."""

    starts: datetime | None
    ends: datetime | None
    changes: tuple[Change, ...]
    asked: tuple[Asked, ...]
    alike: Alike
    """By which ways: one of each sort, and all that are like it."""
    by_all: bool
    """Whether there is no other way in to these numbers."""

    @property
    def numbers(self) -> int:
        """How many numbers it is about."""
        return sum(one.stands_for for one in self.asked)

    @property
    def ways(self) -> tuple[Way, ...]:
        """One of each sort of ways."""
        return tuple(self.alike)


def decided_otherwise(before: Plan, after: Plan) -> tuple[Group, ...]:
    """Every difference, grouped, in order of time."""
    asked = tuple(touched(before, after))
    if not asked:
        return ()
    epochs = tuple(epochs_of(before, after))
    ways = Ways(before, after, [epoch.at for epoch in epochs])
    found: dict[tuple[Together, Way], list[Differs]] = {}
    for epoch in epochs:
        duty = Duty(before, after, *epoch)
        for together in asked:
            for way in _ways(ways, together):
                differs = _compared(together.asked[0].number, way, (before, after), epoch, duty)
                if differs is not None:
                    _join(found.setdefault((together, way), []), differs)
    return tuple(_in_order(_grouped(found, ways)))


def epochs_of(before: Plan, after: Plan) -> Iterator[Epoch]:
    """All of time, in stretches."""
    changes = sorted({*beginnings(before), *beginnings(after), *odd_days(before, after)})
    for starts, ends in zip((None, *changes), (*changes, None), strict=True):
        yield Epoch(starts, ends, starts or (changes[0] - _A_MOMENT if changes else _SINCE_EVER))


def _ways(ways: Ways, together: Together) -> Alike:
    _, area, is_code, each, by_area, by_center = together
    return ways.of(area, is_code=is_code, each=each, by_area=by_area, by_center=by_center)


def _compared(number: str, way: Way, plans: tuple[Plan, Plan], epoch: Epoch, duty: Duty) -> Differs | None:
    before, after = plans
    old, kept = chain(case_for(number, way, before, epoch.at), number)
    new, kept_then = chain(case_for(number, way, after, epoch.at), number)
    if not (kept or kept_then):
        differs = old != new
    else:
        differs = any(old[a] != new[b] for a, b in duty.together(kept, kept_then))
    if not differs:
        return None
    told = whole(old, kept, before, epoch.at), whole(new, kept_then, after, epoch.at)
    return Differs(epoch.starts, epoch.ends, *told)


def _join(known: list[Differs], new: Differs) -> None:
    """One difference that goes on over a boundary is one."""
    last = known[-1] if known else None
    goes_on = last is not None and last.ends == new.starts and last.ends is not None
    if last is not None and goes_on and (last.before, last.after) == (new.before, new.after):
        known[-1] = last._replace(ends=new.ends)
    else:
        known.append(new)


def _grouped(found: Mapping[tuple[Together, Way], list[Differs]], ways: Ways) -> Iterator[Group]:
    """First each number's ways that change alike, then the numbers that change alike by the same ways."""
    by_number: dict[tuple[Together, _What], list[Way]] = {}
    for (together, way), every in found.items():
        for one in every:
            what = _What(one.starts, one.ends, tuple(changes_of(one.before, one.after)))
            by_number.setdefault((together, what), []).append(way)
    alike: dict[tuple[_What, tuple[tuple[Way, tuple[Way, ...]], ...], bool], list[Asked]] = {}
    for (together, what), its_ways in by_number.items():
        known = _ways(ways, together)
        members = tuple((way, known[way]) for way in its_ways)
        alike.setdefault((what, members, len(members) == len(known)), []).extend(together.asked)
    for (what, members, by_all), asked in alike.items():
        yield Group(*what, tuple(asked), dict(members), by_all)


def _in_order(groups: Iterable[Group]) -> list[Group]:
    """In order of time; of the same time those with most numbers and ways first."""
    return sorted(
        groups,
        key=lambda one: (
            one.starts or _FIRST,
            one.ends or _LAST,
            -one.numbers,
            -sum(map(len, one.alike.values())),
        ),
    )
