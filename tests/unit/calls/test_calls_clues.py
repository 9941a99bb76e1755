"""A forwarded call is decided by the line that its caller dialled, and so is one that took the safe default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from callrouter.calls.arrivals import Decider
from callrouter.vocabulary.decision import Decision
from tests.unit.calls.test_calls_arrivals import dip, record
from tests.unit.decide.a_plan import PLAN

IN_FORCE = datetime(2022, 1, 5, 2, tzinfo=UTC)
PILOT = "02886110000"
DIVERTED = "<sip:12345@192.0.2.1>;reason=unconditional,<sip:12366@192.0.2.1>;reason=unconditional"


def test_the_verdict_says_what_named_the_line() -> None:
    told: list[Decision] = []
    decider = Decider(PLAN, told.append)
    calls: list[tuple[str, dict[str, str], str]] = [
        ("12366", {}, "request-uri"),
        (PILOT, {"diversion": DIVERTED}, "diversion"),
        (PILOT, {"history_info": "<sip:12366@h>;index=1"}, "history-info"),
        ("12366", {}, "request-uri"),
    ]
    for called, clues, found_by in calls:
        answer = decider.answer(dip(called, IN_FORCE, 0, **clues))
        assert "|line=12366&" in answer.value
        assert f"&found_by={found_by}&" in answer.value
    assert [decision.line for decision in told] == ["12366"] * 4


def test_the_same_is_explained_afterwards_from_the_record_alone() -> None:
    decider = Decider(PLAN, lambda _decision: None)
    forwarded = replace(record(PILOT, IN_FORCE), diversion_raw=DIVERTED, to_raw="<sip:12345@h>")
    explained = decider.explain(forwarded)
    assert explained is not None
    assert (explained.line, explained.found_by) == ("12366", "diversion")
    from_a_softphone = decider.explain(replace(forwarded, trunk="softphone"))
    assert from_a_softphone is not None
    assert (from_a_softphone.line, from_a_softphone.found_by) == (None, "request-uri")
