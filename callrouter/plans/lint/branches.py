"""Branch centers and departments that keep their seats: there, and open as the document demands.

Rules:
- A line that lands at a branch has at least one center, or an agent could transfer nobody to it.
- Where the document demands round-the-clock service (`demands` in plan.yaml), each center of such a line has it
  in the end, from whenever it must (C23): the last stretch of its hours is 7x24. What only a deadline says is the
  operator's to date, so without operator.yaml hours that are not stated are a warning.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.hours import round_the_clock
from callrouter.plans.lint.subject import Subject, all_phases, error, warning
from callrouter.vocabulary.hours import Staffing
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.migration import Landing, Mode


def branches(subject: Subject) -> Iterator[Finding]:
    """Find lines without centers, and centers that sleep."""
    for line in subject.plan.lines.values():
        landings = {phase.landing for phase in all_phases(line.schedule)}
        if landings & {Landing.BRANCH, Landing.DEPARTMENT}:
            yield from _without_center(subject, line)
        for demand in subject.demands(line.schedule.mode):
            if demand.round_the_clock:
                yield from _asleep(subject, line, demand.source)


def _without_center(subject: Subject, line: Line) -> Iterator[Finding]:
    if subject.plan.centers.get(line.number):
        return
    tell = error if line.schedule.mode is Mode.BRANCH else warning
    yield tell(
        line.place,
        Code.BRANCH_WITHOUT_CENTER,
        f"{line.number} 由分中心或部门座席接听，centers 里却没有它",
        f"{line.number} is answered by a center or a department, and `centers` has none for it",
        f'在 centers 写一项 line: "{line.number}" / add one under `centers`',
        source=line.source,
    )


def _asleep(subject: Subject, line: Line, source: str) -> Iterator[Finding]:
    for center in subject.plan.centers.get(line.number, ()):
        if not round_the_clock(center.hours):
            unstated = center.hours.stretches[-1].staffing is Staffing.UNSTATED
            tell = warning if unstated and not subject.overlay else error
            yield tell(
                subject.spot(center.place, "hours"),
                Code.BRANCH_NOT_7X24,
                f"文件要求分中心 7×24 小时人工服务，{center.id}（{line.number}）没有",
                f"the document demands round-the-clock service of {center.id} ({line.number})",
                "hours 的最后一段写 staffing: 7x24 / let the last stretch of its hours be `staffing: 7x24`",
                source=source,
            )
