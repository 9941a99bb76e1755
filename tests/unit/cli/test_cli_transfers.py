"""`callrouter transfers`: the agents' sheet of codes, and the table that Asterisk is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import Ran, run

HAINAN = PROJECT_ROOT / "dialplans" / "hainan"
AT = "2022-01-05T10:00:00+08:00"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "callrouter.yaml"
    file.write_text('sip: {seats: ["1001", "12360", "tax"], supervisors: ["2001"]}\n', encoding="utf-8")
    return file


def listed(*arguments: str | Path) -> dict[str, dict[str, Any]]:
    ran = run("transfers", "list", str(HAINAN), "--json", *map(str, arguments))
    assert ran.code == 0
    return {row["id"]: row for row in map(json.loads, ran.out.splitlines())}


def transfers(*arguments: str | Path) -> Ran:
    return run("transfers", *map(str, arguments))


def test_the_sheet_has_a_line_for_each_with_its_code_and_how_it_stands() -> None:
    ran = transfers("list", HAINAN, "--at", AT)
    assert (ran.code, ran.err) == (0, "")
    lines = {line.split()[0]: line for line in filter(None, ran.out.splitlines())}
    assert "海关分中心" in lines["12360"]
    assert "三方 three-way" in lines["12360"]
    assert lines["12360"].endswith("可转 open")
    assert "只能派发工单 / tickets only" in lines["089880096001"]
    assert lines["1001"].split()[1] == "1001"
    assert lines["548442"].endswith("litigation")
    assert "请向有管辖权的人民法院提起诉讼" in lines["548442"]


def test_it_is_asked_about_an_instant() -> None:
    before, after = listed("--at", "2020-01-01T00:00:00+08:00"), listed("--at", AT)
    assert (before["customs"]["open"], before["customs"]["refused"]) == ([], "not_yet")
    assert (after["customs"]["open"], after["customs"]["refused"]) == (["three_way"], None)


def test_programs_get_a_value_a_line() -> None:
    row = listed("--at", AT)["customs"]
    assert row == {
        "code": "12360",
        "id": "customs",
        "name": "海关分中心",
        "role": "branch",
        "kinds": ["three_way"],
        "open": ["three_way"],
        "refused": None,
        "reason": None,
    }


def test_who_has_no_code_or_somebody_elses_id_is_told_with_the_remedy(config: Path) -> None:
    ran = transfers("list", HAINAN, "--at", AT, "--config", config)
    assert ran.code == 0
    told = ran.err.splitlines()
    assert len(told) == 2
    assert told[0].startswith("sip: 12360: 号码已归别处")
    assert told[1].startswith("sip: tax: 标识与别处相同")
    assert all("rename" in line for line in told)
    assert "supervisor" in ran.out
    assert "班长" in ran.out


def test_the_table_shows_what_asterisk_calls(config: Path) -> None:
    ran = transfers("targets", HAINAN, "--config", config)
    assert (ran.code, ran.err) == (0, "")
    assert "PJSIP/12360@peer-customs" in ran.out
    assert "PJSIP/2001" in ran.out
    as_json = transfers("targets", HAINAN, "--json", "--config", config)
    made = {row["id"]: row for row in map(json.loads, as_json.out.splitlines())}
    assert made["supervisor"]["dial"] == ["PJSIP/2001"]
    assert made["customs"]["begins"] > 0


def test_of_those_who_share_a_code_the_one_that_it_does_not_stand_for_is_marked() -> None:
    ran = transfers("targets", PROJECT_ROOT / "dialplans" / "inner-mongolia")
    marked = [line.split()[0] for line in ran.out.splitlines() if "(" in line]
    assert marked == ["customs-manzhouli"]


@pytest.mark.parametrize("command", ["list", "targets"])
def test_a_folder_without_a_plan_or_a_spoilt_one_is_exit_code_2(command: str, tmp_path: Path) -> None:
    missing = transfers(command, tmp_path / "nowhere")
    assert (missing.code, missing.out) == (2, "")
    assert "没有这个目录 / there is no such folder" in missing.err
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    (spoilt / "plan.yaml").write_text("jurisdiction: [\n", encoding="utf-8")
    ran = transfers(command, spoilt)
    assert (ran.code, ran.out) == (2, "")
    assert "plan.yaml:" in ran.err


def test_an_instant_that_is_none_is_exit_code_2() -> None:
    assert transfers("list", HAINAN, "--at", "soon").code == 2
