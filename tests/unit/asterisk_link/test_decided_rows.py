"""The row of a decision, for all that the five plans can decide: res_cdrel_custom writes 1023 octets of a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callrouter.asterisk_link.verdict import verdict_of
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Decision
from callrouter.vocabulary.journal import CEL_COLUMNS, DecisionFact
from callrouter.vocabulary.numbers import UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan

PLANS = sorted(path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))
ROW = {
    "eventtype": "CR_DECIDED",
    "eventtime": "1795362102.171894",
    "uniqueid": "bootnameexample2-1795362102.1234567",
    "linkedid": "bootnameexample2-1795362102.1234567",
    "channame": f"PJSIP/{'x' * 31}-00000007",
    "context": "decided",
    "exten": "s",
    "appname": "CELGenUserEvent",
    "cidnum": "0" * 80,
    "peer": "",
}
"""What stands before the facts, each as long as it can be."""
LONGEST_FOUND_BY = max(FoundBy, key=len)
NOBODY = UnknownNumber("")


def row_of(plan: Plan, call: Call, decision: Decision) -> str:
    """The row as Asterisk writes it; no fact holds a quote."""
    facts = verdict_of(call, decision).split("|")[5]
    assert '"' not in facts
    columns = [*ROW.values(), f'{{""extra"":""{facts}""}}']
    assert len(columns) == len(CEL_COLUMNS), plan.jurisdiction
    return ",".join(f'"{column}"' for column in columns)


def decisions(plan: Plan) -> Iterator[tuple[Call, Decision]]:
    """Every number by every door, before and after whatever begins in the plan and in the middle of a night."""
    utilities = (number for utility in plan.utilities for number in utility.numbers)
    listed = list(plan.lists.numbers())[:3]
    numbers = [plan.hub.number, *plan.lines, *listed, *plan.emergencies, *utilities, "110", "zz"]
    areas = {"", *(area for platform in plan.platforms.values() for area in platform.areas)}
    starts = {phase.starts for line in plan.lines.values() for phase in line.schedule.phases if phase.starts}
    instants = sorted(
        {*starts, *(at + timedelta(hours=17) for at in starts), datetime(2016, 1, 1, tzinfo=UTC)}
    )
    for dialled in sorted({area + number for area in areas for number in numbers}):
        called = parse_number(dialled, plan.short_codes)
        for trunk in ("", *plan.trunks):
            for at in instants:
                call = Call("call-1", called, LONGEST_FOUND_BY, NOBODY, trunk, at)
                yield call, decide(call, plan, at)


@pytest.mark.parametrize("folder", PLANS, ids=lambda folder: folder.name)
def test_no_decision_of_a_plan_is_too_long_for_its_row_of_the_journal(folder: Path) -> None:
    plan = load_plan(folder)
    told = {decision.ruling: call for call, decision in decisions(plan)}
    rows = [row_of(plan, call, Decision(ruling, call.arrived_at)) for ruling, call in told.items()]
    assert len(rows) > 20
    longest = max(rows, key=len)
    assert len(longest) <= 1023, longest
    assert all(f"&{fact}=" in longest for fact in (DecisionFact.ENTRY, DecisionFact.AREA))


def test_there_are_five_plans() -> None:
    assert len(PLANS) == 5
