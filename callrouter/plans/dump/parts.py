"""What all files of a dumped plan share: instants, words, hours, and phases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Final

from callrouter.plans.dump.yaml_text import Value
from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.vocabulary.calendar import SpecialDay
from callrouter.vocabulary.hours import Hours, Staffing, Stretch
from callrouter.vocabulary.migration import Phase, Schedule
from callrouter.vocabulary.plan import Plan

WHY: Final = "由运行方选择；原来的理由不在计划里 / the operator's choice; the plan does not keep the reason"
UNSTATED: Final = "unstated"
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def instant(at: datetime | None) -> str | None:
    """An instant as it is written."""
    return at.isoformat() if at is not None else None


def yes_no(value: bool | None) -> str | None:
    """A yes or a no, if either was said."""
    return None if value is None else "yes" if value else "no"


def is_chosen(hours: Hours | None) -> bool:
    """Whether the operator chose that these hours hold."""
    return hours is not None and hours.stretches[0].illustrative


def named(hours: Hours | None) -> str | None:
    """The id of hours; None for hours that nobody has stated."""
    return hours.id if hours is not None and hours.stretches[0].source else None


def stated_hours(plan: Plan) -> dict[str, Hours]:
    """All hours that somebody keeps, by id."""
    return {hours.id: hours for hours in _kept(plan) if hours is not None and named(hours)}


def _kept(plan: Plan) -> Iterator[Hours | None]:
    yield from (platform.hours for platform in plan.platforms.values())
    yield from (queue.hours for queue in plan.queues.values())
    yield from (center.hours for centers in plan.centers.values() for center in centers)
    yield from (utility.hours for utility in plan.utilities)


def is_operators(hours: Hours) -> bool:
    """Whether the hours themselves are the operator's, not only the choice of them."""
    return any(stretch.source == OPERATOR_SOURCE for stretch in hours.stretches)


def hours_value(hours: Hours) -> dict[str, Value]:
    """Named hours, without the line that says whose they are."""
    return {"id": hours.id, "stretches": [_stretch(stretch) for stretch in hours.stretches]}


def _stretch(stretch: Stretch) -> dict[str, Value]:
    return {
        "starts": instant(stretch.starts),
        "staffing": stretch.staffing,
        "weekly": _weekly(stretch) if stretch.staffing is Staffing.WEEKLY else None,
        **_of_the_calendar(stretch),
        "source": stretch.source if stretch.source != OPERATOR_SOURCE else None,
    }


def _weekly(stretch: Stretch) -> list[Value]:
    spans = sorted(stretch.spans, key=lambda span: (span.opens, span.closes, span.weekday))
    return [
        {
            "days": ",".join(_DAYS[span.weekday] for span in of_time),
            "opens": time_of_day(opens),
            "closes": time_of_day(closes),
        }
        for (opens, closes), of_time in groupby(spans, key=lambda span: (span.opens, span.closes))
    ]


def _of_the_calendar(stretch: Stretch) -> dict[str, Value]:
    """What holds on holidays and make-up workdays; a weekday's hours are written out."""
    if not stretch.asks_calendar:
        return {}
    times: list[Value] = [
        {"opens": time_of_day(span.opens), "closes": time_of_day(span.closes)}
        for span in stretch.holidays or ()
    ]
    return {
        "holidays": "closed" if stretch.holidays == () else None,
        "holiday_hours": some(times),
        "workdays": "ordinary" if stretch.workdays is None else _DAYS[stretch.workdays],
    }


def calendar_change(day: SpecialDay) -> dict[str, Value]:
    """A site's change of the calendar."""
    return {"first": day.day.isoformat(), "becomes": day.kind, "name": day.name}


def time_of_day(minutes: int) -> str:
    """A time as it is written."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def is_operators_schedule(schedule: Schedule) -> bool:
    """Whether the operator added it."""
    return any(phase.source == OPERATOR_SOURCE for phase in (*schedule.phases, *schedule.undated))


def schedule_value(schedule: Schedule, *, cited: bool) -> dict[str, Value]:
    """A schedule; `cited` if each of its phases cites the document, so that a chosen instant is not written here."""
    phases = [
        _phase(
            phase, schedule, UNSTATED if cited and phase.illustrative else instant(phase.starts), cited=cited
        )
        for phase in schedule.phases
    ]
    phases += [_phase(phase, schedule, UNSTATED, cited=cited) for phase in schedule.undated]
    return {
        "mode": schedule.mode,
        "number_fate": schedule.number_fate,
        "seat_fate": schedule.seat_fate,
        "phases": phases,
        "dues": [{"what": due.what, "by": due.by.isoformat(), "source": due.source} for due in schedule.dues]
        or None,
    }


def _phase(phase: Phase, schedule: Schedule, starts: str | None, *, cited: bool) -> dict[str, Value]:
    return {
        "name": phase.name,
        "starts": starts,
        "landing": phase.landing,
        "announcement": phase.announcement,
        "number_fate": phase.number_fate if phase.number_fate is not schedule.number_fate else None,
        "seat_fate": phase.seat_fate if phase.seat_fate is not schedule.seat_fate else None,
        "source": phase.source if cited else None,
    }


def words(values: Iterable[str]) -> list[Value]:
    """A list of words."""
    return [str(value) for value in values]


def some(values: list[Value]) -> list[Value] | None:
    """A list, left out if there is nothing in it."""
    return values or None
