"""Journals that a real Asterisk 22.10.1 wrote, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.records.cel_csv import cut
from callrouter.records.fold import fold
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, HungUpBy, LegRole, TerminalState


@pytest.mark.parametrize(
    ("name", "hung_up_by", "role", "talk_ms", "wait_ms", "status"),
    [
        ("caller_hung_up", HungUpBy.CALLER, LegRole.AGENT, 2499, 4, None),
        ("agent_hung_up", HungUpBy.AGENT, LegRole.AGENT, 1002, 512, "CONTINUE"),
        ("last_resort", HungUpBy.CALLER, LegRole.LAST_RESORT, 2501, 0, "JOINEMPTY"),
    ],
)
def test_a_real_call_is_understood(
    name: str, hung_up_by: HungUpBy, role: LegRole, talk_ms: int, wait_ms: int, status: str | None
) -> None:
    data = (Path(__file__).parent / f"asterisk_22_10_1_{name}.csv").read_bytes()
    found = cut(data)
    assert (found.unreadable, found.consumed) == (0, len(data))
    record = fold(found.rows, "node1")
    assert record is not None
    assert (record.terminal_state, record.hangup_cause) == (TerminalState.COMPLETED, 16)
    assert (record.hung_up_by, record.talk_ms, record.legs[1].role) == (hung_up_by, talk_ms, role)
    assert (record.queue_visits[0].wait_ms, record.queue_visits[0].status) == (wait_ms, status)
    assert record.agent == ("1001" if role is LegRole.AGENT else None)
    assert record.caller_raw == 'sipp, "x +中'
    assert record.anomalies == (Anomaly.NO_DECISION,)


def test_calls_that_asterisk_ended_when_it_was_stopped_were_interrupted() -> None:
    """One of them talked, one waited. SIGTERM: each channel is hung up, and nobody in the call did it."""
    data = (Path(__file__).parent / "asterisk_22_10_1_stopped_with_calls_up.csv").read_bytes()
    rows = cut(data).rows
    calls = sorted({row.linkedid for row in rows})
    records = [fold([row for row in rows if row.linkedid == call], "node1") for call in calls]
    assert [
        (record.terminal_state, record.closed_by, record.hung_up_by, record.talk_ms)
        for record in records
        if record is not None
    ] == [
        (TerminalState.INTERRUPTED, ClosedBy.END, None, 497),
        (TerminalState.INTERRUPTED, ClosedBy.END, None, 0),
    ]
