"""Where a rehearsal may call: to addresses of this machine's own loopback, and nobody else.

Whoever rehearses a day puts such addresses in a copy of the plan, and stands in for branch centers, utilities, other
platforms and emergency services himself. All other trunks lead nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from callrouter.asterisk_link.of_the_plan import OverflowStep, WayOut


def rehearsed(ways: Iterable[WayOut]) -> tuple[WayOut, ...]:
    """The ways out that end on this machine."""
    return tuple(way for way in ways if _is_here(way.contact))


def rehearsed_steps(steps: Iterable[OverflowStep], ways: Iterable[WayOut]) -> Iterator[OverflowStep]:
    """The steps of a rehearsal with these ways out: where another platform can't be called, the last resort is."""
    endpoints = {way.endpoint for way in ways}
    for step in steps:
        goes_nowhere = step.goes == "platform" and step.to not in endpoints
        yield OverflowStep(step.queue, "last-resort", step.wait_s) if goes_nowhere else step


def _is_here(contact: str) -> bool:
    address = contact.partition(":")[2].rpartition("@")[2].partition(";")[0]
    host, _, port = address.rpartition(":")
    try:
        return ip_address((host if port.isdigit() and host else address).strip("[]")).is_loopback
    except ValueError:
        return False
