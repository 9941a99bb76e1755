"""Deadlines (C3), open phases (C4), and instants in another offset than the plan's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from callrouter.plans.check import check
from callrouter.plans.findings import Finding
from tests.unit.plans.qingxi import AT, CATALOGUE, CHINA, Changes, found, qingxi, text_at, told

GIVEN = """\
instants:
  - schedule: absorbed
    phase: in_force
    starts: 2021-10-20T00:00:00+08:00
    why: 文件没有给出时刻 / the document gives no instant
"""
NOT_GIVEN: Changes = [(GIVEN, "")]
DUE_IS_OVER = datetime(2021, 11, 1, tzinfo=CHINA)


def all_of(
    folder: Path, code: str, at: datetime, operator: Changes = (), lines: Changes = ()
) -> list[Finding]:
    findings = check(qingxi(folder, operator=operator, lines=lines), at, CATALOGUE, None)
    return [finding for finding in findings if finding.fault.code == code]


def test_c3_a_deadline_that_passed_is_told_and_switches_nothing_deadline_passed(tmp_path: Path) -> None:
    (finding,) = all_of(tmp_path, "DEADLINE_PASSED", DUE_IS_OVER)
    assert told([finding]) == ["lines.yaml note DEADLINE_PASSED 900:L5"]
    assert text_at(tmp_path, finding) == "what: 各部门固定电话热线的职能并入"


def test_c3_a_deadline_counts_its_own_day_in_the_plans_time_zone(tmp_path: Path) -> None:
    over = DUE_IS_OVER.astimezone(UTC)
    assert all_of(tmp_path, "DEADLINE_PASSED", over - timedelta(microseconds=1)) == []
    assert len(all_of(tmp_path, "DEADLINE_PASSED", over)) == 1


def test_c3_a_deadline_that_passed_while_nobody_gave_the_instant_deadline_without_instant(
    tmp_path: Path,
) -> None:
    (finding,) = found(tmp_path, operator=NOT_GIVEN, at=DUE_IS_OVER)
    assert told([finding]) == ["lines.yaml warning DEADLINE_WITHOUT_INSTANT 900:L5"]
    assert text_at(tmp_path, finding) == "unstated"
    assert "2021-10-31" in finding.fault.zh
    assert all_of(tmp_path / "2", "DEADLINE_PASSED", DUE_IS_OVER, NOT_GIVEN) == []


def test_c3_before_its_deadline_a_line_without_an_instant_only_waits_phase_undated(tmp_path: Path) -> None:
    early = DUE_IS_OVER - timedelta(seconds=1)
    (finding,) = all_of(tmp_path, "PHASE_UNDATED", early, NOT_GIVEN)
    assert told([finding]) == ["lines.yaml note PHASE_UNDATED 900:L5"]
    assert all_of(tmp_path, "DEADLINE_WITHOUT_INSTANT", early, NOT_GIVEN) == []


def test_c3_the_end_of_a_cancelled_number_is_missed_too(tmp_path: Path) -> None:
    open_end: Changes = [
        ("        ends: 2021-10-01T00:00:00+08:00\n", ""),
        (
            "- name: ended\n        starts: 2021-10-01T00:00:00+08:00",
            "- name: ended\n        starts: unstated",
        ),
        ("  dual:\n", '    dues:\n      - {what: 注销号码, by: 2021-10-31, source: "900:L4"}\n  dual:\n'),
    ]
    (finding,) = all_of(tmp_path, "DEADLINE_WITHOUT_INSTANT", DUE_IS_OVER, lines=open_end)
    assert told([finding]) == ["lines.yaml warning DEADLINE_WITHOUT_INSTANT 900:L4"]


def test_c4_an_open_next_phase_of_a_line_that_has_arrived_is_only_a_note_phase_undated(
    tmp_path: Path,
) -> None:
    """海南 12348: 「待条件成熟后再归并座席」."""
    more: Changes = [
        (
            '        announcement: G02\n        source: "900:L6"\n',
            (
                '        announcement: G02\n        source: "900:L6"\n'
                '      - {name: in_force, starts: unstated, landing: platform, source: "900:L6"}\n'
                '    dues:\n      - {what: 归并座席, by: 2021-10-31, source: "900:L6"}\n'
            ),
        )
    ]
    (finding,) = all_of(tmp_path, "PHASE_UNDATED", DUE_IS_OVER, lines=more)
    assert told([finding]) == ["lines.yaml note PHASE_UNDATED 900:L6"]
    assert all_of(tmp_path, "DEADLINE_WITHOUT_INSTANT", DUE_IS_OVER, lines=more) == []


def test_a_line_that_nothing_ever_happens_to_wants_a_look(tmp_path: Path) -> None:
    last = """\
      - name: in_force
        starts: 2021-10-16T00:00:00+08:00
        landing: platform
        announcement: G02
        source: "900:L6"
"""
    (finding,) = all_of(tmp_path, "PHASE_UNDATED", AT, lines=[(last, "")])
    assert told([finding]) == ["lines.yaml warning PHASE_UNDATED -"]


def test_an_instant_in_another_offset_than_the_plans_offset_differs(tmp_path: Path) -> None:
    lines = [("starts: 2021-10-16T00:00:00+08:00", "starts: 2021-10-15T16:00:00+00:00")]
    (finding,) = found(tmp_path, lines=lines)
    assert told([finding]) == ["lines.yaml warning OFFSET_DIFFERS -"]
    assert "2021-10-16T00:00:00+08:00" in finding.fault.fix
    assert text_at(tmp_path, finding) == "2021-10-15T16:00:00+00:00"


def test_the_operators_instants_are_looked_at_too(tmp_path: Path) -> None:
    operator = [("starts: 2021-10-20T00:00:00+08:00", "starts: 2021-10-19T16:00:00+00:00")]
    (finding,) = found(tmp_path, operator=operator)
    assert told([finding]) == ["operator.yaml warning OFFSET_DIFFERS -"]
