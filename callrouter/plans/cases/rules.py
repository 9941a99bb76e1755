"""The rules of a plan that a call can try: what has to be seen at work before anybody trusts the plan.

Rules:
- Each line and list, each phase of each schedule that some line follows, dated ones alone.
- 12345, a number in no plan, each emergency number, each utility, whoever hands calls over.
- Each platform but counties, each queue to which a decision leads, each peer that a decision calls, and what holds
  outside each platform's hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from callrouter.vocabulary.decision import Ruling
from callrouter.vocabulary.hours import Staffing
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.migration import Mode, Schedule
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import Ask, Connect, Dial, Guide, TakeMessage


class Rule(NamedTuple):
    """One of them."""

    kind: str
    name: str
    place: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by."""
        return self.kind, self.name


def rules_of(plan: Plan) -> tuple[Rule, ...]:
    """All of a plan, in the order in which it is written."""
    return tuple({rule.key: rule for rule in _every(plan)}.values())


def tried_by(ruling: Ruling, plan: Plan) -> Iterator[tuple[str, str]]:
    """The rules that have made a decision, by what they are known by."""
    line = plan.line(ruling.line) if ruling.line else None
    if line is not None:
        yield ("line" if line.number in plan.lines else "list"), line.announcement_owner
        yield "phase", f"{line.schedule.id} {ruling.phase}"
    if ruling.mode in {Mode.HUB, Mode.UNKNOWN}:
        yield ruling.mode.value, ruling.mode.value
    if ruling.mode is Mode.EMERGENCY and ruling.line:
        yield "emergency", ruling.line
    if ruling.mode is Mode.UTILITY:
        yield from (("utility", one.id) for one in plan.utilities if ruling.line in one.numbers)
    if ruling.source:
        yield "source", ruling.source
    yield "platform", ruling.platform
    yield "platform", ruling.entry
    match ruling.treatment:
        case Dial(peer=peer):
            yield "peer", peer
        case TakeMessage(queue=queue):
            yield "closed", plan.platforms[ruling.platform].hours.id
            yield "queue", queue
        case Connect(queue=queue) | Guide(queue=queue) | Ask(queue=queue):
            yield "queue", queue
        case _:
            pass


def _every(plan: Plan) -> Iterator[Rule]:
    yield Rule("hub", "hub", plan.hub.place)
    yield Rule("unknown", "unknown", plan.desks.unknown.place)
    for line in plan.lines.values():
        yield Rule("line", line.announcement_owner, line.place)
    for listed in plan.lists.lists:
        yield Rule("list", listed.id, listed.place)
    for schedule in _followed(plan):
        for phase in schedule.phases:
            yield Rule("phase", f"{schedule.id} {phase.name}", phase.place)
    for emergency in plan.emergencies.values():
        yield Rule("emergency", emergency.number, emergency.place)
    for utility in plan.utilities:
        if utility.numbers:
            yield Rule("utility", utility.id, utility.place)
    for trunk in plan.trunks.values():
        if trunk.source is not None:
            yield Rule("source", trunk.source, trunk.place)
    yield from _answerers(plan)


def _followed(plan: Plan) -> Iterator[Schedule]:
    followed = {one.schedule.id: one.schedule for one in plan.lines.values()}
    followed |= {one.schedule.id: one.schedule for one in plan.lists.lists}
    yield from followed.values()


def _answerers(plan: Plan) -> Iterator[Rule]:
    for platform in plan.platforms.values():
        if platform.level is Level.COUNTY:
            continue
        yield Rule("platform", platform.id, platform.place)
        if platform.served:
            yield Rule("queue", platform.queue, plan.queues[platform.queue].place)
            if any(one.staffing is Staffing.WEEKLY for one in platform.hours.stretches):
                yield Rule("closed", platform.hours.id, platform.hours.place)
        elif platform.peer is not None:
            yield Rule("peer", platform.peer, platform.place)
    for queue in plan.queues.values():
        if queue.direct_lines:
            yield Rule("queue", queue.id, queue.place)
    for centers in plan.centers.values():
        yield from (Rule("peer", one.peer, one.place) for one in centers if one.peer is not None)
    yield from (
        Rule("peer", one.peer, one.place) for one in plan.utilities if one.peer is not None and one.numbers
    )
