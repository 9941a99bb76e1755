"""Journals that a real Asterisk 22.10.1 wrote, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.records.cel_csv import cut
from callrouter.records.fold import fold
from callrouter.vocabulary.record_words import Anomaly, HungUpBy, LegRole, TerminalState


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
