"""Other houses that answer callers of ours as the plan says: branch centers, utilities, platforms not served here.

Rules:
- A decision names a house by its peer. The number that its address names is dialled there, else the one that the
  caller dialled.
- A rehearsal calls nobody outside this machine: other houses have trunks that lead nowhere, and the queue answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.asterisk_link.of_the_plan import OtherHouse, WayOut
from callrouter.service.overflow_for_asterisk import dialled_at, endpoint_of
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import LegRole


def other_houses(plan: Plan) -> tuple[OtherHouse, ...]:
    """Each by its peer, once; who is several things is the first of them."""
    found: dict[str, OtherHouse] = {}
    for peer_id, role in _who_is_where(plan):
        peer = plan.peers[peer_id]
        found.setdefault(peer_id, OtherHouse(peer_id, endpoint_of(peer), dialled_at(peer, ""), role.value))
    return tuple(found.values())


def ways_to_houses(plan: Plan) -> Iterator[WayOut]:
    """The endpoints by which callers are brought there."""
    for house in other_houses(plan):
        yield WayOut(house.endpoint, plan.peers[house.peer].uri, f"{house.role} {house.peer}")


def _who_is_where(plan: Plan) -> Iterator[tuple[str, LegRole]]:
    for centers in plan.centers.values():
        for center in centers:
            if center.peer is not None:
                yield center.peer, LegRole.BRANCH
    for utility in plan.utilities:
        if utility.peer is not None:
            yield utility.peer, LegRole.UTILITY
    for platform in plan.platforms.values():
        if platform.peer is not None and not platform.served:
            yield platform.peer, LegRole.PLATFORM
