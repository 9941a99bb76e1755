"""A decision in words, the same for CLI, console and record: Chinese first, English beside it."""

from __future__ import annotations

from typing import assert_never

from callrouter.decide.words import MODE_WORDS, PHASE_WORDS
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.treatment import Connect, Release, Treatment


def explain(decision: Decision) -> tuple[str, ...]:
    """What is done with the call, and why: one line each. Holds no caller's number."""
    return (
        _line(decision),
        _treatment(decision.treatment),
        *(f"依据 / because {reason.rule} [{reason.code}]: {reason.detail}" for reason in decision.reasons),
        f"计划 / plan: {decision.plan} {decision.plan_version} ({decision.plan_hash[:12]})",
        f"时刻 / at: {decision.decided_at.isoformat()}",
    )


def _line(decision: Decision) -> str:
    if decision.line is None:
        return "热线：不在计划内 / line: none of the plan's"
    zh, en = [decision.line], [decision.line]
    if decision.mode is not None:
        zh.append(MODE_WORDS[decision.mode])
        en.append(decision.mode)
    if decision.phase is not None:
        zh.append(PHASE_WORDS[decision.phase])
        en.append(decision.phase)
    return f"热线：{'，'.join(zh)} / line: {', '.join(en)}"


def _treatment(treatment: Treatment) -> str:
    match treatment:
        case Connect(queue=queue, notice=notice, priority=priority):
            zh, en = (f"先放提示 {notice}，", f"notice {notice}, then ") if notice else ("", "")
            return f"处理：{zh}接入队列 {queue}，优先级 {priority} / {en}queue {queue}, priority {priority}"
        case Release(notice=notice, cause=cause):
            return f"处理：放提示 {notice} 两遍后释放，原因 {cause} / notice {notice} twice, cause {cause}"
        case _:
            assert_never(treatment)
