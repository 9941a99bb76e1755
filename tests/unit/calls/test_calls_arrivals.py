"""The answer to a dip, and the same answer after a call."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
import structlog

from callrouter.asterisk_link.agi_dip import AgiRequest, RefusedFactsError
from callrouter.asterisk_link.arrival import FACTS
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE
from callrouter.calls.arrivals import ArrivalRefusedError, Decider
from callrouter.log import configure_logging
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.journal import Fallback
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import SurveyRule
from callrouter.vocabulary.reasons_told import RecordedReason, read
from callrouter.vocabulary.record import CallRecord, RecordedDecision
from callrouter.vocabulary.record_words import TerminalState
from tests.unit.decide.a_plan import PLAN, STOPPED, line

RELEASING = replace(PLAN, lines={**PLAN.lines, "12300": line("12300", STOPPED)})
MIDNIGHT = datetime(2021, 9, 30, 16, tzinfo=UTC)
"""12300 is cancelled: 1 October in Beijing."""
IN_FORCE = datetime(2022, 1, 5, 2, tzinfo=UTC)


@pytest.fixture
def told() -> list[Decision]:
    return []


@pytest.fixture
def decider(told: list[Decision]) -> Decider:
    return Decider(PLAN, told.append)


def dip(called: str, arrived: datetime, offset_s: int = 0, **changed: str) -> AgiRequest:
    facts = {
        "call_id": "node1-1795339777.2",
        "called": called,
        "caller": "13800138000",
        "presentation": "allowed_not_screened",
        "trunk": "carrier",
        "sip_call_id": "abc@127.0.0.2",
        "arrived_at": f"{arrived.timestamp():.6f}",
        "clock_offset": str(offset_s),
        "to": "",
        "diversion": "",
        "history_info": "",
        "context": "",
    }
    assert set(facts) == set(FACTS)
    return AgiRequest("arrival", facts | changed)


def record(called: str, arrived: datetime, offset_s: int = 0) -> CallRecord:
    """The record of a call that took the safe default."""
    return CallRecord(
        call_id="node1-1795339777.2",
        node="node1",
        rehearsal=offset_s != 0,
        arrived_at=arrived,
        arrived_at_rehearsal=arrived + timedelta(seconds=offset_s) if offset_s else None,
        accepted_at=None,
        called_raw=called,
        caller_raw="13800138000",
        presentation="allowed_not_screened",
        trunk="carrier",
        sip_call_id="abc@127.0.0.2",
        decision=None,
        fallback=Fallback.NO_VERDICT,
        decision_derived=False,
        announcements=(),
        queue_visits=(),
        legs=(),
        agent=None,
        talk_ms=0,
        voicemail=None,
        hangup_cause=16,
        hung_up_by=None,
        terminal_state=TerminalState.ABANDONED,
        ended_at=arrived,
        cel_ids=(),
        anomalies=(),
    )


def facts_in(verdict: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in verdict.split("|")[5].split("&"))
    return {key: unquote(value) for key, _, value in pairs}


def recorded(facts: dict[str, str], at: datetime) -> RecordedDecision:
    """What the record has of a verdict's facts, and of the arrival's instant."""
    known = {key: value or None for key, value in facts.items()}
    priority, stray = known.pop("priority", None), known.pop("stray")
    apart = ("priority", "stray", "decided_at", "reasons")
    reasons = read(RecordedReason(facts["reason"], facts["rule"]), facts["because"])
    names = {name: known.get(name) for name in RecordedDecision.__slots__ if name not in apart}
    return RecordedDecision(
        **names,
        priority=int(priority) if priority else None,
        stray=stray == "1",
        decided_at=at,
        reasons=reasons,
    )


def test_an_arrival_is_answered_with_the_one_variable(decider: Decider) -> None:
    answer = decider.answer(dip("12315", MIDNIGHT))
    assert answer.variable == VERDICT_VARIABLE
    assert answer.value.startswith("v1|connect|")
    assert facts_in(answer.value)["line"] == "12315"
    assert facts_in(answer.value)["plan_hash"] == PLAN.hash


def test_the_answer_says_whether_the_caller_is_asked_for_a_rating_by_the_plan_and_the_installation() -> None:
    rule = SurveyRule(True, ("12315",), (), "002:L43", "plan.yaml:9:1")
    asking = replace(PLAN, survey=rule)

    def flags(plan: Plan, called: str, *, asks: bool = True) -> str:
        decider = Decider(plan, lambda _: None, asks_for_ratings=asks)
        first, again = (decider.answer(dip(called, IN_FORCE)).value for _ in range(2))
        assert first == again
        return first.split("|")[6]

    assert flags(asking, "12345") == "survey"
    assert flags(asking, "12315") == ""
    assert flags(asking, "110") == "urgent"
    assert flags(asking, "12345", asks=False) == ""
    assert flags(PLAN, "12345") == ""


def test_the_plan_is_asked_about_the_instant_of_arrival_not_of_the_question(decider: Decider) -> None:
    before = decider.answer(dip("12300", MIDNIGHT - timedelta(microseconds=1)))
    after = decider.answer(dip("12300", MIDNIGHT))
    assert facts_in(before.value)["phase"] == "transition"
    assert facts_in(after.value)["phase"] == "ended"


def test_a_rehearsals_offset_moves_the_instant(decider: Decider) -> None:
    wall = datetime(2026, 11, 22, 9, tzinfo=UTC)
    offset_s = round((MIDNIGHT - wall).total_seconds())
    late = decider.answer(dip("12300", wall, offset_s))
    early = decider.answer(dip("12300", wall, offset_s - 1))
    assert (facts_in(early.value)["phase"], facts_in(late.value)["phase"]) == ("transition", "ended")


@pytest.mark.parametrize(
    "changed", [{"call_id": "x;y"}, {"trunk": "a b"}, {"arrived_at": "yesterday"}, {"clock_offset": "1.5"}]
)
def test_facts_that_our_dialplan_does_not_write_are_refused_and_not_quoted(
    decider: Decider, changed: dict[str, str]
) -> None:
    with pytest.raises(ArrivalRefusedError, match="malformed") as raised:
        decider.answer(dip("12315", MIDNIGHT, 0, **changed))
    assert next(iter(changed)) in str(raised.value)
    assert next(iter(changed.values())) not in str(raised.value)
    assert "13800" not in str(raised.value)


def test_a_missing_fact_is_refused(decider: Decider) -> None:
    request = dip("12315", MIDNIGHT)
    facts = {key: value for key, value in request.arguments.items() if key != "caller"}
    with pytest.raises(ArrivalRefusedError, match="caller: missing"):
        decider.answer(request._replace(arguments=facts))


@pytest.mark.parametrize(
    "called",
    [
        "12315",
        "12300",
        "12345",
        "028-12345",
        "110",
        "12366",
        "96128",
        "03552180099",
        "10086",
        "anonymous",
        "",
    ],
)
@pytest.mark.parametrize("offset_s", [0, -162_000_123])
@pytest.mark.parametrize("micros", [0, 1, 999_999])
def test_a_fallback_call_is_explained_as_it_would_have_been_answered(
    decider: Decider, called: str, offset_s: int, micros: int
) -> None:
    arrived = datetime(2026, 11, 22, 9, 0, 0, micros, tzinfo=UTC)
    answer = decider.answer(dip(called, arrived, offset_s))
    asked_about = arrived + timedelta(seconds=offset_s)
    assert decider.explain(record(called, arrived, offset_s)) == recorded(facts_in(answer.value), asked_about)


def test_a_released_calls_decision_is_recorded_without_queue_and_priority() -> None:
    explained = Decider(RELEASING, lambda _: None).explain(record("12300", MIDNIGHT))
    assert explained is not None
    assert (explained.treatment, explained.queue, explained.priority) == ("release", None, None)


def test_a_call_that_could_not_even_have_been_asked_about_is_not_explained(decider: Decider) -> None:
    assert decider.explain(replace(record("12315", MIDNIGHT), trunk=None)) is None
    assert decider.explain(replace(record("12315", MIDNIGHT), call_id="a b")) is None


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging("info", stream)
    yield stream
    configure_logging("warning")
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_every_decision_is_told_once_and_logged_without_the_caller(
    written: io.StringIO, told: list[Decision]
) -> None:
    decider = Decider(PLAN, told.append)
    decider.answer(dip("12315", IN_FORCE))
    decider.answer(dip("02886812110", IN_FORCE))
    decider.answer(dip("12315", IN_FORCE, 0, call_id="node1-1795339778.3"))
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["line"] for line in lines] == ["12315", None, "12315"]
    ids = ["node1-1795339777.2", "node1-1795339777.2", "node1-1795339778.3"]
    assert [line["call_id"] for line in lines] == ids
    assert {line["event"] for line in lines} == {"call_decided"}
    assert lines[0]["rule"] == "dialplans/invented/lines.yaml:12"
    assert "13800138000" not in written.getvalue()
    assert "86812110" not in written.getvalue()
    assert [decision.line for decision in told] == ["12315", None, "12315"]


def test_c15_a_call_that_should_not_have_come_is_warned_of_once_and_marked_each_time(
    written: io.StringIO, decider: Decider
) -> None:
    for call_id in ("node1-1.1", "node1-1.2"):
        decider.answer(dip("12300", MIDNIGHT, 0, call_id=call_id))
    decider.answer(dip("12315", IN_FORCE))
    lines = [json.loads(one) for one in written.getvalue().splitlines()]
    strays = [one for one in lines if one["event"] == "stray_call"]
    assert [one["call_id"] for one in strays] == ["node1-1.1"], "an ended number may be dialled for years"
    assert {(one["level"], one["line"], one["phase"], one["trunk"]) for one in strays} == {
        ("warning", "12300", "ended", "carrier")
    }
    assert all(one["remedy"] for one in strays)
    marked = {one["call_id"] for one in lines if one["event"] == "call_decided" and one.get("stray")}
    assert marked == {"node1-1.1", "node1-1.2"}
    assert "13800138000" not in written.getvalue()


def test_a_decision_made_up_after_the_call_is_not_counted_as_one_that_a_caller_got(
    written: io.StringIO, told: list[Decision]
) -> None:
    assert Decider(PLAN, told.append).explain(record("12300", MIDNIGHT))
    assert told == []
    assert written.getvalue() == ""


def test_one_answer_kept_for_a_ruling_is_the_answer_of_each_phase(decider: Decider) -> None:
    phases = [
        facts_in(decider.answer(dip("12300", at)).value)["phase"]
        for at in (MIDNIGHT - timedelta(seconds=1), MIDNIGHT, MIDNIGHT - timedelta(seconds=1), MIDNIGHT)
    ]
    assert phases == ["transition", "ended", "transition", "ended"]


def test_a_refused_arrival_says_what_was_wrong_in_words_that_a_log_may_hold(decider: Decider) -> None:
    with pytest.raises(RefusedFactsError, match=r"^trunk: malformed$"):
        decider.answer(dip("12315", MIDNIGHT, 0, trunk="carrier.sip"))
