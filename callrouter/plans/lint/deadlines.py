"""Deadlines that have passed, instants that nobody has given, and instants in another offset than the plan's.

Rules:
- A deadline never switches anything (C3); it counts its own day, in the plan's time zone.
- A line waits while it is in `before`, or in the transition of a number that is to be cancelled, and nothing
  later has an instant. A deadline that passed meanwhile is a warning: somebody must give the instant. An open next
  step of a line that has arrived (C4) is a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, all_phases, named, note, warning
from callrouter.vocabulary.migration import Due, NumberFate, PhaseName, Schedule


def deadlines(subject: Subject) -> Iterator[Finding]:
    """Find deadlines that passed and schedules that wait."""
    for due in subject.plan.dues:
        yield from _passed(subject, due, subject.plan.jurisdiction)
    for schedule in subject.schedules:
        who = named(subject.followers[schedule.id])
        yield from _waiting(subject, schedule, who)
        for due in () if _waits(schedule) else schedule.dues:
            yield from _passed(subject, due, who)


def _passed(subject: Subject, due: Due, who: str) -> Iterator[Finding]:
    if due.by < subject.today:
        yield note(
            due.place,
            Code.DEADLINE_PASSED,
            f"期限 {due.by} 已过：{due.what}（{who}）",
            f"the deadline {due.by} has passed; it switches nothing",
            "请确认已完成 / see that it was met",
            source=due.source,
        )


def _waiting(subject: Subject, schedule: Schedule, who: str) -> Iterator[Finding]:
    stands_in = schedule.phases[-1].name
    waits = _waits(schedule)
    if not waits and not schedule.undated:
        return
    coming = schedule.undated[0] if schedule.undated else None
    place = subject.spot(coming.place, "starts") if coming else subject.spot(schedule.place, "phases")
    next_name = coming.name if coming else "ended" if stands_in is PhaseName.TRANSITION else "in_force"
    missed = [due for due in schedule.dues if due.by < subject.today]
    if waits and missed:
        days = ", ".join(f"{due.by} ({due.source})" for due in missed)
        yield warning(
            place,
            Code.DEADLINE_WITHOUT_INSTANT,
            f"{schedule.id} 的期限 {days} 已过，{next_name} 仍没有时刻，一直停在 {stands_in}（{who}）",
            f"the deadline of {schedule.id} has passed and {next_name} has no instant: it stays {stands_in}",
            "在 operator.yaml 的 instants 写上时刻 / give the instant under `instants` in operator.yaml",
            source=missed[-1].source,
        )
        return
    tell = warning if coming is None else note
    yield tell(
        place,
        Code.PHASE_UNDATED,
        f"{schedule.id} 的 {next_name} 还没有时刻，目前停在 {stands_in}（{who}）",
        f"{next_name} of {schedule.id} has no instant yet: it stays {stands_in}",
        "时刻定下后写入 starts，或写在 operator.yaml 的 instants / write it in `starts`, or in operator.yaml",
        source=coming.source if coming else None,
    )


def _waits(schedule: Schedule) -> bool:
    """Whether the lines have not got to where their mode takes them."""
    last = schedule.phases[-1].name
    cancelled = schedule.number_fate is NumberFate.CANCELLED
    return last is PhaseName.BEFORE or (last is PhaseName.TRANSITION and cancelled)


def offsets(subject: Subject) -> Iterator[Finding]:
    """Find instants that are written in another offset than the plan's time zone then has."""
    zone = ZoneInfo(subject.plan.timezone)
    for instant, place, key in _instants(subject):
        if instant is None or instant.utcoffset() == instant.astimezone(zone).utcoffset():
            continue
        local = instant.astimezone(zone).isoformat()
        yield warning(
            subject.spot(place, key),
            Code.OFFSET_DIFFERS,
            f"{instant.isoformat()} 不是 {subject.plan.timezone} 的写法，即当地 {local}",
            f"this is {local} in {subject.plan.timezone}",
            f"若确是此时刻，请写作 {local} / if that is meant, write it so",
        )


def _instants(subject: Subject) -> Iterator[tuple[datetime | None, str, str]]:
    plan = subject.plan
    for schedule in subject.schedules:
        for phase in all_phases(schedule):
            yield phase.starts, phase.place, "starts"
    for hours in subject.kept_hours:
        for stretch in hours.stretches:
            yield stretch.starts, stretch.place, "starts"
    for brand in plan.brands:
        yield brand.starts, brand.place, "starts"
    for platform in plan.platforms.values():
        yield platform.starts, platform.place, "starts"
    for queue in plan.queues.values():
        yield queue.starts, queue.place, "starts"
    for centers in plan.centers.values():
        for center in centers:
            yield center.opens, center.place, "opens"
