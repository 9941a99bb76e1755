"""What is done with a call that has arrived.

Rules, in this order:
1. An emergency number: the emergency desk at once, whatever the plan says of anything else.
2. 12345 itself: the hotline desk.
3. A line of the plan: what its phase in force orders. Connected calls share the hotline desk's queue and
   priority. Where the call should not have reached us (the line lands at its own seats, or its number has
   ended) it is treated as the phase says all the same, and the reason says so.
4. Anything else, a number that was not understood included: the plan's desk for unknown numbers.

With or without an area code it is the same line. Every decision gives its reasons, the decisive one first.
No caller is lost: a release without a notice, which the loader refuses, would be a connection.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

from callrouter.decide.effective import phase_at
from callrouter.decide.words import LANDING_WORDS, PHASE_WORDS
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision, Reason, ReasonCode, Ruling
from callrouter.vocabulary.numbers import Number, NumberKind, UnknownNumber
from callrouter.vocabulary.plan import (
    Desk,
    Landing,
    Line,
    Mode,
    OnArrival,
    Phase,
    PhaseName,
    Plan,
    line_notice_key,
    platform_notice_key,
)
from callrouter.vocabulary.treatment import Connect, Release, Treatment

NUMBER_CHANGED: Final = 22
"""Q.850 cause of a release by plan: number changed; Asterisk sends 410."""

_MOST_KEPT: Final = 4096
"""Rulings of lines, in one plan."""


def decide(call: Call, plan: Plan, at: datetime) -> Decision:
    """What the plan does with the call at the instant `at`.

    Total: every call gets a decision. Raises ValueError if `at` is not zone-aware, which is a mistake in the
    program.
    """
    if at.tzinfo is None:
        raise ValueError("the instant of a decision must be zone-aware")
    return Decision(_ruling(call.called, plan, at), at)


def _ruling(called: Number, plan: Plan, at: datetime) -> Ruling:
    rulings = _rulings_of(plan)
    if isinstance(called, UnknownNumber):
        return rulings.unknown
    match called.kind:
        case NumberKind.SHORT_CODE:
            if called.digits == plan.hotline_number:
                return rulings.hotline
            line = plan.lines.get(called.digits)
            return rulings.unknown if line is None else rulings.on_line(line, phase_at(line.phases, at))
        case NumberKind.EMERGENCY:
            return rulings.emergency
        case NumberKind.MOBILE | NumberKind.LANDLINE:
            return rulings.unknown
        case _:
            assert_never(called.kind)


class _Rulings:
    """The rulings of one plan, each made when it is first needed and then kept: they are the same for every call.

    Kept as a short cut only: forgetting one changes nothing but the time of the next decision.
    """

    __slots__ = ("_of_lines", "emergency", "hotline", "plan", "unknown")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.emergency, self.hotline, self.unknown = _emergency(plan), _hotline(plan), _unknown(plan)
        self._of_lines: dict[str, tuple[Line, Phase, Ruling]] = {}

    def on_line(self, line: Line, phase: Phase) -> Ruling:
        """What the plan says of a line in a phase of it."""
        kept = self._of_lines.get(line.number)
        if kept is not None and kept[0] is line and kept[1] is phase:
            return kept[2]
        ruling = _on_line(line, phase, self.plan)
        # The first to come are kept, in a large plan the busy lines; making room for others costs more than it saves.
        if kept is not None or len(self._of_lines) < _MOST_KEPT:
            self._of_lines[line.number] = (line, phase, ruling)
        return ruling


_kept: _Rulings | None = None


def _rulings_of(plan: Plan) -> _Rulings:
    global _kept  # noqa: PLW0603 - a memory of what follows from the plan alone; a plan in force is one
    if _kept is None or _kept.plan is not plan:
        _kept = _Rulings(plan)
    return _kept


def _emergency(plan: Plan) -> Ruling:
    reason = Reason(
        ReasonCode.EMERGENCY_DIALLED,
        plan.emergency.place,
        "来电拨打的是紧急号码，立即接通人工 / an emergency number was dialled: straight to a person",
    )
    return _ruled(plan, _at_desk(plan.emergency), (reason,))


def _hotline(plan: Plan) -> Ruling:
    reason = Reason(
        ReasonCode.HOTLINE_DIALLED, plan.hotline.place, "来电拨打的是12345 / 12345 itself was dialled"
    )
    return _ruled(plan, _at_desk(plan.hotline), (reason,), line=plan.hotline_number, mode=Mode.HOTLINE)


def _unknown(plan: Plan) -> Ruling:
    reason = Reason(
        ReasonCode.NUMBER_NOT_IN_PLAN,
        plan.unknown_number.place,
        "被叫号码不在计划内 / the dialled number is in no plan",
    )
    return _ruled(plan, _at_desk(plan.unknown_number), (reason,))


def _on_line(line: Line, phase: Phase, plan: Plan) -> Ruling:
    notice = line_notice_key(phase.notice, line.number) if phase.notice else None
    treatment = _treatment(phase.on_arrival, plan.hotline.queue, notice, plan.hotline.priority)
    reasons = (_phase_reason(line, phase), Reason(ReasonCode.LINE_IN_PLAN, line.place, line.name))
    return _ruled(plan, treatment, reasons, line=line.number, mode=line.mode, phase=phase.name)


def _at_desk(desk: Desk) -> Treatment:
    notice = platform_notice_key(desk.notice) if desk.notice else None
    return _treatment(OnArrival.CONNECT, desk.queue, notice, desk.priority)


def _treatment(on_arrival: OnArrival, queue: str, notice: str | None, priority: int) -> Treatment:
    match on_arrival:
        case OnArrival.CONNECT:
            return Connect(queue, notice, priority)
        case OnArrival.RELEASE:
            return Release(notice, NUMBER_CHANGED) if notice else Connect(queue, None, priority)
        case _:
            assert_never(on_arrival)


def _phase_reason(line: Line, phase: Phase) -> Reason:
    zh, en = LANDING_WORDS[phase.landing]
    detail = f"{line.number}{PHASE_WORDS[phase.name]}，{zh} / {line.number} is in phase {phase.name}: {en}"
    return Reason(_landing_code(phase.landing), phase.place, detail)


def _landing_code(landing: Landing) -> ReasonCode:
    match landing:
        case Landing.PLATFORM:
            return ReasonCode.LINE_IN_PHASE
        case Landing.OWN_SEATS:
            return ReasonCode.LANDS_ELSEWHERE
        case Landing.NOBODY:
            return ReasonCode.NUMBER_ENDED
        case _:
            assert_never(landing)


def _ruled(
    plan: Plan,
    treatment: Treatment,
    reasons: tuple[Reason, ...],
    *,
    line: str | None = None,
    mode: Mode | None = None,
    phase: PhaseName | None = None,
) -> Ruling:
    return Ruling(treatment, reasons, line, mode, phase, plan.jurisdiction, plan.version, plan.hash)
