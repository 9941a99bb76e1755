"""Seats: branch centers (C23), expert seats (C18), rosters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plans.qingxi import found, text_at, told

TAX_HOURS = '    means: [three_way, ticket]\n    hours: {}\n    source: "900:L7"\n  - id: post\n'
OFFICE = """\
hours:
  - id: office
    stretches:
      - staffing: 7x24
      - starts: 2021-09-01T00:00:00+08:00
        staffing: weekly
        weekly:
          - {days: mon-fri, opens: "09:00", closes: "17:00"}
    why: 示例 / an example
centers:
"""
LATER = OFFICE.replace("staffing: 7x24", "staffing: unstated").replace(
    """weekly
        weekly:
          - {days: mon-fri, opens: "09:00", closes: "17:00"}
""",
    "7x24\n",
)
EXPERTS = """\
  - id: labour
    name: 人社专家座席
    spoken_name: 人社专家
    kind: expert
    platform: qingxi
    line: "12333"
    source: "900:L6"
"""
EXPERT_SEATS = '  - id: labour\n    seats: ["1003"]\n    why: 座席账号 / seats\n'
UNSTATED = (TAX_HOURS.format("always"), TAX_HOURS.format("always").replace("    hours: always\n", ""))
GIVEN = ("    peer: tax\n", "    peer: tax\n    hours: office\n")


def about_branches(findings: list[str]) -> list[str]:
    return [finding for finding in findings if "BRANCH" in finding or "HOURS" in finding]


def test_c23_a_branch_center_that_sleeps_where_7x24_is_demanded_branch_not_7x24(tmp_path: Path) -> None:
    findings = found(tmp_path, lines=[UNSTATED], operator=[GIVEN, ("centers:\n", OFFICE)])
    (asleep,) = [finding for finding in findings if finding.fault.code == "BRANCH_NOT_7X24"]
    assert told([asleep]) == ["operator.yaml error BRANCH_NOT_7X24 900:L7"]
    assert text_at(tmp_path, asleep) == "office"


def test_c23_a_branch_center_may_become_7x24_at_an_instant(tmp_path: Path) -> None:
    findings = told(found(tmp_path, lines=[UNSTATED], operator=[GIVEN, ("centers:\n", LATER)]))
    assert about_branches(findings) == []


@pytest.mark.parametrize(("overlay", "severity"), [(True, "error"), (False, "warning")])
def test_c23_hours_that_nobody_states_are_not_7x24(tmp_path: Path, overlay: bool, severity: str) -> None:
    findings = told(found(tmp_path, lines=[UNSTATED], overlay=overlay))
    assert about_branches(findings) == [
        "lines.yaml warning HOURS_UNSTATED 900:L7",
        f"lines.yaml {severity} BRANCH_NOT_7X24 900:L7",
    ] or about_branches(findings) == [
        f"lines.yaml {severity} BRANCH_NOT_7X24 900:L7",
        "lines.yaml warning HOURS_UNSTATED 900:L7",
    ]


@pytest.mark.parametrize("demanded", ["", '  - {mode: branch, announcement: "yes", source: "900:L7"}\n'])
def test_c23_where_no_document_demands_it_a_branch_center_may_sleep(tmp_path: Path, demanded: str) -> None:
    plan = [('  - {mode: branch, round_the_clock: "yes", source: "900:L7"}\n', demanded)]
    findings = told(found(tmp_path, plan=plan, lines=[UNSTATED], operator=[GIVEN, ("centers:\n", OFFICE)]))
    assert about_branches(findings) == []


def test_c21_a_branch_line_without_a_center_can_not_be_reached_branch_without_center(tmp_path: Path) -> None:
    lines = [('  - id: post\n    line: "12305"', '  - id: post\n    line: "12366"')]
    findings = found(tmp_path, lines=lines)
    (missing,) = [finding for finding in findings if finding.fault.code == "BRANCH_WITHOUT_CENTER"]
    assert told([missing]) == ["lines.yaml error BRANCH_WITHOUT_CENTER 900:L7"]
    assert text_at(tmp_path, missing) == 'number: "12305"'


def test_c19_a_department_that_keeps_its_seats_wants_a_center_too(tmp_path: Path) -> None:
    changes = [
        ("landing: platform\n        announcement: G02", "landing: department\n        announcement: G02")
    ]
    assert told(found(tmp_path, lines=changes)) == ["lines.yaml warning BRANCH_WITHOUT_CENTER 900:L6"]


def test_c18_expert_seats_that_the_document_demands_are_missing_expert_seats_missing(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, plan=[(EXPERTS, "")], operator=[(EXPERT_SEATS, "")])
    assert told([finding]) == ["lines.yaml error EXPERT_SEATS_MISSING 900:L6"]
    assert text_at(tmp_path, finding) == 'number: "12333"'


def test_c18_the_seats_of_another_line_do_not_count(tmp_path: Path) -> None:
    changes = [('    line: "12333"\n', '    line: "12300"\n')]
    assert told(found(tmp_path, plan=changes)) == ["lines.yaml error EXPERT_SEATS_MISSING 900:L6"]


def test_a_general_queue_that_is_served_here_has_seats_roster_empty(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, operator=[('    seats: ["1001", "1002"]\n', "    seats: []\n")])
    assert told([finding]) == ["operator.yaml error ROSTER_EMPTY 900:L3"]
    assert text_at(tmp_path, finding) == "[]"


def test_empty_expert_seats_are_only_a_warning_for_their_calls_overflow(tmp_path: Path) -> None:
    assert told(found(tmp_path, operator=[(EXPERT_SEATS, "")])) == ["plan.yaml warning ROSTER_EMPTY 900:L6"]
