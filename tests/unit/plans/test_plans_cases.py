"""A plan's own tests: what they say is compared, what they try is counted, and what is written wrong is told."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from callrouter.plans.cases.cases_file import cases_beside
from callrouter.plans.cases.rules import rules_of
from callrouter.plans.cases.tried import Tried, try_cases
from callrouter.plans.load import load, load_plan
from callrouter.settings import PROJECT_ROOT

SHIPPED = ("sichuan", "yunnan", "inner-mongolia", "hainan", "changzhi")


def tried(folder: Path) -> Tried:
    calls, findings = cases_beside(folder, folder.name)
    assert findings == ()
    return try_cases(calls, load_plan(folder))


def copied(name: str, room: Path) -> Path:
    shutil.copytree(PROJECT_ROOT / "dialplans", room / "dialplans")
    return room / "dialplans" / name


def only(folder: Path, *cases: str) -> Path:
    """The folder with these cases alone."""
    (path,) = folder.glob("*.cases.yaml")
    path.write_text("cases:\n" + "".join(f"  - {{{one}}}\n" for one in cases) + "...\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_plan_does_what_its_cases_say_and_they_try_all_of_it(name: str) -> None:
    found = tried(PROJECT_ROOT / "dialplans" / name)
    assert found.otherwise == ()
    assert found.untried == ()
    assert found.percent == 100.0
    assert found.calls >= 30


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        ("sichuan", "lines.yaml", "2021-10-16T00:00", "2021-10-16T00:01"),
        ("sichuan", "lines.yaml", "announcement: T01", "announcement: T02"),
        ("yunnan", "operator.yaml", 'closes: "20:00"', 'closes: "19:59"'),
        ("inner-mongolia", "operator.yaml", "answers: line", "answers: transfers"),
        ("hainan", "operator.yaml", 'priority: "15"', 'priority: "14"'),
        ("changzhi", "operator.yaml", r"(    schedule: )forwarded\n    level", r"\1parallel\n    level"),
    ],
)
def test_a_plan_that_is_changed_in_one_line_fails_its_cases(
    name: str, file: str, old: str, new: str, tmp_path: Path
) -> None:
    folder = copied(name, tmp_path)
    text, count = re.subn(old, new, (folder / file).read_text(encoding="utf-8"))
    assert count
    (folder / file).write_text(text, encoding="utf-8")
    assert tried(folder).otherwise


def test_what_a_case_does_not_say_is_not_compared_and_what_it_says_wrong_is_told(tmp_path: Path) -> None:
    call = 'dialled: "12300", at: 2021-07-01T12:00:00+08:00, source: "000:L82"'
    folder = only(copied("sichuan", tmp_path), f"{call}, says: {{announcement: T01}}")
    assert tried(folder).otherwise == ()
    only(folder, f"{call}, says: {{announcement: T02, phase: ended}}")
    told = {(one.what, one.said, one.found) for one in tried(folder).otherwise}
    assert told == {("announcement", "T02", "T01"), ("phase", "ended", "transition")}
    assert tried(folder).otherwise[0].call.place.startswith("sichuan/sichuan.cases.yaml:2")


def test_several_numbers_and_instants_are_a_call_each(tmp_path: Path) -> None:
    folder = only(
        copied("sichuan", tmp_path),
        'dialled: ["12300", "12301"], at: [2021-07-01T12:00:00+08:00, 2021-08-01T12:00:00+08:00], why: test,'
        " says: {phase: transition}",
    )
    assert tried(folder).calls == 4


def test_a_rule_that_no_case_tries_is_told_with_its_place(tmp_path: Path) -> None:
    folder = only(
        copied("changzhi", tmp_path),
        'dialled: "12345", at: 2022-01-01T12:00:00+08:00, why: test, says: {mode: hub}',
    )
    found = tried(folder)
    assert 0 < found.percent < 50
    untried = {rule.key: rule.place for rule in found.untried}
    assert ("hub", "hub") not in untried
    assert re.match(r"dialplans/changzhi/lines\.yaml:\d+:\d+", untried["phase", "absorbed in_force"])
    assert len(untried) < len(rules_of(load_plan(folder)))


FAULTS = {
    "says nothing": 'dialled: "12300", at: 2021-07-01T12:00:00+08:00, why: test, says: {}',
    "give either source or why": 'dialled: "12300", at: 2021-07-01T12:00:00+08:00, says: {mode: hub}',
    "extra": 'dialled: "12300", at: 2021-07-01T12:00:00+08:00, why: test, says: {colour: red}',
    "dialled": "at: 2021-07-01T12:00:00+08:00, why: test, says: {mode: hub}",
    "at": 'dialled: "12300", at: tomorrow, why: test, says: {mode: hub}',
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_case_that_is_written_wrong_is_told_with_its_place_and_the_others_are_read(
    fault: str, tmp_path: Path
) -> None:
    sound = 'dialled: "12345", at: 2022-01-01T12:00:00+08:00, why: test, says: {mode: hub}'
    folder = only(copied("sichuan", tmp_path), FAULTS[fault], sound)
    calls, findings = cases_beside(folder, "sichuan")
    assert [call.dialled for call in calls] == ["12345"]
    assert findings
    assert {finding.line for finding in findings} == {2}
    assert any(fault in finding.fault.en.lower() for finding in findings)


def test_a_file_that_is_no_list_of_cases_is_told(tmp_path: Path) -> None:
    folder = copied("sichuan", tmp_path)
    (folder / "sichuan.cases.yaml").write_text("rows: []\n...\n", encoding="utf-8")
    calls, (finding,) = cases_beside(folder, "sichuan")
    assert calls == ()
    assert "cases: [...]" in finding.fault.en


def test_cases_are_no_part_of_the_plan(tmp_path: Path) -> None:
    folder = copied("sichuan", tmp_path)
    before = load_plan(folder).hash
    only(folder, "this: is, no: case")
    loaded = load(folder)
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert loaded.plan.hash == before
