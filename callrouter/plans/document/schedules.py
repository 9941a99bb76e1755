"""Compare the instants and deadlines of a plan with its document.

Rules:
- An instant in the document's part of a plan is the document's: another one is INSTANT_DIFFERS; one where the
  document gives none is INSTANT_INVENTED and belongs in operator.yaml. Both are errors.
- An instant that the document gives must be there. An illustrative one in its stead is INSTANT_DIFFERS.
- A deadline in the document's part is one that the document has in the line that is cited, to the day; those of a
  group stand in its schedule or among the plan's own. Where one can be read in two ways, either will do.
- An illustrative phase that begins after the document's deadline for it is a WARNING, INSTANT_DIFFERS. The
  deadline's own day is in time; so is the midnight that ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from callrouter.plans.codes import Code
from callrouter.plans.document.beside import Against
from callrouter.plans.document.data import Group, PrintedDue, PrintedPhase
from callrouter.plans.findings import Fault, Finding, Severity
from callrouter.vocabulary.migration import Due, PhaseName, Schedule


def schedules(held: Against, groups: Mapping[str, tuple[Group, ...]]) -> Iterator[Finding]:
    """Compare every schedule with the groups that it serves, by the schedule's id."""
    told: set[tuple[str, Code]] = set()
    for schedule in held.plan.schedules.values():
        for group in groups[schedule.id]:
            for finding in _schedule(held, schedule, group):
                if (finding.place, finding.fault.code) not in told:
                    told.add((finding.place, finding.fault.code))
                    yield finding
        if not held.is_operators(schedule.place):
            yield from _invented(held, schedule, groups[schedule.id])
    yield from _dues(held, groups)


def _schedule(held: Against, schedule: Schedule, group: Group) -> Iterator[Finding]:
    if not held.is_operators(schedule.place):
        yield from _fates(held, schedule, group)
        for printed in group.phases:
            yield from _instant(held, schedule, printed)
    yield from _too_late(held, schedule, group)


def _fates(held: Against, schedule: Schedule, group: Group) -> Iterator[Finding]:
    for key, is_now, should_be in (
        ("number_fate", schedule.number_fate, group.number_fate),
        ("seat_fate", schedule.seat_fate, group.seat_fate),
    ):
        if should_be is not None and is_now is not should_be:
            yield held.differs(
                held.spot(schedule.place, key),
                Fault(
                    Code.LINE_DIFFERS,
                    f"{schedule.id} 的 {key} 是 {is_now}，文件是 {should_be}",
                    f"{key} of {schedule.id} is {is_now}, the document says {should_be}",
                    f"改为 {should_be} / make it {should_be}",
                ),
                group,
            )


def _invented(held: Against, schedule: Schedule, groups: tuple[Group, ...]) -> Iterator[Finding]:
    """Dated phases for which no group gives an instant; each instant is for one phase."""
    given = {printed.phase for group in groups for printed in group.phases}
    for phase in schedule.phases:
        if phase.starts is None or phase.illustrative or phase.name in given:
            given.discard(phase.name)
            continue
        yield held.differs(
            held.spot(phase.place, "starts"),
            Fault(
                Code.INSTANT_INVENTED,
                f"文件没有给出 {schedule.id} 的 {phase.name} 的时刻，计划写了 {phase.starts.isoformat()}",
                f"the document gives no instant for {phase.name} of {schedule.id}",
                "写 starts: unstated，时刻写到 operator.yaml 的 instants / "
                "write `starts: unstated` here and the instant under `instants` in operator.yaml",
            ),
            groups[0] if groups else None,
        )


def _instant(held: Against, schedule: Schedule, printed: PrintedPhase) -> Iterator[Finding]:
    """A phase whose instant the document gives: there, dated, and the same."""
    every = (*schedule.phases, *schedule.undated)
    found = next((phase for phase in every if phase.name is printed.phase), None)
    if found is None:
        yield _wrong(
            held,
            schedule,
            printed,
            held.spot(schedule.place, "phases"),
            ("没有这个阶段", "has no such phase"),
        )
    elif found.starts is None or found.illustrative:
        yield _wrong(
            held, schedule, printed, held.spot(found.place, "starts"), ("没有写", "does not give it")
        )
    elif found.starts != printed.starts:
        is_now = found.starts.isoformat()
        yield _wrong(
            held, schedule, printed, held.spot(found.place, "starts"), (f"写的是 {is_now}", f"says {is_now}")
        )
    elif printed.ends is not None and found.ends != printed.ends:
        is_now = found.ends.isoformat() if found.ends else "…"
        yield held.differs(
            held.spot(found.place, "ends"),
            Fault(
                Code.INSTANT_DIFFERS,
                f"{schedule.id} 的 {found.name} 止于 {is_now}，文件是 {printed.ends.isoformat()}",
                f"{found.name} of {schedule.id} ends at {is_now}, the document says {printed.ends.isoformat()}",
                f"改为 {printed.ends.isoformat()} / make it so",
            ),
            printed,
        )


def _wrong(
    held: Against, schedule: Schedule, printed: PrintedPhase, place: str, has: tuple[str, str]
) -> Finding:
    should_be = printed.starts.isoformat()
    return held.differs(
        place,
        Fault(
            Code.INSTANT_DIFFERS,
            f"{schedule.id} 的 {printed.phase} 应始于 {should_be}，计划{has[0]}",
            f"{printed.phase} of {schedule.id} starts at {should_be} by the document, and the plan {has[1]}",
            f"写 starts: {should_be} / write `starts: {should_be}`",
        ),
        printed,
    )


def _too_late(held: Against, schedule: Schedule, group: Group) -> Iterator[Finding]:
    zone = ZoneInfo(held.plan.timezone)
    later = [phase for phase in schedule.phases if phase.name is not PhaseName.BEFORE]
    for due in (*group.dues, *held.data.dues):
        bound = later[:1] if due.begins == "first" else later if due.begins == "all" else []
        in_time = datetime.combine(due.by + timedelta(days=1), time(), zone)
        for phase in bound:
            if phase.illustrative and phase.starts is not None and phase.starts > in_time:
                yield held.differs(
                    held.spot(phase.place, "starts"),
                    Fault(
                        Code.INSTANT_DIFFERS,
                        f"{schedule.id} 的 {phase.name} 始于 {phase.starts.isoformat()}，晚于文件的期限 {due.by}",
                        f"{phase.name} of {schedule.id} starts at {phase.starts.isoformat()}, after {due.by}",
                        "若实际如此可保留 / keep it if that is what happened",
                        Severity.WARNING,
                    ),
                    due,
                )


def _dues(held: Against, groups: Mapping[str, tuple[Group, ...]]) -> Iterator[Finding]:
    plan, data = held.plan, held.data
    of_groups = [due for group in data.groups for due in group.dues]
    yield from _strange_dues(held, plan.dues, [*of_groups, *data.dues])
    for schedule in plan.schedules.values():
        wanted = [due for group in groups[schedule.id] for due in group.dues]
        yield from _strange_dues(held, schedule.dues, [*wanted, *data.dues])
        if not held.is_operators(schedule.place):
            yield from _missing_dues(held, wanted, (*schedule.dues, *plan.dues), schedule.place)
    every = (*plan.dues, *(due for schedule in plan.schedules.values() for due in schedule.dues))
    yield from _missing_dues(held, [due for due in data.dues if due.calls], every, plan.place)


def _strange_dues(held: Against, dues: tuple[Due, ...], known: list[PrintedDue]) -> Iterator[Finding]:
    """Deadlines in the plan that the document does not have in the line that they cite."""
    for due in dues:
        cited = [printed for printed in known if held.data.cited(due.source, printed)]
        if held.is_operators(due.place) or any(_same_day(due, printed) for printed in cited):
            continue
        near = min(cited, key=lambda printed: abs(printed.by - due.by), default=None)
        yield held.differs(
            held.spot(due.place, "by" if near else "source"),
            Fault(
                Code.DUE_DIFFERS,
                f"期限 {due.by}（{due.what}）" + (f"与文件的 {near.by} 不同" if near else "在所引行没有"),
                f"the deadline {due.by} is not the document's" + (f", which is {near.by}" if near else ""),
                f"改为 {near.by} / make it {near.by}" if near else "核对出处 / look at the source",
            ),
            near,
        )


def _missing_dues(
    held: Against, wanted: list[PrintedDue], dues: tuple[Due, ...], place: str
) -> Iterator[Finding]:
    """Deadlines of the document that the plan does not have; one with a wrong day was reported already."""
    for printed in wanted:
        cited = [due for due in dues if held.data.cited(due.source, printed)]
        strange = [due for due in cited if not any(_same_day(due, other) for other in wanted)]
        if strange or any(_same_day(due, printed) for due in cited):
            continue
        yield held.differs(
            place,
            Fault(
                Code.DUE_DIFFERS,
                f"缺少文件的期限 {printed.by}（{printed.what}）",
                f"the document's deadline {printed.by} is missing",
                "在 dues 中加上 / add it to the dues",
            ),
            printed,
        )


def _same_day(due: Due, printed: PrintedDue) -> bool:
    return due.by in {printed.by, printed.narrowly}
