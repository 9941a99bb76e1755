"""Schedules, lines, lists, classes and centers as values: what the document says with what the operator adds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from callrouter.plans.assembly.hours import choose, unstated
from callrouter.plans.meaning.drafts import LinesDraft, OperatorDraft
from callrouter.plans.meaning.lines_file import AnySchedule, Instants
from callrouter.plans.reading.written import Where, Written
from callrouter.plans.schema.lines_file import (
    CenterPart,
    LinePart,
    ListPart,
    PhaseBody,
    PhasePart,
    SchedulePart,
)
from callrouter.plans.schema.operator_file import (
    CenterFill,
    NewCenter,
    OperatorLine,
    OperatorList,
)
from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.plans.schema.plan_file import DuePart
from callrouter.plans.schema.times import UNSTATED
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Center, Line, LineClass
from callrouter.vocabulary.migration import Due, Phase, Schedule
from callrouter.vocabulary.number_table import LineList


def schedules_of(lines: LinesDraft, operator: OperatorDraft, instants: Instants) -> dict[str, Schedule]:
    """All schedules by id."""
    items: list[AnySchedule] = [*lines.schedules, *operator.schedules]
    return {str(item.where[-1]): _schedule(item, instants) for item in items}


def _schedule(item: AnySchedule, instants: Instants) -> Schedule:
    name = str(item.where[-1])
    phases = [_phase(item, index, part, instants) for index, part in enumerate(item.part.phases)]
    dated = [phase for phase, undated in phases if not undated]
    ends: list[datetime | None] = [other.starts for _, other in pairwise(dated)]
    part = item.part
    return Schedule(
        id=name,
        mode=part.mode,
        number_fate=part.number_fate,
        seat_fate=part.seat_fate,
        phases=tuple(_ending(phase, end) for phase, end in zip(dated, [*ends, None], strict=True)),
        undated=tuple(phase for phase, undated in phases if undated),
        dues=dues_of(
            item.written, (*item.where, "dues"), part.dues if isinstance(part, SchedulePart) else []
        ),
        place=item.place,
    )


def _ending(phase: Phase, ends: datetime | None) -> Phase:
    return Phase(
        phase.name,
        phase.starts,
        ends,
        phase.landing,
        phase.number_fate,
        phase.seat_fate,
        phase.announcement,
        phase.source,
        phase.place,
        phase.illustrative,
        phase.given_place,
    )


def _phase(item: AnySchedule, index: int, part: PhaseBody, instants: Instants) -> tuple[Phase, bool]:
    """The phase, and whether it has no instant yet."""
    given = instants.get((str(item.where[-1]), index))
    starts = given.part.starts if given else part.starts
    schedule = item.part
    return Phase(
        name=part.name,
        starts=starts if isinstance(starts, datetime) else None,
        ends=None,
        landing=part.landing,
        number_fate=part.number_fate or schedule.number_fate,
        seat_fate=part.seat_fate or schedule.seat_fate,
        announcement=part.announcement,
        source=part.source if isinstance(part, PhasePart) else OPERATOR_SOURCE,
        place=item.written.place((*item.where, "phases", index)),
        illustrative=given is not None or not isinstance(schedule, SchedulePart),
        given_place=given.place if given else None,
    ), starts is UNSTATED


def dues_of(written: Written, where: Where, dues: list[DuePart]) -> tuple[Due, ...]:
    """Deadlines, each at its place."""
    return tuple(
        Due(due.what, due.by, due.source, written.place((*where, index))) for index, due in enumerate(dues)
    )


def lines_of(
    lines: LinesDraft, operator: OperatorDraft, schedules: Mapping[str, Schedule]
) -> dict[str, Line]:
    """All lines that are written in YAML, by number."""
    items: list[Item[LinePart] | Item[OperatorLine]] = [*lines.lines, *operator.lines]
    return {item.part.number: _line(item, schedules) for item in items}


def _line(item: Item[LinePart] | Item[OperatorLine], schedules: Mapping[str, Schedule]) -> Line:
    part = item.part
    return Line(
        number=part.number,
        name=part.name,
        spoken_number=part.spoken_number,
        spoken_name=part.spoken_name,
        schedule=schedules[part.schedule],
        level=part.level,
        expert_seats=part.expert_seats,
        announcement_owner=part.number,
        tag=part.tag,
        source=part.cited,
        place=item.place,
        illustrative=part.illustrative,
    )


def list_of(item: Item[ListPart] | Item[OperatorList], schedule: Schedule) -> LineList:
    """What the numbers of one CSV have in common."""
    part = item.part
    return LineList(
        id=part.id,
        name=part.name,
        spoken_name=part.spoken_name,
        schedule=schedule,
        file=part.file,
        source=part.cited,
        place=item.place,
        illustrative=part.illustrative,
    )


def classes_of(lines: LinesDraft, schedules: Mapping[str, Schedule]) -> tuple[LineClass, ...]:
    """Rules without numbers."""
    return tuple(
        LineClass(item.part.id, item.part.name, schedules[item.part.schedule], item.part.source, item.place)
        for item in lines.classes
    )


def centers_of(
    lines: LinesDraft, operator: OperatorDraft, hours: dict[str, Hours]
) -> dict[str, tuple[Center, ...]]:
    """The centers of each line, in order."""
    fills = {fill.part.id: fill.part for fill in operator.center_fills}
    items: list[Item[CenterPart] | Item[NewCenter]] = [*lines.centers, *operator.centers]
    made: dict[str, tuple[Center, ...]] = {}
    for item in items:
        center = _center(item, fills.get(item.part.id), hours)
        made[center.line] = (*made.get(center.line, ()), center)
    return made


def _center(
    item: Item[CenterPart] | Item[NewCenter], fill: CenterFill | None, hours: dict[str, Hours]
) -> Center:
    part = item.part
    given = fill.opens if fill else None
    opens = given or part.opens
    operated = part if isinstance(part, NewCenter) else fill
    held = choose(hours, part.hours, fill.hours if fill else None, illustrative=part.illustrative)
    return Center(
        id=part.id,
        line=part.line,
        name=part.name,
        spoken_name=part.spoken_name,
        means=tuple(part.means),
        areas=tuple(part.areas),
        hours=held or unstated(item.place),
        opens=opens if isinstance(opens, datetime) else None,
        peer=operated.peer if operated else None,
        source=part.cited,
        place=item.place,
        illustrative=part.illustrative or given is not None,
        opens_stated=opens is not UNSTATED,
    )
