"""A migration plan: which hotline number, in which jurisdiction, in which mode, from which instant to which.

Rules:
- A plan implements one document; what the document doesn't say comes from the operator and is marked illustrative.
- It is made whole, checked, and never changed afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from callrouter.vocabulary.calendar import Calendar
from callrouter.vocabulary.line import Center, Line, LineClass
from callrouter.vocabulary.menu import Menu
from callrouter.vocabulary.migration import Due, Schedule
from callrouter.vocabulary.number_table import LineLists
from callrouter.vocabulary.policy import (
    Demand,
    Desks,
    Emergency,
    NotAccepted,
    Queue,
    RegisterRule,
    SurveyRule,
    Utility,
)
from callrouter.vocabulary.territory import Peer, Platform, Trunk


@dataclass(frozen=True, slots=True)
class Brand:
    """What the platform calls itself from an instant on."""

    name: str
    starts: datetime | None
    place: str


@dataclass(frozen=True, slots=True)
class Document:
    """The policy document that a plan implements."""

    ref: str
    """The number by which sources cite it: `000`."""
    title: str
    number: str
    """川办发〔2021〕15号."""
    issued: date


@dataclass(frozen=True, slots=True)
class Hub:
    """12345 itself."""

    number: str
    spoken_number: str
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One jurisdiction's plan, checked and frozen."""

    jurisdiction: str
    title: str
    version: str
    hash: str
    """SHA-256, in hex, of what was loaded: the same for the same rules, whatever the comments."""
    document: Document
    timezone: str
    hub: Hub
    brands: tuple[Brand, ...]
    """In order; the first since ever."""
    platforms: Mapping[str, Platform]
    home: str
    """The platform of calls whose trunk is not in the plan."""
    trunks: Mapping[str, Trunk]
    peers: Mapping[str, Peer]
    queues: Mapping[str, Queue]
    desks: Desks
    schedules: Mapping[str, Schedule]
    lines: Mapping[str, Line]
    """Those written in YAML, by canonical number."""
    lists: LineLists
    """Those that come from CSV."""
    classes: tuple[LineClass, ...]
    centers: Mapping[str, tuple[Center, ...]]
    """By the line's number."""
    emergencies: Mapping[str, Emergency]
    utilities: tuple[Utility, ...]
    not_accepted: tuple[NotAccepted, ...]
    excluded_systems: tuple[str, ...]
    """Systems whose telephones never migrate (人大, 纪检监察 …), as the document names them."""
    allow_new_lines: tuple[str, ...]
    """Numbers that the operator admits although the document freezes new lines."""
    dues: tuple[Due, ...]
    """Deadlines that belong to no line."""
    place: str
    kept: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)
    """Room for what follows from the plan alone; forgetting it costs nothing but time. A changed copy has its own."""
    demands: tuple[Demand, ...] = ()
    """What the document demands of lines by their mode."""
    calendar: Calendar | None = None
    """Whose holidays count where hours ask for them; None: nobody has named one."""
    survey: SurveyRule | None = None
    """Who is asked for a rating; None: nobody has said, and nobody is asked."""
    menus: tuple[Menu, ...] | None = None
    """None by default, and in every plan of a document."""
    register_by: RegisterRule | None = None
    """By when what a platform has accepted is passed on; None: nobody has said."""

    def line(self, number: str) -> Line | None:
        """The line of a canonical number, from YAML or CSV."""
        return self.lines.get(number) or self.lists.line(number)

    def brand_at(self, at: datetime) -> int:
        """The index of the brand in force at `at`."""
        for index in range(len(self.brands) - 1, 0, -1):
            starts = self.brands[index].starts
            if starts is not None and starts <= at:
                return index
        return 0

    @property
    def short_codes(self) -> frozenset[str]:
        """Every short code that the plan knows, 12345 included; kept."""
        codes = self.kept.get("short_codes")
        if not isinstance(codes, frozenset):
            known = {*self.lines, self.hub.number}
            known |= {number for utility in self.utilities for number in utility.numbers}
            codes = self.kept["short_codes"] = frozenset(number for number in known if len(number) <= 6)
        return codes


def announcement_key(announcement: str, jurisdiction: str, owner: str | None = None, brand: int = 0) -> str:
    """The file key of an announcement: letters, digits and hyphens, at most 60 of them.

    `owner` is whose words are in it: a line's number, a list's id; None for one of the whole platform. `brand` is the
    index of the platform's name in force. `T01` for 12300 in Sichuan is `t01-12300-sichuan`; `G01` under the second
    name of Inner Mongolia is `g01-inner-mongolia-2`.
    """
    parts = [
        announcement.lower(),
        *([owner] if owner else []),
        jurisdiction,
        *([str(brand + 1)] if brand else []),
    ]
    return "-".join(parts)
