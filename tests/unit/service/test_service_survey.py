"""What Asterisk is told of ratings before it starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.plans.load import load_plan
from callrouter.service.for_asterisk import of_the_plan
from callrouter.settings import PROJECT_ROOT, Settings
from tests.unit.decide.a_plan import NOW


@pytest.mark.parametrize(("name", "queues"), [("hainan", ("minors",)), ("sichuan", ())])
def test_the_dialplan_knows_after_which_queues_nobody_is_asked(name: str, queues: tuple[str, ...]) -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / name)
    assert of_the_plan(Settings(), plan, at=NOW).unsurveyed == queues
    assert of_the_plan(Settings(), replace(plan, survey=None), at=NOW).unsurveyed == ()
