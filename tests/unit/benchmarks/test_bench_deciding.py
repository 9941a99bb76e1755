"""The large plans are as large as they say, and their numbers are numbers of theirs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.deciding import enlarged, landline
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.invented_city import write_city


@pytest.fixture
def city(tmp_path: Path) -> Plan:
    return load_plan(write_city(tmp_path))


def test_an_enlarged_plan_decides_its_landlines_as_lines(city: Plan) -> None:
    plan = enlarged(city, 1000)
    assert len(plan.lists) == 1000
    at = datetime.now(UTC)
    for number in (landline(0), landline(999)):
        called = parse_number(number, plan.short_codes)
        call = Call("node1-1.1", called, FoundBy.REQUEST_URI, UnknownNumber(""), "carrier", at)
        assert decide(call, plan, at).line == number
    stranger = parse_number(landline(1000), plan.short_codes)
    call = Call("node1-1.1", stranger, FoundBy.REQUEST_URI, UnknownNumber(""), "carrier", at)
    assert decide(call, plan, at).line is None


def test_an_enlarged_plan_keeps_its_own_findings(city: Plan) -> None:
    assert enlarged(city, 10).kept is not city.kept
