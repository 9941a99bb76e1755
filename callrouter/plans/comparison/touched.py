"""The numbers of which two plans may say something else, by structure alone: what is the same needs no asking.

Rules:
- What a plan says of a call follows from what it says of the number (line, centers, seats, menus, utility, and whom
  it is dialled in for) and from what it says of all calls. Where both are the same in two plans, no decision differs.
- Names and places decide nothing. To take more than matters only costs time.
- Numbers of which both plans say the same but the number are asked by one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Final, NamedTuple

from callrouter.decide.memory import memory_of
from callrouter.plans.comparison.numbers import Asked, areas_known, asked_numbers
from callrouter.vocabulary.migration import Phase
from callrouter.vocabulary.numbers import EMERGENCY_CODES, NumberKind, PhoneNumber, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Trunk

_NEVER: Final = frozenset({"place", "given_place", "kept", "dues"})
_NAMES: Final = frozenset({"name", "spoken_name", "spoken_number", "email", "purpose", "uri", "seats"})


class Together(NamedTuple):
    """Numbers that are asked by the first of them."""

    asked: tuple[Asked, ...]
    area: str | None
    is_code: bool
    each: bool
    """Whether a trunk may have it for itself, or one plan alone knows it as a code."""
    by_area: bool
    """Whether the dialled area may tell the platform of the line's level."""
    by_center: bool
    """Whether an area tells which center answers."""


def touched(before: Plan, after: Plan) -> Iterator[Together]:
    """All that must be asked about."""
    told = _Told(before), _Told(after)
    of_all = told[0].of_all() != told[1].of_all()
    codes = before.short_codes & after.short_codes | EMERGENCY_CODES
    one_sided = before.short_codes ^ after.short_codes
    own = {number for plan in (before, after) for number in _trunks_own(plan)}
    areas = sorted(areas_known(before) | areas_known(after))
    found: dict[object, list[Asked]] = {}
    forms: dict[object, tuple[str | None, bool, bool, bool, bool]] = {}
    for one in asked_numbers(before, after):
        number = one.number
        pair = tuple(which.of(number) for which in told)
        if not of_all and pair[0] == pair[1] and " → " not in one.listed:
            continue
        by_area = any(which.is_by_area(number) for which in told)
        by_center = any(which.is_by_center(number) for which in told)
        of_trunk = number in own or number in one_sided
        form = _area(number, areas), number in codes, of_trunk, by_area, by_center
        alone = form[2] or any(which.is_alone(number) for which in told)
        kind = (pair, form, one.listed, number if alone else "")
        found.setdefault(kind, []).append(one)
        forms[kind] = form
    yield from (Together(tuple(every), *forms[kind]) for kind, every in found.items())


def _area(number: str, areas: Sequence[str]) -> str | None:
    parsed = parse_number(number, frozenset())
    if not isinstance(parsed, PhoneNumber) or parsed.kind is not NumberKind.LANDLINE:
        return None
    return parsed.area if parsed.area in areas else None


def _trunks_own(plan: Plan) -> Iterator[str]:
    for trunk in plan.trunks.values():
        yield from trunk.pilots
        yield from (did for did, _ in trunk.dids)


class _Told:
    """What one plan says, as values without names and places."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._dids: dict[str, list[tuple[str, str]]] = {}
        for trunk in plan.trunks.values():
            for did, line in trunk.dids:
                self._dids.setdefault(did, []).append((trunk.id, line))
        self._schedules: dict[int, object] = {}

    def of_all(self) -> object:
        """What is said of every call."""
        plan = self._plan
        trunks = [(_plain(trunk), sorted(trunk.pilots)) for trunk in plan.trunks.values()]
        common = (plan.jurisdiction, plan.timezone, plan.hub.number, plan.home, trunks)
        said = (plan.platforms, plan.desks, [brand.starts for brand in plan.brands], plan.register_by)
        days = plan.calendar.by_day if plan.calendar is not None else {}
        of_all_menus = [one for one in plan.menus or () if not one.lines]
        # An area that anything in the plan names is told of every call in which it was dialled.
        areas = tuple(sorted(areas_known(plan)))
        return common, areas, *(_plain(one) for one in (*said, days, of_all_menus))

    def of(self, number: str) -> object:
        """What is said of the number, and of those for which it is dialled in."""
        dids = [(trunk, line, self._of_itself(line)) for trunk, line in self._dids.get(number, ())]
        return repr((self._of_itself(number), dids))

    def is_alone(self, number: str) -> bool:
        """Whether it shares with no other what is said of it."""
        plan = self._plan
        is_hub = number == plan.hub.number or number in EMERGENCY_CODES
        return is_hub or number in memory_of(plan).utilities or number in memory_of(plan).alone

    def is_by_area(self, number: str) -> bool:
        """Whether the dialled area may tell which platform of the line's level answers."""
        line = self._plan.lines.get(number)
        return line is not None and line.level is not None

    def is_by_center(self, number: str) -> bool:
        """Whether an area tells which center answers."""
        return number in memory_of(self._plan).choosy

    def _of_itself(self, number: str) -> object:
        plan, line = self._plan, self._plan.line(number)
        own = None
        if line is not None:
            kept = id(line.schedule)
            if kept not in self._schedules:
                self._schedules[kept] = _plain(line.schedule)
            owner = "*" if line.announcement_owner == number else line.announcement_owner
            own = (owner, line.level, line.expert_seats, line.tag, line.illustrative, self._schedules[kept])
        utility = memory_of(plan).utilities.get(number)
        queues = [one for one in plan.queues.values() if number in one.direct_lines]
        menus = [one for one in plan.menus or () if number in one.lines]
        return own, *(_plain(one) for one in (plan.centers.get(number, ()), queues, menus, utility))


def _plain(value: object) -> object:
    """The value as tuples, without what decides nothing."""
    if is_dataclass(value):
        left_out = _NEVER if isinstance(value, Phase) else _NEVER | _NAMES
        left_out |= {"dids", "pilots"} if isinstance(value, Trunk) else {"source"}
        return tuple(_plain(getattr(value, one.name)) for one in fields(value) if one.name not in left_out)
    if isinstance(value, Mapping):
        return tuple((_plain(key), _plain(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return tuple(_plain(one) for one in value)
    return value
