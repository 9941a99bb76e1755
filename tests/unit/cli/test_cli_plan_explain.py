"""`callrouter plan explain`: the object that programs read, what people read, and the exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from tests.unit.cli.running import Ran, run
from tests.unit.plans.invented_city import write_city

KEYS = [
    "plan",
    "plan_hash",
    "at",
    "line",
    "name",
    "mode",
    "number_fate",
    "seat_fate",
    "phase",
    "next_phase",
    "landing",
    "treatment",
    "stray",
    "source",
    "platform",
    "queue",
    "priority",
    "expert_seats",
    "announcement",
    "announcement_text",
    "transfers",
    "found_by",
    "reasons",
]
MODES = {
    "merged",
    "dual",
    "branch",
    "parallel",
    "forwarded",
    "absorbed",
    "withdrawn",
    "hub",
    "emergency",
    "utility",
    "unknown",
}
LANDINGS = {"platform", "department", "branch", "external", "released", "emergency"}
TREATMENTS = {"queue", "dial", "voicemail", "guide", "release"}
FINDERS = {"did", "history-info", "diversion", "to", "request-uri"}
PLANS = sorted(path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))
BEFORE = "2018-01-01T00:00:00+08:00"
LATE = "2022-01-01T00:00:00+08:00"


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_city(tmp_path)


def ask(city: Path, dialled: str, *more: str, at: str = LATE) -> Ran:
    return run("plan", "explain", str(city), "--dialled", dialled, "--at", at, *more)


def told(city: Path, dialled: str, *more: str, at: str = LATE) -> dict[str, Any]:
    ran = ask(city, dialled, "--json", *more, at=at)
    assert ran.err == ""
    answer: dict[str, Any] = json.loads(ran.out)
    return answer


def test_the_json_object_has_the_keys_of_the_contract_and_no_others(city: Path) -> None:
    answer = told(city, "12300", at="2021-07-01T10:00:00+08:00")
    assert list(answer) == KEYS
    assert [set(reason) for reason in answer["reasons"]] == [{"code", "at", "text"}] * len(answer["reasons"])


def test_a_line_in_transition_is_told_in_full(city: Path) -> None:
    answer = told(city, "12300", at="2021-07-01T10:00:00+08:00")
    assert {key: answer[key] for key in KEYS if key not in ("plan_hash", "reasons", "transfers")} == {
        "plan": "testcity",
        "at": "2021-07-01T10:00:00+08:00",
        "line": "12300",
        "name": "全国电信用户申诉渠道咨询电话",
        "mode": "merged",
        "number_fate": "kept",
        "seat_fate": "merged",
        "phase": "transition",
        "next_phase": "ended",
        "landing": "platform",
        "treatment": "queue",
        "stray": False,
        "source": None,
        "platform": "testcity",
        "queue": "hotline",
        "priority": 0,
        "expert_seats": None,
        "announcement": "T01",
        "announcement_text": "您好，12300电信用户申诉热线已并入12345热线。原号码使用到九月三十日，十月一日起停用，"
        "今后请拨打12345。正在接通，请不要挂机。",
        "found_by": "request-uri",
    }
    assert answer["plan_hash"] == load_plan(city).hash
    assert re.fullmatch(r"dialplans/testcity/lines\.yaml:\d+", answer["reasons"][0]["at"])


def test_at_the_very_instant_the_next_phase_is_in_force(city: Path) -> None:
    assert told(city, "12300", at="2021-09-30T23:59:59+08:00")["phase"] == "transition"
    ended = told(city, "12300", at="2021-10-01T00:00:00+08:00")
    assert (ended["phase"], ended["announcement"], ended["stray"]) == ("ended", "X01", True)


def test_an_unknown_number_is_exit_code_1_and_the_object_is_printed_all_the_same(city: Path) -> None:
    ran = ask(city, "96999", "--json")
    assert (ran.code, ran.err) == (1, "")
    answer = json.loads(ran.out)
    assert list(answer) == KEYS
    assert (answer["mode"], answer["line"], answer["landing"]) == ("unknown", None, "platform")


@pytest.mark.parametrize("json_or_not", [(), ("--json",)])
def test_a_dialled_text_that_is_no_number_is_answered_and_not_repeated(
    city: Path, json_or_not: tuple[str, ...]
) -> None:
    ran = ask(city, "13800138111", *json_or_not)
    assert ran.code == 1
    assert "13800138111" not in ran.out


@pytest.mark.parametrize("dialled", ["12345", "110", "12333", "96511", "12366"])
def test_a_number_that_is_decided_is_exit_code_0(city: Path, dialled: str) -> None:
    assert ask(city, dialled, "--json").code == 0


def test_each_header_option_names_the_line_and_the_winner_is_told(city: Path) -> None:
    forwarded = "<sip:09992180013@carrier.example>"
    ways = {
        "diversion": ("--diversion", forwarded),
        "history-info": ("--history-info", f"{forwarded};index=1"),
        "to": ("--to", forwarded),
    }
    for winner, option in ways.items():
        answer = told(city, "12345", *option, "--trunk", "carrier")
        assert (answer["found_by"], answer["line"], answer["name"]) == (winner, "09992180013", "市教育局")
    assert told(city, "12345", *ways["diversion"])["found_by"] == "diversion"


def test_diversion_is_repeatable_topmost_first_and_the_bottom_was_dialled_first(city: Path) -> None:
    top, bottom = "<sip:09992180013@c.example>", "<sip:09992180014@c.example>"
    assert told(city, "12345", "--diversion", top, "--diversion", bottom)["line"] == "09992180014"
    assert told(city, "12345", "--diversion", bottom, "--diversion", top)["line"] == "09992180013"


def test_history_info_is_repeatable_and_its_earliest_index_was_dialled_first(city: Path) -> None:
    first, second = "<sip:09992180013@c.example>;index=1", "<sip:09992180014@c.example>;index=1.1"
    assert told(city, "12345", "--history-info", first, "--history-info", second)["line"] == "09992180013"


def test_a_dialled_in_number_of_the_trunk_stands_for_its_line(city: Path) -> None:
    answer = told(city, "09996110000", "--trunk", "carrier")
    assert (answer["found_by"], answer["line"], answer["expert_seats"]) == ("did", "12333", True)


def test_trunk_and_platform_say_where_the_call_came_in(city: Path) -> None:
    handed_over = told(city, "12345", "--trunk", "police")
    assert (handed_over["source"], handed_over["announcement"]) == ("emergency:110", "M05")
    assert told(city, "12345", "--platform", "nextcity")["platform"] == "nextcity"


@pytest.mark.parametrize(
    ("option", "known"), [("--trunk", ("carrier", "police")), ("--platform", ("testcity", "nextcity"))]
)
def test_an_unknown_trunk_or_platform_is_exit_code_2_and_the_known_ones_are_named(
    city: Path, option: str, known: tuple[str, ...]
) -> None:
    ran = ask(city, "12345", option, "elsewhere", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert f"{option} elsewhere" in ran.err
    assert all(name in ran.err for name in known)


def test_without_overlay_there_are_no_trunks_to_name(city: Path) -> None:
    ran = ask(city, "12345", "--trunk", "carrier", "--no-overlay")
    assert ran.code == 2
    assert "operator.yaml" in ran.err


def test_without_overlay_what_only_the_operator_dated_has_not_begun(city: Path) -> None:
    assert told(city, "12333")["phase"] == "in_force"
    alone = told(city, "12333", "--no-overlay")
    assert (alone["phase"], alone["next_phase"], alone["landing"]) == ("before", "in_force", "external")


@pytest.mark.parametrize(
    "at", ["2021-10-01", "2021-10-01T00:00:00", "yesterday", "2021-13-01T00:00:00+08:00"]
)
def test_an_instant_that_is_none_is_exit_code_2(city: Path, at: str) -> None:
    ran = ask(city, "12300", "--json", at=at)
    assert (ran.code, ran.out) == (2, "")
    assert at in ran.err


def test_a_bad_plan_is_exit_code_2_with_its_findings_on_standard_error(tmp_path: Path) -> None:
    ran = ask(write_city(tmp_path, lines=[("mode: merged", "mode: mergd")]), "12300", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "dialplans/testcity/lines.yaml:3:11: error WRONG_VALUE" in ran.err


def test_a_folder_that_is_not_there_is_exit_code_2() -> None:
    ran = ask(Path("/nowhere/city"), "12300")
    assert (ran.code, ran.out) == (2, "")
    assert "/nowhere/city" in ran.err


def test_people_are_told_in_chinese_in_english_or_in_both(city: Path) -> None:
    zh, en, both = (ask(city, "12300", *more).out for more in (("--lang", "zh"), ("--lang", "en"), ()))
    assert "整体并入" in zh
    assert "because" not in zh
    assert "merged" in en
    assert "整体并入" not in en
    assert "整体并入" in both
    assert "because" in both


def test_the_plan_of_the_settings_is_asked_when_none_is_named(city: Path) -> None:
    config = city.parent.parent / "callrouter.yaml"
    config.write_text(f"plan: {city}\n", encoding="utf-8")
    ran = run("plan", "explain", "--dialled", "12300", "--config", str(config), "--json")
    assert json.loads(ran.out)["plan"] == "testcity"


def test_there_are_five_shipped_plans() -> None:
    names = {folder.name for folder in PLANS}
    assert {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"} <= names


@pytest.mark.parametrize("at", [BEFORE, "2021-07-01T10:00:00+08:00", LATE])
@pytest.mark.parametrize("folder", PLANS, ids=lambda folder: str(folder.name))
def test_a_line_of_every_schedule_of_a_shipped_plan_is_explained_in_the_words_of_the_contract(
    folder: Path, at: str
) -> None:
    plan = load_plan(folder)
    one_of_each = {line.schedule.id: line.number for line in plan.lines.values()}
    for dialled in [*one_of_each.values(), "12345", "110", "96000"]:
        ran = ask(folder, dialled, "--json", at=at)
        answer = json.loads(ran.out)
        assert ran.code == (1 if answer["mode"] == "unknown" else 0)
        assert list(answer) == KEYS
        assert answer["mode"] in MODES
        assert answer["landing"] in LANDINGS
        assert answer["treatment"] in TREATMENTS
        assert answer["found_by"] in FINDERS
        assert answer["reasons"]
        assert all(re.fullmatch(r"[\w/.-]+\.yaml:\d+", reason["at"]) for reason in answer["reasons"])
        assert (answer["treatment"] == "release") == (answer["queue"] is None)
        if answer["announcement"]:
            assert answer["announcement_text"], (dialled, answer["announcement"])


def test_people_are_told_which_header_named_the_line_when_they_gave_one(city: Path) -> None:
    def found(*more: str) -> str:
        return ask(city, "12345", "--trunk", "carrier", "--lang", "zh", *more).out.splitlines()[-1]

    assert found("--diversion", "<sip:09992180013@carrier.example>") == "被叫号码：取自 Diversion 头"
    assert found("--to", "<sip:12333@carrier.example>") == "被叫号码：取自 To 头"
    assert found("--diversion", "<sip:12345@carrier.example>").startswith("被叫号码：就是 --dialled")
    assert found().startswith("时刻：")


@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [
        ("--diversion", "13800138111", "'<sip:03552180012@carrier.example>'"),
        ("--diversion", "<sip:13800138111@", "'<sip:03552180012@carrier.example>'"),
        ("--history-info", "<sip:13800138111@carrier.example>", ";index=1'"),
    ],
)
def test_a_header_that_says_nothing_is_told_and_not_repeated(
    city: Path, option: str, value: str, remedy: str
) -> None:
    ran = ask(city, "12345", option, value)
    assert ran.code == 0
    assert ran.err.startswith(f"{option}: 读不懂")
    assert remedy in ran.err
    assert "13800138111" not in ran.out + ran.err


def test_without_an_instant_it_is_now_by_the_clock_of_the_place(city: Path) -> None:
    ran = run("plan", "explain", str(city), "--dialled", "12345", "--lang", "zh")
    assert re.search(r"^时刻：\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$", ran.out, re.MULTILINE)
