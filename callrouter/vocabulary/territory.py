"""Platforms and where they are; trunks by which calls come in; peers to which calls go out.

Rules:
- An area code is not a city: 028 is three. A platform is found by the trunk first; the area code that was dialled
  decides only on a trunk that belongs to no platform, and only if exactly one platform has it.
- A call for a platform that this instance does not serve goes to that platform's peer.
- A county platform never gets a live call; its calls are its parent's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from callrouter.vocabulary.call import FoundBy
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Level


@dataclass(frozen=True, slots=True)
class Platform:
    """A 12345 platform."""

    id: str
    name: str
    spoken_name: str
    level: Level
    parent: str | None
    """The platform above it."""
    areas: tuple[str, ...]
    """Area codes with their 0, as they are dialled."""
    hours: Hours
    queue: str
    peer: str | None
    """The SIP peer that reaches it, if it is not served here."""
    served: bool
    """Whether its calls are answered by this instance."""
    dialled_directly: bool
    """Whether the public may reach it by dialling; 云南 省平台: only through a city (001:L50)."""
    email: str | None
    """Told to callers outside its hours."""
    starts: datetime | None
    """From when it can be reached (川渝联动); None: since ever."""
    source: str
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Trunk:
    """A SIP endpoint that brings calls in."""

    id: str
    platform: str | None
    """The platform to which all its calls belong; None: the dialled area code decides."""
    default_platform: str
    """Where a call goes whose area code says nothing."""
    source: str | None
    """Who hands its calls over, such as `emergency:110` or `platform:chongqing`; None: the public."""
    finders: tuple[FoundBy, ...]
    """Where the dialled line is looked for, in order; headers only where the trunk's word is trusted."""
    dids: tuple[tuple[str, str], ...]
    """Dialled-in numbers, each with the line's number that it stands for."""
    pilots: frozenset[str]
    """Numbers of the platform itself, canonical: passed over when the dialled line is looked for."""
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """A SIP address to which calls go out."""

    id: str
    uri: str
    """Such as `sip:192.0.2.10:5060`."""
    purpose: str
    place: str
    illustrative: bool = False
    others_at_most: int | None = None
    """How many calls may go out by it at once, emergencies not counted: what is left of the trunk is theirs. None: no
    limit."""
