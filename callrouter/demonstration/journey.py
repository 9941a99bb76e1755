"""A call's journey in words, from what Asterisk writes down while it happens.

Rules:
- One journal row gives at most one line, Chinese first; rows a person would not miss give none.
- Numbers of people are masked, and nothing that a caller wrote can steer the reader's terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from callrouter.decide.words import MODE_WORDS, PHASE_WORDS
from callrouter.log import mask_number
from callrouter.vocabulary.cel import CelEvent, CelRow, facts_of
from callrouter.vocabulary.journal import DecisionFact, Fallback, JournalEvent
from callrouter.vocabulary.migration import Mode, PhaseName


def describe(row: CelRow) -> str | None:
    """Return the line for a journal row, or None."""
    describer = _DESCRIBERS.get(row.event)
    return describer(row, facts_of(row)) if describer else None


def _arrived(_row: CelRow, facts: Mapping[str, str]) -> str:
    caller = mask_number(facts.get("caller", ""))
    called = "".join(sign if sign.isprintable() else "?" for sign in facts.get("called", ""))
    return f"来电 arrived: {called} dialled by {caller} through {facts.get('trunk')}"


def _decided(_row: CelRow, facts: Mapping[str, str]) -> str:
    fallback = facts.get("fallback")
    if fallback == Fallback.PLAN_FOLLOWED:
        line = facts.get(DecisionFact.LINE) or "-"
        return f"兜底 fallback: 控制器未应答，按编好的计划接续 ({fallback}); line {line}"
    if fallback:
        why = "控制器未应答" if fallback == Fallback.NO_VERDICT else "控制器应答无法识别"
        return f"兜底 fallback: {why} ({fallback}); the general queue without a notice"
    line = facts.get(DecisionFact.LINE) or "计划外号码 number in no plan"
    words = [f"line {line}"]
    if mode := facts.get(DecisionFact.MODE):
        words.append(f"{MODE_WORDS[Mode(mode)]} {mode}")
    if phase := facts.get(DecisionFact.PHASE):
        words.append(f"{PHASE_WORDS[PhaseName(phase)]} {phase}")
    return f"判定 decided: {' · '.join([*words, facts.get(DecisionFact.RULE, '')])}"


def _notice(_row: CelRow, facts: Mapping[str, str]) -> str | None:
    if facts.get("state") == "scheduled":
        seconds = (int(facts["ends_ms"]) - int(facts["starts_ms"])) / 1000
        return f"播报 announcement {facts.get('key')}: {seconds:.1f} s，座席同时振铃 while the seats ring"
    state = {"started": "开始 starts", "finished": "播完 played", "failed": "未能播放 FAILED"}
    return f"播报 announcement {facts.get('key')}: {state.get(facts.get('state', ''), '')}"


def _queue(_row: CelRow, facts: Mapping[str, str]) -> str:
    if facts.get("state") == "entered":
        return f"排队 queue: {facts.get('queue')}"
    return f"离队 left the queue: {facts.get('status')}"


def _last_resort(_row: CelRow, facts: Mapping[str, str]) -> str:
    return f"值班电话 duty phone: {facts.get('state')} {facts.get('status', '')}".rstrip()


def _voicemail(_row: CelRow, facts: Mapping[str, str]) -> str:
    return f"留言 voicemail: {facts.get('state')} {facts.get('status', '')}".rstrip()


def _leg_started(row: CelRow, _facts: Mapping[str, str]) -> str | None:
    return None if _is_no_party(row) else f"振铃 ringing: {_endpoint(row)}"


def _leg_answered(row: CelRow, _facts: Mapping[str, str]) -> str | None:
    return None if _is_no_party(row) else f"接听 picked up: {_endpoint(row)}"


def _talking(row: CelRow, _facts: Mapping[str, str]) -> str | None:
    return "通话 talking" if row.uniqueid == row.linkedid else None


def _hung_up(row: CelRow, _facts: Mapping[str, str]) -> str | None:
    return "挂机 hang-up" if row.uniqueid == row.linkedid else None


def _is_no_party(row: CelRow) -> bool:
    return row.uniqueid == row.linkedid or row.channel.startswith("Local/")


def _endpoint(row: CelRow) -> str:
    return row.channel.rpartition("-")[0]


_DESCRIBERS: Mapping[str, Callable[[CelRow, Mapping[str, str]], str | None]] = {
    JournalEvent.ARRIVED: _arrived,
    JournalEvent.DECIDED: _decided,
    JournalEvent.NOTICE: _notice,
    JournalEvent.QUEUE: _queue,
    JournalEvent.LAST_RESORT: _last_resort,
    JournalEvent.VOICEMAIL: _voicemail,
    CelEvent.CHAN_START: _leg_started,
    CelEvent.ANSWER: _leg_answered,
    CelEvent.BRIDGE_ENTER: _talking,
    CelEvent.HANGUP: _hung_up,
}
