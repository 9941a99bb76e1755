"""What a plan says of each kind of call, in one epoch: a chain of rulings, the first that can be had holds.

Rules:
- Everything ends with a person of a served platform, or with a message where nobody is on duty; only a number that
  the plan releases, and has words for, is released.
- Unstated hours count as open: a person is tried first.
- An emergency is never held up: no notice, no hours, no other platform.
- What an emergency service hands over hears one announcement, whatever was dialled, and is never released.
- One announcement at most; a line's own replaces the platform's greeting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from callrouter.decide.center import center_for, out_of_reach, sole_area, unreachable, why_this_one
from callrouter.decide.hours import changes_by_the_week, stretch_at, why_today
from callrouter.decide.platform import Belonging, answering, elsewhere
from callrouter.decide.source import EMERGENCY
from callrouter.vocabulary.decision import Reason, ReasonCode, Ruling
from callrouter.vocabulary.hours import Hours, announced_as
from callrouter.vocabulary.line import Center, Means
from callrouter.vocabulary.migration import Landing, Mode
from callrouter.vocabulary.plan import Plan, announcement_key
from callrouter.vocabulary.policy import Desk, Utility
from callrouter.vocabulary.territory import Platform
from callrouter.vocabulary.treatment import Connect, Dial, TakeMessage, Treatment

LIVE: Final = frozenset({Means.THREE_WAY, Means.PLAIN})
"""Means by which a caller talks to the other side in this call."""


class Case(NamedTuple):
    """A ruling, and what holds instead outside the hours of whoever is to answer."""

    ruling: Ruling
    hours: Hours | None = None
    """None: the ruling holds in all of the epoch."""
    otherwise: Case | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """How a call came in, and how its caller is received: what a ruling needs beside the dialled number."""

    plan: Plan
    at: datetime
    """Any instant of the epoch."""
    brand: int
    entry: Belonging
    source: str | None
    handed_over: Reason | None
    """Why `source`; None if the caller dialled."""
    emergency: bool
    """Whether an emergency service handed it over."""
    dialled_area: str | None
    areas: tuple[str, ...]
    """What the call tells of its area, the most telling first."""

    def notice(self, announcement: str | None, owner: str | None = None) -> str | None:
        """The file key of an announcement at this instant."""
        if announcement is None:
            return None
        return announcement_key(announcement, self.plan.jurisdiction, owner, self.brand)

    def greeting(self, desk: Desk) -> Greeting:
        """What a caller to a desk of the platform hears first, and how urgent he is."""
        if self.emergency and self.source is not None:
            desk = self.plan.desks.handed_over
            service = self.source.removeprefix(EMERGENCY)
            return Greeting(desk.announcement, self.notice(desk.announcement, service), desk.priority)
        return Greeting(desk.announcement, self.notice(desk.announcement), desk.priority)


class Sort(NamedTuple):
    """What sort of call it is, by plan."""

    mode: Mode
    landing: Landing = Landing.PLATFORM
    stray: bool = False


class Greeting(NamedTuple):
    """What a caller hears first, and how urgent he is."""

    announcement: str | None
    notice: str | None
    priority: int


def emergency(number: str, received: Received) -> Case:
    """An emergency number reached us."""
    plan, known = received.plan, received.plan.emergencies.get(number)
    seats = answering(received.entry.platform, plan)
    reason = Reason.at(
        ReasonCode.EMERGENCY_DIALLED,
        known.place if known else plan.desks.emergency.place,
        "来电拨打的是紧急号码，立即接通人工 / an emergency number was dialled: straight to a person",
    )
    treatment = Connect(seats.queue, None, plan.desks.emergency.priority)
    ruling = base(received, treatment, (reason,), Sort(Mode.EMERGENCY, Landing.EMERGENCY), seats)
    return Case(ruling._replace(line=number, name=known.name if known else None))


def hub(received: Received) -> Case:
    """12345 itself was dialled."""
    plan = received.plan
    reason = Reason.at(ReasonCode.HUB_DIALLED, plan.hub.place, "来电拨打的是12345 / 12345 itself was dialled")
    case = at_desk(received, plan.desks.hub, reason, Sort(Mode.HUB))
    return renamed(case, plan.hub.number, plan.hub.name)


def unknown(received: Received) -> Case:
    """What was dialled is in no plan."""
    desk = received.plan.desks.unknown
    reason = Reason.at(
        ReasonCode.NUMBER_NOT_IN_PLAN,
        desk.place,
        "被叫号码不在计划内 / the dialled number is in no plan",
    )
    return at_desk(received, desk, reason, Sort(Mode.UNKNOWN))


def utility(number: str, found: Utility, received: Received) -> Case:
    """A public utility's own hotline was dialled."""
    reason = Reason.at(
        ReasonCode.UTILITY_DIALLED,
        found.place,
        f"来电拨打的是{found.name}服务热线 / the hotline of a public utility ({found.id}) was dialled",
    )
    sort = Sort(Mode.UTILITY, Landing.EXTERNAL, stray=True)
    seats = at_desk(received, received.plan.desks.hub, reason, sort)
    seats = renamed(seats, number, found.name)
    if found.peer is None or LIVE.isdisjoint(found.means):
        return seats
    return on_this_day(dialled_out(seats, found.peer, found.hours, received), found.hours, received)


def at_desk(received: Received, desk: Desk, reason: Reason, sort: Sort) -> Case:
    """Whoever dialled something that is no line: the platform where he came in answers."""
    reasons = (reason, *received.entry.reasons)
    return platforms_case(
        received, Belonging(received.entry.platform, reasons), received.greeting(desk), sort
    )


def platforms_case(received: Received, belonging: Belonging, greeting: Greeting, sort: Sort) -> Case:
    """A platform's seats answer, those here or its own through its peer; a message where none is on duty."""
    platform, reasons = belonging
    plan, seats = received.plan, answering(platform, received.plan)
    # A stray call stays here, where it is marked and somebody is told of it.
    goes_on = seats is not platform and sort.landing is Landing.PLATFORM and not sort.stray
    peer = platform.peer if goes_on else None
    reasons += elsewhere(platform, plan, peer)
    announcement, notice, priority = greeting
    connect = Connect(seats.queue, notice, priority)
    connected = base(received, connect, reasons, sort, platform)._replace(announcement=announcement)
    if peer is not None:
        return Case(connected._replace(treatment=Dial(peer, notice, seats.queue, priority)))
    if not changes_by_the_week(seats.hours, received.at):
        return Case(connected)
    case = Case(connected, seats.hours, Case(closed(connected, priority, seats, received)))
    return on_this_day(case, seats.hours, received)


def closed(ruling: Ruling, priority: int, seats: Platform, received: Received) -> Ruling:
    """The ruling outside the platform's hours: the caller is told so and leaves a message."""
    desk, stretch = received.plan.desks.closed, stretch_at(seats.hours, received.at)
    reason = Reason.at(
        ReasonCode.OUTSIDE_HOURS,
        stretch.place,
        f"不在{seats.name}人工服务时间，请来电人留言 / outside the hours of {seats.id}: the caller leaves a message",
    )
    return ruling._replace(
        treatment=TakeMessage(
            received.notice(desk.announcement, announced_as(seats.hours, stretch)), seats.queue, priority
        ),
        announcement=desk.announcement,
        reasons=(*ruling.reasons, reason),
    )


def to_a_center(case: Case, centers: tuple[Center, ...], received: Received) -> Case:
    """A center of the line answers; `case` is what holds while it can't be reached."""
    if not centers:
        reason = Reason.at(
            ReasonCode.CENTER_UNREACHABLE,
            case.ruling.reasons[0].rule,
            "计划没有写明分中心，由12345接听 / the plan names no center: 12345 answers",
        )
        return because(case, reason)
    center = center_for(centers, received.areas)
    case = because(case, *why_this_one(center, centers))
    why_not = out_of_reach(center, received.at)
    if why_not is not None or center.peer is None:
        return because(case, unreachable(center, *(why_not or ("", ""))))
    out = dialled_out(case, center.peer, center.hours, received)
    if out.otherwise is None:
        return out
    out = out._replace(otherwise=because(case, unreachable(center, "不在服务时间", "is closed")))
    return on_this_day(out, center.hours, received)


def dialled_out(case: Case, peer: str, hours: Hours | None, received: Received) -> Case:
    """Whoever is behind the peer answers; outside his hours, what `case` says."""
    ruling = case.ruling
    match ruling.treatment:
        case Connect(queue=queue, notice=notice, priority=priority):
            out = ruling._replace(treatment=Dial(peer, notice, queue, priority), stray=False)
        case _:
            return case
    if hours is None or not changes_by_the_week(hours, received.at):
        return Case(out)
    return Case(out, hours, case)


def on_this_day(case: Case, hours: Hours | None, received: Received) -> Case:
    """The case with what the calendar says of the day to these hours, whatever holds; nothing is said twice."""
    plan = received.plan
    told = why_today(hours, received.at, ZoneInfo(plan.timezone), plan.calendar)
    return because(case, *(reason for reason in told if reason not in case.ruling.reasons))


def because(case: Case, *reasons: Reason) -> Case:
    """The case with more reasons, whatever holds."""
    if not reasons:
        return case
    ruling = case.ruling._replace(reasons=(*case.ruling.reasons, *reasons))
    otherwise = None if case.otherwise is None else because(case.otherwise, *reasons)
    return Case(ruling, case.hours, otherwise)


def renamed(case: Case, number: str, name: str | None) -> Case:
    """The case of a number that is no line of the plan."""
    ruling = case.ruling._replace(line=number, name=name)
    return Case(ruling, case.hours, None if case.otherwise is None else renamed(case.otherwise, number, name))


def base(
    received: Received, treatment: Treatment, reasons: tuple[Reason, ...], sort: Sort, platform: Platform
) -> Ruling:
    """A ruling of the plan, in all that every ruling has."""
    plan, entry = received.plan, received.entry.platform
    if received.handed_over is not None:
        reasons = (*reasons, received.handed_over)
    return Ruling(
        treatment,
        reasons,
        sort.mode,
        sort.landing,
        sort.stray,
        platform.id,
        plan.jurisdiction,
        plan.version,
        plan.hash,
        source=received.source,
        entry=entry.id,
        area=received.dialled_area or sole_area(entry),
        register_rule=_register_rule(plan, platform),
        here=answering(entry, plan).id,
        answers=answering(platform, plan).id,
    )


def _register_rule(plan: Plan, platform: Platform) -> str | None:
    """The plan's rule, for its own platforms: one of another jurisdiction is the operator's addition."""
    return None if plan.register_by is None or platform.illustrative else plan.register_by.text
