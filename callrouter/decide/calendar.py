"""Public holidays and make-up workdays, as far as somebody's hours ask for them.

Rules:
- A day is asked about only in a stretch of weekly hours that says what holds on it; to others it is like any day.
- On a holiday the stretch's own times hold, or it is closed; on a make-up workday those of the weekday that it names.
- In a year that the calendar does not know the weekday decides, and a reason says so.
- A day begins at the first instant of its local date, and ends where the next begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from callrouter.vocabulary.calendar import Calendar, DayKind, SpecialDay
from callrouter.vocabulary.decision import Reason, ReasonCode
from callrouter.vocabulary.hours import Hours, Staffing, Stretch

WEEKDAY_WORDS = (
    ("星期一", "Monday"),
    ("星期二", "Tuesday"),
    ("星期三", "Wednesday"),
    ("星期四", "Thursday"),
    ("星期五", "Friday"),
    ("星期六", "Saturday"),
    ("星期日", "Sunday"),
)


def asks(stretch: Stretch) -> bool:
    """Whether the calendar matters to the stretch."""
    return stretch.staffing is Staffing.WEEKLY and stretch.asks_calendar


def special_day(stretch: Stretch, day: date, calendar: Calendar | None) -> SpecialDay | None:
    """The day, if it is a holiday or a make-up workday and the stretch says what holds on such a day."""
    found = calendar.special(day) if calendar is not None and asks(stretch) else None
    if found is None:
        return None
    asked = stretch.holidays if found.kind is DayKind.HOLIDAY else stretch.workdays
    return found if asked is not None else None


def why_of_the_day(stretch: Stretch, day: date, calendar: Calendar | None) -> tuple[Reason, ...]:
    """What the calendar says of the day, if the stretch asks it and the day is not like any other."""
    if calendar is None or not asks(stretch):
        return ()
    found = special_day(stretch, day, calendar)
    if found is not None:
        return (_why(found, stretch),)
    if calendar.knows(day.year) or calendar.special(day) is not None:
        return ()
    detail = (
        f"日历 {calendar.id} 没有这一年的数据（{_years(calendar)}），按星期判断 / "
        f"the calendar {calendar.id} does not know this year ({_years(calendar)}): the weekday decides"
    )
    return (Reason.at(ReasonCode.CALENDAR_SILENT, calendar.place, detail),)


def _years(calendar: Calendar) -> str:
    """The years that it knows. Never the year that it does not: the reason is one for all of them."""
    return f"{calendar.years[0]}–{calendar.years[-1]}" if calendar.years else "—"


def _why(found: SpecialDay, stretch: Stretch) -> Reason:
    if found.kind is DayKind.HOLIDAY:
        zh, en = ("全天不上班", "closed") if not stretch.holidays else ("按节假日时间", "holiday hours")
        detail = (
            f"{found.day} 是法定节假日：{found.name}，{zh} / "
            f"{found.day} is a public holiday ({found.name}): {en}"
        )
        return Reason.at(ReasonCode.PUBLIC_HOLIDAY, found.place, detail)
    zh, en = WEEKDAY_WORDS[stretch.workdays or 0]
    detail = (
        f"{found.day} 是调休上班日：{found.name}，照{zh} / "
        f"{found.day} is worked in place of another ({found.name}): as on a {en}"
    )
    return Reason.at(ReasonCode.MAKE_UP_WORKDAY, found.place, detail)


def changes_of_days(kept: Iterable[Hours], calendar: Calendar | None, zone: tzinfo) -> Iterator[datetime]:
    """Every instant at which what the calendar says to these hours begins or ends; some may come twice."""
    asking = {stretch for hours in kept for stretch in hours.stretches if asks(stretch)}
    if calendar is None or not asking:
        return
    days = {day + timedelta(days=after) for day in calendar.by_day for after in (0, 1)}
    days |= {date(year + after, 1, 1) for year in calendar.years for after in (0, 1)}
    begun = sorted(beginning(day, zone) for day in days)
    for stretch in asking:
        yield from (at for at in begun if _within(stretch, at))


def beginning(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day, in UTC; where midnight is left out, that at which it would have been."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _within(stretch: Stretch, at: datetime) -> bool:
    return (stretch.starts is None or stretch.starts <= at) and (stretch.ends is None or at < stretch.ends)
