"""The key `menus`: only an operator's, always with a person at the end, and warned of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.dump.files import dump
from callrouter.plans.findings import Severity
from callrouter.plans.lint.menus import menus
from callrouter.plans.lint.subject import Subject, followers_of
from callrouter.plans.load import load, load_plan
from callrouter.plans.wanted_prompts import wanted
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.menu import Menu, MenuDesk, MenuKey
from tests.unit.plans.invented_city import OPERATOR, write_city

END = "\n...\n"
MENU = """\
menus:
  - id: language
    announcement: own-language
    desk: hub
    choices:
      - {key: "2", queue: labour}
    otherwise: hotline
    why: 有蒙古语座席 / there are Mongolian seats"""
SHIPPED = sorted(path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))


def city(folder: Path, menu: str = MENU) -> Path:
    assert OPERATOR.endswith(END)
    return write_city(folder, operator=OPERATOR.removesuffix(END) + f"\n{menu}{END}")


def subject(folder: Path) -> Subject:
    loaded = load(folder)
    assert loaded.plan is not None, loaded.findings
    at = datetime(2022, 1, 1, tzinfo=UTC)
    followers = followers_of(loaded.plan)
    return Subject(
        loaded.plan,
        loaded.positions,
        None,
        at,
        frozenset(),
        None,
        True,
        followers,
        loaded.choices,
    )


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda path: path.name)
def test_no_shipped_plan_has_a_menu(folder: Path) -> None:
    assert load_plan(folder).menus is None


def test_a_menu_is_as_it_is_written_and_asks_twice_for_five_seconds_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    (menu,) = load_plan(city(tmp_path)).menus or ()
    assert menu == Menu(
        "language", "own-language", MenuDesk.HUB, (), (MenuKey("2", "labour"),), "hotline", 2, 5, menu.place
    )
    assert menu.place.startswith("dialplans/testcity/operator.yaml:")
    assert load_plan(city(tmp_path), overlay=False).menus is None


def test_it_is_one_of_the_operators_choices(tmp_path: Path) -> None:
    choice = load(city(tmp_path)).choices[-1]
    assert (choice.section, choice.name) == ("menus", "language")


def test_it_changes_the_plans_hash_and_survives_a_dump(tmp_path: Path) -> None:
    menu = MENU.replace("desk: hub", 'desk: lines\n    lines: ["12300"]\n    tries: 3\n    timeout_s: 1')
    plan = load_plan(city(tmp_path / "one", menu))
    assert plan.hash != load_plan(write_city(tmp_path / "two")).hash
    dump(plan, tmp_path / "testcity")
    again = load_plan(tmp_path / "testcity")
    assert again.hash == plan.hash
    assert again.menus is not None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("queue: labour", "queue: nobody", Code.UNKNOWN_NAME),
        ("queue: labour", "menu: language", Code.UNKNOWN_KEY),
        ("queue: labour", "queue: language", Code.UNKNOWN_NAME),
        ("otherwise: hotline", "otherwise: labour", Code.WRONG_VALUE),
        ("otherwise: hotline", "otherwise: nobody", Code.UNKNOWN_NAME),
        ('key: "2"', 'key: "0"', Code.WRONG_VALUE),
        ('key: "2"', 'key: "12"', Code.WRONG_VALUE),
        ('key: "2"', 'key: "#"', Code.WRONG_VALUE),
        ('      - {key: "2", queue: labour}', '      - {key: "2", queue: labour}\n' * 2, Code.DUPLICATE_NAME),
        ("id: language", "id: the-language", Code.WRONG_VALUE),
        ("own-language", "language", Code.WRONG_VALUE),
        ("own-language", "own-../g01", Code.WRONG_VALUE),
        ("desk: hub", "desk: emergency", Code.WRONG_VALUE),
        ("desk: hub", "desk: lines", Code.MISSING_KEY),
        ("desk: hub", 'desk: hub\n    lines: ["12300"]', Code.WRONG_VALUE),
        ("desk: hub", 'desk: lines\n    lines: ["12399"]', Code.UNKNOWN_NAME),
        ("desk: hub", 'desk: lines\n    lines: ["12300", "12300"]', Code.DUPLICATE_NAME),
        ("desk: hub", "desk: hub\n    tries: 4", Code.WRONG_VALUE),
        ("desk: hub", "desk: hub\n    tries: 0", Code.WRONG_VALUE),
        ("desk: hub", "desk: hub\n    timeout_s: 11", Code.WRONG_VALUE),
        ("    otherwise: hotline\n", "", Code.MISSING_KEY),
        ("    why: 有蒙古语座席 / there are Mongolian seats", "", Code.MISSING_KEY),
    ],
)  # fmt: skip
def test_each_fault_is_told(tmp_path: Path, old: str, new: str, code: Code) -> None:
    assert MENU.count(old) == 1
    findings = load(city(tmp_path, MENU.replace(old, new).rstrip())).findings
    assert code in {finding.fault.code for finding in findings}
    assert {Path(finding.file).name for finding in findings} == {"operator.yaml"}


def test_ten_keys_are_too_many(tmp_path: Path) -> None:
    keys = "\n".join(f'      - {{key: "{key}", queue: labour}}' for key in (*range(1, 10), 9))
    assert load(city(tmp_path, MENU.replace('      - {key: "2", queue: labour}', keys))).plan is None


def test_a_call_has_one_menu_at_most(tmp_path: Path) -> None:
    second = MENU.removeprefix("menus:\n").replace("id: language", "id: service")
    (finding,) = load(city(tmp_path, f"{MENU}\n{second}")).findings
    assert finding.fault.code is Code.DUPLICATE_NAME


def test_every_menu_is_warned_of_by_the_standard_and_the_fifteen_seconds(tmp_path: Path) -> None:
    (finding,) = menus(subject(city(tmp_path)))
    assert (finding.fault.code, finding.fault.severity) == (Code.MENU_ADVISED_AGAINST, Severity.WARNING)
    assert "GB/T 33358" in finding.fault.zh
    assert "15 s" in finding.fault.en


def test_what_the_catalogue_says_is_wanted_and_an_own_recording_is_not(tmp_path: Path) -> None:
    keys = {notice.key for notice in wanted(load_plan(city(tmp_path)))}
    assert not any("language" in key or key.startswith("l01") for key in keys)
    keys = {notice.key for notice in wanted(load_plan(city(tmp_path, MENU.replace("own-language", "L01"))))}
    assert "l01-testcity" in keys
