"""Named hours of a plan as values, and which of them hold for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.schema.parts import OPERATOR_SOURCE, DayRule, HoursPart, OperatorHours, StretchPart
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.hours import DaySpan, Hours, Span, Staffing, Stretch


def hours_of(plan: PlanDraft, operator: OperatorDraft) -> dict[str, Hours]:
    """All named hours by id."""
    items: list[Item[HoursPart] | Item[OperatorHours]] = [*plan.hours, *operator.hours]
    return {item.part.id: _hours(item) for item in items}


def choose(
    named: dict[str, Hours], stated: str | None, chosen: str | None, *, illustrative: bool
) -> Hours | None:
    """The hours that the document states, else those that the operator chose, marked so; None if nobody says."""
    if stated is not None:
        return _chosen(named[stated]) if illustrative else named[stated]
    return _chosen(named[chosen]) if chosen is not None else None


def unstated(place: str) -> Hours:
    """Hours that nobody has stated, of the item at `place`."""
    stretch = Stretch(None, None, Staffing.UNSTATED, (), "", place)
    return Hours(str(Staffing.UNSTATED), (stretch,), place)


def _chosen(hours: Hours) -> Hours:
    return replace(hours, stretches=tuple(replace(stretch, illustrative=True) for stretch in hours.stretches))


def _hours(item: Item[HoursPart] | Item[OperatorHours]) -> Hours:
    parts: Sequence[StretchPart] = item.part.stretches
    source = item.part.source if isinstance(item.part, HoursPart) else OPERATOR_SOURCE
    ends = [one.ends or other.starts for one, other in pairwise(parts)]
    return Hours(
        item.part.id,
        tuple(
            Stretch(
                starts=part.starts,
                ends=end,
                staffing=part.staffing,
                spans=_spans(part),
                source=part.source or source,
                place=item.written.place((*item.where, "stretches", index)),
                illustrative=item.part.illustrative,
                holidays=_holidays(part),
                workdays=_workdays(part),
            )
            for index, (part, end) in enumerate(zip(parts, [*ends, None], strict=True))
        ),
        item.place,
    )


def _spans(part: StretchPart) -> tuple[Span, ...]:
    spans = [Span(day, span.opens, span.closes) for span in part.weekly for day in span.days]
    return tuple(sorted(spans, key=lambda span: (span.weekday, span.opens)))


def _holidays(part: StretchPart) -> tuple[DaySpan, ...] | None:
    """What holds on a public holiday: nothing, a weekday's hours or its own; None if it is like any day."""
    if part.holiday_hours:
        own = [DaySpan(times.opens, times.closes) for times in part.holiday_hours]
    elif part.holidays is not None:
        own = [
            DaySpan(span.opens, span.closes)
            for span in part.weekly
            if part.holidays.weekday is not None and part.holidays.weekday in span.days
        ]
    else:
        return None
    return tuple(sorted(own, key=lambda span: span.opens))


def _workdays(part: StretchPart) -> int | None:
    """The weekday whose hours hold on a make-up workday; Monday's, where only holidays are spoken of."""
    if part.workdays is not None:
        return part.workdays.weekday
    asks = part.holidays is not None or bool(part.holiday_hours)
    return DayRule.MON.weekday if asks else None
