"""Both of two plans asked about the same calls, one by one: what a comparison of them is held against.

It knows nothing of how the comparison saves work: it goes by every trunk, platform, dialled area and caller.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

from callrouter.decide.dialled_line import find_dialled
from callrouter.decide.memory import beginnings, memory_of
from callrouter.decide.route import decide
from callrouter.plans.comparison.decided import Group, decided_otherwise
from callrouter.plans.comparison.numbers import asked_numbers
from callrouter.plans.comparison.ways import Way
from callrouter.vocabulary.call import Call, Clues
from callrouter.vocabulary.numbers import EMERGENCY_CODES, parse_number
from callrouter.vocabulary.plan import Plan

SECOND = timedelta(seconds=1)
_GRID = [timedelta(minutes=15 * place) for place in range(4 * 24 * 10)]


def heard(number: str, way: Way, plan: Plan, at: datetime) -> tuple[object, ...]:
    """All that is decided about the call at that very instant, but reasons, names, versions and what comes next."""
    called, found_by = find_dialled(Clues((way.area or "") + number), plan.trunks.get(way.trunk), plan)
    caller = parse_number(way.caller, plan.short_codes)
    ruling = decide(Call("", called, found_by, caller, way.trunk, at, way.platform), plan, at).ruling
    told = ruling._asdict()
    for what in ("reasons", "name", "plan", "plan_version", "plan_hash", "next_phase", "next_phase_starts"):
        del told[what]
    return type(ruling.treatment), *told.values()


def every_way(number: str, before: Plan, after: Plan) -> Iterator[Way]:
    """Every trunk, platform, area before a code, and caller."""
    plans = (before, after)
    platforms = [one for plan in plans for one in plan.platforms]
    centers = [center for plan in plans for of_line in plan.centers.values() for center in of_line]
    areas = {area for plan in plans for one in plan.platforms.values() for area in one.areas}
    areas |= {area for center in centers for area in center.areas}
    callers = ["13900000000", "", *(f"{area}8000000" for area in sorted(areas)), *sorted(EMERGENCY_CODES)]
    codes = before.short_codes & after.short_codes | EMERGENCY_CODES
    dialled = [None, *sorted(areas)] if number in codes else [None]
    trunks = dict.fromkeys(("", *before.trunks, *after.trunks))
    yield from map(Way._make, product(trunks, dict.fromkeys((None, *platforms)), dialled, callers))


def instants_of(before: Plan, after: Plan) -> list[datetime]:
    """Every boundary of either plan, those of the calendar's days too, and a second around it."""
    kept = {at for plan in (before, after) for at in (*beginnings(plan), *memory_of(plan)._changes)}
    kept = kept or {datetime(2021, 10, 1, tzinfo=UTC)}
    return [at + step for at in sorted(kept) for step in (-SECOND, timedelta(), SECOND)]


def agree(before: Plan, after: Plan, chance: random.Random, most: int) -> int:
    """Hold the comparison against so many calls, chosen by chance; return how many of them differ.

    A call that differs must be told; one that is told must differ, at once or at some hour of the stretch.
    """
    groups = decided_otherwise(before, after)
    told: dict[tuple[str, Way], list[Group]] = {}
    for group in groups:
        for number in (one.number for one in group.asked):
            for way in (one for alike in group.alike.values() for one in alike):
                told.setdefault((number, way), []).append(group)
    asked = [
        (one.number, tuple(every_way(one.number, before, after))) for one in asked_numbers(before, after)
    ]
    instants = instants_of(before, after)
    differing = 0
    for _ in range(most):
        number, ways = chance.choice(asked)
        way = chance.choice(ways)
        at = chance.choice(instants)
        differs = heard(number, way, before, at) != heard(number, way, after, at)
        by = [one for one in told.get((number, way), ()) if _holds(one, at)]
        differing += differs
        assert len(by) <= 1, (number, way, at)
        assert by or not differs, ("missing", number, way, at)
    for group in chance.sample(groups, min(len(groups), max(5, most // 100))):
        assert _is_true(group, before, after, chance), ("invented", group.starts, group.ends, group.changes)
    return differing + sum(one.numbers for one in groups)


def _is_true(group: Group, before: Plan, after: Plan, chance: random.Random) -> bool:
    """Whether at some instant of the group's time one of its calls differs."""
    number = chance.choice(group.asked).number
    way = chance.choice([one for alike in group.alike.values() for one in alike])
    own = [at for at in instants_of(before, after) if _holds(group, at)]
    near = [(group.starts or group.ends or own[0]) + step for step in _GRID] if own else []
    near += [group.ends - step for step in _GRID] if group.ends else []
    return any(
        heard(number, way, before, at) != heard(number, way, after, at)
        for at in (*own, *(one for one in near if _holds(group, one)))
    )


def _holds(group: Group, at: datetime) -> bool:
    return (group.starts is None or group.starts <= at) and (group.ends is None or at < group.ends)
