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
from functools import lru_cache
from typing import Final, assert_never

from callrouter.decide.effective import phase_at
from callrouter.decide.words import LANDING_WORDS, PHASE_WORDS
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision, Reason, ReasonCode
from callrouter.vocabulary.numbers import NumberKind, UnknownNumber
from callrouter.vocabulary.plan import (
    Desk,
    Landing,
    Line,
    Mode,
    OnArrival,
    PhaseName,
    Plan,
    line_notice_key,
    platform_notice_key,
)
from callrouter.vocabulary.treatment import Connect, Release, Treatment

NUMBER_CHANGED: Final = 22
"""Q.850 cause of a release by plan: number changed; Asterisk sends 410."""


def decide(call: Call, plan: Plan, at: datetime) -> Decision:
    """What the plan does with the call at the instant `at`.

    Total: every call gets a decision. Raises ValueError if `at` is not zone-aware, which is a mistake in the
    program.
    """
    if at.tzinfo is None:
        raise ValueError("the instant of a decision must be zone-aware")
    called = call.called
    if isinstance(called, UnknownNumber):
        return _unknown(plan, at)
    match called.kind:
        case NumberKind.EMERGENCY:
            return _emergency(plan, at)
        case NumberKind.SHORT_CODE:
            if called.digits == plan.hotline_number:
                return _hotline(plan, at)
            line = plan.lines.get(called.digits)
            return _unknown(plan, at) if line is None else _on_line(line, plan, at)
        case NumberKind.MOBILE | NumberKind.LANDLINE:
            return _unknown(plan, at)
        case _:
            assert_never(called.kind)


def _emergency(plan: Plan, at: datetime) -> Decision:
    reason = _reason(
        ReasonCode.EMERGENCY_DIALLED,
        plan.emergency.place,
        "来电拨打的是紧急号码，立即接通人工 / an emergency number was dialled: straight to a person",
    )
    return _decision(plan, at, _at_desk(plan.emergency), (reason,))


def _hotline(plan: Plan, at: datetime) -> Decision:
    reason = _reason(
        ReasonCode.HOTLINE_DIALLED, plan.hotline.place, "来电拨打的是12345 / 12345 itself was dialled"
    )
    treatment = _at_desk(plan.hotline)
    return _decision(plan, at, treatment, (reason,), line=plan.hotline_number, mode=Mode.HOTLINE)


def _unknown(plan: Plan, at: datetime) -> Decision:
    reason = _reason(
        ReasonCode.NUMBER_NOT_IN_PLAN,
        plan.unknown_number.place,
        "被叫号码不在计划内 / the dialled number is in no plan",
    )
    return _decision(plan, at, _at_desk(plan.unknown_number), (reason,))


def _on_line(line: Line, plan: Plan, at: datetime) -> Decision:
    phase = phase_at(line.phases, at)
    notice = line_notice_key(phase.notice, line.number) if phase.notice else None
    treatment = _treatment(phase.on_arrival, plan.hotline.queue, notice, plan.hotline.priority)
    reasons = (
        _phase_reason(line.number, phase.name, phase.landing, phase.place),
        _reason(ReasonCode.LINE_IN_PLAN, line.place, line.name),
    )
    return _decision(plan, at, treatment, reasons, line=line.number, mode=line.mode, phase=phase.name)


def _at_desk(desk: Desk) -> Treatment:
    notice = platform_notice_key(desk.notice) if desk.notice else None
    return _treatment(OnArrival.CONNECT, desk.queue, notice, desk.priority)


# Treatments and reasons are the same values for every call in the same phase, so they are remembered: it
# halves the time of a decision. The arguments are all that they depend on.


@lru_cache(maxsize=4096)
def _treatment(on_arrival: OnArrival, queue: str, notice: str | None, priority: int) -> Treatment:
    match on_arrival:
        case OnArrival.CONNECT:
            return Connect(queue, notice, priority)
        case OnArrival.RELEASE:
            return Release(notice, NUMBER_CHANGED) if notice else Connect(queue, None, priority)
        case _:
            assert_never(on_arrival)


@lru_cache(maxsize=4096)
def _reason(code: ReasonCode, place: str, detail: str) -> Reason:
    return Reason(code, place, detail)


@lru_cache(maxsize=4096)
def _phase_reason(number: str, phase: PhaseName, landing: Landing, place: str) -> Reason:
    zh, en = LANDING_WORDS[landing]
    detail = f"{number}{PHASE_WORDS[phase]}，{zh} / {number} is in phase {phase}: {en}"
    return Reason(_landing_code(landing), place, detail)


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


def _decision(
    plan: Plan,
    at: datetime,
    treatment: Treatment,
    reasons: tuple[Reason, ...],
    *,
    line: str | None = None,
    mode: Mode | None = None,
    phase: PhaseName | None = None,
) -> Decision:
    return Decision(treatment, reasons, line, mode, phase, plan.jurisdiction, plan.version, plan.hash, at)
