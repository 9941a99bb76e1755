"""Whether lines, schedules and centers make sense together, whoever wrote them.

Rules:
- The phases of a schedule follow one another; an instant of the overlay is given only where there is none.
- A call may only be released after an announcement.
- An emergency number never migrates (C37), and 12345 is no line of its own.
"""

from __future__ import annotations

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault
from callrouter.plans.meaning import names
from callrouter.plans.meaning.drafts import Drafts, LinesDraft, OperatorDraft
from callrouter.plans.meaning.plan_file import EMERGENCY, judge_areas
from callrouter.plans.meaning.succession import Timed, judge_succession
from callrouter.plans.schema.lines_file import LineBody, PhaseBody, SchedulePart
from callrouter.plans.schema.operator_file import InstantPart, OperatorSchedule
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.times import UNSTATED
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.migration import Landing, PhaseName
from callrouter.vocabulary.numbers import EMERGENCY_CODES

AnySchedule = Item[SchedulePart] | Item[OperatorSchedule]
Instants = dict[tuple[str, int], Item[InstantPart]]
"""The overlay's instants, by schedule and the phase's index."""


def judge_lines(drafts: Drafts) -> None:
    """Judge lines, lists, classes and centers."""
    plan, lines, operator = drafts
    judge = names.judge_unique
    judge((*lines.lines, *operator.lines), names.LINE)
    judge((*lines.lists, *operator.lists), names.LIST)
    judge(lines.classes, names.CLASS)
    judge((*lines.centers, *operator.centers), names.CENTER)
    hub = plan.hub.part.number if plan.hub else None
    emergencies = EMERGENCY_CODES | {one.part.number for one in plan.emergency}
    for line in (*lines.lines, *operator.lines):
        _judge_number(line, hub, emergencies)
    for center in (*lines.centers, *operator.centers):
        judge_areas(center, center.part.areas)
    _judge_utilities(lines, operator)
    for fill in operator.center_fills:
        center_of = {one.part.id: one for one in lines.centers}
        stated = center_of.get(fill.part.id)
        if stated and stated.part.opens is UNSTATED and fill.part.peer and fill.part.opens is None:
            fill.report(_PEER_WITHOUT_OPENING)
    for added in operator.centers:
        if added.part.opens is UNSTATED and added.part.peer:
            added.report(_PEER_WITHOUT_OPENING)


def judge_schedules(lines: LinesDraft, operator: OperatorDraft) -> Instants:
    """Judge every schedule, first by itself, then with the overlay's instants; return where those go."""
    names.judge_unique((*lines.schedules, *operator.schedules), names.SCHEDULE)
    placed: Instants = {}
    given: dict[str, list[Item[InstantPart]]] = {}
    for instant in operator.instants:
        given.setdefault(instant.part.schedule, []).append(instant)
    schedules: list[AnySchedule] = [*lines.schedules, *operator.schedules]
    for schedule in schedules:
        for index, phase in enumerate(schedule.part.phases):
            if phase.landing is Landing.RELEASED and phase.announcement is None:
                schedule.report(_MUTE_RELEASE, "phases", index)
        in_order = judge_succession(_timed(schedule, {}))
        mine = given.get(str(schedule.where[-1]), [])
        if mine and isinstance(schedule.part, SchedulePart):
            found = _place(schedule, mine)
            if in_order and found:
                judge_succession(_timed(schedule, found))
            placed |= found
    return placed


def _place(schedule: AnySchedule, instants: list[Item[InstantPart]]) -> Instants:
    """Give each instant to the first phase of its name that has none."""
    placed: Instants = {}
    name = str(schedule.where[-1])
    named = {phase.name for phase in schedule.part.phases}
    free: dict[PhaseName, list[int]] = {}
    for index, phase in reversed(list(enumerate(schedule.part.phases))):
        if phase.starts is UNSTATED:
            free.setdefault(phase.name, []).append(index)
    for instant in instants:
        if waiting := free.get(instant.part.phase):
            placed[name, waiting.pop()] = instant
        elif instant.part.phase not in named:
            instant.report(_no_phase(name, instant), "phase")
        else:
            instant.report(_DATED, "starts")
    return placed


def _timed(schedule: AnySchedule, instants: Instants) -> list[Timed]:
    made: list[Timed] = []
    phases: list[PhaseBody] = [*schedule.part.phases]
    for index, phase in enumerate(phases):
        given = instants.get((str(schedule.where[-1]), index))
        starts = given.part.starts if given else phase.starts
        at = (given.written, given.written.value_at((*given.where, "starts"))) if given else None
        where = (*schedule.where, "phases", index)
        made.append(Timed(f"阶段 {phase.name}", starts, phase.ends, where, schedule.written, at))
    return made


def _judge_number(line: Item[LineBody], hub: str | None, emergencies: frozenset[str] | set[str]) -> None:
    if line.part.number in emergencies:
        line.report(EMERGENCY, "number")
    elif line.part.number == hub:
        line.report(HUB_AS_LINE, "number")


def _judge_utilities(lines: LinesDraft, operator: OperatorDraft) -> None:
    """A utility's number is no line and no other utility's."""
    first: dict[str, Item[Part]] = {line.part.number: line for line in (*lines.lines, *operator.lines)}
    for utility in operator.utilities:
        for index, number in enumerate(utility.part.numbers):
            if number in EMERGENCY_CODES:
                utility.report(EMERGENCY, "numbers", index)
            elif number in first:
                utility.report(names.duplicate(number, first[number].place), "numbers", index)
            first.setdefault(number, utility)


def _no_phase(schedule: str, instant: Item[InstantPart]) -> Fault:
    return Fault(
        Code.UNKNOWN_NAME,
        f"{schedule} 没有 {instant.part.phase} 阶段",
        f"{schedule} has no phase {instant.part.phase}",
        "写 lines.yaml 中 starts 为 unstated 的阶段 / name a phase whose starts is unstated",
    )


HUB_AS_LINE = Fault(
    Code.HUB_AS_LINE,
    "12345 本身不是被归并的热线",
    "this is 12345 itself, not a line that moves to it",
    "删除此项；见 plan.yaml 的 hub / take it out; see hub in plan.yaml",
)
_DATED = Fault(
    Code.OVERLAY_CONTRADICTS,
    "这一阶段在 lines.yaml 中已有时刻，operator.yaml 不能改动",
    "lines.yaml dates this phase already; the overlay may only say what it leaves unsaid",
    "删除这一项；文件没有给出时刻，则在 lines.yaml 写 starts: unstated / "
    "delete this item; if the document gives no instant, write starts: unstated in lines.yaml",
)
_PEER_WITHOUT_OPENING = Fault(
    Code.MISSING_KEY,
    "有 peer 却没有 opens:文件没有写明何时起可转接",
    "opens is missing: the document does not say from when the peer may be called",
    "加上 opens / add opens",
)
_MUTE_RELEASE = Fault(
    Code.MUTE_RELEASE,
    "landing 为 released 却没有 announcement,来电人会什么都听不到",
    "released without an announcement: the caller would hear nothing",
    "加上 announcement: X02 / add announcement: X02",
)
