"""What a verdict says of a call beside line and queue comes back in its record."""

from __future__ import annotations

import pytest

from callrouter.vocabulary.record import CallRecord, RecordedDecision
from callrouter.vocabulary.record_words import Anomaly
from tests.unit.records.test_records_fold import (
    CALLER_CHANNEL,
    DECIDED,
    arrival,
    end,
    folded,
    hangup,
    user,
)


def record_of(**facts: str) -> tuple[CallRecord, RecordedDecision]:
    rows = [*arrival(), user(0.01, "CR_DECIDED", **(DECIDED | facts)), *hangup(5, CALLER_CHANNEL), *end(5)]
    record = folded(rows)
    assert record.decision is not None
    return record, record.decision


def test_landing_source_platform_announcement_and_tag_are_kept() -> None:
    said = {
        "landing": "external",
        "source": "emergency:110",
        "platform": "sichuan",
        "announcement": "M05",
        "tag": "mayor",
    }
    _, decision = record_of(stray="1", **said)
    assert {key: getattr(decision, key) for key in said} == said
    assert decision.stray is True


@pytest.mark.parametrize(("text", "stray"), [("1", True), ("0", False), ("", None)])
def test_c15_a_stray_call_is_one_in_its_record(text: str, stray: bool | None) -> None:
    record, decision = record_of(stray=text)
    assert decision.stray is stray
    assert Anomaly.UNREADABLE_FACT not in record.anomalies


def test_a_stray_that_is_neither_is_odd_and_left_out() -> None:
    record, decision = record_of(stray="yes")
    assert decision.stray is None
    assert Anomaly.UNREADABLE_FACT in record.anomalies


def test_a_journal_from_before_these_facts_is_read_as_ever() -> None:
    record, decision = record_of()
    assert (decision.landing, decision.stray, decision.tag) == (None, None, None)
    assert Anomaly.UNREADABLE_FACT not in record.anomalies
