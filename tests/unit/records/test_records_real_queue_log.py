"""What a real Asterisk 22.10.1 wrote of a call into journal and queue log, byte for byte, makes one record."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.records.cel_csv import cut
from callrouter.records.fold import fold
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import LegRole, TerminalState


def real_rows(name: str) -> tuple[list[CelRow], list[QueueRow]]:
    """The rows of a call; every octet of its two samples is understood."""
    sample = Path(__file__).parent / f"asterisk_22_10_1_{name}"
    journal, queue_log = sample.with_suffix(".csv").read_bytes(), b""
    if sample.with_suffix(".queue_log").exists():
        queue_log = sample.with_suffix(".queue_log").read_bytes()
    rows, queue = cut(journal), cut_queue_log(queue_log)
    assert (rows.unreadable, rows.consumed) == (0, len(journal))
    assert (queue.unreadable, queue.consumed) == (0, len(queue_log))
    return list(rows.rows), list(queue.rows)


def real_call(name: str) -> CallRecord:
    """The record of a call in which nothing is odd."""
    rows, queue = real_rows(name)
    record = fold(rows, "node1", queue)
    assert record is not None
    assert record.anomalies == ()
    return record


@pytest.mark.parametrize(
    ("name", "terminal_state", "tries"),
    [
        ("decided_and_answered", TerminalState.COMPLETED, [("1001", True)]),
        ("ring_no_answer_then_answered", TerminalState.COMPLETED, [("1001", False), ("1002", True)]),
        ("abandoned_while_ringing", TerminalState.ABANDONED, [("1001", False)]),
        ("join_empty", TerminalState.ABANDONED, []),
        ("duty_phone", TerminalState.COMPLETED, []),
    ],
)
def test_the_seats_that_were_rung_are_told_in_their_order(
    name: str, terminal_state: TerminalState, tries: list[tuple[str, bool]]
) -> None:
    record = real_call(name)
    assert record.terminal_state is terminal_state
    (visit,) = record.queue_visits
    assert [(one.seat, one.answered) for one in visit.tries] == tries


@pytest.mark.parametrize(
    ("name", "role", "sip_call_ids"),
    [
        ("decided_and_answered", LegRole.AGENT, ["9edab6b5-d3b3-49a4-b4e6-607a70ebd7cb"]),
        (
            "ring_no_answer_then_answered",
            LegRole.AGENT,
            ["ebc05469-357e-4bb2-a01f-02851c866955", "525b2f68-9c69-4f1d-bd3e-5a9d0d74b2f4"],
        ),
        ("duty_phone", LegRole.LAST_RESORT, ["30efd27c-0f15-4d24-9d41-d9df95b1acf8"]),
    ],
)
def test_each_leg_to_a_party_is_found_in_the_other_sides_log_by_its_call_id(
    name: str, role: LegRole, sip_call_ids: list[str]
) -> None:
    _, *legs = real_call(name).legs
    assert [(leg.role, leg.sip_call_id) for leg in legs] == [(role, call_id) for call_id in sip_call_ids]


def test_a_decision_tells_where_the_call_came_in() -> None:
    decision = real_call("decided_and_answered").decision
    assert decision is not None
    assert (decision.entry, decision.platform, decision.area) == ("sichuan", "sichuan", None)
