"""A hotline of a plan: short code, landline or mobile; the centers that answer some; rules without numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.migration import Schedule


class Level(StrEnum):
    """A level of government, and of the platforms."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    """Never gets a live call: tickets only."""


class Line(NamedTuple):
    """A hotline number and what becomes of it."""

    number: str
    """Canonical: the short code, a landline with its area code (`03552180012`), or a mobile's eleven digits."""
    name: str
    """The document's name for it."""
    spoken_number: str
    """As people say it: 幺二三幺五."""
    spoken_name: str
    """Short enough for an announcement."""
    schedule: Schedule
    level: Level | None
    """Whose platform it merges into (policy facts, section 0.3); None: that of where the call came in."""
    expert_seats: bool | None
    """Whether the document gives it expert seats; None where the document names no such lines."""
    announcement_owner: str
    """What the file keys of its announcements are named by: the number, or the list that it is one of."""
    tag: str | None
    """What the record and the agent see beside the line, such as `mayor` for 市长公开电话."""
    source: str
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class LineClass:
    """A rule for lines that the document does not number (省内自行设立的热线); numbers may be added later."""

    id: str
    name: str
    schedule: Schedule
    source: str
    place: str


class Means(StrEnum):
    """How 12345 passes a matter on."""

    THREE_WAY = "three_way"
    """三方转接: the agent brings the other side in and stays until it works."""
    PLAIN = "plain"
    """转接."""
    TICKET = "ticket"
    """派发工单."""
    GUIDE = "guide"
    """引导: the caller is told whom to call."""


@dataclass(frozen=True, slots=True)
class Center:
    """Where the seats of a line are: a branch center, or a department that keeps its seats."""

    id: str
    line: str
    """The line's number."""
    name: str
    spoken_name: str
    means: tuple[Means, ...]
    """How the document lets an agent reach it, in order of preference."""
    areas: tuple[str, ...]
    """Area codes that it serves; empty: all."""
    hours: Hours
    opens: datetime | None
    """From when it may be reached by transfer; None: since ever."""
    peer: str | None
    """The SIP peer that reaches it; None: nobody has given one, so only a ticket is possible."""
    source: str
    place: str
    illustrative: bool = False
    opens_stated: bool = True
    """False: the document gives no instant and the operator none either, so nobody may count on it: no peer yet."""
