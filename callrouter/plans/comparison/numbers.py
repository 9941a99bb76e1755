"""The numbers that two plans are asked about: every written one by itself, listed ones by one of their kind.

Listed numbers are of one kind if they are in the same list of both plans, or new, or gone: what a plan says of one of
them it says of all (`decide.memory`), but for those that have centers or seats of their own, which are asked alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from callrouter.decide.memory import memory_of
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.plan import Plan

_NOBODYS: Final = ("99999", "13900000000")
"""A short code and a mobile that are in no plan."""


class Asked(NamedTuple):
    """A number, or one of many that are treated alike."""

    number: str
    """As it is dialled."""
    stands_for: int = 1
    """0: a number that is dialled in for another one."""
    listed: str = ""
    """The list; `a → b` where it is another in the second plan, `-`: in none; `= 12300`: for which it is dialled."""


def asked_numbers(before: Plan, after: Plan) -> tuple[Asked, ...]:
    """Every number that either plan knows, and such as neither does."""
    plans = (before, after)
    alone = {number: Asked(number) for plan in plans for number in (plan.hub.number, *plan.lines)}
    alone |= {
        number: Asked(number)
        for plan in plans
        for number in (
            *(number for utility in plan.utilities for number in utility.numbers),
            *(number for trunk in plan.trunks.values() for number in trunk.pilots),
            *(area + plan.hub.number for platform in plan.platforms.values() for area in platform.areas),
            *(number for number in memory_of(plan).alone if plan.lists.line(number) is not None),
        )
    }
    alone |= {
        did: Asked(did, 0, f"= {line}")
        for plan in plans
        for trunk in plan.trunks.values()
        for did, line in trunk.dids
    }
    alone |= {number: Asked(number) for number in (*sorted(EMERGENCY_CODES), *_NOBODYS)}
    return (*alone.values(), *_listed(before, after))


def _listed(before: Plan, after: Plan) -> Iterator[Asked]:
    found: dict[tuple[str, str], tuple[str, int]]
    if before.lists.digest == after.lists.digest:
        found = {}
        for one in before.lists.lists:
            for number, _ in before.lists.rows_of(one.id):
                _count(found, (one.id, one.id), number)
    else:
        found = _by_kind(_homes(before), _homes(after))
    for (old, new), (number, count) in found.items():
        yield Asked(number, count, old if old == new else f"{old or '-'} → {new or '-'}")


def _homes(plan: Plan) -> dict[str, str]:
    """The list of each listed number."""
    return {number: one.id for one in plan.lists.lists for number, _ in plan.lists.rows_of(one.id)}


def _by_kind(old: Mapping[str, str], new: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, int]]:
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for number, home in old.items():
        _count(found, (home, new.get(number, "")), number)
    for number, home in new.items():
        if number not in old:
            _count(found, ("", home), number)
    return found


def _count(found: dict[tuple[str, str], tuple[str, int]], kind: tuple[str, str], number: str) -> None:
    first, count = found.get(kind, (number, 0))
    found[kind] = (first, count + 1)
