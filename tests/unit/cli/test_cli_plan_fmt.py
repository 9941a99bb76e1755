"""`callrouter plan fmt`: what it rewrites, what it only tells, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from callrouter.cli import plan_fmt
from callrouter.plans.formatting.formatted import MeaningLost
from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import run

DIALPLANS = PROJECT_ROOT / "dialplans"
UNTIDY = "# 头\n\ntitle:   '长治'\njurisdiction: changzhi # 地区\n...\n"
TIDY = '# 头\n\njurisdiction: changzhi  # 地区\ntitle: "长治"\n...\n'


@pytest.fixture
def changzhi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of Changzhi's plan, whose plan.yaml is not laid out."""
    monkeypatch.chdir(tmp_path)
    folder = Path(shutil.copytree(DIALPLANS / "changzhi", "dialplans/changzhi"))
    (folder / "plan.yaml").write_text(UNTIDY, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_the_shipped_plans_and_calendars_are_laid_out() -> None:
    assert run("plan", "fmt", "--check", str(DIALPLANS)) == (0, "", "")


def test_it_rewrites_what_is_otherwise_says_so_and_leaves_the_rest_alone(changzhi: Path) -> None:
    before = contents(changzhi)
    assert run("plan", "fmt", "dialplans") == (
        0,
        "dialplans/changzhi/plan.yaml: 已整理 / formatted\n",
        "",
    )
    after = contents(changzhi)
    assert after.pop("plan.yaml")[0].decode() == TIDY
    before.pop("plan.yaml")
    assert after == before
    assert run("plan", "fmt", "dialplans/changzhi") == (0, "", "")


def test_check_changes_nothing_and_fails_if_something_would(changzhi: Path) -> None:
    before = contents(changzhi)
    ran = run("plan", "fmt", "--check", "dialplans/changzhi")
    assert ran == (1, "dialplans/changzhi/plan.yaml: 待整理 / would be formatted\n", "")
    assert contents(changzhi) == before


def test_diff_shows_what_would_change_and_changes_nothing(changzhi: Path) -> None:
    before = contents(changzhi)
    ran = run("plan", "fmt", "--diff", "dialplans/changzhi/plan.yaml")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "--- dialplans/changzhi/plan.yaml",
        "+++ dialplans/changzhi/plan.yaml",
        "@@ -1,5 +1,5 @@",
        " # 头",
        " ",
        "-title:   '长治'",
        "-jurisdiction: changzhi # 地区",
        "+jurisdiction: changzhi  # 地区",
        '+title: "长治"',
        " ...",
    ]
    assert run("plan", "fmt", "--diff", "--check", "dialplans").code == 1
    assert contents(changzhi) == before


def test_the_diff_tells_of_line_ends_too(changzhi: Path) -> None:
    (changzhi / "plan.yaml").write_bytes(TIDY.removesuffix("\n").replace("\n", "\r\n").encode())
    ran = run("plan", "fmt", "--diff", "dialplans/changzhi")
    assert "the byte order mark goes, lines end in a line feed" in ran.out
    assert "\n-...\n\\ No newline at end of file\n+...\n" in ran.out


def test_a_file_is_replaced_in_one_step_with_its_mode_and_behind_its_link(changzhi: Path) -> None:
    file = changzhi / "plan.yaml"
    file.chmod(0o640)
    inode = file.stat().st_ino
    link = changzhi.parent / "plan.yaml"
    link.symlink_to(file.absolute())
    assert run("plan", "fmt", "dialplans/plan.yaml").code == 0
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == TIDY
    assert (file.stat().st_mode & 0o777, file.stat().st_ino != inode) == (0o640, True)
    assert {path.name for path in changzhi.iterdir()} == {
        path.name for path in (DIALPLANS / "changzhi").iterdir()
    }


def test_a_file_named_twice_is_laid_out_once(changzhi: Path) -> None:
    ran = run("plan", "fmt", "--check", "dialplans", "dialplans/changzhi/plan.yaml")
    assert (ran.code, ran.out.count("would be formatted")) == (1, 1)


def test_calendars_beside_plans_are_laid_out_too(changzhi: Path) -> None:
    calendar = changzhi.parent / "calendars" / "china.yaml"
    calendar.parent.mkdir()
    calendar.write_text("title: t\ncalendar: china\n...\n", encoding="utf-8")
    assert "dialplans/calendars/china.yaml: 已整理" in run("plan", "fmt", "dialplans").out
    assert calendar.read_text(encoding="utf-8") == "calendar: china\ntitle: t\n...\n"


def test_a_file_that_can_not_be_read_is_told_and_the_others_are_laid_out(changzhi: Path) -> None:
    lines = changzhi / "lines.yaml"
    lines.write_text("lines:\n  - a: 1\n    a: 2\n...\n", encoding="utf-8")
    ran = run("plan", "fmt", "dialplans/changzhi")
    assert ran.code == 2
    assert ran.err.startswith("dialplans/changzhi/lines.yaml:3:5: error DUPLICATE_KEY: ")
    assert "只保留一个 / keep one of the two" in ran.err
    assert lines.read_text(encoding="utf-8") == "lines:\n  - a: 1\n    a: 2\n...\n"
    assert (changzhi / "plan.yaml").read_text(encoding="utf-8") == TIDY


def test_a_plan_that_means_nothing_yet_is_laid_out(changzhi: Path) -> None:
    assert run("plan", "check", "dialplans/changzhi").code == 1
    assert run("plan", "fmt", "dialplans/changzhi").code == 0


def test_what_would_say_something_else_is_not_written(
    changzhi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise MeaningLost("值不一样 / the values differ")

    monkeypatch.setattr(plan_fmt, "formatted", lost)
    ran = run("plan", "fmt", "dialplans/changzhi/plan.yaml")
    assert ran.code == 2
    assert "the values differ / not formatted, the file is as it was" in ran.err
    assert (changzhi / "plan.yaml").read_text(encoding="utf-8") == UNTIDY


def test_a_disk_that_fails_leaves_the_file_as_it_was(changzhi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = contents(changzhi)
    ran = run("plan", "fmt", "dialplans/changzhi")
    assert ran.code == 2
    assert ran.err.startswith(
        "dialplans/changzhi/plan.yaml: 没有写成，文件没有改动（No space left on device）"
    )
    assert contents(changzhi) == before


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["nowhere"], "没有这个目录"),
        (["dialplans/changzhi/landlines.csv"], "不是计划的 YAML 文件"),
        (["empty"], "没有计划的 YAML 文件"),
        (["-", "dialplans"], "标准输入只能单独给出"),
    ],
)
def test_a_path_that_is_no_plan_is_told_with_what_to_give(
    paths: list[str], said: str, changzhi: Path
) -> None:
    Path("empty").mkdir()
    before = contents(changzhi)
    ran = run("plan", "fmt", *paths)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert contents(changzhi) == before


def piped(text: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "callrouter", "plan", "fmt", "-", *options]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}
    return subprocess.run(command, input=text, capture_output=True, check=False, env=environment)


def test_an_editor_pipes_its_text_through() -> None:
    ran = piped(UNTIDY.encode())
    assert (ran.returncode, ran.stdout.decode(), ran.stderr) == (0, TIDY, b"")


def test_the_name_of_what_is_piped_tells_its_keys_order() -> None:
    # By its keys it might be lines.yaml as well.
    text = b"lines:\n  - {why: w, number: n}\n...\n"
    assert piped(text, "--stdin-name", "operator.yaml").stdout == b"lines:\n  - {number: n, why: w}\n...\n"


def test_of_a_piped_text_that_can_not_be_read_nothing_comes_out() -> None:
    ran = piped(b"a: [\n...\n", "--stdin-name", "x/plan.yaml")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(b"x/plan.yaml:")


def test_a_piped_text_can_be_checked() -> None:
    ran = piped(UNTIDY.encode(), "--check")
    assert (ran.returncode, ran.stdout.decode()) == (1, "<stdin>: 待整理 / would be formatted\n")
