"""The numbers that two plans are asked about: every written one by itself, listed ones by one of their kind.

Listed numbers are of one kind if they are in the same list of both plans, or new, or gone, and in the same area: what
a plan says of one of them it says of all (`decide.memory`), but for those that are written somewhere, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from callrouter.decide.memory import memory_of
from callrouter.plans.comparison.listed import kinds_of_listed
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.plan import Plan

IN_NO_PLAN: Final = "*"
_NOBODYS: Final = ("99999", "13900000000")
"""A short code and a mobile that are in no plan."""
_LOCAL: Final = ("2000000", "2000001", "20000000", "20000001")


class Asked(NamedTuple):
    """A number, or one of many that are treated alike."""

    number: str
    """As it is dialled."""
    stands_for: int = 1
    """0: a number that is dialled in for another one, or is in no plan."""
    listed: str = ""
    """The list; `a → b` where it is another in the second plan, `-`: in none; `= 12300`: for which it is dialled;
    `*`: in neither plan."""


def asked_numbers(before: Plan, after: Plan) -> tuple[Asked, ...]:
    """Every number that either plan knows, and such as neither does."""
    plans = (before, after)
    alone = {number: Asked(number) for number in (*written_numbers(before), *written_numbers(after))}
    for number, line in (pair for plan in plans for one in plan.trunks.values() for pair in one.dids):
        if number not in alone or alone[number].listed:
            known = alone[number].listed.removeprefix("= ").split(", ") if number in alone else []
            alone[number] = Asked(number, 0, "= " + ", ".join(dict.fromkeys((*known, line))))
    alone |= {number: Asked(number) for number in sorted(EMERGENCY_CODES)}
    for number in _in_neither(plans):
        alone.setdefault(number, Asked(number, 0, IN_NO_PLAN))
    areas = sorted(areas_known(before) | areas_known(after))
    listed = (Asked(*one) for one in kinds_of_listed(before.lists, after.lists, areas, tuple(alone)))
    return (*alone.values(), *listed)


def written_numbers(plan: Plan) -> Iterator[str]:
    """Every number that the plan itself names, but for those that are dialled in for another."""
    yield plan.hub.number
    yield from plan.lines
    for utility in plan.utilities:
        yield from utility.numbers
    for trunk in plan.trunks.values():
        yield from sorted(trunk.pilots)
    yield from sorted(number for number in memory_of(plan).alone if plan.lists.line(number) is not None)


def areas_known(plan: Plan) -> set[str]:
    """Every area of which the plan says something."""
    centers = (center for of_line in plan.centers.values() for center in of_line)
    areas = {area for center in centers for area in center.areas}
    return areas | {area for platform in plan.platforms.values() for area in platform.areas}


def _in_neither(plans: tuple[Plan, Plan]) -> Iterator[str]:
    """A short code, a mobile, and a landline of each area."""
    yield from _NOBODYS
    for area in sorted(areas_known(plans[0]) | areas_known(plans[1])):
        for local in _LOCAL:
            if all(plan.line(area + local) is None for plan in plans):
                yield area + local
                break
