"""A decision in words: the same for CLI, console and record."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from callrouter.decide.after_call import is_surveyed
from callrouter.decide.transfers import Transfer, transfers_of
from callrouter.decide.words import (
    LANDING_WORDS,
    MEANS_WORDS,
    MODE_WORDS,
    NUMBER_FATE_WORDS,
    PHASE_WORDS,
    SEAT_FATE_WORDS,
)
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.decision import Decision, Reason, Ruling
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.treatment import (
    Ask,
    Connect,
    Dial,
    Guide,
    Release,
    TakeMessage,
    Treatment,
    treatment_word,
)


class Language(StrEnum):
    """In which language people are told."""

    BOTH = "both"
    """Chinese / English."""
    CHINESE = "zh"
    ENGLISH = "en"


def explain(
    decision: Decision,
    language: Language = Language.BOTH,
    *,
    announcement_text: str | None = None,
    transfers: tuple[Transfer, ...] = (),
    survey: bool = False,
) -> tuple[str, ...]:
    """What is done with the call, and why: one line each. Holds no caller's number.

    `survey`: whether the caller is asked for a rating after a talk.
    """
    ruling = decision.ruling
    told = [_line(ruling), _landing(ruling), _treatment(ruling)]
    if ruling.next_phase is not None:
        told.append(_next_phase(ruling))
    if ruling.stray:
        told.append(
            ("注意：按计划不应收到此来电，已标记并告警", "stray: by plan this call should not have come")
        )
    if ruling.announcement is not None and announcement_text:
        told.append(
            (f"提示音：{ruling.announcement} {announcement_text}", f"announcement: {ruling.announcement}")
        )
    if survey:
        told.append(("通话后：请来电人评价", "after the talk: the caller is asked for a rating"))
    told += [_transfer(transfer) for transfer in transfers]
    told += [_reason(reason) for reason in ruling.reasons]
    told += [
        (
            f"计划：{ruling.plan} {ruling.plan_version}（{ruling.plan_hash[:12]}）",
            f"plan: {ruling.plan} {ruling.plan_version} ({ruling.plan_hash[:12]})",
        ),
        (f"时刻：{decision.decided_at.isoformat()}", f"at: {decision.decided_at.isoformat()}"),
    ]
    return tuple(_in(language, *line) for line in told)


def explanation(
    decision: Decision, call: Call, plan: Plan, at: datetime, text: str | None
) -> dict[str, object]:
    """The decision as JSON values, in the order of the explain contract; `text`: the announcement's words."""
    ruling, treatment = decision.ruling, decision.treatment
    released = isinstance(treatment, Release)
    return {
        "plan": ruling.plan,
        "plan_hash": ruling.plan_hash,
        "at": at.isoformat(),
        "line": ruling.line,
        "name": ruling.name,
        "mode": _value(ruling.mode),
        "number_fate": _value(ruling.number_fate),
        "seat_fate": _value(ruling.seat_fate),
        "phase": _value(ruling.phase),
        "next_phase": _value(ruling.next_phase),
        "landing": _value(ruling.landing),
        "treatment": treatment_word(treatment),
        "stray": ruling.stray,
        "source": ruling.source,
        "platform": ruling.platform,
        "queue": None if released else _queue(treatment),
        "priority": None if released else _priority(treatment),
        "expert_seats": ruling.expert_seats,
        "announcement": ruling.announcement,
        "announcement_text": text,
        "transfers": [
            {"target": transfer.target, "means": transfer.means.value, "open": transfer.open}
            for transfer in transfers_of(ruling, call, plan, at)
        ],
        "found_by": call.found_by.value,
        "reasons": [
            {"code": reason.code.value, "at": reason.rule, "text": reason.detail} for reason in ruling.reasons
        ],
        "next_phase_starts": ruling.next_phase_starts.isoformat() if ruling.next_phase_starts else None,
        "tag": ruling.tag,
        "peer": treatment.peer if isinstance(treatment, Dial) else None,
        "survey": is_surveyed(ruling, plan),
    }


def _value(word: StrEnum | None) -> str | None:
    return None if word is None else word.value


def _queue(treatment: Treatment) -> str | None:
    return None if isinstance(treatment, Release) else treatment.queue


def _priority(treatment: Treatment) -> int | None:
    return None if isinstance(treatment, Release) else treatment.priority


def _in(language: Language, zh: str, en: str) -> str:
    match language:
        case Language.CHINESE:
            return zh
        case Language.ENGLISH:
            return en
        case Language.BOTH:
            return zh if zh == en else f"{zh} / {en}"
        case _:
            assert_never(language)


def _line(ruling: Ruling) -> tuple[str, str]:
    if ruling.line is None:
        return "热线：不在计划内", "line: none of the plan's"
    zh, en = [ruling.line, MODE_WORDS[ruling.mode]], [ruling.line, ruling.mode.value]
    if ruling.name is not None:
        zh.insert(1, ruling.name)
    if ruling.phase is not None:
        zh.append(PHASE_WORDS[ruling.phase])
        en.append(ruling.phase)
    if ruling.number_fate is not None:
        zh.append(NUMBER_FATE_WORDS[ruling.number_fate])
        en.append(f"number {ruling.number_fate}")
    if ruling.seat_fate is not None:
        zh.append(SEAT_FATE_WORDS[ruling.seat_fate])
        en.append(f"seats {ruling.seat_fate}")
    if ruling.tag is not None:
        zh.append(f"标记 {ruling.tag}")
        en.append(f"tag {ruling.tag}")
    return f"热线：{'，'.join(zh)}", f"line: {', '.join(en)}"


def _landing(ruling: Ruling) -> tuple[str, str]:
    zh, en = LANDING_WORDS[ruling.landing]
    source = ("", "") if ruling.source is None else (f"，由 {ruling.source} 转来", f", from {ruling.source}")
    entry = ("", "")
    if ruling.entry != ruling.platform:
        entry = (f"（来电进入 {ruling.entry}）", f" (came in at {ruling.entry})")
    return (
        f"落地：{zh}；平台 {ruling.platform}{entry[0]}{source[0]}",
        f"landing: {en}; platform {ruling.platform}{entry[1]}{source[1]}",
    )


def _next_phase(ruling: Ruling) -> tuple[str, str]:
    phase, starts = ruling.next_phase, ruling.next_phase_starts
    assert phase is not None
    zh = f"自 {starts.isoformat()}" if starts else "时间待定"
    en = f"from {starts.isoformat()}" if starts else "no instant given yet"
    return f"下一阶段：{PHASE_WORDS[phase]}，{zh}", f"next phase: {phase}, {en}"


def _treatment(ruling: Ruling) -> tuple[str, str]:
    match ruling.treatment:
        case Connect(queue=queue, notice=notice, priority=priority):
            zh, en = _first(notice)
            return f"处理：{zh}接入队列 {queue}，优先级 {priority}", f"{en}queue {queue}, priority {priority}"
        case Dial(peer=peer, notice=notice, queue=queue):
            zh, en = _first(notice)
            return f"处理：{zh}呼叫 {peer}，不成则接入队列 {queue}", f"{en}dial {peer}, else queue {queue}"
        case TakeMessage(notice=notice, queue=queue):
            zh, en = _first(notice)
            return (
                f"处理：{zh}留言；队列 {queue} 有人则先接",
                f"{en}voicemail, unless queue {queue} has agents",
            )
        case Guide(notice=notice, queue=queue):
            zh, en = _first(notice)
            return f"处理：{zh}不挂机则接入队列 {queue}", f"{en}guide, then queue {queue} for who stays"
        case Ask(menu=menu, notice=notice, queue=queue, priority=priority):
            zh, en = _first(notice)
            return (
                f"处理：先放菜单 {menu}，{zh}接入所选队列，未选则接入队列 {queue}，优先级 {priority}",
                f"menu {menu}, then {en}the chosen queue, else queue {queue}, priority {priority}",
            )
        case Release(notice=notice, cause=cause):
            return f"处理：放提示 {notice} 两遍后释放，原因 {cause}", f"notice {notice} twice, cause {cause}"
        case _:
            assert_never(ruling.treatment)


def _first(notice: str | None) -> tuple[str, str]:
    return (f"先放提示 {notice}，", f"notice {notice}, then ") if notice else ("", "")


def _transfer(transfer: Transfer) -> tuple[str, str]:
    zh, en = MEANS_WORDS[transfer.means]
    because_zh, because_en = _halves(transfer.reason)
    return (
        f"可转：{transfer.name}（{transfer.target}），{zh}，{'可用' if transfer.open else '不可用'}：{because_zh}",
        f"transfer: {transfer.target}, {en}, {'open' if transfer.open else 'closed'}: {because_en}",
    )


def _reason(reason: Reason) -> tuple[str, str]:
    zh, en = _halves(reason.detail)
    return f"依据 {reason.rule} [{reason.code}]：{zh}", f"because {reason.rule} [{reason.code}]: {en}"


def _halves(text: str) -> tuple[str, str]:
    """The Chinese and the English half; a text in one language is both."""
    zh, slash, en = text.partition(" / ")
    return (zh, en) if slash else (text, text)
