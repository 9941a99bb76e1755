"""Where calls come in, as far as a plan tells them apart: by trunk, dialled area, and emergency service.  PURE.

Rules:
- Two areas are one where the same platforms and the same centers have both.
- Two trunks are one where the plan says the same of both but for what finds the dialled line.
- An emergency service that dials is told from the public where the trunk's word is believed; which one it is changes
  nothing but its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from callrouter.decide.memory import memory_of
from callrouter.decide.source import is_trusted
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Trunk


@dataclass(frozen=True, slots=True)
class Entry:
    """A kind of place: what holds for one of its trunks and areas holds for all."""

    name: str
    trunk: str
    """One of them, empty for one that is not in the plan."""
    trunks: tuple[str, ...]
    area: str | None
    """One of them, None where no area is dialled or none that the plan knows."""
    areas: tuple[str | None, ...]
    by_emergency: bool = False
    """Whether an emergency service calls, or the public."""


def entries(plan: Plan) -> Iterator[Entry]:
    """Every kind of place, each once."""
    count = 0
    for trunks in _trunks(plan):
        trunk = plan.trunks.get(trunks[0])
        believed = is_trusted(trunk) and trunk is not None and trunk.source is None
        for areas in _areas(plan):
            for by_emergency in (False, True) if believed else (False,):
                count += 1
                yield Entry(f"e{count}", trunks[0], trunks, areas[0], areas, by_emergency)


def _trunks(plan: Plan) -> list[tuple[str, ...]]:
    alike: dict[object, list[str]] = {}
    for name, trunk in (("", None), *plan.trunks.items()):
        alike.setdefault(_sort(trunk, plan), []).append(name)
    return [tuple(names) for names in alike.values()]


def _sort(trunk: Trunk | None, plan: Plan) -> object:
    if trunk is None:
        return None, plan.home, None, False
    return trunk.platform, trunk.default_platform, trunk.source, is_trusted(trunk) and trunk.source is None


def _areas(plan: Plan) -> list[tuple[str | None, ...]]:
    alike: dict[object, list[str | None]] = {None: [None]}
    for area in sorted(memory_of(plan).areas):
        held = frozenset(one.id for one in plan.platforms.values() if area in one.areas)
        served = frozenset(
            (line, center.id)
            for line, every in plan.centers.items()
            for center in every
            if area in center.areas
        )
        alike.setdefault((held, served), []).append(area)
    return [tuple(areas) for areas in alike.values()]
