"""Broken plans of an invented city: each gives exactly the codes at exactly the places that stand in expected.txt."""

from __future__ import annotations

import re

import pytest

from callrouter.plans.check import check
from callrouter.plans.findings import Finding, Severity
from callrouter.plans.load import load
from tests.unit.plans.qingxi import AT, BROKEN, CATALOGUE

SOUND = "sound"
NAMES = sorted(path.parent.name for path in BROKEN.glob("*/plan.yaml"))


def findings(name: str) -> tuple[Finding, ...]:
    return check(load(BROKEN / name), AT, CATALOGUE, None)


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_gives_exactly_the_findings_that_are_expected_of_it(name: str) -> None:
    found = [
        f"{finding.file}:{finding.line}:{finding.column} {finding.fault.severity} {finding.fault.code}"
        for finding in findings(name)
    ]
    expected = (BROKEN / name / "expected.txt").read_text("utf-8").splitlines()
    assert found == expected


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_says_what_is_wrong_in_two_languages_and_what_to_do(name: str) -> None:
    for finding in findings(name):
        fault = finding.fault
        assert re.search(r"[\u4e00-\u9fff]", fault.zh), str(finding)
        assert re.search(r"[a-z]{2}", fault.en), str(finding)
        assert re.search(r"[\u4e00-\u9fff].* / .*[a-z]", fault.fix), str(finding)


def test_each_of_at_least_ten_plans_has_errors_and_the_sound_one_has_none() -> None:
    broken = [name for name in NAMES if any(finding.is_error for finding in findings(name))]
    assert len(broken) >= 10
    assert [name for name in NAMES if name not in broken] == [SOUND]
    assert {finding.fault.severity for finding in findings(SOUND)} == {Severity.NOTE}
