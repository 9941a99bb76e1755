"""The key `register_by`: by when messages and call-back requests are passed on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.dump.files import dump
from callrouter.plans.load import load, load_plan
from callrouter.records.fold.acceptance import times_in
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.policy import RegisterRule
from tests.unit.plans.invented_city import OPERATOR, PLAN, write_city

END = "\n...\n"
SAID = 'register_by:\n  until: "18:00"\n  next_day: "10:00"\n  source: "009:L20"'
CHOSEN = 'register_by:\n  until: "17:30"\n  next_day: "09:05"\n  why: 文件没有写明 / not stated'
SHIPPED = sorted(path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))


def city(folder: Path, said: str | None = None, chosen: str | None = None) -> Path:
    """The invented city with the rule in plan.yaml, in operator.yaml, in both or in none."""

    def with_it(text: str, rule: str | None) -> str:
        assert text.endswith(END)
        return text if rule is None else text.removesuffix(END) + f"\n{rule}{END}"

    return write_city(folder, plan=with_it(PLAN, said), operator=with_it(OPERATOR, chosen))


def rule_in(folder: Path, *, overlay: bool = True) -> RegisterRule | None:
    return load_plan(folder, overlay=overlay).register_by


def test_where_nobody_says_anything_there_is_no_rule(tmp_path: Path) -> None:
    folder = city(tmp_path)
    assert rule_in(folder) is None
    assert load_plan(folder).hash != load_plan(city(tmp_path, said=SAID)).hash


def test_the_document_says_it(tmp_path: Path) -> None:
    rule = rule_in(city(tmp_path, said=SAID))
    assert rule is not None
    assert (rule.until, rule.next_day, rule.source, rule.illustrative) == (1080, 600, "009:L20", False)
    assert re.fullmatch(r"dialplans/testcity/plan\.yaml:\d+:1", rule.place)


def test_where_the_document_is_silent_the_operator_may_choose_it_and_says_why(tmp_path: Path) -> None:
    folder = city(tmp_path, chosen=CHOSEN)
    rule = rule_in(folder)
    assert rule is not None
    assert (rule.until, rule.next_day, rule.source, rule.illustrative) == (1050, 545, "operator", True)
    assert rule_in(folder, overlay=False) is None
    choice = load(folder).choices[-1]
    assert (choice.section, choice.why) == ("register_by", "文件没有写明 / not stated")


def test_the_record_reads_it_as_it_is_written_down(tmp_path: Path) -> None:
    rule = rule_in(city(tmp_path, chosen=CHOSEN))
    assert rule is not None
    assert rule.text == "17:30/09:05"
    times = times_in(rule.text)
    assert times is not None
    assert [f"{at:%H:%M}" for at in times] == ["17:30", "09:05"]


@pytest.mark.parametrize(
    ("said", "chosen", "code", "at"),
    [
        (SAID, CHOSEN, Code.OVERLAY_CONTRADICTS, '"17:30"'),
        (SAID.replace("18:00", "24:00"), None, Code.WRONG_VALUE, '"24:00"'),
        (SAID.replace("18:00", "6pm"), None, Code.WRONG_VALUE, '"6pm"'),
        (SAID.replace('  next_day: "10:00"\n', ""), None, Code.MISSING_KEY, ""),
        (SAID.replace("009:L20", "008:L20"), None, Code.FOREIGN_SOURCE, '"008'),
        (SAID.replace("until", "untl"), None, Code.UNKNOWN_KEY, "untl"),
        (None, CHOSEN.partition("\n  why")[0], Code.MISSING_KEY, ""),
        ("register_by: []", None, Code.WRONG_TYPE, "[]"),
    ],
)
def test_each_fault_is_told_where_it_stands(
    tmp_path: Path, said: str | None, chosen: str | None, code: Code, at: str
) -> None:
    folder = city(tmp_path, said=said, chosen=chosen)
    finding = next(one for one in load(folder).findings if one.fault.code is code)
    written = (folder / Path(finding.file).name).read_text(encoding="utf-8").splitlines()
    assert written[finding.line - 1][finding.column - 1 :].startswith(at)


@pytest.mark.parametrize(("said", "chosen"), [(SAID, None), (None, CHOSEN)])
def test_it_survives_a_dump(tmp_path: Path, said: str | None, chosen: str | None) -> None:
    plan = load_plan(city(tmp_path / "one", said=said, chosen=chosen))
    dump(plan, tmp_path / "testcity")
    again = load_plan(tmp_path / "testcity")
    assert again.hash == plan.hash
    assert plan.register_by is not None
    assert again.register_by is not None
    assert again.register_by.text == plan.register_by.text


def test_of_the_shipped_plans_yunnan_alone_has_such_a_rule() -> None:
    rules = {folder.name: (rule.text, rule.source) for folder in SHIPPED if (rule := rule_in(folder))}
    assert rules == {"yunnan": ("18:00/10:00", "001:L54")}
