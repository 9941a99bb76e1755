"""The key `survey`: who is asked for a rating, by the document and by the operator."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.dump.files import dump
from callrouter.plans.load import load, load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.policy import SurveyRule
from tests.unit.plans.invented_city import OPERATOR, PLAN, write_city

END = "\n...\n"
SAID = 'survey:\n  offered: "yes"\n  except_lines: ["12300", "09992180013"]\n  source: "009:L20"'
CHOSEN = "survey:\n  except_queues: [labour]\n  why: 专家座席不请评价 / experts are not rated"
SHIPPED = sorted(path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))


def city(folder: Path, said: str | None = None, chosen: str | None = None) -> Path:
    """The invented city with a survey in plan.yaml, in operator.yaml, in both or in none."""

    def with_it(text: str, survey: str | None) -> str:
        assert text.endswith(END)
        return text if survey is None else text.removesuffix(END) + f"\n{survey}{END}"

    return write_city(folder, plan=with_it(PLAN, said), operator=with_it(OPERATOR, chosen))


def survey(folder: Path, *, overlay: bool = True) -> SurveyRule | None:
    return load_plan(folder, overlay=overlay).survey


def test_where_nobody_says_anything_there_is_no_rule_and_the_plans_hash_is_as_ever(tmp_path: Path) -> None:
    folder = city(tmp_path)
    assert survey(folder) is None
    assert load_plan(folder).hash != load_plan(city(tmp_path, said=SAID)).hash


def test_the_document_says_who_is_asked(tmp_path: Path) -> None:
    rule = survey(city(tmp_path, said=SAID))
    assert rule is not None
    assert (rule.offered, rule.except_lines, rule.except_queues) == (True, ("12300", "09992180013"), ())
    assert (rule.source, rule.illustrative) == ("009:L20", False)
    assert re.fullmatch(r"dialplans/testcity/plan\.yaml:\d+:1", rule.place)


def test_the_operator_adds_what_the_document_leaves_unsaid(tmp_path: Path) -> None:
    folder = city(tmp_path, said=SAID, chosen=CHOSEN)
    rule = survey(folder)
    assert rule is not None
    assert (rule.offered, rule.except_queues, rule.illustrative) == (True, ("labour",), True)
    assert rule.source == "009:L20"
    alone = survey(folder, overlay=False)
    assert alone is not None
    assert (alone.except_queues, alone.illustrative) == ((), False)


def test_the_operator_alone_may_choose_it(tmp_path: Path) -> None:
    folder = city(tmp_path, chosen=CHOSEN.replace("survey:", 'survey:\n  offered: "yes"'))
    rule = survey(folder)
    assert rule is not None
    assert (rule.offered, rule.source, rule.illustrative) == (True, "operator", True)
    assert survey(folder, overlay=False) is None


def test_a_survey_that_nobody_offers_is_none(tmp_path: Path) -> None:
    rule = survey(city(tmp_path, chosen=CHOSEN))
    assert rule is not None
    assert not rule.offered


def test_it_is_one_of_the_operators_choices_with_its_reason(tmp_path: Path) -> None:
    loaded = load(city(tmp_path, said=SAID, chosen=CHOSEN))
    choice = loaded.choices[-1]
    assert (choice.section, choice.name) == ("survey", "")
    assert choice.why.endswith("experts are not rated")
    assert loaded.plan is not None
    assert loaded.plan.survey is not None
    assert "operator.yaml" in loaded.positions.of(loaded.plan.survey.place, "except_queues")
    assert "plan.yaml" in loaded.positions.of(loaded.plan.survey.place, "except_lines")


@pytest.mark.parametrize(
    ("said", "chosen", "code", "at"),
    [
        (SAID, CHOSEN.replace("[labour]", "[nobody]"), Code.UNKNOWN_NAME, "[nobody]"),
        (SAID, CHOSEN.replace("except_queues: [labour]", 'except_lines: ["12300"]'), Code.OVERLAY_CONTRADICTS, "["),
        (SAID, CHOSEN.replace("except_queues: [labour]", 'offered: "no"'), Code.OVERLAY_CONTRADICTS, '"no"'),
        (SAID.replace("12300", "12399"), None, Code.UNKNOWN_NAME, '"12399"'),
        (SAID.replace('["12300", "09992180013"]', "[0999_2180013]"), None, Code.UNQUOTED_NUMBER, "0999_"),
        (SAID.replace("009:L20", "008:L20"), None, Code.FOREIGN_SOURCE, '"008'),
        (SAID.replace("offered", "offred"), None, Code.UNKNOWN_KEY, "offred"),
        (SAID.replace('"yes"', "maybe"), None, Code.WRONG_VALUE, "maybe"),
        (SAID, CHOSEN.partition("\n  why")[0], Code.MISSING_KEY, ""),
        ("survey: []", None, Code.WRONG_TYPE, "[]"),
    ],
)  # fmt: skip
def test_each_fault_is_told_where_it_stands(
    tmp_path: Path, said: str, chosen: str | None, code: Code, at: str
) -> None:
    folder = city(tmp_path, said=said, chosen=chosen)
    (finding,) = load(folder).findings
    assert finding.fault.code is code
    written = (folder / Path(finding.file).name).read_text(encoding="utf-8").splitlines()
    assert written[finding.line - 1][finding.column - 1 :].lstrip("[").startswith(at.lstrip("["))


@pytest.mark.parametrize(
    ("said", "chosen"), [(SAID, None), (None, CHOSEN), (SAID, CHOSEN), (SAID.replace("yes", "no"), CHOSEN)]
)
def test_it_survives_a_dump(tmp_path: Path, said: str | None, chosen: str | None) -> None:
    plan = load_plan(city(tmp_path / "one", said=said, chosen=chosen))
    dump(plan, tmp_path / "testcity")
    again = load_plan(tmp_path / "testcity")
    assert again.hash == plan.hash
    assert again.survey is not None
    assert plan.survey is not None
    assert again.survey.except_lines == plan.survey.except_lines


def test_each_shipped_plan_asks_for_ratings_and_tells_its_source() -> None:
    sources = {folder.name: rule.source for folder in SHIPPED if (rule := survey(folder)) and rule.offered}
    assert sources == {
        "changzhi": "002:L43",
        "hainan": "operator",
        "inner-mongolia": "003:L95",
        "sichuan": "000:L67-L69",
        "yunnan": "operator",
    }


@pytest.mark.parametrize("name", ["sichuan", "hainan"])
def test_where_satisfaction_is_not_to_be_chased_the_lines_of_reports_and_complaints_are_left_out(
    name: str,
) -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / name)
    assert plan.survey is not None
    complaints = {line.number for line in plan.lines.values() if re.search("举报|投诉|申诉", line.name)}
    assert len(complaints) > 5
    assert set(plan.survey.except_lines) == complaints


def test_hainan_leaves_the_minors_line_out() -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "hainan")
    assert plan.survey is not None
    assert plan.survey.except_queues == ("minors",)
