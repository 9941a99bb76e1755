"""The hours of the general path as the static dialplan needs them: see `decide.opening_table`.

Rules:
- They are those of the home platform, and of the platform whose queue takes the calls that nobody decides about.
- Hours that never close are none: the dialplan then looks at no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from callrouter.asterisk_link.hours_of_the_plan import DayTimes, HoursOfThePlan, OneDay, Until
from callrouter.decide.opening_table import DayParts, OpeningTable, opening_table
from callrouter.decide.platform import answering
from callrouter.settings import Settings
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Platform


def hours_of(settings: Settings, plan: Plan, at: datetime) -> HoursOfThePlan | None:
    """The hours from the day before `at` on; None: somebody answers at any time."""
    table = opening_table(plan, tuple(whose_hours(settings, plan)), at)
    return None if table.is_always_open else _spelled(table)


def whose_hours(settings: Settings, plan: Plan) -> Iterable[Platform]:
    """Home first: what callers are told is its notice. The general queue of the settings may be in no plan."""
    home = answering(plan.platforms[plan.home], plan)
    queue = plan.queues.get(settings.queue.general)
    taking = home if queue is None else answering(plan.platforms[queue.platform], plan)
    return (home,) if taking is home else (home, taking)


def _spelled(table: OpeningTable) -> HoursOfThePlan:
    names: dict[DayParts, str] = {}
    for parts in (*table.usual, *table.days.values()):
        names.setdefault(parts, f"d{len(names) + 1}")
    return HoursOfThePlan(
        zone=table.zone,
        offsets=tuple(_offset(one) for one in table.offsets),
        times=tuple(DayTimes(name, tuple(_until(parts))) for parts, name in names.items()),
        weekdays=tuple(names[parts] for parts in table.usual),
        days=tuple(OneDay(f"{day:%Y%m%d}", names[parts]) for day, parts in table.days.items()),
    )


def _until(parts: DayParts) -> Iterable[Until]:
    for part in parts:
        minutes, second = divmod(part.ends_s, 60)
        answer = "open" if part.is_open else f"closed:{part.notice or ''}"
        yield Until(f"{minutes // 60:02}{minutes % 60:02}{second:02}", answer)


def _offset(offset: timedelta) -> str:
    minutes = round(abs(offset).total_seconds()) // 60
    return f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02}{minutes % 60:02}"
