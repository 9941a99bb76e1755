"""The plan's calendar as a value: what the country ordains, and what the site does otherwise."""

from __future__ import annotations

from callrouter.plans.meaning.calendar import Day, days_of, span
from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.schema.calendar_file import YearPart
from callrouter.plans.schema.operator_file import CalendarChange
from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.calendar import Calendar, SpecialDay


def calendar_of(
    plan: PlanDraft, operator: OperatorDraft, years: list[Item[YearPart]] | None
) -> Calendar | None:
    """The calendar that the plan names, with the site's changes; None if it names none."""
    if plan.calendar is None or years is None:
        return None
    ordained = [_ordained(day) for item in years for day in days_of(item)]
    changes = [day for change in operator.calendar for day in _changed(change)]
    return Calendar(
        id=plan.calendar,
        years=tuple(sorted(int(item.part.year) for item in years)),
        ordained=tuple(sorted(ordained, key=lambda one: one.day)),
        changes=tuple(sorted(changes, key=lambda one: one.day)),
        place=years[0].written.place(("calendar",)),
    )


def _ordained(one: Day) -> SpecialDay:
    notice = one.holiday.notice or one.item.part.notice
    return SpecialDay(one.day, one.kind, one.holiday.name, notice, one.place)


def _changed(change: Item[CalendarChange]) -> list[SpecialDay]:
    part = change.part
    return [
        SpecialDay(day, part.becomes, part.name, OPERATOR_SOURCE, change.place)
        for day in span(part.first, part.last)
    ]
