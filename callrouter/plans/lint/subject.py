"""What the rules of a check look at, and how they say what they found.

Rules:
- A rule takes the subject and yields findings; it reads no file and changes nothing.
- What holds for a whole schedule is found once, however many lines follow it.
- Nothing is done for each number of a list: there may be a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from callrouter.plans.codes import Code
from callrouter.plans.document.data import DocumentData
from callrouter.plans.findings import Fault, Finding, Severity, at_place
from callrouter.plans.load import Positions
from callrouter.plans.meaning.overlay import Choice
from callrouter.vocabulary.hours import Hours, Stretch
from callrouter.vocabulary.line import LineClass
from callrouter.vocabulary.migration import Mode, Phase, Schedule
from callrouter.vocabulary.number_table import LineList
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Demand

MOST_NAMED = 6
"""How many of a list's members a finding names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A plan that loads, and what it is held against."""

    plan: Plan
    positions: Positions
    document: DocumentData | None
    """What the document says, where that is known."""
    at: datetime
    """The instant against which deadlines are held. Zone-aware."""
    announcements: Set[str]
    """The ids of the catalogue."""
    recorded: Set[str] | None
    """The file keys for which there is a recording; None: nobody has looked."""
    overlay: bool
    """Whether operator.yaml was loaded: without it nobody serves the plan."""
    followers: Mapping[str, tuple[str, ...]]
    """Who follows a schedule, by its id: numbers of lines, ids of lists and of classes."""

    choices: tuple[Choice, ...]
    """The items of operator.yaml."""

    @property
    def today(self) -> date:
        """The day at `at`, where the plan is in force."""
        return self.at.astimezone(ZoneInfo(self.plan.timezone)).date()

    def spot(self, place: str, key: str) -> str:
        """Where the value of `key` stands in the item at `place`."""
        return self.positions.of(place, key)

    def chosen(self, section: str, name: str) -> str:
        """The place of an item of operator.yaml; the plan's own if it isn't there."""
        places = (one.place for one in self.choices if (one.section, one.name) == (section, name))
        return next(places, self.plan.place)

    def demands(self, mode: Mode) -> tuple[Demand, ...]:
        """What the document demands of the lines of a mode."""
        return tuple(demand for demand in self.plan.demands if demand.mode is mode)

    @property
    def kept_hours(self) -> tuple[Hours, ...]:
        """Every hours that anybody keeps, each once."""
        plan = self.plan
        kept = [platform.hours for platform in plan.platforms.values()]
        kept += [center.hours for centers in plan.centers.values() for center in centers]
        kept += [queue.hours for queue in plan.queues.values() if queue.hours]
        kept += [utility.hours for utility in plan.utilities if utility.hours]
        return tuple({hours.place: hours for hours in kept}.values())

    def asked_at(self, stretch: Stretch) -> str:
        """Where a stretch of hours asks for holidays or make-up workdays."""
        spots = (self.spot(stretch.place, key) for key in ("holidays", "holiday_hours", "workdays"))
        return next((spot for spot in spots if spot != stretch.place), stretch.place)

    @property
    def freeze(self) -> Demand | None:
        """The rule by which no new hotline is set up and no cancelled one comes back; None where there is none."""
        return next((demand for demand in self.plan.demands if demand.new_lines is False), None)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """The schedules that anything follows."""
        return tuple(schedule for schedule in self.plan.schedules.values() if schedule.id in self.followers)


def followers_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Who follows each schedule; see `Subject.followers`."""
    found: dict[str, list[str]] = {}
    for line in plan.lines.values():
        found.setdefault(line.schedule.id, []).append(line.number)
    groups: list[LineList | LineClass] = [*plan.lists.lists, *plan.classes]
    for group in groups:
        found.setdefault(group.schedule.id, []).append(group.id)
    return {schedule: tuple(dict.fromkeys(names)) for schedule, names in found.items()}


def all_phases(schedule: Schedule) -> tuple[Phase, ...]:
    """The phases of a schedule, those without an instant last."""
    return schedule.phases + schedule.undated


def named(names: Iterable[str]) -> str:
    """Some names, and how many there are when there are more: `12300, 12301 … (13)`."""
    whole = tuple(names)
    listed = ", ".join(whole[:MOST_NAMED])
    return listed if len(whole) <= MOST_NAMED else f"{listed} … ({len(whole)})"


def error(place: str, code: Code, zh: str, en: str, fix: str, *, source: str | None = None) -> Finding:
    """What must be put right before the plan may serve."""
    return at_place(place, Fault(code, zh, en, fix, Severity.ERROR, source))


def warning(place: str, code: Code, zh: str, en: str, fix: str, *, source: str | None = None) -> Finding:
    """What wants a look."""
    return at_place(place, Fault(code, zh, en, fix, Severity.WARNING, source))


def note(place: str, code: Code, zh: str, en: str, fix: str, *, source: str | None = None) -> Finding:
    """What is good to know."""
    return at_place(place, Fault(code, zh, en, fix, Severity.NOTE, source))
