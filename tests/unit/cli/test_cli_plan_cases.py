"""`callrouter plan cases`: every shipped plan at once, and when it fails."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import run

DIALPLANS = str(PROJECT_ROOT / "dialplans")


def test_the_five_plans_are_tried_whole() -> None:
    ran = run("plan", "cases", DIALPLANS, "--fail-under", "100")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert len(lines) == 5
    assert all(line.endswith("(100.0 %)") for line in lines)


@pytest.fixture
def changzhi(tmp_path: Path) -> Path:
    shutil.copytree(DIALPLANS, tmp_path / "dialplans")
    return tmp_path / "dialplans" / "changzhi"


def test_too_little_tried_fails_only_where_that_is_asked_for(changzhi: Path) -> None:
    (changzhi / "changzhi.cases.yaml").write_text("cases: []\n...\n", encoding="utf-8")
    assert run("plan", "cases", str(changzhi)).code == 0
    ran = run("plan", "cases", str(changzhi), "--fail-under", "1")
    assert ran.code == 1
    assert "没有案例用到 / no case tries it" in ran.out


def test_a_case_that_is_otherwise_fails_and_says_what_the_plan_says(changzhi: Path) -> None:
    says = 'why: test, says: {treatment: "dial:police:0"}'
    case = f'  - {{dialled: "110", at: 2022-01-01T12:00:00+08:00, {says}}}'
    (changzhi / "changzhi.cases.yaml").write_text(f"cases:\n{case}\n...\n", encoding="utf-8")
    ran = run("plan", "cases", str(changzhi))
    assert ran.code == 1
    assert "changzhi.cases.yaml:2" in ran.out
    assert "案例说 / the case says dial:police:0，计划是 / the plan says queue:hotline:20" in ran.out
    told = json.loads(run("plan", "cases", str(changzhi), "--json").out)
    assert [one["found"] for one in told["otherwise"]] == ["queue:hotline:20"]
    assert told["percent"] < 20


def test_what_can_not_be_read_is_told(changzhi: Path) -> None:
    (changzhi / "changzhi.cases.yaml").write_text("cases: [\n", encoding="utf-8")
    ran = run("plan", "cases", str(changzhi))
    assert ran.code == 2
    assert "changzhi.cases.yaml" in ran.err
    assert run("plan", "cases", "nowhere").code == 2
