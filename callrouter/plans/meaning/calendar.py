"""Whether a calendar and what hours ask of it make sense.

Rules:
- A day stands once in a calendar, and once among a site's changes.
- A year's days are its own, or in the December before: 元旦 may reach back over the turn of the year.
- What is worked instead of a holiday is a Saturday or Sunday; any other day is worked anyway.
- Hours may ask for holidays only in weekly stretches, and only of a plan that names its calendar.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault
from callrouter.plans.meaning import names
from callrouter.plans.meaning.drafts import OperatorDraft, PlanDraft
from callrouter.plans.schema.calendar_file import HolidayPart, YearPart
from callrouter.plans.schema.operator_file import CalendarChange
from callrouter.plans.schema.parts import HoursBody, StretchPart
from callrouter.plans.schema.validation import Item
from callrouter.vocabulary.calendar import DayKind
from callrouter.vocabulary.hours import Staffing

LONGEST = 31
"""Days of one holiday: more is a slip of the pen."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Day:
    """One day that a calendar lists, and where."""

    day: date
    kind: DayKind
    item: Item[YearPart]
    steps: tuple[str | int, ...]
    holiday: HolidayPart
    place: str
    """That of the holiday."""


def days_of(item: Item[YearPart]) -> Iterator[Day]:
    """Every day of a year's notice, those off and those worked."""
    for index, holiday in enumerate(item.part.holidays):
        steps = ("holidays", index)
        place = item.written.place((*item.where, *steps))
        for day in span(holiday.first, holiday.last):
            yield Day(day, DayKind.HOLIDAY, item, steps, holiday, place)
        for row, day in enumerate(holiday.worked):
            yield Day(day, DayKind.WORKDAY, item, (*steps, "worked", row), holiday, place)


def span(first: date, last: date | None) -> Iterator[date]:
    """The days from the first to the last, both included; none if they are reversed, at most `LONGEST`."""
    count = ((last or first) - first).days + 1
    return (first + timedelta(days=after) for after in range(min(count, LONGEST)))


def judge_calendar(years: list[Item[YearPart]]) -> None:
    """Judge the years of a calendar's file."""
    seen_years: dict[str, str] = {}
    seen: dict[date, str] = {}
    for item in years:
        if item.part.year in seen_years:
            item.report(names.duplicate(item.part.year, seen_years[item.part.year]), "year")
        seen_years.setdefault(item.part.year, item.place)
        for index, holiday in enumerate(item.part.holidays):
            if not _is_span(holiday.first, holiday.last):
                item.report(_NO_SPAN, "holidays", index, "last")
        for one in days_of(item):
            _judge_day(one, seen)


def _judge_day(one: Day, seen: dict[date, str]) -> None:
    if one.day in seen:
        one.item.report(names.duplicate(one.day.isoformat(), seen[one.day]), *one.steps)
    seen.setdefault(one.day, one.place)
    year = int(one.item.part.year)
    if one.day.year != year and (one.day.year, one.day.month) != (year - 1, 12):
        one.item.report(_other_year(one.day, year), *one.steps)
    if one.kind is DayKind.WORKDAY and one.day.weekday() < _SATURDAY:
        one.item.report(_no_weekend(one.day), *one.steps)


def judge_holidays(plan: PlanDraft, operator: OperatorDraft) -> None:
    """Judge what hours ask of the calendar, and the site's changes of it."""
    for hours in (*plan.hours, *operator.hours):
        for index, stretch in enumerate(hours.part.stretches):
            _judge_stretch(hours, index, stretch, named=plan.calendar is not None or not plan.written.whole)
    _judge_changes(operator.calendar, plan)


def _judge_stretch(hours: Item[HoursBody], index: int, stretch: StretchPart, *, named: bool) -> None:
    at = ("stretches", index)
    asked = [key for key in ("holidays", "holiday_hours", "workdays") if getattr(stretch, key)]
    for key in asked:
        if stretch.staffing is not Staffing.WEEKLY:
            hours.report(_IDLE_HOLIDAYS, *at, key)
        elif not named and key == asked[0]:
            hours.report(_NO_CALENDAR, *at, key)
    if stretch.holidays is not None and stretch.holiday_hours:
        hours.report(_TWICE, *at, "holiday_hours")
    for row, times in enumerate(stretch.holiday_hours):
        if times.closes <= times.opens:
            hours.report(_OVER_MIDNIGHT, *at, "holiday_hours", row, "closes")
    ordered = sorted((times.opens, times.closes, row) for row, times in enumerate(stretch.holiday_hours))
    for one, other in pairwise(ordered):
        if other[0] < one[1]:
            hours.report(_OVERLAP, *at, "holiday_hours", max(one[2], other[2]), "opens")


def _judge_changes(changes: list[Item[CalendarChange]], plan: PlanDraft) -> None:
    seen: dict[date, str] = {}
    for change in changes:
        if plan.calendar is None and plan.written.whole:
            change.report(_NO_CALENDAR)
        if not _is_span(change.part.first, change.part.last):
            change.report(_NO_SPAN, "last")
        for day in span(change.part.first, change.part.last):
            if day in seen and seen[day] != change.place:
                change.report(names.duplicate(day.isoformat(), seen[day]), "first")
                break
            seen[day] = change.place


def _is_span(first: date, last: date | None) -> bool:
    return last is None or 0 <= (last - first).days < LONGEST


def _other_year(day: date, year: int) -> Fault:
    return Fault(
        Code.WRONG_VALUE,
        f"{day} 不属于 {year} 年的安排",
        f"{day} is no day of what is ordained for {year}",
        "写到那一年，或更正日期 / write it under its own year, or correct the day",
    )


def _no_weekend(day: date) -> Fault:
    return Fault(
        Code.WRONG_VALUE,
        f"{day} 不是周六或周日，本来就上班",
        f"{day} is no Saturday or Sunday: it is worked anyway",
        "对照通知更正日期 / correct the day as the notice says",
    )


_NO_SPAN = Fault(
    Code.WRONG_VALUE,
    f"last 早于 first，或超过 {LONGEST} 天",
    f"last is before first, or there are more than {LONGEST} days",
    "更正日期；last 当天也算 / correct the days; last itself is included",
)
_IDLE_HOLIDAYS = Fault(
    Code.WRONG_VALUE,
    "staffing 不是 weekly，节假日不起作用",
    "staffing is not weekly: holidays would change nothing",
    "改为 staffing: weekly，或删除这一行 / write staffing: weekly, or delete this line",
)
_NO_CALENDAR = Fault(
    Code.MISSING_KEY,
    "plan.yaml 没有写 calendar，不知道哪些天是节假日",
    "calendar is missing in plan.yaml: nobody knows which days are holidays",
    "在 plan.yaml 加上 calendar: china / add calendar: china to plan.yaml",
)
_TWICE = Fault(
    Code.WRONG_VALUE,
    "holidays 和 holiday_hours 只能写一个",
    "either holidays or holiday_hours, not both",
    "保留其中一个 / keep one of the two",
)
_OVER_MIDNIGHT = Fault(
    Code.WRONG_VALUE,
    "closes 不晚于 opens",
    "it closes before it opens",
    '跨午夜请分成两段，"24:00" 为当天结束 / split it at midnight; "24:00" is the end of the day',
)
_OVERLAP = Fault(
    Code.WRONG_VALUE,
    "与节假日的另一段时间重叠",
    "this overlaps other hours of holidays",
    "合并两段时间 / join the two",
)
