"""Every announcement that a plan can ever play, so that each can be seen to exist before a call needs it.

Rules:
- One value per file key: what a line says is named by the line (a list's lines share one recording), what the
  callers of an emergency service hear by its number, what is said outside hours by the hours, on the way to expert or
  dedicated seats by their queue, of an e-mail address by its platform, of whom a call is passed on to by their id;
  all else has no owner.
- A phase without an instant counts too: its recording must be there on the day it is dated.
- A platform that is renamed says everything anew: a key for each name under which it can be played.
- `stop_day` is the first day on which the number no longer serves, `last_day` the day before, both in the
  plan's time zone: a transition that ends at `2021-10-01T00:00+08:00` is spoken 使用到九月三十日.
- What a queue, a voicemail or a transfer says does not name the platform: it has one key, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callrouter.decide.guidance import ANNOUNCED
from callrouter.decide.seats import seats_notice
from callrouter.plans.wanted_guidance import guidance_notices
from callrouter.plans.wanted_notice import WantedNotice
from callrouter.plans.wanted_targets import OF_THE_LINE, dialled_line, line_key, named_targets
from callrouter.vocabulary.hours import DaySpan, Hours, Span, Staffing, Stretch, announced_as
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.menu import Menu
from callrouter.vocabulary.migration import Phase, PhaseName, Schedule
from callrouter.vocabulary.number_table import LineList
from callrouter.vocabulary.numbers import EMERGENCY_CODES
from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.policy import QueueKind

SPEAKS_NUMBER: Final = frozenset({"G02", "G05", "T01", "T02", "X01", "X02"})
"""Announcements of the catalogue that speak the dialled number."""
SPEAKS_END: Final = frozenset({"T01", "X01"})
"""Announcements that speak the day on which a number stops."""
SPEAKS_HOURS: Final = frozenset({"H01"})
"""Announcements that speak daily hours."""
SPEAKS_SEATS: Final = frozenset({"E01", "E02"})
"""Announcements that speak the name of expert or dedicated seats: on the way to them, and when nobody is there."""
SPEAKS_ADDRESS: Final = frozenset({"H04"})
"""Announcements that speak a platform's e-mail address."""
SPEAKS_COUNT: Final = frozenset({"Q03", "Q06"})
"""Announcements that speak how many are ahead, or how many minutes: only a queue knows."""
SPEAKS_TARGET: Final = frozenset({"B01", "B02", "B03", "B05", "S01", "U01"})
"""Announcements that speak the name of whom a call is passed on to: only a transfer has one."""
SPEAKS_LINE: Final = frozenset({OF_THE_LINE})
"""Announcements that tell whoever a call is passed on to which line was dialled."""
OF_GUIDANCE: Final = frozenset(sounds.own for sounds in ANNOUNCED.values())
"""Announcements that tell a caller where to turn: only an agent has them said."""
OF_TRANSFERS: Final = SPEAKS_TARGET | SPEAKS_LINE | OF_GUIDANCE
"""What an agent's keys bring about, for which there is a general one: without a recording there is no silence."""

_OF_EMERGENCIES = "emergency:"


def wanted(plan: Plan) -> tuple[WantedNotice, ...]:
    """Everything that the plan can play, each key once, sorted by key."""
    found: dict[str, WantedNotice] = {}
    of_calls = (*_of_desks(plan), *_handed_over(plan), *_closed(plan), *_of_lines(plan))
    of_others = (*_of_queues(plan), *_of_addresses(plan), *_of_menus(plan), *_of_transfers(plan))
    for notice in (*of_calls, *of_others, *guidance_notices(plan)):
        found.setdefault(notice.key, notice)
    return tuple(found[key] for key in sorted(found))


def daily_span(stretch: Stretch) -> Span | None:
    """The hours of every day, on Monday; None where days differ, holidays too, or have several spans."""
    first = stretch.spans[0] if stretch.spans else None
    if first is not None and stretch.holidays not in {None, (DaySpan(first.opens, first.closes),)}:
        return None
    every_day = {(span.weekday, span.opens, span.closes) for span in stretch.spans}
    same = first is not None and every_day == {(day, first.opens, first.closes) for day in range(7)}
    return first if same else None


def stops_at(schedule: Schedule) -> datetime | None:
    """The instant at which the numbers of a schedule stop; None if they never do, or nobody knows when."""
    return next((phase.starts for phase in schedule.phases if phase.name is PhaseName.ENDED), None)


def _of_desks(plan: Plan) -> Iterator[WantedNotice]:
    desks = plan.desks
    for desk in (desks.hub, desks.emergency, desks.unknown):
        if desk.announcement is not None:
            for brand, known in enumerate(plan.brands):
                key = announcement_key(desk.announcement, plan.jurisdiction, None, brand)
                yield WantedNotice(key, desk.announcement, known.name, desk.place)


def _handed_over(plan: Plan) -> Iterator[WantedNotice]:
    desk = plan.desks.handed_over
    if desk.announcement is None:
        return
    sources = {trunk.source or "" for trunk in plan.trunks.values()}
    named = {source.removeprefix(_OF_EMERGENCIES) for source in sources if source.startswith(_OF_EMERGENCIES)}
    for number in sorted(EMERGENCY_CODES | plan.emergencies.keys() | named):
        known = plan.emergencies.get(number)
        for brand, platform in enumerate(plan.brands):
            yield WantedNotice(
                announcement_key(desk.announcement, plan.jurisdiction, number, brand),
                desk.announcement,
                platform.name,
                desk.place,
                number=number,
                spoken_number=known.spoken_number if known else None,
            )


def _closed(plan: Plan) -> Iterator[WantedNotice]:
    """What is said outside the hours of the platforms that are served here."""
    desk = plan.desks.closed
    if desk.announcement is None:
        return
    kept: dict[str, Hours] = {
        platform.hours.id: platform.hours for platform in plan.platforms.values() if platform.served
    }
    for hours in kept.values():
        for stretch in hours.stretches:
            if stretch.staffing is not Staffing.WEEKLY:
                continue
            for brand in _brands_during(plan, stretch.starts, stretch.ends):
                yield WantedNotice(
                    announcement_key(
                        desk.announcement, plan.jurisdiction, announced_as(hours, stretch), brand
                    ),
                    desk.announcement,
                    plan.brands[brand].name,
                    desk.place,
                    daily=daily_span(stretch),
                )


def _of_queues(plan: Plan) -> Iterator[WantedNotice]:
    """What is said on the way to expert and dedicated seats, when they can't answer, and to their own callers."""
    for queue in plan.queues.values():
        if queue.kind is QueueKind.GENERAL:
            continue
        own = queue.own_announcement
        for brand, platform in enumerate(plan.brands) if own is not None else ():
            if own is not None:
                key = seats_notice(own, plan, brand)
                yield WantedNotice(key, own, platform.name, queue.given_place or queue.place)
        for announcement in sorted(SPEAKS_SEATS):
            yield WantedNotice(
                announcement_key(announcement, plan.jurisdiction, queue.id),
                announcement,
                plan.brands[0].name,
                queue.place,
                seats=queue.spoken_name,
            )


def _of_addresses(plan: Plan) -> Iterator[WantedNotice]:
    """The e-mail addresses of the platforms that are served here, told when a message was left."""
    for platform in plan.platforms.values():
        if not platform.served or platform.email is None:
            continue
        for announcement in sorted(SPEAKS_ADDRESS):
            yield WantedNotice(
                announcement_key(announcement, plan.jurisdiction, platform.id),
                announcement,
                plan.brands[0].name,
                platform.place,
                email=platform.email,
            )


def menu_sound(menu: Menu, plan: Plan) -> str:
    """The file key of a menu's announcement."""
    own = menu.is_own_recording
    return menu.announcement if own else announcement_key(menu.announcement, plan.jurisdiction)


def _of_menus(plan: Plan) -> Iterator[WantedNotice]:
    """What menus say, but for the operator's own recordings: nobody can make those from words."""
    for menu in plan.menus or ():
        if not menu.is_own_recording:
            yield WantedNotice(menu_sound(menu, plan), menu.announcement, plan.brands[0].name, menu.place)


def _of_transfers(plan: Plan) -> Iterator[WantedNotice]:
    """What callers hear of those to whom they are passed on, and those of the dialled line.

    Seats have announcements of queues among theirs: those are wanted as such already.
    """
    brand = plan.brands[0].name
    for named in named_targets(plan):
        key = announcement_key(named.announcement, plan.jurisdiction, named.owner)
        yield WantedNotice(key, named.announcement, brand, named.place, target=named.name)
    for line in plan.lines.values():
        dialled, named_so = dialled_line(line)
        yield WantedNotice(
            line_key(line), OF_THE_LINE, brand, line.place, dialled=dialled, spoken_name=named_so
        )


def _of_lines(plan: Plan) -> Iterator[WantedNotice]:
    plays = {schedule.id: tuple(_plays(plan, schedule)) for schedule in plan.schedules.values()}
    for line in plan.lines.values():
        for play in plays[line.schedule.id]:
            yield _spoken(plan, line, play)
    for listed in plan.lists.lists:
        for play in plays[listed.schedule.id]:
            yield _spoken(plan, listed, play)


@dataclass(frozen=True, slots=True)
class _Play:
    """A phase that plays something, under one name of the platform."""

    phase: Phase
    announcement: str
    brand: int
    dated: bool
    begins: date | None
    last_day: date | None
    stop_day: date | None


def _plays(plan: Plan, schedule: Schedule) -> Iterator[_Play]:
    end, zone = stops_at(schedule), ZoneInfo(plan.timezone)
    local = end.astimezone(zone) if end else None
    last_day = (local - timedelta(microseconds=1)).date() if local else None
    stop_day = local.date() if local else None
    for phase in (*schedule.phases, *schedule.undated):
        if phase.announcement is None:
            continue
        dated = phase in schedule.phases
        earliest = phase.starts if dated else schedule.phases[-1].starts
        begins = phase.starts.astimezone(zone).date() if dated and phase.starts else None
        for brand in _brands_during(plan, earliest, phase.ends if dated else None):
            yield _Play(phase, phase.announcement, brand, dated, begins, last_day, stop_day)


def _spoken(plan: Plan, line: Line | LineList, play: _Play) -> WantedNotice:
    owner, number, spoken_number = (
        (line.announcement_owner, line.number, line.spoken_number)
        if isinstance(line, Line)
        else (line.id, None, None)
    )
    return WantedNotice(
        announcement_key(play.announcement, plan.jurisdiction, owner, play.brand),
        play.announcement,
        plan.brands[play.brand].name,
        play.phase.place,
        play.dated,
        number,
        spoken_number,
        line.spoken_name,
        play.last_day,
        play.stop_day,
        begins=play.begins,
    )


def _brands_during(plan: Plan, starts: datetime | None, ends: datetime | None) -> Iterator[int]:
    """The names that the platform has at some instant of `[starts, ends)`."""
    for index in range(len(plan.brands)):
        begins = plan.brands[index].starts if index else None
        following = plan.brands[index + 1].starts if index + 1 < len(plan.brands) else None
        over_before = starts is not None and following is not None and following <= starts
        begins_after = begins is not None and ends is not None and ends <= begins
        if not over_before and not begins_after:
            yield index
