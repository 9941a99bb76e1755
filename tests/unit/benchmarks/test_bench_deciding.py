"""The large plans are as large as they say, and their numbers are numbers of theirs."""

from datetime import UTC, datetime

from benchmarks.deciding import PLAN, enlarged
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import UnknownNumber, parse_number


def test_an_enlarged_plan_decides_its_new_numbers_as_lines() -> None:
    plan = enlarged(load_plan(PLAN), 1000)
    assert len(plan.lines) == 1000
    added = list(plan.lines)[-1]
    called = parse_number(added, plan.short_codes)
    at = datetime.now(UTC)
    call = Call("node1-1.1", called, FoundBy.REQUEST_URI, UnknownNumber(""), "carrier", at)
    assert decide(call, plan, at).line == added
