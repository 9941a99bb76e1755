"""The emergency services that callers can be handed to, by service and place. Pure.

Rules:
- The plan says of each service whether callers are handed over or guided; what it leaves unsaid is guidance.
- A desk answers for the areas that the plan names, or for all: `110-0471` is the police desk of area 0471, and `110`
  alone the one for the place that is known of the call, else for the home platform's, else the one for all areas.
- An agent presses `*0`, the service, the area code of the place that he has confirmed where it is another one, and #.
- A desk is called by its peer, then by its alternates in their order, then by its peer again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from callrouter.decide.center import sole_area
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Emergency, EmergencyOut, EmergencyTarget
from callrouter.vocabulary.record_words import LegRole, TransferKind
from callrouter.vocabulary.transfer import Allowed, Refused, RefusedTarget, TransferTarget

KEYS_BEFORE: Final = "*0"
KEYS_AFTER: Final = "#"

_HANDED_OVER: Final = frozenset({EmergencyOut.TRANSFER, EmergencyOut.TRANSFER_ELSE_GUIDE})
_KEY: Final = "emergency_ways"


class EmergencyWay(NamedTuple):
    """A service, for one area or without one."""

    id: str
    """The service's number, and the area if it is for one: `110`, `110-0471`."""
    service: str
    area: str
    """Empty: whatever place is known of the call."""
    name: str
    trunks: tuple[str, ...]
    """The peers by which it is called, in order; empty: callers are guided."""
    place: str

    @property
    def digits(self) -> str:
        """What stands between *0 and # on a telephone."""
        return f"{self.service}{self.area}"

    @property
    def keys(self) -> str:
        """All that an agent presses."""
        return f"{KEYS_BEFORE}{self.digits}{KEYS_AFTER}"

    @property
    def target(self) -> TransferTarget:
        """The way as somebody whom a caller can be passed to."""
        kinds = (TransferKind.EMERGENCY,) if self.trunks else ()
        return TransferTarget(self.id, LegRole.EMERGENCY, self.name, self.keys, kinds, self.place)


def emergency_ways(plan: Plan) -> Mapping[str, EmergencyWay]:
    """All of them by id, those without an area before those with one; kept beside the plan."""
    known = plan.kept.get(_KEY)
    if not isinstance(known, dict):
        known = plan.kept[_KEY] = {way.id: way for way in _ways(plan)}
    return known


def way_for(asked: str, areas: Iterable[str], plan: Plan) -> EmergencyWay | None:
    """The way that an id means in a call of which these areas are known, the most telling first."""
    ways = emergency_ways(plan)
    way = ways.get(asked)
    if way is None or way.area:
        return way
    return next((ways[one] for area in areas if (one := f"{asked}-{area}") in ways), way)


def emergency_for(asked: str, areas: Iterable[str], plan: Plan) -> Allowed | Refused:
    """Whether a caller may be handed to the service, at any hour; if not, he is guided."""
    way = way_for(asked, areas, plan)
    if way is None:
        return Refused(RefusedTarget.UNKNOWN, "没有这个紧急服务 / there is no such emergency service")
    if way.trunks:
        return Allowed(way.target, "随时可用 / at any time")
    if plan.emergencies[way.service].out in _HANDED_OVER:
        reason = (
            f"没有对接中继，请引导来电人直接拨打{way.service} / it has no trunk: tell the caller to dial it"
        )
        return Refused(RefusedTarget.NO_PEER, reason, Means.GUIDE, way.id, way.place)
    reason = f"文件规定引导来电人直接拨打{way.service} / the plan has callers guided: tell them to dial it"
    return Refused(RefusedTarget.GUIDE_ONLY, reason, Means.GUIDE, way.id, way.place)


def _ways(plan: Plan) -> Iterator[EmergencyWay]:
    for emergency in plan.emergencies.values():
        yield _way(emergency, "", _without_a_place(emergency, plan))
    for emergency in plan.emergencies.values():
        desks = emergency.targets if emergency.out in _HANDED_OVER else ()
        first_of: dict[str, EmergencyTarget] = {}
        for desk in desks:
            for area in desk.areas:
                first_of.setdefault(area, desk)
        for area, desk in first_of.items():
            yield _way(emergency, area, desk)


def _without_a_place(emergency: Emergency, plan: Plan) -> EmergencyTarget | None:
    """The desk where nothing is known of the place."""
    desks: Sequence[EmergencyTarget] = emergency.targets if emergency.out in _HANDED_OVER else ()
    home = sole_area(plan.platforms[plan.home])
    near = (desk for desk in desks if home in desk.areas)
    anywhere = (desk for desk in desks if not desk.areas)
    return next(near, next(anywhere, next(iter(desks), None)))


def _way(emergency: Emergency, area: str, desk: EmergencyTarget | None) -> EmergencyWay:
    trunks = () if desk is None else (desk.peer, *desk.alternates, desk.peer)
    name = f"{emergency.name} {emergency.number}" + (f" ({area})" if area else "")
    place = emergency.place if desk is None else desk.place
    return EmergencyWay(
        f"{emergency.number}-{area}" if area else emergency.number,
        emergency.number,
        area,
        name,
        trunks,
        place,
    )
