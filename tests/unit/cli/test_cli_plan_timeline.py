"""`callrouter plan timeline`: which lives are shown, where to, and the exit codes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import Ran, run
from tests.unit.plans.invented_city import write_city

SVG = "{http://www.w3.org/2000/svg}"
PLANS = sorted(path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_city(tmp_path)


def timeline(*arguments: str | Path) -> Ran:
    return run("plan", "timeline", *map(str, arguments))


def test_a_number_is_shown_alone(city: Path) -> None:
    ran = timeline(city, "12300")
    assert (ran.code, ran.err) == (0, "")
    assert "12300 全国电信用户申诉渠道咨询电话" in ran.out
    assert "2021-06-01 00:00  2021-10-01 00:00" in ran.out
    assert "12333" not in ran.out
    assert "知识库汇聚" not in ran.out


def test_without_a_number_the_whole_plan_is_shown_with_its_lists_classes_and_deadlines(city: Path) -> None:
    ran = timeline(city)
    assert ran.code == 0
    for shown in ("12300", "12333", "12366", "09992180012", "landlines", "others", "知识库汇聚"):
        assert shown in ran.out
    assert "09992180013" not in ran.out


@pytest.mark.parametrize("spelling", ["09992180013", "0999-2180013", "+86 999 2180013"])
def test_a_number_of_a_list_is_found_however_it_is_spelt(city: Path, spelling: str) -> None:
    ran = timeline(city, spelling)
    assert ran.code == 0
    assert "09992180013 市教育局" in ran.out


def test_a_number_that_is_in_no_plan_is_exit_code_1(city: Path) -> None:
    ran = timeline(city, "12300", "96999")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("96999: 计划里没有 / not in the plan; 写 lines.yaml")
    assert ran.err.count("\n") == 1


def test_the_operators_instant_is_marked_and_without_overlay_there_is_none(city: Path) -> None:
    assert "已生效 *  2021-10-16 00:00" in timeline(city, "12333").out
    alone = timeline(city, "12333", "--no-overlay").out
    assert "2021-10-16" not in alone
    assert "时刻未定" in alone


def test_the_table_is_in_english_when_asked(city: Path) -> None:
    assert "12345 answers" in timeline(city, "12300", "--lang", "en").out


def test_the_drawing_is_written_and_told(city: Path, tmp_path: Path) -> None:
    ran = timeline(city, "--svg", tmp_path / "city.svg")
    assert (ran.code, ran.err) == (0, "")
    assert "city.svg" in ran.out
    root = ElementTree.parse(tmp_path / "city.svg").getroot()
    assert root.tag == f"{SVG}svg"


def test_a_drawing_into_no_folder_is_exit_code_2(city: Path, tmp_path: Path) -> None:
    ran = timeline(city, "--svg", tmp_path / "nowhere" / "city.svg")
    assert (ran.code, ran.out) == (2, "")
    assert "nowhere" in ran.err


def test_a_bad_plan_is_exit_code_2_with_its_findings(tmp_path: Path) -> None:
    ran = timeline(write_city(tmp_path, lines=[("mode: merged", "mode: mergd")]))
    assert (ran.code, ran.out) == (2, "")
    assert "lines.yaml:3:11: error WRONG_VALUE" in ran.err


def test_a_folder_that_is_not_there_is_exit_code_2() -> None:
    assert timeline("/nowhere/city").code == 2


@pytest.mark.parametrize("folder", PLANS, ids=lambda folder: str(folder.name))
def test_every_shipped_plan_is_drawn_with_all_its_lines_and_instants(folder: Path, tmp_path: Path) -> None:
    assert timeline(folder, "--svg", tmp_path / "plan.svg").code == 0
    root = ElementTree.parse(tmp_path / "plan.svg").getroot()
    written = {text.text for text in root.iter(f"{SVG}text")}
    table = timeline(folder).out
    numbers = {line.split()[0] for line in table.splitlines() if line[:2] == "  " and line[2:7].isdigit()}
    instants = {
        part
        for line in table.splitlines()
        for part in line.split()
        if part.startswith("20") and part[4:5] == "-"
    }
    assert numbers <= written
    dated = {text for text in written if text and text[:2] == "20" and len(text) == 10}
    assert dated
    assert dated <= instants
