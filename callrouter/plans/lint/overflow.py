"""Who is answered first, and where callers go on to when a queue's seats can't answer.

Rules:
- A chain ends: expert and dedicated seats go on to general ones, those to another platform at most, then to the duty
  phone. The platform must be another one, with a way to it, that gets live calls: else its step would be left out, or
  callers would go round in a circle.
- An emergency is answered before everybody else: no desk and no seats have its priority.
- Seats that answer a line first must be reached by it: it lands here some day, and no seats before them take it all.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.decide.effective import has_begun
from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, all_phases, error, warning
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.migration import Landing
from callrouter.vocabulary.policy import Overflow, Queue

_ELSEWHERE = frozenset({Landing.EXTERNAL, Landing.RELEASED, Landing.EMERGENCY})


def overflow(subject: Subject) -> Iterator[Finding]:
    """Find chains that lead nowhere or round in a circle, urgency that is not an emergency's, and idle seats."""
    for queue in subject.plan.queues.values():
        if queue.overflow is Overflow.PLATFORM and queue.overflow_to is not None:
            yield from _to_a_platform(subject, queue, queue.overflow_to)
    yield from _urgency(subject)
    yield from _idle(subject)


def _to_a_platform(subject: Subject, queue: Queue, name: str) -> Iterator[Finding]:
    platform, spot = (
        subject.plan.platforms[name],
        subject.spot(queue.given_place or queue.place, "overflow_to"),
    )
    if name == queue.platform or platform.served:
        yield error(
            spot,
            Code.LOOP,
            f"{queue.id} 溢出到 {name}，它也由本机接听，来电会转回来",
            f"{queue.id} overflows to {name}, which is answered here too: calls would come back",
            "写另一个平台，或改为 last_resort / name another platform, or write last_resort",
            source=queue.source,
        )
    elif platform.level is Level.COUNTY:
        yield error(
            spot,
            Code.COUNTY_LIVE_CALLS,
            f"{queue.id} 溢出到县级的 {name}，县级不接来电",
            f"{queue.id} overflows to {name}, a county, which gets no live calls",
            "写它的上级平台 / name the platform above it",
            source=queue.source,
        )
    elif platform.peer is None or not has_begun(platform.starts, subject.at):
        tell = error if subject.overlay else warning
        yield tell(
            spot,
            Code.OVERFLOW_NOWHERE,
            f"{queue.id} 溢出到 {name}，它没有对端或尚未启用，来电会直接转值班电话",
            f"{queue.id} overflows to {name}, which has no peer or has not begun: the duty phone would ring",
            f"在 operator.yaml 给 {name} 写 peer，或改为 last_resort / give it a `peer`, or write last_resort",
            source=queue.source,
        )


def _urgency(subject: Subject) -> Iterator[Finding]:
    desks = subject.plan.desks
    most = desks.emergency.priority
    others = [(desk.priority, desk.place) for desk in (desks.hub, desks.unknown, desks.handed_over)]
    others += [
        (queue.own_priority, queue.given_place or queue.place)
        for queue in subject.plan.queues.values()
        if queue.own_priority is not None
    ]
    for priority, place in others:
        if priority > most or (priority == most and priority > 0):
            yield error(
                subject.spot(place, "priority"),
                Code.EMERGENCY_NOT_FIRST,
                f"优先级 {priority} 不低于紧急来电的 {most}，紧急来电会排在后面",
                f"priority {priority} is not below the emergency's {most}: an emergency would wait behind",
                f"改为小于 {most} / make it less than {most}",
            )


def _idle(subject: Subject) -> Iterator[Finding]:
    first: dict[tuple[str, str], Queue] = {}
    for queue in subject.plan.queues.values():
        for number in queue.direct_lines:
            before = first.setdefault((queue.platform, number), queue)
            if before is not queue and before.starts is None:
                zh, en = f"{before.id} 已先接 {number} 的来电", f"{before.id} answers {number} before it"
            elif _never_lands(subject, number):
                zh, en = f"{number} 的来电不由12345接听", f"calls to {number} do not land at 12345"
            else:
                continue
            yield warning(
                subject.spot(queue.given_place or queue.place, "answers"),
                Code.QUEUE_UNREACHABLE,
                f"{queue.id} 直接接不到 {number} 的来电：{zh}",
                f"{queue.id} will not be reached by {number}: {en}",
                "写 answers: transfers，或更正热线 / write answers: transfers, or correct the line",
                source=queue.source,
            )


def _never_lands(subject: Subject, number: str) -> bool:
    line = subject.plan.line(number)
    return line is not None and all(phase.landing in _ELSEWHERE for phase in all_phases(line.schedule))
