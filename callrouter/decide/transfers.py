"""To whom an agent can pass a matter on: by plan, at an instant.

Rules:
- A call to a line offers that line's centers and expert seats; a call to an emergency number or a utility, that one;
  a call to 12345, or to a number in no plan, all there is.
- A ticket can always be written, and a caller can always be told whom to call. A live transfer is open only if the
  other side has a peer, has begun, and is known to be on duty: unstated hours do not count, so a ticket remains.
- A county gets tickets only. What has not begun is not offered.
- Means are those that the document allows, in its order; where it names none for an emergency, or not the
  emergency number itself, the caller is guided.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple, assert_never

from callrouter.decide.center import area_of, area_of_caller, areas_told, center_for, out_of_reach
from callrouter.decide.effective import has_begun
from callrouter.decide.hours import Openness, openness, why_today
from callrouter.decide.memory import memory_of
from callrouter.decide.platform import answering
from callrouter.decide.ruling import LIVE
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.hours import Hours
from callrouter.vocabulary.line import Center, Level, Means
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import Emergency, EmergencyOut, Queue, QueueKind, Utility
from callrouter.vocabulary.territory import Platform
from callrouter.vocabulary.transfer import RefusedTarget


class Transfer(NamedTuple):
    """One way to pass a matter on."""

    target: str
    """The id of a center, queue, platform, utility or kind of matter; an emergency's or a line's number."""
    name: str
    means: Means
    open: bool
    reason: str
    """Why it is open or not, Chinese / English."""
    place: str
    """Where the plan says so."""
    refused: RefusedTarget | None = None
    """Why it is not open, in a word."""


class _Why(NamedTuple):
    open: bool
    reason: str
    refused: RefusedTarget | None = None


_ALWAYS: Final = "随时可用 / at any time"
_AT_ANY_TIME: Final = _Why(open=True, reason=_ALWAYS)
_NO_PEER: Final = _Why(open=False, reason="没有对接中继 / it has no peer", refused=RefusedTarget.NO_PEER)


def transfers_of(ruling: Ruling, call: Call, plan: Plan, at: datetime) -> tuple[Transfer, ...]:
    """The ways that the agent who takes the call has at the instant `at`, the nearest first."""
    here = answering(plan.platforms[ruling.platform], plan)
    areas = areas_told(area_of(call.called), area_of_caller(call.caller), plan.platforms[ruling.platform])
    ways = _Ways(here, areas, plan, at)
    match ruling.mode:
        case Mode.HUB | Mode.UNKNOWN:
            return tuple(ways.all())
        case Mode.EMERGENCY:
            return tuple(ways.emergencies(ruling.line))
        case Mode.UTILITY:
            return tuple(ways.utilities(ruling.line))
        case _:
            return tuple(ways.of_line(ruling.line or ""))


def every_transfer(here: Platform, areas: Sequence[str], plan: Plan, at: datetime) -> tuple[Transfer, ...]:
    """All that there is, whatever was dialled: `here` answers the call, which tells of these areas."""
    return tuple(_Ways(here, areas, plan, at).all())


class _Ways:
    """What there is for one call at one instant."""

    def __init__(self, here: Platform, areas: Sequence[str], plan: Plan, at: datetime) -> None:
        self._plan, self._at, self._zone = plan, at, memory_of(plan).zone
        self._calendar = plan.calendar
        self._here, self._areas = here, areas

    def all(self) -> Iterator[Transfer]:
        for centers in self._plan.centers.values():
            yield from self._centers(centers)
        yield from self._parallel(None)
        for kind in (QueueKind.EXPERT, QueueKind.DEDICATED):
            yield from self._seats(kind, None)
        for platform in self._plan.platforms.values():
            yield from self._platform_ways(platform)
        yield from self.utilities(None)
        yield from self.emergencies(None)
        yield from self._not_accepted()

    def of_line(self, number: str) -> Iterator[Transfer]:
        yield from self._centers(self._plan.centers.get(number, ()))
        yield from self._parallel(number)
        yield from self._seats(QueueKind.EXPERT, number)

    def emergencies(self, only: str | None) -> Iterator[Transfer]:
        if only is not None and only not in self._plan.emergencies:
            yield Transfer(only, only, Means.GUIDE, True, _ALWAYS, self._plan.desks.emergency.place)
        for emergency in self._plan.emergencies.values():
            if only is None or emergency.number == only:
                for means in _emergency_means(emergency.out):
                    why = self._emergency(emergency) if means in LIVE else _AT_ANY_TIME
                    yield _way(emergency.number, emergency.name, means, why, emergency.place)

    def utilities(self, only: str | None) -> Iterator[Transfer]:
        for utility in self._plan.utilities:
            if only is None or only in utility.numbers:
                for means in utility.means or ((Means.GUIDE,) if utility.parallel else ()):
                    why = self._utility(utility) if means in LIVE else _AT_ANY_TIME
                    yield _way(utility.id, utility.name, means, why, utility.place)

    def _centers(self, centers: Sequence[Center]) -> Iterator[Transfer]:
        if not centers:
            return
        chosen = center_for(centers, self._areas)
        for center in (chosen, *(one for one in centers if one is not chosen)):
            for means in center.means:
                why = self._center(center) if means in LIVE else _AT_ANY_TIME
                yield _way(center.id, center.name, means, why, center.place)

    def _parallel(self, only: str | None) -> Iterator[Transfer]:
        """Lines that answer for themselves: the caller is told their number (并行接听)."""
        lines = self._plan.lines.values() if only is None else filter(None, [self._plan.line(only)])
        for line in lines:
            if line.schedule.mode is Mode.PARALLEL and line.number not in self._plan.centers:
                yield Transfer(line.number, line.name, Means.GUIDE, True, _ALWAYS, line.place)

    def _seats(self, kind: QueueKind, line: str | None) -> Iterator[Transfer]:
        for queue in self._plan.queues.values():
            wanted = queue.kind is kind and (line is None or queue.line == line)
            if wanted and has_begun(queue.starts, self._at):
                why = self._queue(queue)
                yield _way(queue.id, queue.name, Means.PLAIN, why, queue.place)

    def _platform_ways(self, platform: Platform) -> Iterator[Transfer]:
        if platform is self._here or not has_begun(platform.starts, self._at):
            return
        if platform.level is not Level.COUNTY:
            why = self._other_platform(platform)
            yield _way(platform.id, platform.name, Means.PLAIN, why, platform.place)
        yield Transfer(platform.id, platform.name, Means.TICKET, True, _ALWAYS, platform.place)

    def _not_accepted(self) -> Iterator[Transfer]:
        for kind in self._plan.not_accepted:
            if kind.guide is not None:
                yield Transfer(kind.id, kind.what, Means.GUIDE, True, kind.guide, kind.place)

    def _center(self, center: Center) -> _Why:
        why_not = out_of_reach(center, self._at)
        if why_not is not None:
            refused = RefusedTarget.NO_PEER if center.peer is None else RefusedTarget.NOT_YET
            return _Why(False, " / ".join(why_not), refused)
        return self._on_duty(center.hours)

    def _queue(self, queue: Queue) -> _Why:
        if not queue.seats:
            return _Why(False, "没有座席 / it has no seats", RefusedTarget.NO_SEATS)
        return self._on_duty(queue.hours or self._plan.platforms[queue.platform].hours)

    def _other_platform(self, platform: Platform) -> _Why:
        if platform.peer is None and answering(platform, self._plan) is not platform:
            return _NO_PEER
        return self._on_duty(platform.hours)

    def _utility(self, utility: Utility) -> _Why:
        if utility.peer is None:
            return _NO_PEER
        return self._on_duty(utility.hours)

    def _emergency(self, emergency: Emergency) -> _Why:
        """Emergency desks are always on duty; one for the area, or for all, must be known."""
        for target in emergency.targets:
            if not target.areas or not set(target.areas).isdisjoint(self._areas):
                return _AT_ANY_TIME
        return _Why(
            False,
            "本地没有转接目标，请引导拨打 / no desk is known for the area: guide the caller",
            RefusedTarget.NO_PEER,
        )

    def _on_duty(self, hours: Hours | None) -> _Why:
        answer = Openness.UNSTATED
        if hours is not None:
            answer = openness(hours, self._at, self._zone, self._calendar)
        match answer:
            case Openness.OPEN:
                return _Why(True, "在服务时间内 / on duty")
            case Openness.CLOSED:
                return _Why(False, self._closed(hours), RefusedTarget.CLOSED)
            case Openness.UNSTATED:
                return _Why(False, "服务时间未明确 / its hours are not stated", RefusedTarget.HOURS_UNSTATED)
            case _:
                assert_never(answer)

    def _closed(self, hours: Hours | None) -> str:
        """That it is outside the hours, and what day it is where that matters."""
        zh, en = "不在服务时间", "outside its hours"
        for reason in why_today(hours, self._at, self._zone, self._calendar):
            day_zh, _, day_en = reason.detail.partition(" / ")
            zh, en = f"{zh}（{day_zh}）", f"{en} ({day_en})"
        return f"{zh} / {en}"


def _way(target: str, name: str, means: Means, why: _Why, place: str) -> Transfer:
    return Transfer(target, name, means, why.open, why.reason, place, why.refused)


def _emergency_means(out: EmergencyOut) -> tuple[Means, ...]:
    match out:
        case EmergencyOut.TRANSFER:
            return (Means.THREE_WAY,)
        case EmergencyOut.TRANSFER_ELSE_GUIDE:
            return (Means.THREE_WAY, Means.GUIDE)
        case EmergencyOut.GUIDE | EmergencyOut.UNSTATED:
            return (Means.GUIDE,)
        case _:
            assert_never(out)
