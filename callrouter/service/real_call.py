"""A real call as a test: what Asterisk wrote down, with other numbers, and what came of it.

Rules:
- The rows are the call's own, in order, with their instants; people have pseudonyms (`pseudonyms`), and what an agent
  noted is left out.
- What is expected is what the record of the real call says: its decision, and the parts of its outcome that follow
  from the rows alone. A file's hash, say, does not.
- With other numbers the same must come of it: of the rows by folding, of the decision by asking the plan of today.
  Where either says otherwise, there is no test but an error.
- `tests/scenarios/recorded_calls` is where such files go: each is run by `make check`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import yaml

from callrouter.calls.arrivals import Decider
from callrouter.decide.route import decide
from callrouter.records.bodies import record_body
from callrouter.records.fold import fold
from callrouter.service.pseudonyms import Pseudonyms
from callrouter.service.stored_call import StoredCall, StoredJournal
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.cel import CelRow, extra_of, facts_of
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import ClosedBy

FORMAT: Final = 1
_HEADERS: Final = ("to", "diversion", "history_info", "context")
_DECISION: Final = (
    *("line", "mode", "phase", "reason", "found_by", "treatment", "notice", "queue", "priority", "landing"),
    *("stray", "source", "platform", "announcement", "tag", "entry", "area"),
)
"""Without the plan's version, hash and line numbers: they change with every edit of the plan."""
_PLAIN: Final = (
    *("terminal_state", "closed_by", "fallback", "called_raw", "called", "agent", "waited_ms", "talk_ms"),
    *("answered_within_15_s", "hung_up_by", "hangup_cause", "platform_path"),
)
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "legs": ("role", "endpoint", "hangup_cause", "talk_ms"),
    "queue_visits": ("queue", "wait_ms", "status", "agent"),
    "announcements": ("key",),
    "transfers": ("kind", "target", "outcome", "cause"),
}
_WRITTEN_BY_AGENTS: Final[Mapping[str, str]] = {"text": "a note", "number": "A-1"}
_DESK: Final = JournalEvent.DESK.value
_NOT_FROM_ROWS: Final = frozenset({"not_explained", "recording_missing"})
"""Anomalies that are found after folding."""


class ScenarioError(Exception):
    """The call cannot become a test; the text says why, without quoting it."""


def scenario_of(call: StoredCall, plan: Plan, plan_folder: str) -> str:
    """Write a call as a test, in YAML. Raises ScenarioError."""
    journal = call.journal
    if not journal.cel:
        raise ScenarioError(
            "这个通话的原始行已清理，不能变成测试 / the journal's rows of this call were pruned"
            " (records.keep_rows_days): it cannot become a test"
        )
    people = _people_of(journal, plan, datetime.fromisoformat(call.record["arrived_at"]))
    rows = [_with_pseudonyms(row, people) for row in journal.cel]
    queue = [_queue_with_pseudonyms(row, people) for row in journal.queue]
    closed_by = ClosedBy(call.record["closed_by"])
    again = fold(rows, call.node, queue, closed_by=closed_by)
    expected = json.loads(people.in_text(json.dumps(outcome_of(call.record), ensure_ascii=False)))
    if again is None or outcome_of(as_json(again)) != expected:
        raise ScenarioError(
            "换号后还原出的结果与记录不同，不能变成测试 / with other numbers the rows no longer give this record:"
            " it cannot become a test; the record is of another version, or depends on the number itself"
        )
    decision = decision_of(call.record["decision"])
    decided = replace(again, decision=Decider(plan, lambda _decision: None).explain(again))
    if decision is not None and decision_of(as_json(decided)["decision"]) != decision:
        raise ScenarioError(
            "今天的计划对这个通话的判定与当时不同，不能变成测试 / the plan of today decides this call otherwise"
            " than it was decided: it cannot become a test; name settings with the plan of that day by --config"
        )
    text = yaml.safe_dump(
        {
            "scenario": FORMAT,
            "plan": plan_folder,
            "node": call.node,
            "closed_by": closed_by.value,
            "rows": [_fields(row) for row in rows],
            "queue_log": [[row.at_s, *row[1:5], *row.data] for row in queue],
            "decision": decision,
            "record": expected,
        },
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=1_000_000,
    )
    if people.survivors(text):
        raise ScenarioError(
            "换号不彻底，未导出 / something of the caller would have been left in it: nothing was written"
        )
    return f"# 真实通话，号码已替换 / A real call, with other numbers. Made by `callrouter records export`.\n{text}"


def outcome_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Of a record in its JSON form, what follows from the rows alone."""
    parts = {
        name: [{key: part[key] for key in keys} for part in record[name]] for name, keys in _PARTS.items()
    }
    voicemail = record["voicemail"]
    return {
        **{key: record[key] for key in _PLAIN},
        **parts,
        "voicemail": voicemail and voicemail["status"],
        "survey": record["survey"] and record["survey"]["grade"],
        "anomalies": [each for each in record["anomalies"] if each not in _NOT_FROM_ROWS],
    }


def decision_of(decision: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Of a decision in its JSON form, what does not change with every edit of the plan."""
    return None if decision is None else {key: decision[key] for key in _DECISION}


def as_json(record: CallRecord) -> dict[str, Any]:
    """A record in its JSON form, as the database has it."""
    value: dict[str, Any] = json.loads(record_body(record))
    return value


def _people_of(journal: StoredJournal, plan: Plan, at: datetime) -> Pseudonyms:
    people = Pseudonyms(lambda number: _is_public(number, plan, at))
    for row in journal.cel:
        facts = facts_of(row)
        people.sip_id(facts.get("sip_call_id", ""))
        people.person(facts.get("caller", ""))
        if row.caller_number != row.exten:
            people.person(row.caller_number)
        for name in _HEADERS:
            people.header(facts.get(name, ""))
    return people


def _is_public(number: str, plan: Plan, at: datetime) -> bool:
    """Whether the plan knows the number: what is dialled by everybody is nobody's own."""
    called = parse_number(number, plan.short_codes)
    caller = parse_number("", plan.short_codes)
    return decide(Call("x", called, FoundBy.REQUEST_URI, caller, "", at), plan, at).ruling.line is not None


def _with_pseudonyms(row: CelRow, people: Pseudonyms) -> CelRow:
    columns = [people.in_text(value) if isinstance(value, str) else value for value in row]
    return CelRow._make(columns)._replace(extra=_extra(row, people))


def _extra(row: CelRow, people: Pseudonyms) -> str:
    facts = facts_of(row)
    if not facts:
        return people.in_text(row.extra)
    said = {
        key: people.in_header(value) if key in _HEADERS else people.in_text(value)
        for key, value in facts.items()
    }
    if row.event == _DESK:
        said |= {key: said_instead for key, said_instead in _WRITTEN_BY_AGENTS.items() if key in said}
    if said == facts:
        return row.extra
    text = "&".join(f"{key}={quote(value, safe='')}" for key, value in said.items())
    return json.dumps({**extra_of(row), "extra": text}, separators=(",", ":"), ensure_ascii=False)


def _queue_with_pseudonyms(row: QueueRow, people: Pseudonyms) -> QueueRow:
    return row._replace(
        member=people.in_text(row.member), data=tuple(people.in_text(value) for value in row.data)
    )


def _fields(row: CelRow) -> Sequence[str]:
    """The row as the journal's file has it."""
    return [row.event, f"{row.at_us // 1_000_000}.{row.at_us % 1_000_000:06d}", *row[2:]]
