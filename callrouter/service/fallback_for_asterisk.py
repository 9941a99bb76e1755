"""The compiled fallback: what Asterisk follows of the plan while no controller answers.

Rules:
- It is worked out once, when the plan is loaded, by the very functions that decide calls (`decide.followed_plan`).
- Every name that stands in a table is in its table: `tables_hold` says so before anything is written.
- What one call alone can tell is not in it: who passed it on, and where a forwarded call came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Generic, TypeVar

from callrouter.asterisk_link.fallback_of_the_plan import (
    CourseOfCalls,
    FallbackOfThePlan,
    ListedNumbers,
    Outcome,
    Row,
    Step,
)
from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.asterisk_link.verdict import SURVEY_FLAG, URGENT_FLAG
from callrouter.decide.center import sole_area
from callrouter.decide.followed_plan import (
    Asked,
    Chain,
    Course,
    Followed,
    FollowedPlan,
    followed_plan,
    one_of_list,
)
from callrouter.decide.memory import memory_of
from callrouter.decide.places_of_entry import Entry
from callrouter.service.fallback_hours import HoursTables
from callrouter.service.fallback_listed import write_listed
from callrouter.settings import Settings
from callrouter.vocabulary.numbers import EMERGENCY_CODES, PhoneNumber, canonical_line, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Trunk
from callrouter.vocabulary.treatment import Ask, Connect, Dial, Guide, Release, TakeMessage

UNKNOWN_KEY: Final = "nobodys"
"""The key of numbers that are in no plan."""
_Value = TypeVar("_Value", bound=Hashable)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_A_SECOND: Final = timedelta(seconds=1)
_ORDERS: Final = {Connect: "connect", Guide: "connect", Dial: "dial", TakeMessage: "message", Ask: "menu"}


def with_fallback(told: OfThePlan, settings: Settings, plan: Plan, at: datetime, folder: Path) -> OfThePlan:
    """What Asterisk is told, and what it follows without a controller; listed numbers are written into the folder.

    Raises OSError where they can't be.
    """
    fallback = fallback_of(settings, plan, at, write_listed(plan, folder))
    if missing := tables_hold(fallback):
        raise AssertionError(f"the compiled fallback is not whole: {', '.join(missing[:3])}")
    return replace(told, fallback=fallback)


def fallback_of(
    settings: Settings, plan: Plan, at: datetime, listed: ListedNumbers | None = None
) -> FallbackOfThePlan:
    """Work out what is followed; hours are written out from `at` on. `listed`: where listed numbers were written."""
    followed = followed_plan(plan, asks_for_ratings=settings.survey.enabled)
    hours = HoursTables(plan, at)
    outcomes: _Named[Chain] = _Named("c")
    courses: _Named[Course] = _Named("w")
    made: dict[str, Outcome] = {}
    listed_ones = {one_of_list(one.id, plan) for one in plan.lists.lists} - {None}

    def chain_name(chain: Chain) -> str:
        name, is_new = outcomes.name(chain)
        if is_new:
            link = chain[0]
            within = hours.name(link.hours) if link.hours is not None else ""
            outcome = _outcome(name, within, chain_name(chain[1:]) if within else "", link.followed)
            made[name] = replace(outcome, is_listed=link.followed.line in listed_ones)
        return name

    calls = tuple(_calls(followed, lambda course: courses.name(course)[0]))
    steps = tuple(
        CourseOfCalls(name, tuple(_steps(course, chain_name))) for course, name in courses.names.items()
    )
    return FallbackOfThePlan(
        plan.hash,
        (plan.desks.handed_over.announcement or "").lower(),
        tuple(_entries(followed.entries)),
        tuple(_dialled_in(plan)),
        tuple(_local_areas(plan)),
        tuple(sorted(plan.short_codes | EMERGENCY_CODES)),
        calls,
        tuple(sorted(memory_of(plan).choosy)),
        steps,
        tuple(made.values()),
        plan.timezone,
        hours.tables,
        hours.times,
        listed,
    )


class _Named(Generic[_Value]):
    """Names for values, each once."""

    def __init__(self, letter: str) -> None:
        self._letter = letter
        self.names: dict[_Value, str] = {}

    def name(self, value: _Value) -> tuple[str, bool]:
        """Give its name, and whether that is a new one."""
        known = self.names.get(value)
        if known is not None:
            return known, False
        self.names[value] = name = f"{self._letter}{len(self.names) + 1}"
        return name, True


def _calls(followed: FollowedPlan, course_name: Callable[[Course], str]) -> Iterator[Row]:
    """Each number's usual course by itself; another one by its entry, and by the caller's area."""
    by_number: dict[str, Counter[Course]] = {}
    public = {entry.name for entry in followed.entries if not entry.by_emergency}
    for asked, course in followed.courses.items():
        if asked.caller_area is None and asked.entry in public:
            by_number.setdefault(asked.number, Counter())[course] += 1
    usual = {number: counted.most_common(1)[0][0] for number, counted in by_number.items()}
    for number, course in usual.items():
        yield Row(f"0{number or UNKNOWN_KEY}", course_name(course))
    for asked, course in followed.courses.items():
        beside = usual[asked.number]
        if asked.caller_area is not None:
            beside = followed.courses[asked._replace(caller_area=None)]
        if course != beside:
            yield Row(_key(asked), course_name(course))


def _key(asked: Asked) -> str:
    parts = (asked.entry, asked.number or UNKNOWN_KEY, *([asked.caller_area] if asked.caller_area else []))
    return "_".join(parts)


def _steps(course: Course, chain_name: Callable[[Chain], str]) -> Iterator[Step]:
    ends = [*(_seconds(starts) for starts, _ in course[1:] if starts is not None), ""]
    for (_, chain), before in zip(course, ends, strict=True):
        yield Step(before, chain_name(chain))


def _seconds(at: datetime) -> str:
    return str(-((_EPOCH - at) // _A_SECOND))


def _outcome(name: str, hours: str, otherwise: str, followed: Followed) -> Outcome:
    treatment = followed.treatment
    flags = "+".join(
        word for word, is_so in ((SURVEY_FLAG, followed.surveyed), (URGENT_FLAG, followed.urgent)) if is_so
    )
    released = isinstance(treatment, Release)
    where = ""
    if isinstance(treatment, Dial):
        where = f"{treatment.peer}/{followed.line or ''}"
    elif isinstance(treatment, Ask):
        where = treatment.menu
    return Outcome(
        name,
        hours,
        otherwise,
        "release" if isinstance(treatment, Release) else _ORDERS[type(treatment)],
        treatment.notice or "",
        "" if isinstance(treatment, Release) else treatment.queue,
        "" if isinstance(treatment, Release) else str(treatment.priority),
        str(treatment.cause) if isinstance(treatment, Release) else "",
        followed.line or "",
        followed.mode,
        followed.phase.value if followed.phase is not None else "",
        "" if released else flags,
        where,
        tuple(Row(key, value) for key, value in followed.told),
    )


def _entries(entries: Iterable[Entry]) -> Iterator[Row]:
    for entry in entries:
        for trunk in entry.trunks:
            for area in entry.areas:
                yield Row(f"t{trunk}_{area or ''}{'_sos' if entry.by_emergency else ''}", entry.name)


def _dialled_in(plan: Plan) -> Iterator[Row]:
    for trunk in plan.trunks.values():
        lines = {pilot: plan.hub.number for pilot in trunk.pilots if plan.line(pilot) is None}
        for did, line in (*lines.items(), *trunk.dids):
            yield Row(f"t{trunk.id}_{_spelled(did, trunk, plan)}", line)


def _spelled(did: str, trunk: Trunk, plan: Plan) -> str:
    number = parse_number(did, plan.short_codes)
    area = _area_of(trunk, plan)
    return (canonical_line(number, area) if isinstance(number, PhoneNumber) else None) or did


def _local_areas(plan: Plan) -> Iterator[Row]:
    for name, trunk in (("", None), *plan.trunks.items()):
        if (area := _area_of(trunk, plan)) is not None:
            yield Row(f"t{name}", area)


def _area_of(trunk: Trunk | None, plan: Plan) -> str | None:
    platform = plan.platforms.get((trunk.platform or trunk.default_platform) if trunk else plan.home)
    return sole_area(platform) if platform is not None else None


def tables_hold(fallback: FallbackOfThePlan) -> tuple[str, ...]:
    """What is named in the tables and is in none of them; nothing, unless this program is wrong."""
    courses = {course.name for course in fallback.courses}
    outcomes = {outcome.name for outcome in fallback.outcomes}
    hours, times = {one.name for one in fallback.hours}, {one.name for one in fallback.times}
    entries = {row.value for row in fallback.entries}
    wanted: Mapping[str, tuple[set[str], set[str]]] = {
        "courses": ({row.value for row in fallback.calls}, courses),
        "outcomes": ({step.chain for course in fallback.courses for step in course.steps}, outcomes),
        "otherwise": ({one.otherwise for one in fallback.outcomes if one.hours}, outcomes),
        "hours": ({one.hours for one in fallback.outcomes if one.hours}, hours),
        "times": ({day.times for one in fallback.hours for day in one.days}, times),
        "weekdays": ({name for one in fallback.hours for name in one.weekdays}, times),
        "entries": (
            {row.key.split("_")[0] for row in fallback.calls if row.key[0] == "e"} & entries,
            entries,
        ),
        "unknown": ({f"0{UNKNOWN_KEY}"}, {row.key for row in fallback.calls}),
    }
    missing = (
        f"{table}: {name}" for table, (named, there) in wanted.items() for name in sorted(named - there)
    )
    keys = [row.key for row in (*fallback.calls, *fallback.entries)]
    twice = (f"twice: {key}" for key, times_ in Counter(keys).items() if times_ > 1)
    return (*missing, *twice)
