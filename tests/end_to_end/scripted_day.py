"""A scripted day: calls to a jurisdiction's numbers at instants of its own, and what its document says of each.

The scripts (day_of_*.py) are written from the documents, line by line, and know nothing of the plans but what an
operator chose where the document says nothing. How a script is played on a real Asterisk is in played_day.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

SEAT = "12345"
"""A person at a seat of 12345 answers."""
MESSAGE = "message"
"""Nobody is on duty: the caller leaves a message."""
NOBODY = "nobody"
"""The number is released, and the caller has paid nothing."""


@dataclass(frozen=True)
class Passed:
    """The agent passes the caller on, or brings somebody in, by his keys."""

    keys: Literal["*4", "*9"]
    code: str
    to: str
    """The plan's id of who is called."""
    peer: str | None = None
    """Behind which trunk; None: seats of ours."""


@dataclass(frozen=True)
class Refused:
    """The agent asks for somebody whom the caller may not be passed to now."""

    keys: Literal["*4", "*9"]
    code: str
    why: str
    """A `RefusedTarget`."""
    to: str | None = None


@dataclass(frozen=True)
class Guided:
    """The agent has the caller told where to turn."""

    code: str
    about: str
    says: str
    """The catalogue's id."""


@dataclass(frozen=True)
class HandedOver:
    """The agent hands an emergency over."""

    service: str
    peer: str | None
    """None: callers are guided."""


Deed = Passed | Refused | Guided | HandedOver


@dataclass(frozen=True)
class Dialled:
    """One call."""

    at: str
    """When, by the rehearsal clock."""
    number: str
    source: str
    """The document's line that says what must come of it; `operator` beside it: what it leaves open was chosen."""
    by: str = SEAT
    """Who answers: SEAT, MESSAGE, NOBODY, or the peer of another house."""
    says: tuple[str, ...] = ()
    """What the caller hears from us before anybody answers: ids of the catalogue."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """Of the record's decision."""
    deeds: tuple[Deed, ...] = ()
    """What the agent does then."""
    caller: str | None = None
    """His number; None: a mobile's."""
    trunk: str = "carrier"
    shows: tuple[int, ...] = ()
    """Which contradictions between the documents it shows (1 to 17)."""
    quick: bool = False
    """The caller hangs up as soon as it is seen who is called for him."""


@dataclass(frozen=True)
class Day:
    """All calls of one jurisdiction."""

    plan: str
    calls: tuple[Dialled, ...]
    trunks: Mapping[str, str] = field(default_factory=dict)
    """Inbound trunks beside the carrier's, and the loopback address that each one's calls come from."""
    recording: bool = False


def each(
    numbers: Iterable[str], at: str, source: str, says: str, facts: Mapping[str, object], by: str = SEAT
) -> tuple[Dialled, ...]:
    """Every one of these numbers, dialled at one instant, with the same result."""
    return tuple(
        Dialled(
            *(at, number, source, by, (says,) if says else ()),
            facts={"line": number, **facts},
            quick=True,
        )
        for number in numbers
    )
