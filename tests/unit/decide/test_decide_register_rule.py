"""By when a message is passed on is part of the ruling, for the platforms of the plan's own document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.vocabulary.policy import RegisterRule
from tests.unit.decide.a_plan import PLAN, decided

RULE = RegisterRule(until=18 * 60, next_day=10 * 60, source="001:L54", place="plan.yaml:9:1")
RULED = replace(PLAN, register_by=RULE)


@pytest.mark.parametrize("dialled", ["12345", "12315", "110", "1"])
def test_whatever_was_dialled_the_ruling_tells_the_platforms_rule(dialled: str) -> None:
    assert decided(dialled, plan=RULED).ruling.register_rule == "18:00/10:00"


def test_where_nobody_has_said_it_tells_none() -> None:
    assert decided("12345").ruling.register_rule is None


def test_a_platform_that_the_operator_added_is_not_bound_by_the_document() -> None:
    added = {name: replace(platform, illustrative=True) for name, platform in PLAN.platforms.items()}
    assert decided("12345", plan=replace(RULED, platforms=added)).ruling.register_rule is None
