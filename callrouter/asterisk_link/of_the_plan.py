"""What the static dialplan knows of a plan: what must hold while the controller is away.

Rules:
- It is rendered at Asterisk's start, of plain names and numbers; nothing in it came from a caller.
- Lengths are of the very files that Asterisk plays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from callrouter.asterisk_link.fallback_of_the_plan import FallbackOfThePlan
from callrouter.asterisk_link.hours_of_the_plan import HoursOfThePlan
from callrouter.asterisk_link.targets_of_the_plan import DialledTarget

SILENCES: Final[Mapping[str, int]] = {"lead": 200, "tail": 500}
"""What is around a notice, in milliseconds: a phone takes some time to listen, and music may be some 90 ms late."""
URGENT_LANGUAGE: Final = "zh_CN_urgent"
"""The channel's language in an emergency: for a file that it lacks, Asterisk takes that of `zh_CN`."""
NOT_FOR_EMERGENCIES: Final = ("q02", "q09", "m06")
"""What a queue says to all who wait long: to leave a message, or to dial an emergency number."""
SAID_IN_EMERGENCIES: Final = "b12"
"""What an emergency hears instead: that he is being connected, and not to hang up."""
HEARD_AFTER_MS: Final = 200
"""How long after a notice's last sample, by the clock, an agent may be connected: measured, it is enough."""


@dataclass(frozen=True, slots=True)
class Played:
    """A sound of a notice, and when it is heard; milliseconds since the notice began."""

    key: str
    starts_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What a caller hears before an agent: a front notice, the notice of recording, or both."""

    name: str
    """The file key of the front notice; `none` for a call without one."""
    parts: tuple[Played, ...]
    heard_ms: int
    """From when on an agent may be connected, since the notice began."""


@dataclass(frozen=True, slots=True)
class OverflowStep:
    """Where a queue's callers go on to when its seats can't answer."""

    queue: str
    goes: str
    """`queue`, `platform`, `message` or `last-resort`."""
    wait_s: int
    """How long they wait in the queue before."""
    to: str = ""
    """The next queue, or the endpoint by which the platform is called."""
    number: str = ""
    """What is dialled there."""
    platform: str = ""
    """Its id in the plan."""
    notice: Notice | None = None
    """What they hear on the way to the next queue."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """An endpoint by which calls leave for another platform, a branch center or a utility."""

    endpoint: str
    contact: str
    """A SIP address."""
    purpose: str
    others_at_most: int | None = None
    """Calls that go out by it at once, emergencies not counted; None: no limit."""


@dataclass(frozen=True, slots=True)
class OtherHouse:
    """Who answers callers of ours behind a peer: a branch center, a utility, another platform."""

    peer: str
    """Its id in the plan."""
    endpoint: str
    number: str
    """What is dialled there; empty: what the caller dialled."""
    role: str
    """A word of `LegRole`."""


@dataclass(frozen=True, slots=True)
class Address:
    """The announcement that tells an e-mail address when a message was left in a queue."""

    queue: str
    key: str


@dataclass(frozen=True, slots=True)
class OfferedMenu:
    """A menu whose announcement can be heard."""

    name: str
    """Its id in the plan."""
    sound: str
    """The file key of its announcement."""
    choices: tuple[tuple[str, str], ...]
    """Each key and its queue; 0 among them."""
    tries: int
    timeout_s: int


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A hotline of which whoever is brought into a call can be told that it was dialled."""

    number: str
    key: str
    """The file key of what he hears."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a caller can be told instead of being passed on: `decide.guidance`."""

    id: str
    code: str
    """What an agent presses; empty: none of its own."""
    sound: str
    """The file key of what is heard."""


@dataclass(frozen=True, slots=True)
class EmergencyDesk:
    """An emergency service, for one area or for whatever place is known of a call."""

    id: str
    """In the plan: `110`, `110-0471`."""
    service: str
    """110, 119, 120 or 122."""
    area: str
    areas: tuple[str, ...]
    """Of one without an area: the areas that have a desk of their own."""
    digits: str
    """What an agent presses between *0 and #; empty where it is more than a feature code can be."""
    dial: tuple[str, ...]
    """What is called, one after the other: `PJSIP/110@peer-police`. Empty: callers are guided."""
    calling: str
    """What caller and agent hear by file key; empty, here and below, where it was never recorded."""
    failed: str
    guided: str


@dataclass(frozen=True, slots=True)
class OfThePlan:
    """All that the templates need of the plan."""

    queues: tuple[str, ...]
    """The general queue first."""
    notices: tuple[Notice, ...] = ()
    """`none` among them."""
    usual_priority: int = 0
    """Of whoever dials 12345 itself."""
    emergency_priority: int = 20
    """Of whoever dials an emergency number."""
    unsurveyed: tuple[str, ...] = ()
    """Queues after which nobody is asked for a rating."""
    overflows: tuple[OverflowStep, ...] = ()
    """One for each queue."""
    ways_out: tuple[WayOut, ...] = ()
    trunks_of_platforms: tuple[str, ...] = ()
    """Trunks by which other platforms bring calls."""
    trunks_that_hand_over: tuple[str, ...] = ()
    """Those, and the trunks by which emergency services do: what they tell of a call is asked for."""
    addresses: tuple[Address, ...] = ()
    hours: HoursOfThePlan | None = None
    """When the general queue is answered; None: always."""
    menus: tuple[OfferedMenu, ...] = ()
    targets: tuple[DialledTarget, ...] = ()
    """To whom agents can pass callers."""
    told_lines: tuple[ToldLine, ...] = ()
    hub: str = "12345"
    houses: tuple[OtherHouse, ...] = ()
    """Who answers callers instead of seats of ours."""
    guidances: tuple[Told, ...] = ()
    emergencies: tuple[EmergencyDesk, ...] = ()
    """The services that callers are handed to, or guided to: those without an area first."""
    fallback: FallbackOfThePlan | None = None
    """What is followed while no controller answers; None: the general queue takes every call."""
