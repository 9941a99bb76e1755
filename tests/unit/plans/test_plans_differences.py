"""Whatever is altered in a plan is found, with the code, the place and the document's line that it must have."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from callrouter.plans.codes import Code
from tests.unit.plans.test_plans_against_document import copied, findings_of

LINE_12300 = """  - number: "12300"
    name: 全国电信用户申诉渠道咨询电话
    spoken_number: 幺二三零零
    spoken_name: 电信用户申诉热线
    schedule: merged
    source: "000:L82"
"""
OF_A_CLASS = LINE_12300.replace("12300", "12399").replace("merged", "self-established")
DUE = """      - what: 分中心实现“7×24小时”全天候人工服务 / branch staffed round the clock
        by: 2021-08-31
        source: "000:L95"
"""
BRANDS = """brands:
  - name: 12345政务服务便民热线"""
TWO_BRANDS = """brands:
  - name: 12345市长热线
    source: "000:L29"
  - starts: 2021-05-01T00:00:00+08:00
    name: 12345政务服务便民热线"""


class Case(NamedTuple):
    """A change to a plan, and where it is to be found: at the text that is named, or in the file."""

    file: str
    old: str
    new: str
    code: Code
    at: str | None = None
    cites: str | None = None
    """The source that the finding names."""
    jurisdiction: str = "sichuan"


CASES = {
    "a line is missing": Case("lines.yaml", LINE_12300, "", Code.LINE_DIFFERS, cites="000:L82"),
    "a line is not the document's": Case(
        "lines.yaml", LINE_12300, LINE_12300 + OF_A_CLASS, Code.LINE_DIFFERS, 'number: "12399"'
    ),
    "a name": Case(
        "lines.yaml", "全国电信用户申诉", "全国电信用户投诉", Code.LINE_DIFFERS, "全国电信用户投诉", "000:L82"
    ),
    "a mode of one line": Case(
        "lines.yaml",
        LINE_12300,
        LINE_12300.replace("merged", "dual"),
        Code.LINE_DIFFERS,
        'schedule: dual\n    source: "000:L82"',
        "000:L79",
    ),
    "a mode of all lines": Case(
        "lines.yaml",
        "mode: dual",
        "mode: parallel",
        Code.LINE_DIFFERS,
        'schedule: dual\n    source: "000:L90"',
        "000:L87",
    ),
    "expert seats that nobody named": Case(
        "lines.yaml",
        LINE_12300,
        LINE_12300 + '    expert_seats: "no"\n',
        Code.LINE_DIFFERS,
        'expert_seats: "no"',
    ),
    "the fate of numbers": Case(
        "lines.yaml",
        "number_fate: cancelled",
        "number_fate: kept",
        Code.LINE_DIFFERS,
        "number_fate: kept",
        "000:L79",
    ),
    "the fate of seats": Case(
        "lines.yaml",
        "seat_fate: merged",
        "seat_fate: kept",
        Code.LINE_DIFFERS,
        "seat_fate: kept",
        "000:L79",
    ),
    "a deadline is missing": Case("lines.yaml", DUE, "", Code.DUE_DIFFERS, "branch:", "000:L95"),
    "a deadline of another line": Case(
        "lines.yaml",
        DUE,
        DUE.replace("L95", "L92"),
        Code.DUE_DIFFERS,
        '"000:L92"\n      # 不一致 1：附件为 10 月 31 日',
    ),
    "an instant that was left open": Case(
        "lines.yaml",
        "starts: 2021-10-16T00:00:00+08:00",
        "starts: unstated",
        Code.INSTANT_DIFFERS,
        "starts: unstated",
        "000:L90",
    ),
    "an invented instant": Case(
        "lines.yaml",
        "opens: unstated",
        "opens: 2021-03-31T00:00:00+08:00",
        Code.INSTANT_INVENTED,
        "opens: 2021",
    ),
    "a class is missing": Case(
        "lines.yaml",
        """  - id: self-established
    name: 省内各地各部门（单位）自行设立的政务服务便民热线
    schedule: self-established
    source: "000:L85"
""",
        "  []\n",
        Code.LINE_DIFFERS,
        cites="000:L85",
    ),
    "a class becomes something else": Case(
        "lines.yaml",
        "    schedule: self-established\n",
        "    schedule: dual\n",
        Code.LINE_DIFFERS,
        'schedule: dual\n    source: "000:L85"',
    ),
    "the means of a center": Case(
        "lines.yaml",
        "means: [three_way, ticket]",
        "means: [plain, ticket]",
        Code.RULE_DIFFERS,
        "means: [plain",
        "000:L92",
    ),
    "whose center it is": Case(
        "lines.yaml", "name: 成都海关", "name: 重庆海关", Code.RULE_DIFFERS, "name: 重庆海关", "000:L95"
    ),
    "the day of issue": Case(
        "plan.yaml", "issued: 2021-03-24", "issued: 2021-03-25", Code.INSTANT_DIFFERS, "issued", "000:L15"
    ),
    "the document's number": Case("plan.yaml", "〔2021〕15号\n", "〔2021〕16号\n", Code.RULE_DIFFERS),
    "the brand's name": Case(
        "plan.yaml",
        "- name: 12345政务服务便民热线",
        "- name: 12345政府热线",
        Code.RULE_DIFFERS,
        "name: 12345政府热线",
        "000:L29",
    ),
    "a former name": Case(
        "plan.yaml",
        BRANDS,
        TWO_BRANDS,
        Code.RULE_DIFFERS,
        "name: 12345市长热线",
    ),
    "the brand's instant": Case(
        "plan.yaml",
        BRANDS,
        TWO_BRANDS,
        Code.INSTANT_INVENTED,
        "starts: 2021-05-01",
    ),
    "the platforms' hours": Case(
        "plan.yaml",
        "staffing: 7x24",
        'staffing: weekly\n        weekly: [{days: mon-fri, opens: "09:00", closes: "17:00"}]',
        Code.RULE_DIFFERS,
        "staffing: weekly",
        "000:L29",
    ),
    "an emergency number": Case(
        "plan.yaml", "out: unstated", "out: guide", Code.RULE_DIFFERS, "out: guide", "000:L37"
    ),
    "who hands matters over": Case(
        "plan.yaml", '    handed_in: "yes"\n', "", Code.RULE_DIFFERS, '- number: "110"', "000:L37"
    ),
    "the means of a utility": Case(
        "plan.yaml", "means: []", "means: [ticket]", Code.RULE_DIFFERS, "means: [ticket]", "000:L37"
    ),
    "a utility that answers in parallel": Case(
        "plan.yaml",
        "means: []",
        'means: []\n    parallel: "yes"',
        Code.RULE_DIFFERS,
        'parallel: "yes"',
        "000:L37",
    ),
    "a utility that is not the document's": Case(
        "plan.yaml", "- id: gas", "- id: heat", Code.RULE_DIFFERS, "- id: heat"
    ),
    "an excluded system": Case(
        "plan.yaml",
        "excluded_systems: []",
        'excluded_systems: [{name: 人大, source: "000:L27"}]',
        Code.RULE_DIFFERS,
    ),
    "what is not accepted": Case(
        "plan.yaml", "须通过仲裁程序", "须通过其他程序", Code.RULE_DIFFERS, cites="000:L55"
    ),
    "a demand": Case(
        "plan.yaml",
        'round_the_clock: "yes"',
        'round_the_clock: "no"',
        Code.RULE_DIFFERS,
        "- mode: branch",
        "000:L33",
    ),
    "new lines": Case(
        "plan.yaml", '- new_lines: "no"', '- new_lines: "yes"', Code.RULE_DIFFERS, "- new_lines", "000:L37"
    ),
    "an expert seat": Case(
        "lines.yaml",
        'expert_seats: "yes"',
        'expert_seats: "no"',
        Code.LINE_DIFFERS,
        'expert_seats: "no"\n    source: "003:L128"',
        "003:L128",
        "inner-mongolia",
    ),
    "one of two centers": Case(
        "lines.yaml",
        "    name: 满洲里海关",
        "    name: 呼和浩特海关",
        Code.RULE_DIFFERS,
        '- number: "12360"',
        "003:L147",
        "inner-mongolia",
    ),
    "hours that are not stated": Case(
        "plan.yaml",
        "platforms:\n  - id: changzhi\n",
        """hours:
  - id: always
    source: "002:L11"
    stretches:
      - staffing: 7x24
platforms:
  - hours: always
    id: changzhi
""",
        Code.RULE_DIFFERS,
        "staffing: 7x24",
        None,
        "changzhi",
    ),
    "an excluded system is missing": Case(
        "plan.yaml", "- name: 党群", "- name: 工会", Code.RULE_DIFFERS, None, "001:L28", "yunnan"
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_altered_is_found(case: Case, tmp_path: Path) -> None:
    folder = copied(case.jurisdiction, tmp_path)
    text = (folder / case.file).read_text("utf-8")
    assert case.old in text
    altered = text.replace(case.old, case.new, 1)
    (folder / case.file).write_text(altered, "utf-8")
    found = [finding for finding in findings_of(folder, case.jurisdiction) if finding.fault.code is case.code]
    assert all(finding.is_error for finding in found)
    if case.at is not None:
        line = altered.count("\n", 0, altered.index(case.at)) + 1
        found = [finding for finding in found if finding.line == line]
    assert found
    assert found[0].file == f"{case.jurisdiction}/{case.file}"
    assert case.cites is None or found[0].fault.source == case.cites
