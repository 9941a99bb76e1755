"""A timeline as lines of text: group by group, a table of phases under the numbers that follow them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from callrouter.plans.timeline.rows import Group, Row, Timeline
from callrouter.plans.timeline.seats import AnsweredFirst
from callrouter.plans.timeline.words import (
    Tongue,
    day_off,
    kind_word,
    landing_word,
    local,
    phase_word,
    phrase,
    schedule_words,
)
from callrouter.vocabulary.migration import Due, Phase

_COLUMNS: Final = ("phase", "from", "to", "landing", "announcement", "source")
_MARK: Final = "*"
"""Beside what the operator has chosen."""


def table_of(timeline: Timeline, tongue: Tongue) -> Iterator[str]:
    """The lines of the table; instants are local to the plan's time zone."""
    yield f"{timeline.title} · {timeline.jurisdiction} {timeline.version} · {timeline.document} ({timeline.issued})"
    yield f"{phrase('local_time', tongue)}: {timeline.zone.key}"
    for group in timeline.groups:
        yield ""
        yield from _group(group, timeline.zone, tongue)
    if timeline.dues:
        yield ""
        yield phrase("whole_plan", tongue)
        yield from _dues(timeline.dues, tongue)
    if timeline.seats:
        yield ""
        yield phrase("seats", tongue)
        yield from _aligned([_seats(seats, timeline.zone, tongue) for seats in timeline.seats])
    if timeline.days_off:
        yield ""
        yield phrase("days_off", tongue)
        yield from _aligned([day_off(off, tongue) for off in timeline.days_off])
    chosen = [_is_illustrative(group) for group in timeline.groups]
    if any((*chosen, *(seats.illustrative for seats in timeline.seats))):
        yield ""
        yield f"{_MARK} {phrase('illustrative', tongue)}"


def _group(group: Group, zone: ZoneInfo, tongue: Tongue) -> Iterator[str]:
    schedule = group.schedule
    yield f"[{schedule.id}] {schedule_words(schedule, tongue)}"
    for row in group.rows:
        yield f"  {_row(row, tongue)}"
    phases = [_phase(phase, zone, tongue, dated=True) for phase in schedule.phases]
    phases += [_phase(phase, zone, tongue, dated=False) for phase in schedule.undated]
    yield from _aligned([tuple(phrase(column, tongue) for column in _COLUMNS), *phases])
    yield from _dues(schedule.dues, tongue)


def _row(row: Row, tongue: Tongue) -> str:
    kind = "" if row.kind == "line" else f"（{kind_word(row.kind, tongue)}）"
    return f"{row.label} {row.name}{kind}{f' {_MARK}' if row.illustrative else ''}"


def _phase(phase: Phase, zone: ZoneInfo, tongue: Tongue, *, dated: bool) -> tuple[str, ...]:
    since = (
        local(phase.starts, zone) if phase.starts else phrase("since_ever" if dated else "undated", tongue)
    )
    return (
        f"{phase_word(phase.name, tongue)}{f' {_MARK}' if phase.illustrative else ''}",
        since,
        local(phase.ends, zone) if phase.ends else phrase("further_notice", tongue),
        landing_word(phase.landing, tongue),
        phase.announcement or "—",
        phase.source,
    )


def _seats(seats: AnsweredFirst, zone: ZoneInfo, tongue: Tongue) -> tuple[str, ...]:
    since, hours = seats.starts, seats.hours
    return (
        ", ".join(seats.lines),
        f"{seats.name}{f' {_MARK}' if seats.illustrative else ''}",
        phrase("seats_since", tongue).format(local(since, zone)) if since else phrase("since_ever", tongue),
        phrase("seats_hours", tongue).format(hours) if hours else "—",
        seats.source,
    )


def _dues(dues: Sequence[Due], tongue: Tongue) -> Iterator[str]:
    for due in dues:
        yield f"  {phrase('due', tongue)} {due.by.isoformat()}  {due.what} [{due.source}]"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        yield f"    {'  '.join(cells)}".rstrip()


def _width(text: str) -> int:
    """How many columns a terminal gives the text: a Chinese character takes two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _is_illustrative(group: Group) -> bool:
    phases = (*group.schedule.phases, *group.schedule.undated)
    return any(row.illustrative for row in group.rows) or any(phase.illustrative for phase in phases)
