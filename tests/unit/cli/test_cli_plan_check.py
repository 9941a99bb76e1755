"""`callrouter plan check`: which plans, how findings are told, and the exit code that a pipeline goes by."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from callrouter.cli.plan_check import as_annotation, as_data
from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, Finding, Severity
from tests.unit.cli.running import Ran, run
from tests.unit.plans.invented_city import write_city

AT = "2021-06-15T09:00:00+08:00"
KEYS = ["file", "line", "col", "severity", "code", "message", "fix", "source"]
BROKEN = [("mode: merged", "mode: mergd")]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def sound_city(folder: Path) -> Path:
    """The invented city without the one demand that it does not meet."""
    sleepless = '  - mode: branch\n    round_the_clock: "yes"\n    source: "009:L13"\n'
    return write_city(folder, plan=[(sleepless, "")])


def check(*arguments: str) -> Ran:
    return run("plan", "check", *arguments, "--at", AT, "--without-recordings")


def test_a_plan_without_errors_is_exit_code_0_and_its_findings_are_told(tmp_path: Path) -> None:
    sound_city(tmp_path)
    ran = check("dialplans/testcity")
    assert (ran.code, ran.err) == (0, ""), ran.out
    *findings, summary = ran.out.splitlines()
    assert any(" note ILLUSTRATIVE: " in line for line in findings)
    assert "0 个错误" in summary
    assert "测试市12345政务服务便民热线" in summary
    assert "8 个号码" in summary


def test_an_error_is_exit_code_1_and_names_file_line_and_column_as_the_folder_was_given(
    tmp_path: Path,
) -> None:
    write_city(tmp_path, lines=BROKEN)
    ran = check("./dialplans/testcity/")
    assert ran.code == 1
    assert re.search(r"^dialplans/testcity/lines\.yaml:3:11: error WRONG_VALUE: ", ran.out, re.MULTILINE)
    assert "不能使用 / can't be used; 1 个错误" in ran.out


def test_a_path_of_this_machine_is_not_told(tmp_path: Path) -> None:
    ran = check(str(write_city(tmp_path, lines=BROKEN)))
    assert ran.code == 1
    assert "dialplans/testcity/lines.yaml:3:11" in ran.out
    assert str(tmp_path) not in ran.out


def test_a_folder_of_plans_means_every_plan_in_it(tmp_path: Path) -> None:
    write_city(tmp_path, lines=BROKEN)
    (tmp_path / "dialplans" / "documents").mkdir()
    (tmp_path / "dialplans" / "other").mkdir()
    (tmp_path / "dialplans" / "other" / "lines.yaml").touch()
    ran = check("dialplans")
    assert ran.code == 1
    assert "dialplans/testcity: 不能使用" in ran.out
    assert "dialplans/other: 不能使用" in ran.out
    assert "documents:" not in ran.out


def test_several_paths_are_all_checked_though_the_first_has_errors(tmp_path: Path) -> None:
    write_city(tmp_path / "a", lines=BROKEN)
    write_city(tmp_path / "b")
    ran = check("a/dialplans/testcity", "b/dialplans/testcity")
    assert ran.code == 1
    assert "a/dialplans/testcity/lines.yaml:3:11" in ran.out
    assert "b/dialplans/testcity: 测试市" in ran.out


@pytest.mark.parametrize("output", ["text", "json", "github"])
def test_a_folder_that_is_not_there_is_exit_code_2_and_nothing_on_standard_output(output: str) -> None:
    ran = check("nowhere", "--format", output)
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere: " in ran.err


def test_a_file_in_place_of_its_folder_is_told_which_folder_was_meant(tmp_path: Path) -> None:
    write_city(tmp_path)
    ran = check("dialplans/testcity/plan.yaml")
    assert ran.code == 2
    assert "did you mean dialplans/testcity?" in ran.err


def test_an_empty_folder_is_a_plan_without_its_files(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = check("empty")
    assert ran.code == 1
    assert "FILE_UNREADABLE" in ran.out


def test_an_instant_without_offset_is_exit_code_2(tmp_path: Path) -> None:
    write_city(tmp_path)
    ran = run("plan", "check", "dialplans/testcity", "--at", "2021-06-15T09:00:00")
    assert (ran.code, ran.out) == (2, "")
    assert "2021-06-15T09:00:00" in ran.err


def test_json_is_one_array_of_objects_with_the_agreed_keys_and_nothing_else(tmp_path: Path) -> None:
    write_city(tmp_path, lines=BROKEN)
    ran = check("dialplans/testcity", "--format", "json")
    assert (ran.code, ran.err) == (1, "")
    found = json.loads(ran.out)
    assert [list(one) for one in found] == [KEYS] * len(found)
    first = found[0]
    assert (first["file"], first["line"], first["col"]) == ("dialplans/testcity/lines.yaml", 3, 11)
    assert (first["severity"], first["code"], first["source"]) == ("error", "WRONG_VALUE", None)
    assert " / " in first["message"]
    assert "merged" in first["fix"]


def test_json_without_findings_is_an_empty_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_city(tmp_path)
    monkeypatch.setattr("callrouter.cli.plan_check.check", lambda *_: ())
    ran = check("dialplans/testcity", "--format", "json")
    assert (ran.code, json.loads(ran.out)) == (0, [])


def test_a_warning_fails_only_when_strict_and_a_note_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_city(tmp_path)

    def exit_codes(severity: Severity) -> tuple[int, int]:
        found = Finding("x/lines.yaml", 1, 1, Fault(Code.LOOP, "环", "a loop", "改 / mend", severity))
        monkeypatch.setattr("callrouter.cli.plan_check.check", lambda *_: (found,))
        return check("dialplans/testcity").code, check("dialplans/testcity", "--strict").code

    assert exit_codes(Severity.NOTE) == (0, 0)
    assert exit_codes(Severity.WARNING) == (0, 1)
    assert exit_codes(Severity.ERROR) == (1, 1)


def test_without_overlay_the_operators_choices_are_not_there(tmp_path: Path) -> None:
    write_city(tmp_path)
    assert "testcity/operator.yaml:" in check("dialplans/testcity").out
    assert "testcity/operator.yaml:" not in check("dialplans/testcity", "--no-overlay").out


def test_recordings_are_asked_for_unless_it_is_a_draft(tmp_path: Path) -> None:
    sound_city(tmp_path)
    asked = run("plan", "check", "dialplans/testcity", "--at", AT)
    assert asked.code == 1
    assert "PROMPT_FILE_MISSING" in asked.out
    assert "PROMPT_FILE_MISSING" not in check("dialplans/testcity").out


def test_github_gets_one_annotation_a_finding(tmp_path: Path) -> None:
    write_city(tmp_path, lines=BROKEN)
    ran = check("dialplans/testcity", "--format", "github")
    assert ran.code == 1
    place = "file=dialplans/testcity/lines.yaml,line=3,col=11,title=WRONG_VALUE"
    assert any(line.startswith(f"::error {place}::") for line in ran.out.splitlines())
    assert all(re.match(r"::(error|warning|notice) file=", line) for line in ran.out.splitlines())


def test_an_annotation_escapes_what_would_end_it_or_its_properties() -> None:
    fault = Fault(Code.WRONG_VALUE, "50%\r\n对", "a: b, c", "x", Severity.WARNING, "000:L8")
    assert as_annotation(Finding("a,b:c/l%.yaml", 7, 2, fault)) == (
        "::warning file=a%2Cb%3Ac/l%25.yaml,line=7,col=2,title=WRONG_VALUE::"
        "50%25%0D%0A对 / a: b, c [000:L8]; x"
    )


def test_a_finding_about_a_whole_file_has_no_line_on_github_and_line_0_in_json() -> None:
    finding = Finding("x/plan.yaml", 0, 0, Fault(Code.FILE_EMPTY, "空", "empty", "写 / write", Severity.NOTE))
    assert as_annotation(finding) == "::notice file=x/plan.yaml,title=FILE_EMPTY::空 / empty; 写 / write"
    assert (as_data(finding)["line"], as_data(finding)["col"]) == (0, 0)


def test_the_plan_of_the_settings_is_checked_when_none_is_named(tmp_path: Path) -> None:
    config = tmp_path / "callrouter.yaml"
    config.write_text(f"plan: {sound_city(tmp_path)}\n", encoding="utf-8")
    ran = check("--config", str(config))
    assert ran.code == 0, ran.out
    assert "dialplans/testcity: 测试市" in ran.out
