"""Runs the table of `sichuan.yaml` through arrival and decision, as the arrival dip does."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from callrouter.asterisk_link.arrival import arrival
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.treatment import Connect

HERE = Path(__file__).parent
PLAN = load_plan(HERE.parents[1] / "dialplans" / "sichuan")
ROWS: list[list[str]] = yaml.load((HERE / "sichuan.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}@{row[1]}" for row in ROWS])
def test_scenario(row: list[str]) -> None:
    dialled, instant, line, mode, phase, reason, treatment, notice = row
    at = datetime.fromisoformat(instant)
    call = arrival(
        {
            "call_id": "scenario-1.1",
            "called": dialled,
            "caller": "13800138000",
            "presentation": "allowed_not_screened",
            "trunk": "carrier",
            "sip_call_id": "scenario@198.51.100.7",
            "arrived_at": f"{int(at.timestamp())}.{at.microsecond:06d}",
            "clock_offset": "0",
        },
        PLAN.short_codes,
    )
    assert isinstance(call, Call)
    assert call.arrived_at == at

    decision = decide(call, PLAN, call.arrived_at)

    assert isinstance(decision.treatment, Connect)
    connected = f"connect:{decision.treatment.queue}:{decision.treatment.priority}"
    assert [
        decision.line or "-",
        decision.mode or "-",
        decision.phase or "-",
        decision.reasons[0].code,
        connected,
        decision.treatment.notice or "-",
    ] == [line, mode, phase, reason, treatment, notice]
