"""How calls come in, by trunk, platform, dialled area and caller; and which ways nothing in either plan tells apart.

Rules:
- Two ways are alike if in both plans, at every instant that is asked about, they enter at the same platform, are from
  the same source, and the caller's area, where the line asks for it, is of the same centers.
- Of the areas that both plans know, which one was dialled is told apart by the platform and by the line's centers;
  for lines of a level each is told apart.
- Numbers that a trunk has for itself, or that only one plan knows as codes, are asked about by each way as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from callrouter.decide.center import area_of_caller
from callrouter.decide.memory import memory_of
from callrouter.decide.platform import platform_of
from callrouter.decide.source import source_of
from callrouter.plans.comparison.numbers import areas_known
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import EMERGENCY_CODES, UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan

MOBILE: Final = "13900000000"
WITHHELD: Final = ""
_ANY_AREA: Final = "*"
Alike = Mapping["Way", tuple["Way", ...]]
"""One way of each sort, and all of the sort."""


class Way(NamedTuple):
    """How a call comes in."""

    trunk: str
    """Empty: none is named."""
    platform: str | None = None
    """Where it came in, if that is said; None: trunk and area code tell."""
    area: str | None = None
    """The area that was dialled before a code; a landline has its own."""
    caller: str = MOBILE


class Ways:
    """All ways into two plans, and which are alike at all of some instants."""

    def __init__(self, before: Plan, after: Plan, instants: Sequence[datetime]) -> None:
        self._plans, self._instants = (before, after), instants
        self.trunks = tuple(dict.fromkeys(("", *before.trunks, *after.trunks)))
        self.platforms = tuple(dict.fromkeys((None, *before.platforms, *after.platforms)))
        self.areas = (None, *sorted(areas_known(before) | areas_known(after)))
        self._of_both = areas_known(before) & areas_known(after)
        self.callers = tuple(_callers(self.areas, before, after))
        self._centers = {area: tuple(_centers(area, plan) for plan in self._plans) for area in self.areas}
        self._callers_centers = {
            caller: tuple(_centers(_area(caller, plan), plan) for plan in self._plans)
            for caller in self.callers
        }
        self._sources = {
            (trunk, caller): tuple(_source(trunk, caller, plan) for plan in self._plans)
            for trunk in self.trunks
            for caller in self.callers
        }
        self._known: dict[tuple[str | None, bool, bool, bool, bool], Alike] = {}

    def of(self, area: str | None, *, is_code: bool, each: bool, by_area: bool, by_center: bool) -> Alike:
        """The ways by which a number is dialled: a code with and without each area; each by itself, if `each`."""
        key = (area, is_code, each, by_area, by_center)
        if key not in self._known:
            found: dict[object, list[Way]] = {}
            for dialled in self.areas if is_code else (None,):
                entered = area if dialled is None else dialled
                is_any = dialled in self._of_both and not (each or by_area)
                told: object = (
                    (_ANY_AREA, self._centers[dialled] if by_center else None) if is_any else dialled
                )
                for kind, way in self._sorted(entered, dialled, each=each, by_center=by_center):
                    found.setdefault((told, kind), []).append(way)
            self._known[key] = {ways[0]: tuple(ways) for ways in found.values()}
        return self._known[key]

    def _sorted(
        self, area: str | None, dialled: str | None, *, each: bool, by_center: bool
    ) -> Iterator[tuple[object, Way]]:
        """Every way, with what tells it from others."""
        asks = each or by_center
        areas = {caller: self._callers_centers[caller] if asks else None for caller in self.callers}
        for trunk in self.trunks:
            for platform in self.platforms:
                entry: object = (trunk, platform) if each else self._entries(trunk, platform, area)
                for caller in self.callers:
                    kind = (entry, self._sources[trunk, caller], areas[caller])
                    yield kind, Way(trunk, platform, dialled, caller)

    def _entries(self, trunk: str, platform: str | None, area: str | None) -> tuple[str, ...]:
        """Where such a call comes in, in both plans at every instant."""
        found: list[str] = []
        for plan in self._plans:
            said = platform if platform in plan.platforms else None
            known = memory_of(plan).known_area(area)
            found += [
                platform_of(said, plan.trunks.get(trunk), known, plan, at).platform.id
                for at in self._instants
            ]
        return tuple(found)


def _callers(areas: Sequence[str | None], before: Plan, after: Plan) -> Iterator[str]:
    """A mobile, nobody known, a landline of each area, and every emergency service."""
    yield MOBILE
    yield WITHHELD
    yield from (f"{area}8000000" for area in areas if area is not None)
    yield from sorted(EMERGENCY_CODES | before.emergencies.keys() | after.emergencies.keys())


def _source(trunk: str, caller: str, plan: Plan) -> str | None:
    number = parse_number(caller, plan.short_codes)
    at = datetime.min  # noqa: DTZ901 - nothing about the source depends on it
    call = Call("", UnknownNumber(""), FoundBy.REQUEST_URI, number, trunk, at)
    return source_of(call, plan.trunks.get(trunk))


def _area(caller: str, plan: Plan) -> str | None:
    return area_of_caller(parse_number(caller, plan.short_codes))


def _centers(area: str | None, plan: Plan) -> tuple[str, ...]:
    """The centers that answer for the area, of lines that have more than one."""
    shared = [plan.centers[number] for number in sorted(memory_of(plan).choosy)]
    return tuple(one.id for of_line in shared for one in of_line if area is not None and area in one.areas)
