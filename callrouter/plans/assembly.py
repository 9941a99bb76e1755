"""Puts the judged parts together as a frozen `Plan`, each with the place where it is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from callrouter.plans.reading import Where, Written
from callrouter.plans.schema import ClassPart, DeskPart, LinePart, PhasePart, PlanFile, SchedulePart
from callrouter.vocabulary.plan import Brand, Desk, Document, Due, Line, LineClass, Phase, Plan


@dataclass(frozen=True, slots=True)
class LinesParts:
    """The parts of `lines.yaml` that are well formed: by name, or by index in their list."""

    schedules: dict[str, SchedulePart]
    lines: dict[int, LinePart]
    classes: dict[int, ClassPart]

    def all(self) -> Iterator[tuple[Where, SchedulePart | LinePart | ClassPart]]:
        """Each part with the way to it."""
        for name, schedule in self.schedules.items():
            yield ("schedules", name), schedule
        for index, line in self.lines.items():
            yield ("lines", index), line
        for index, line_class in self.classes.items():
            yield ("classes", index), line_class


def assemble(part: PlanFile, written: Written, lines: LinesParts, lines_written: Written) -> Plan:
    """Make the plan; its hash is still empty. Only for parts without an error."""
    phases = {
        name: tuple(
            _phase(phase, lines_written.place(("schedules", name, "phases", index)))
            for index, phase in enumerate(schedule.phases)
        )
        for name, schedule in lines.schedules.items()
    }
    made = {
        line.number: _line(line, lines.schedules, phases, lines_written.place(("lines", index)))
        for index, line in lines.lines.items()
    }
    return Plan(
        jurisdiction=part.jurisdiction,
        title=part.title,
        version=part.version,
        hash="",
        document=Document(part.document.ref, part.document.title, part.document.number, part.document.issued),
        timezone=part.timezone,
        area_codes=frozenset(part.area_codes),
        hotline_number=part.hotline.number,
        hotline_spoken=part.hotline.spoken_number,
        brands=tuple(
            Brand(brand.name, brand.starts, written.place(("brands", index)))
            for index, brand in enumerate(part.brands)
        ),
        hotline=_desk(part.desks.hotline, written.place(("desks", "hotline"))),
        emergency=_desk(part.desks.emergency, written.place(("desks", "emergency"))),
        unknown_number=_desk(part.desks.unknown_number, written.place(("desks", "unknown_number"))),
        lines=MappingProxyType(made),
        classes=tuple(
            _class(line_class, lines.schedules, phases, lines_written.place(("classes", index)))
            for index, line_class in lines.classes.items()
        ),
        place=written.place(("jurisdiction",)),
    )


def _phase(part: PhasePart, place: str) -> Phase:
    return Phase(
        name=part.name,
        starts=part.starts,
        ends=part.ends,
        landing=part.landing,
        on_arrival=part.on_arrival,
        notice=part.notice,
        source=part.source,
        place=place,
    )


def _desk(part: DeskPart, place: str) -> Desk:
    return Desk(part.queue, part.notice, part.priority, place)


def _dues(schedule: SchedulePart) -> tuple[Due, ...]:
    return tuple(Due(due.what, due.by, due.source) for due in schedule.dues)


def _line(
    part: LinePart, schedules: dict[str, SchedulePart], phases: dict[str, tuple[Phase, ...]], place: str
) -> Line:
    schedule = schedules[part.schedule]
    return Line(
        number=part.number,
        name=part.name,
        spoken_number=part.spoken_number,
        spoken_name=part.spoken_name,
        mode=schedule.mode,
        number_fate=schedule.number_fate,
        seat_fate=schedule.seat_fate,
        phases=phases[part.schedule],
        dues=_dues(schedule),
        source=part.source,
        place=place,
    )


def _class(
    part: ClassPart, schedules: dict[str, SchedulePart], phases: dict[str, tuple[Phase, ...]], place: str
) -> LineClass:
    schedule = schedules[part.schedule]
    return LineClass(
        id=part.id,
        name=part.name,
        mode=schedule.mode,
        phases=phases[part.schedule],
        dues=_dues(schedule),
        source=part.source,
        place=place,
    )
