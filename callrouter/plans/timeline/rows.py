"""The life of a plan's lines as rows: which phase holds from when to when, what is due, what has no instant yet.

Rules:
- A row is a line, a list of numbers (however many) or a class that the document does not number.
- Rows that follow one schedule, one after the other in the plan, are a group: their phases are drawn once each,
  their deadlines once for all.
- Only what the plan says is shown. The instants of a timeline are all those at which anything in it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from callrouter.plans.timeline.holidays import DaysOff, days_off
from callrouter.plans.timeline.seats import AnsweredFirst, answered_first
from callrouter.vocabulary.line import Line, LineClass
from callrouter.vocabulary.migration import Due, Schedule
from callrouter.vocabulary.number_table import LineList
from callrouter.vocabulary.plan import Plan


class RowKind(StrEnum):
    """What a row stands for."""

    LINE = "line"
    LIST = "list"
    """All the numbers of one CSV file."""
    CLASS = "class"
    """Lines that the document does not number."""


@dataclass(frozen=True, slots=True)
class Row:
    """One life."""

    kind: RowKind
    label: str
    """The number, or the id of the list or class."""
    name: str
    schedule: Schedule
    source: str
    place: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that follow one schedule."""

    schedule: Schedule
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is to be shown of a plan."""

    jurisdiction: str
    title: str
    version: str
    document: str
    """The document's number."""
    issued: date
    zone: ZoneInfo
    """Its instants are shown in this zone."""
    groups: tuple[Group, ...]
    dues: tuple[Due, ...]
    """Deadlines of the plan as a whole; none where single lines were asked for."""
    days_off: tuple[DaysOff, ...] = ()
    """Public holidays and make-up workdays by which hours go: the plan's, or those of the lines' centers."""
    seats: tuple[AnsweredFirst, ...] = ()
    """Expert and dedicated seats that answer these lines before the general ones."""

    @property
    def instants(self) -> tuple[datetime, ...]:
        """Every instant at which a phase begins, in order."""
        begun = {
            phase.starts
            for group in self.groups
            for phase in group.schedule.phases
            if phase.starts is not None
        }
        return tuple(sorted(begun))

    @property
    def has_undated(self) -> bool:
        """Whether anything in it waits for its instant."""
        return any(group.schedule.undated for group in self.groups)

    @property
    def all_dues(self) -> tuple[Due, ...]:
        """Every deadline in it, each once: the plan's first, then group by group, each in order of time."""
        blocks = (self.dues, *(group.schedule.dues for group in self.groups))
        everywhere = (due for block in blocks for due in in_order(block))
        return tuple({due.place: due for due in everywhere}.values())


def in_order(dues: Sequence[Due]) -> list[Due]:
    """Deadlines in order of time; those of one day as they are written."""
    return sorted(dues, key=lambda due: due.by)


def timeline_of(plan: Plan, rows: Sequence[Row] | None = None) -> Timeline:
    """The timeline of the whole plan, or of some rows of it (see `find_row`)."""
    document = plan.document
    numbers = None if rows is None else [row.label for row in rows if row.kind is RowKind.LINE]
    return Timeline(
        plan.jurisdiction,
        plan.title,
        plan.version,
        document.number,
        document.issued,
        ZoneInfo(plan.timezone),
        _grouped(_every_row(plan) if rows is None else rows),
        tuple(plan.dues) if rows is None else (),
        days_off(plan, numbers),
        tuple(answered_first(plan, numbers)),
    )


def find_row(plan: Plan, asked: str) -> Row | None:
    """The row of a canonical number (of a CSV list's number too), of a list's id or of a class's id."""
    line = plan.line(asked)
    if line is not None:
        return _of_line(line)
    listed = next((listed for listed in plan.lists.lists if listed.id == asked), None)
    if listed is not None:
        return _of_list(listed)
    without = next((without for without in plan.classes if without.id == asked), None)
    return None if without is None else _of_class(without)


def _every_row(plan: Plan) -> Iterator[Row]:
    yield from map(_of_line, plan.lines.values())
    yield from map(_of_list, plan.lists.lists)
    yield from map(_of_class, plan.classes)


def _grouped(rows: Iterable[Row]) -> tuple[Group, ...]:
    together = (tuple(group) for _, group in groupby(rows, key=lambda row: row.schedule.id))
    return tuple(Group(group[0].schedule, group) for group in together)


def _of_line(line: Line) -> Row:
    return Row(
        RowKind.LINE, line.number, line.name, line.schedule, line.source, line.place, line.illustrative
    )


def _of_list(listed: LineList) -> Row:
    return Row(
        RowKind.LIST,
        listed.id,
        listed.name,
        listed.schedule,
        listed.source,
        listed.place,
        listed.illustrative,
    )


def _of_class(without: LineClass) -> Row:
    return Row(RowKind.CLASS, without.id, without.name, without.schedule, without.source, without.place)
