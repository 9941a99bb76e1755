"""Lines that may not be: new ones (C6), cancelled ones that come back (C6), those of excluded systems (C37)."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.plans.check import check
from tests.unit.plans.qingxi import AT, CATALOGUE, found, qingxi, text_at, told

NEW = """\
lines:
  - number: "96000"
    name: 青溪旅游热线
    spoken_number: 九六零零零
    spoken_name: 旅游热线
    schedule: SCHEDULE
    why: 新设 / a new one
peers:
"""
ALLOWED = """\
allow_new_lines:
  - number: "96000"
    why: 经市政府批准 / allowed by the city
peers:
"""


def new_line(schedule: str) -> tuple[str, str]:
    return "peers:\n", NEW.replace("SCHEDULE", schedule)


def test_c6_a_new_hotline_is_an_error_that_cites_the_freeze_new_line(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, operator=[new_line("dual")])
    assert told([finding]) == ["operator.yaml error NEW_LINE 900:L13"]
    assert text_at(tmp_path, finding) == '"96000"'


def test_c6_a_new_hotline_in_the_documents_part_is_new_too(tmp_path: Path) -> None:
    added = NEW.replace("SCHEDULE", "dual").replace("why: 新设 / a new one", 'source: "900:L6"')
    lines = [("lines:\n", added.replace("peers:\n", ""))]
    findings = [one for one in found(tmp_path, lines=lines) if one.fault.code == "NEW_LINE"]
    assert told(findings) == ["lines.yaml error NEW_LINE 900:L13"]


def test_c6_of_a_document_that_nobody_has_read_only_the_operators_lines_can_be_new(tmp_path: Path) -> None:
    loaded = qingxi(tmp_path, operator=[new_line("dual")])
    (tmp_path / "documents" / "900.yaml").unlink()
    findings = [one for one in check(loaded, AT, CATALOGUE, None) if one.is_error]
    assert told(findings) == ["operator.yaml error NEW_LINE 900:L13"]


def test_c6_a_number_that_the_document_prints_is_not_new_whoever_plans_it(tmp_path: Path) -> None:
    printed = """\
  - number: "12333"
    name: 全国人力资源和社会保障服务电话
    spoken_number: 幺二三三三
    spoken_name: 人社服务热线
    schedule: dual
    expert_seats: "yes"
    source: "900:L6"
"""
    chosen = printed.replace('source: "900:L6"', "why: 示例 / an example")
    experts = [('    line: "12333"\n    source: "900:L6"\n', '    line: "12300"\n    source: "900:L6"\n')]
    more = "  - {id: experts, name: 专家, spoken_name: 专家, kind: expert, platform: qingxi"
    queue = f'queues:\n{more}, line: "12333", seats: ["1009"], why: 示例 / an example}}\n'
    operator = [("peers:\n", f"lines:\n{chosen}peers:\n"), ("queues:\n", queue)]
    assert found(tmp_path, plan=experts, lines=[(printed, "")], operator=operator) == []


def test_c6_a_new_hotline_that_the_operator_allows_is_none(tmp_path: Path) -> None:
    operator = [new_line("dual"), ("trunks:\n", ALLOWED.replace("peers:", "trunks:"))]
    assert found(tmp_path, operator=operator) == []


def test_c6_a_member_of_a_class_that_the_document_does_not_number_is_no_new_hotline(tmp_path: Path) -> None:
    assert found(tmp_path, operator=[new_line("absorbed")]) == []


def test_c6_where_the_document_freezes_nothing_a_line_may_be_new(tmp_path: Path) -> None:
    thawed = [('  - {new_lines: "no", source: "900:L13"}\n', "")]
    codes = {finding.fault.code for finding in found(tmp_path, plan=thawed, operator=[new_line("dual")])}
    assert "NEW_LINE" not in codes


def test_c6_a_list_outside_the_documents_classes_is_new(tmp_path: Path) -> None:
    operator = [
        ("    schedule: absorbed\n    why: 文件没有列出号码", "    schedule: dual\n    why: 文件没有列出号码")
    ]
    findings = [one for one in found(tmp_path, operator=operator) if one.fault.code == "NEW_LINE"]
    assert told(findings) == ["operator.yaml error NEW_LINE 900:L13"]


def test_c6_a_number_that_the_document_cancels_may_not_be_kept_cancelled_revived(tmp_path: Path) -> None:
    changes = [('    schedule: merged\n    expert_seats: "no"', '    schedule: dual\n    expert_seats: "no"')]
    findings = [one for one in found(tmp_path, lines=changes) if one.fault.code == "CANCELLED_REVIVED"]
    assert told(findings) == ["lines.yaml error CANCELLED_REVIVED 900:L4"]
    assert text_at(tmp_path, findings[0]) == "dual"


def test_c6_nothing_follows_the_end_of_a_number_cancelled_revived(tmp_path: Path) -> None:
    again = """\
        announcement: X01
        source: "900:L4"
      - name: in_force
        starts: unstated
        landing: platform
        source: "900:L4"
"""
    changes = [('        announcement: X01\n        source: "900:L4"\n', again)]
    (finding,) = found(tmp_path, lines=changes)
    assert told([finding]) == ["lines.yaml error CANCELLED_REVIVED 900:L13"]
    assert text_at(tmp_path, finding) == "name: in_force"


def test_c6_a_cancelled_number_is_no_utilitys(tmp_path: Path) -> None:
    """A line that the plan leaves out and a utility takes over is told as missing, and as revived."""
    merged = """\
  - number: "12300"
    name: 全国电信用户申诉渠道咨询电话
    spoken_number: 幺二三零零
    spoken_name: 电信用户申诉热线
    schedule: merged
    expert_seats: "no"
    source: "900:L4"
"""
    operator = [('numbers: ["96511"]', 'numbers: ["12300"]')]
    findings = found(tmp_path, lines=[(merged, "")], operator=operator)
    assert "operator.yaml error CANCELLED_REVIVED 900:L4" in told(findings)


def test_c6_a_cancelled_number_can_not_be_allowed_again(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, operator=[("peers:\n", ALLOWED.replace("96000", "12300"))])
    assert told([finding]) == ["operator.yaml error CANCELLED_REVIVED 900:L4"]
    assert text_at(tmp_path, finding) == 'number: "12300"'


@pytest.mark.parametrize(
    "name", ["市人大常委会办公室", "市人民代表大会热线", "市纪委监委举报电话", "纪检监察举报"]
)
def test_c37_an_excluded_system_in_a_list_is_told_at_its_row_excluded_migrates(
    tmp_path: Path, name: str
) -> None:
    (finding,) = found(tmp_path, offices=[("市水务局", name)])
    assert told([finding]) == ["offices.csv error EXCLUDED_MIGRATES 900:L10"]
    assert text_at(tmp_path, finding) == f"09912180014,{name}"


def test_c37_an_excluded_system_is_no_class_of_lines(tmp_path: Path) -> None:
    changes = [("name: 各部门固定电话热线", "name: 人大代表联络热线")]
    assert told(found(tmp_path, lines=changes)) == ["lines.yaml error EXCLUDED_MIGRATES 900:L10"]


@pytest.mark.parametrize("name", ["市老年人大学", "市残疾人大会堂", "人大路停车热线", "市职工大学"])
def test_c37_a_name_that_only_sounds_like_an_excluded_system_is_none(tmp_path: Path, name: str) -> None:
    assert found(tmp_path, offices=[("市水务局", name)]) == []


@pytest.mark.parametrize(
    ("name", "excluded"),
    [
        ("市中级人民法院诉讼服务热线", True),
        ("法院路停车热线", False),
        ("国家安全举报电话", True),
        ("国家安全生产举报", False),
        ("市委书记信箱热线", False),
    ],
)
def test_c37_systems_are_told_by_their_own_words(tmp_path: Path, name: str, excluded: bool) -> None:
    more = (
        '    - {name: 人大, source: "900:L10"}\n',
        "".join(
            f'    - {{name: {system}, source: "900:L10"}}\n'
            for system in ("人大", "法院", "国家安全", "党群")
        ),
    )
    codes = {one.fault.code for one in found(tmp_path, plan=[more], offices=[("市水务局", name)])}
    assert ("EXCLUDED_MIGRATES" in codes) is excluded


def test_c37_a_name_does_not_run_over_into_the_next_row(tmp_path: Path) -> None:
    assert found(tmp_path, offices=[("市教育局", "市残疾人"), ("市水务局", "大院热线")]) == []


def test_c37_an_excluded_line_that_answers_its_own_calls_has_not_migrated(tmp_path: Path) -> None:
    parallel = """\
schedules:
  own:
    mode: parallel
    number_fate: kept
    seat_fate: kept
    phases:
      - {name: before, landing: external}
      - {name: in_force, starts: 2021-03-24T00:00:00+08:00, landing: external}
    why: 示例 / an example
lines:
  - number: "12388"
    name: 纪检监察举报电话
    spoken_number: 幺二三八八
    spoken_name: 纪检监察举报电话
    schedule: own
    why: 只是知道它 / only to know of it
allow_new_lines:
  - number: "12388"
    why: 并非新设 / not a new one
peers:
"""
    assert found(tmp_path, operator=[("peers:\n", parallel)]) == []


@pytest.mark.parametrize("number", ["110", "119", "120", "122"])
def test_c37_an_emergency_number_is_never_a_line_emergency_migrates(tmp_path: Path, number: str) -> None:
    (finding,) = found(tmp_path, lines=[('- number: "12300"', f'- number: "{number}"')])
    assert finding.fault.code == "EMERGENCY_MIGRATES"
    assert text_at(tmp_path, finding) == f'"{number}"'
