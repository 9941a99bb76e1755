"""`callrouter plan diff`: for people, for machines, and between two revisions of one repository."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import Ran, run

SICHUAN = str(PROJECT_ROOT / "dialplans" / "sichuan")


def diff(*arguments: str) -> Ran:
    return run("plan", "diff", *arguments)


@pytest.fixture
def late(tmp_path: Path) -> Path:
    """Sichuan's plan with the switch of thirteen numbers put off by a day."""
    shutil.copytree(PROJECT_ROOT / "dialplans", tmp_path / "dialplans")
    lines = tmp_path / "dialplans" / "sichuan" / "lines.yaml"
    lines.write_text(lines.read_text("utf-8").replace("2021-10-01T00:00", "2021-10-02T00:00"), "utf-8")
    return lines.parent


def test_a_plan_and_itself_are_the_same() -> None:
    assert diff(SICHUAN, SICHUAN) == (0, "没有差别 / no difference\n", "")


def test_people_are_told_how_many_numbers_from_when_to_when_and_what(late: Path) -> None:
    code, out, err = diff(SICHUAN, str(late))
    assert (code, err) == (1, "")
    first = out.splitlines()[0]
    assert first.startswith("2021-10-01 00:00:00 — 2021-10-02 00:00:00  13 个号码 / 13 numbers: 12396 12300")
    assert "阶段 phase: ended → transition" in out
    assert "lines.yaml schedules.merged.phases[ended].starts: 2021-10-01T00:00:00+08:00 → 2021-10-02" in out


def test_machines_get_all_of_it(late: Path) -> None:
    code, out, _ = diff(SICHUAN, str(late), "--json")
    told = json.loads(out)
    assert (code, told["identical"], told["lists_differ"]) == (1, False, False)
    assert {one["count"] for one in told["decisions"]} == {0, 13}  # 0: dialled in for one of them
    assert [one["path"] for one in told["written"]] == ["schedules.merged.phases[ended].starts"]
    assert json.loads(diff(SICHUAN, SICHUAN, "--json")[1])["identical"] is True


def test_two_revisions_of_one_plan_are_compared(late: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = late.parents[1]

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "late")
    lines = late / "lines.yaml"
    lines.write_text(lines.read_text("utf-8").replace("2021-10-02T00:00", "2021-10-01T00:00"), "utf-8")
    git("commit", "-qam", "in time")
    monkeypatch.chdir(root)
    code, out, err = diff("HEAD~1:dialplans/sichuan", "HEAD:dialplans/sichuan")
    assert (code, err) == (1, "")
    assert "13 个号码" in out
    assert diff("HEAD:dialplans/sichuan", "dialplans/sichuan")[0] == 0
    monkeypatch.chdir(root / "dialplans")
    assert diff("HEAD:dialplans/sichuan", "HEAD:./sichuan")[0] == 0


@pytest.mark.parametrize(
    "asked",
    [
        "nowhere",
        "HEAD:nowhere",
        "--output=x:dialplans/sichuan",
        "HEAD:/etc",
        "HEAD:../x",
        "HEAD:--output=x/sichuan",
        "HEAD:--remote=x/sichuan",
        ":dialplans/sichuan",
        "no-such:dialplans",
    ],
)
def test_what_is_no_plan_is_told_with_what_to_give(asked: str) -> None:
    code, _, err = diff("--", asked, SICHUAN)
    assert code == 2
    assert "revision:folder" in err


def test_a_plan_that_can_not_be_loaded_is_told_with_its_errors(late: Path) -> None:
    (late / "lines.yaml").write_text("schedules: [\n", "utf-8")
    code, _, err = diff(SICHUAN, str(late))
    assert code == 2
    assert "error" in err


def test_no_part_of_what_is_asked_is_an_option_of_gits(late: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = late.parents[1]
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "one")):
        subprocess.run(["git", *identity, *command], cwd=root, check=True, capture_output=True)
    monkeypatch.chdir(root)
    before = set(root.iterdir())
    for asked in ("HEAD:--output=made/sichuan", "--output=made:dialplans/sichuan", "HEAD:--output=made"):
        assert diff("--", asked, "dialplans/sichuan")[0] == 2
    assert set(root.iterdir()) == before


def test_mobile_numbers_of_a_plan_are_masked_for_people(tmp_path: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "dialplans", tmp_path / "dialplans")
    yunnan = tmp_path / "dialplans" / "yunnan"
    listed = yunnan / "landlines.csv"
    listed.write_text(listed.read_text("utf-8") + "13712345678,某某值班手机\n", "utf-8")
    asked = (str(PROJECT_ROOT / "dialplans" / "yunnan"), str(yunnan))
    assert "137****5678" in diff(*asked)[1]
    assert "13712345678" not in diff(*asked)[1]
    assert "13712345678" in diff(*asked, "--json")[1]
