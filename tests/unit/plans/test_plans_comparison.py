"""Two plans side by side: nothing is missed, nothing is invented, and boundaries are exact."""

from __future__ import annotations

import random
import re
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.deciding import enlarged
from callrouter.plans.comparison.decided import Group, decided_otherwise
from callrouter.plans.comparison.listed import kinds_of_listed
from callrouter.plans.comparison.written import rewritten
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.both_decided import agree

SHIPPED = ("sichuan", "yunnan", "inner-mongolia", "hainan", "changzhi")


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def changed(name: str, folder: Path, file: str, old: str, new: str, *, times: int = 1) -> Plan:
    """The plan with one line of it changed."""
    shutil.copytree(PROJECT_ROOT / "dialplans", folder / "dialplans")
    path = folder / "dialplans" / name / file
    text, count = re.subn(old, new, path.read_text(encoding="utf-8"), count=times)
    assert count == times, old
    path.write_text(text, encoding="utf-8")
    return load_plan(folder / "dialplans" / name)


def told(groups: tuple[Group, ...]) -> list[tuple[str, str, int, set[str]]]:
    return [
        (
            group.starts.isoformat() if group.starts else "",
            group.ends.isoformat() if group.ends else "",
            group.numbers,
            {change.what for change in group.changes},
        )
        for group in groups
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_of_a_plan_and_itself_nothing_differs(name: str) -> None:
    assert rewritten(shipped(name), shipped(name)) == ()
    assert decided_otherwise(shipped(name), shipped(name)) == ()


def test_a_switch_that_is_put_off_by_a_day_is_told_of_thirteen_numbers_and_of_that_day_alone(
    tmp_path: Path,
) -> None:
    late = changed("sichuan", tmp_path, "lines.yaml", "2021-10-01T00:00", "2021-10-02T00:00", times=2)
    groups = decided_otherwise(shipped("sichuan"), late)
    assert {(one.starts, one.ends) for one in groups} == {
        tuple(map(datetime.fromisoformat, ("2021-10-01T00:00:00+08:00", "2021-10-02T00:00:00+08:00")))
    }
    assert {one.numbers for one in groups if one.asked[0].stands_for} == {13}
    assert {"phase", "announcement", "stray", "notice"} in [what for *_, what in told(groups)]
    (one,) = rewritten(shipped("sichuan"), late)
    assert one == (
        "lines.yaml",
        "schedules.merged.phases[ended].starts",
        "2021-10-01T00:00:00+08:00",
        "2021-10-02T00:00:00+08:00",
    )


SEEDED = {
    "a schedule of one line": (
        "sichuan",
        "lines.yaml",
        r'(number: "12315"[^#]*?schedule: )dual',
        r"\1branch",
    ),
    "an announcement": ("sichuan", "lines.yaml", "announcement: G02", "announcement: G01"),
    "a priority": ("hainan", "operator.yaml", 'priority: "15"', 'priority: "14"'),
    "hours": ("yunnan", "operator.yaml", r'opens: "08:00"', 'opens: "08:30"'),
    "an instant of the operator's": (
        *("inner-mongolia", "operator.yaml", "starts: 2021-09-01T00:00", "starts: 2021-09-01T00:01"),
    ),
    "when a center opens": ("sichuan", "operator.yaml", "opens: 2021-03-31T00:00", "opens: 2021-04-01T00:00"),
    "a platform's area": ("sichuan", "operator.yaml", r'areas: \["0816"\]', 'areas: ["0817"]'),
    "from when a platform is linked": (
        "sichuan",
        "operator.yaml",
        "starts: 2021-12-31",
        "starts: 2022-01-01",
    ),
    "a trunk's platform": (
        *("hainan", "operator.yaml", r"(id: haikou\n    )platform: hainan\n", r"\1platform: haikou\n"),
    ),
    "a tag": ("changzhi", "operator.yaml", "tag: mayor", "tag: major"),
    "a brand": ("changzhi", "plan.yaml", "- name: 长治市12345政务服务热线", "- name: 长治热线"),
    "an emergency": ("changzhi", "plan.yaml", "out: guide", "out: unstated"),
    "a peer's address": ("sichuan", "operator.yaml", r"192\.0\.2\.11:", "192.0.2.99:"),
    "where callers are guided": ("hainan", "operator.yaml", "请向纪检监察机关反映", "请向纪委反映"),
}


@pytest.mark.parametrize("what", SEEDED)
def test_each_seeded_change_of_one_line_is_told_and_nothing_else_is(what: str, tmp_path: Path) -> None:
    name, file, old, new = SEEDED[what]
    before, after = shipped(name), changed(name, tmp_path, file, old, new)
    lines = rewritten(before, after)
    assert len(lines) == 1, lines
    assert lines[0].file == file
    assert rewritten(after, before) == tuple(
        one._replace(before=one.after, after=one.before) for one in lines
    )


NOT_HEARD = {"a brand", "an emergency", "a peer's address", "where callers are guided"}
"""Nothing in them decides what is done with a call."""


@pytest.mark.parametrize("what", [one for one in SEEDED if one not in NOT_HEARD])
def test_what_differs_is_what_deciding_both_says_at_every_boundary_and_a_second_around_it(
    what: str, tmp_path: Path
) -> None:
    name, file, old, new = SEEDED[what]
    before, after = shipped(name), changed(name, tmp_path, file, old, new)
    assert decided_otherwise(before, after)
    agree(before, after, random.Random(what), 800)


@pytest.mark.parametrize("what", sorted(NOT_HEARD))
def test_what_decides_nothing_changes_no_call(what: str, tmp_path: Path) -> None:
    name, file, old, new = SEEDED[what]
    assert decided_otherwise(shipped(name), changed(name, tmp_path, file, old, new)) == ()


def test_four_times_as_many_numbers_take_no_sixteen_times_as_long() -> None:
    """Of a list's numbers one is asked about: what grows is the look at the lists, and no faster than they do."""
    plan = shipped("sichuan")

    def took(size: int) -> float:
        few, more = enlarged(plan, size), enlarged(plan, size + 1)
        times = []
        for _ in range(3):
            began = time.process_time()
            kinds = list(kinds_of_listed(few.lists, more.lists, ("028",), ()))
            assert [count for _, count, _ in kinds] == [1, size]
            times.append(time.process_time() - began)
        return min(times)

    took(1000)
    assert took(200_000) < 10 * took(50_000)


def test_a_list_that_gets_a_number_more_is_told_by_one_that_stands_for_it(tmp_path: Path) -> None:
    shutil.copytree(PROJECT_ROOT / "dialplans", tmp_path / "dialplans")
    rows = tmp_path / "dialplans" / "changzhi" / "landlines.csv"
    rows.write_text(rows.read_text(encoding="utf-8") + "03558009999,新设窗口\n", encoding="utf-8")
    before, after = shipped("changzhi"), load_plan(tmp_path / "dialplans" / "changzhi")
    assert rewritten(before, after) == ()
    groups = decided_otherwise(before, after)
    assert {(one.number, one.stands_for, one.listed) for group in groups for one in group.asked} == {
        ("03558009999", 1, "- → landlines")
    }
