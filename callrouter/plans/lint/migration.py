"""What its document demands of a migration: a transition, an announcement in it, an end that lasts.

Rules:
- A demand is the document's (`demands` in plan.yaml); no other jurisdiction's is taken over.
- A transition that waits for its instant is one too.
- A cancelled number stays cancelled: nothing follows `ended`.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, all_phases, error, named
from callrouter.vocabulary.migration import PhaseName, Schedule
from callrouter.vocabulary.policy import Demand


def migration(subject: Subject) -> Iterator[Finding]:
    """Find what the schedules lack, and what comes back after its end."""
    for schedule in subject.schedules:
        yield from _each_once(
            finding
            for demand in _its_own_first(subject, schedule)
            for finding in _demanded(subject, schedule, demand)
        )
        yield from _out_of_order(subject, schedule)


def _its_own_first(subject: Subject, schedule: Schedule) -> list[Demand]:
    """The demands upon a mode; first those of the lines of the document that the schedule cites."""
    cited = {phase.source for phase in all_phases(schedule)}
    return sorted(subject.demands(schedule.mode), key=lambda demand: demand.source not in cited)


def _each_once(findings: Iterator[Finding]) -> Iterator[Finding]:
    """A document may demand the same twice; what is missing is missing once."""
    told = set()
    for finding in findings:
        if (finding, finding.fault.code) not in told:
            told.add((finding, finding.fault.code))
            yield finding


def _demanded(subject: Subject, schedule: Schedule, demand: Demand) -> Iterator[Finding]:
    who = named(subject.followers[schedule.id])
    if demand.transition and PhaseName.TRANSITION not in {phase.name for phase in all_phases(schedule)}:
        yield error(
            subject.spot(schedule.place, "phases"),
            Code.TRANSITION_MISSING,
            f"文件要求设过渡期，{schedule.id} 没有 transition 阶段（{who}）",
            f"the document demands a transition, and {schedule.id} has none",
            "在 before 与 ended 之间写一个 name: transition 的阶段 / add a phase `name: transition` between them",
            source=demand.source,
        )
    if not demand.announcement:
        return
    for phase in all_phases(schedule):
        if phase.name is PhaseName.TRANSITION and phase.announcement is None:
            yield error(
                phase.place,
                Code.ANNOUNCEMENT_MISSING,
                f"文件要求过渡期设语音提示，{schedule.id} 的过渡期没有（{who}）",
                f"the document demands a voice prompt in the transition, and that of {schedule.id} has none",
                "写 announcement: T01（停用时刻未定时用 T02） / write `announcement: T01`, or T02 without a last day",
                source=demand.source,
            )


def _out_of_order(subject: Subject, schedule: Schedule) -> Iterator[Finding]:
    order = list(PhaseName)
    over, latest = False, PhaseName.BEFORE
    for phase in all_phases(schedule):
        if over and phase.name is not PhaseName.ENDED:
            freeze = subject.freeze
            yield error(
                phase.place,
                Code.CANCELLED_REVIVED,
                f"{schedule.id} 在 ended 之后又有 {phase.name}：已取消的号码不得恢复",
                f"{schedule.id} has {phase.name} after `ended`: a cancelled number may not come back",
                "删去 ended 之后的阶段，或更正阶段的先后 / remove what follows `ended`, or correct the order",
                source=freeze.source if freeze else phase.source,
            )
        elif order.index(phase.name) < order.index(latest):
            yield error(
                subject.spot(phase.place, "name"),
                Code.PHASE_ORDER,
                f"{schedule.id} 的 {phase.name} 写在 {latest} 之后，先后不对",
                f"{schedule.id} has {phase.name} after {latest}",
                "依次为 before、transition、in_force、ended / they follow in this order",
                source=phase.source,
            )
        over, latest = over or phase.name is PhaseName.ENDED, phase.name
