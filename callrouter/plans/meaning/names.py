"""Names of a plan: each stands once, and whatever is named is there.

Rules:
- plan.yaml and lines.yaml name only what stands in one of the two; operator.yaml may name anything.
- Where a file could not be read to its end, nobody judges what is named of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped
from callrouter.plans.meaning.drafts import Drafts, LinesDraft, OperatorDraft, PlanDraft
from callrouter.plans.reading.written import Written
from callrouter.plans.schema.key_faults import contradicts
from callrouter.plans.schema.operator_file import (
    CenterFill,
    NewCenter,
    NewPlatform,
    OperatorLine,
    OperatorList,
    PlatformFill,
    UtilityFill,
)
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.plan_file import SurveyBody
from callrouter.plans.schema.queue_parts import QueueBody, QueueWays
from callrouter.plans.schema.suggestion import did_you_mean
from callrouter.plans.schema.validation import Item, named_in, names_in
from callrouter.vocabulary.numbers import EMERGENCY_CODES


class Kind(NamedTuple):
    """What a name is the name of."""

    zh: str
    section: str
    key: str = "id"


PLATFORM = Kind("平台", "platforms")
HOURS = Kind("服务时间", "hours")
QUEUE = Kind("队列", "queues")
SCHEDULE = Kind("归并方式", "schedules")
LINE = Kind("热线", "lines", "number")
LIST = Kind("号码表", "lists")
CLASS = Kind("类别", "classes")
CENTER = Kind("分中心", "centers")
PEER = Kind("SIP 对端", "peers")
TRUNK = Kind("中继", "trunks")
EMERGENCY = Kind("紧急号码", "emergency", "number")
UTILITY = Kind("公用事业", "utilities")
NOT_ACCEPTED = Kind("不受理事项", "not_accepted")
MENU = Kind("菜单", "menus")
NEW_LINE = Kind("允许新设的热线", "allow_new_lines", "number")

Known = Collection[str] | None
"""The names that are there; None: nobody knows, for a file could not be read."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the document's two files, and of all three."""

    document: dict[Kind, Known]
    everything: dict[Kind, Known]


def names_of(drafts: Drafts) -> Names:
    """Every name that is written, also of parts that have an error."""
    plan, lines, operator = drafts
    document: dict[Kind, Known] = {}
    for kind in (PLATFORM, HOURS, QUEUE, EMERGENCY, UTILITY):
        document[kind] = names_in(plan.written, kind.section, kind.key)
    for kind in (SCHEDULE, LINE, CENTER, LIST):
        document[kind] = names_in(lines.written, kind.section, kind.key)
    for kind in (PLATFORM, QUEUE, SCHEDULE):
        # A missing section is told already; nobody repeats it for everything that names something of it.
        document[kind] = document[kind] or None
    document[NOT_ACCEPTED] = _not_accepted(plan.written)
    everything: dict[Kind, Known] = {}
    for kind in (*document, PEER, TRUNK):
        here = document.get(kind, ())
        added = names_in(operator.written, kind.section, kind.key)
        everything[kind] = None if here is None or added is None else frozenset((*here, *added))
    return Names({kind: _fast(known) for kind, known in document.items()}, everything)


def _fast(known: Known) -> Known:
    return None if known is None else dict.fromkeys(known)


def _not_accepted(written: Written) -> Known:
    if not written.whole or not isinstance(written.data, dict):
        return None
    scope = written.data.get("scope", {})
    return named_in(scope.get("not_accepted", [])) if isinstance(scope, dict) else None


def judge_home(plan: PlanDraft, names: Names) -> None:
    """Report a home that is no platform of the document."""
    known = names.document[PLATFORM]
    if plan.home is not None and known is not None and plan.home not in known:
        plan.written.report(plan.written.value_at(("home",)), unknown(plan.home, PLATFORM, known))


class Reference(NamedTuple):
    """One name that a part uses."""

    item: Item[Part]
    steps: tuple[str | int, ...]
    name: str | None
    kind: Kind


def judge_references(references: Iterable[Reference], known: dict[Kind, Known]) -> None:
    """Report every name that is not there."""
    for item, steps, name, kind in references:
        names = known.get(kind)
        if name is not None and names is not None and name not in names and not item.written.is_full:
            item.report(unknown(name, kind, names), *steps)


def unknown(name: str, kind: Kind, known: Collection[str]) -> Fault:
    """A name that is not there."""
    return Fault(
        Code.UNKNOWN_NAME,
        f"{kind.section} 里没有“{clipped(name)}”这个{kind.zh}",
        f"there is no {clipped(name)} in {kind.section}",
        did_you_mean(name, known),
    )


def judge_unique(items: Iterable[Item[Part]], kind: Kind) -> None:
    """Report every name that stands twice; one of the overlay that stands in the document changes it."""
    first: dict[str, Item[Part]] = {}
    for item in items:
        name = str(getattr(item.part, kind.key, None) or item.where[-1])
        if name not in first:
            first[name] = item
            continue
        steps = (kind.key,) if hasattr(item.part, kind.key) else ()
        if item.written is first[name].written:
            item.report(duplicate(name, first[name].place), *steps)
        else:
            item.report(contradicts(name), *steps)


def duplicate(name: str, place: str) -> Fault:
    """A name that stands twice."""
    return Fault(
        Code.DUPLICATE_NAME,
        f"{clipped(name)} 重复，已见于 {place}",
        f"{clipped(name)} stands twice, first at {place}",
        "只保留一个 / keep one of the two",
    )


def plan_references(plan: PlanDraft) -> Iterator[Reference]:
    """What `plan.yaml` names."""
    for platform in plan.platforms:
        yield Reference(platform, ("parent",), platform.part.parent, PLATFORM)
        yield Reference(platform, ("hours",), platform.part.hours, HOURS)
    for queue in plan.queues:
        yield from _queue_references(queue)
    yield from _survey_queues(plan.survey)


def lines_references(lines: LinesDraft) -> Iterator[Reference]:
    """What `lines.yaml` names."""
    for kind in (lines.lines, lines.lists, lines.classes):
        for item in kind:
            yield Reference(item, ("schedule",), item.part.schedule, SCHEDULE)
    for center in lines.centers:
        yield Reference(center, ("hours",), center.part.hours, HOURS)


def operator_references(operator: OperatorDraft) -> Iterator[Reference]:
    """What `operator.yaml` names."""
    for platform in operator.platforms:
        yield Reference(platform, ("parent",), platform.part.parent, PLATFORM)
    platforms: list[Item[NewPlatform] | Item[PlatformFill]] = [*operator.platforms, *operator.platform_fills]
    for one in platforms:
        yield Reference(one, ("hours",), one.part.hours, HOURS)
        yield Reference(one, ("peer",), one.part.peer, PEER)
    for queue in operator.queues:
        yield from _queue_references(queue)
    for fill in operator.queue_fills:
        yield Reference(fill, ("hours",), fill.part.hours, HOURS)
        yield Reference(fill, ("overflow_to",), fill.part.overflow_to, PLATFORM)
    lines: list[Item[OperatorLine] | Item[OperatorList]] = [*operator.lines, *operator.lists]
    for line in lines:
        yield Reference(line, ("schedule",), line.part.schedule, SCHEDULE)
    answering: list[Item[NewCenter] | Item[CenterFill] | Item[UtilityFill]]
    answering = [*operator.centers, *operator.center_fills, *operator.utilities]
    for seat in answering:
        yield Reference(seat, ("hours",), seat.part.hours, HOURS)
        yield Reference(seat, ("peer",), seat.part.peer, PEER)
    for emergency in operator.emergency:
        for index, target in enumerate(emergency.part.targets):
            yield Reference(emergency, ("targets", index, "peer"), target.peer, PEER)
            for place, alternate in enumerate(target.alternates):
                yield Reference(emergency, ("targets", index, "alternates", place), alternate, PEER)
    yield from _survey_queues(operator.survey)
    yield from _menu_queues(operator)
    yield from _trunk_references(operator)


def lines_named(plan: PlanDraft, lines: LinesDraft) -> Iterator[Reference]:
    """The lines that the document's files name; they may be in a CSV."""
    for queue in plan.queues:
        yield Reference(queue, ("line",), queue.part.line, LINE)
        yield from _lines_of_queue(queue)
    for center in lines.centers:
        yield Reference(center, ("line",), center.part.line, LINE)
    yield from _survey_lines(plan.survey)


def lines_named_by_operator(operator: OperatorDraft) -> Iterator[Reference]:
    """The lines that `operator.yaml` names."""
    for queue in operator.queues:
        yield Reference(queue, ("line",), queue.part.line, LINE)
        yield from _lines_of_queue(queue)
    for fill in operator.queue_fills:
        yield from _lines_of_queue(fill)
    for center in operator.centers:
        yield Reference(center, ("line",), center.part.line, LINE)
    for trunk in operator.trunks:
        for index, did in enumerate(trunk.part.dids):
            yield Reference(trunk, ("dids", index, "line"), did.line, LINE)
    yield from _survey_lines(operator.survey)
    for menu in operator.menus:
        for index, number in enumerate(menu.part.lines):
            yield Reference(menu, ("lines", index), number, LINE)


def fill_references(operator: OperatorDraft) -> Iterator[Reference]:
    """What `operator.yaml` fills in: it must stand in the document's files."""
    for kind, items in (
        (PLATFORM, operator.platform_fills),
        (QUEUE, operator.queue_fills),
        (CENTER, operator.center_fills),
        (EMERGENCY, operator.emergency),
        (UTILITY, operator.utilities),
        (NOT_ACCEPTED, operator.not_accepted),
    ):
        for item in items:
            yield Reference(item, (kind.key,), getattr(item.part, kind.key), kind)
    for instant in operator.instants:
        yield Reference(instant, ("schedule",), instant.part.schedule, SCHEDULE)


def _queue_references(item: Item[QueueBody]) -> Iterator[Reference]:
    yield Reference(item, ("platform",), item.part.platform, PLATFORM)
    yield Reference(item, ("hours",), item.part.hours, HOURS)
    yield Reference(item, ("overflow_to",), item.part.overflow_to, PLATFORM)


def _lines_of_queue(item: Item[QueueWays]) -> Iterator[Reference]:
    for index, number in enumerate(item.part.lines):
        yield Reference(item, ("lines", index), number, LINE)


def _survey_lines(survey: Item[SurveyBody] | None) -> Iterator[Reference]:
    if survey is not None:
        for index, line in enumerate(survey.part.except_lines):
            yield Reference(survey, ("except_lines", index), line, LINE)


def _survey_queues(survey: Item[SurveyBody] | None) -> Iterator[Reference]:
    if survey is not None:
        for index, queue in enumerate(survey.part.except_queues):
            yield Reference(survey, ("except_queues", index), queue, QUEUE)


def _menu_queues(operator: OperatorDraft) -> Iterator[Reference]:
    for menu in operator.menus:
        for index, choice in enumerate(menu.part.choices):
            yield Reference(menu, ("choices", index, "queue"), choice.queue, QUEUE)
        yield Reference(menu, ("otherwise",), menu.part.otherwise, QUEUE)


def _trunk_references(operator: OperatorDraft) -> Iterator[Reference]:
    for trunk in operator.trunks:
        yield Reference(trunk, ("platform",), trunk.part.platform, PLATFORM)
        yield Reference(trunk, ("default_platform",), trunk.part.default_platform, PLATFORM)
        who, _, name = (trunk.part.source or "").partition(":")
        if who and name not in EMERGENCY_CODES:
            yield Reference(trunk, ("source",), name, EMERGENCY if who == "emergency" else PLATFORM)
