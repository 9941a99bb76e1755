"""The holidays by which a plan's hours go, in its timeline: joined, named, only where and while hours ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from callrouter.plans.load import load_plan
from callrouter.plans.timeline.rows import Timeline, find_row, timeline_of
from callrouter.plans.timeline.table import table_of
from callrouter.plans.timeline.words import Tongue
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.invented_city import write_city
from tests.unit.plans.test_plans_calendar import asking


@pytest.fixture(scope="module")
def sichuan() -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / "sichuan")


def below_heading(timeline: Timeline, tongue: Tongue, heading: str) -> Sequence[str]:
    lines = list(table_of(timeline, tongue))
    return [line.strip() for line in lines[lines.index(heading) + 1 :]] if heading in lines else []


def test_the_days_of_a_holiday_are_one_entry_and_make_up_workdays_others(sichuan: Plan) -> None:
    found = [(one.name, one.first, one.last, one.weekday) for one in timeline_of(sichuan).days_off]
    assert found == [
        ("清明节", date(2021, 4, 3), date(2021, 4, 5), None),
        ("劳动节", date(2021, 4, 25), date(2021, 4, 25), 0),
        ("劳动节", date(2021, 5, 1), date(2021, 5, 5), None),
        ("劳动节", date(2021, 5, 8), date(2021, 5, 8), 0),
        ("端午节", date(2021, 6, 12), date(2021, 6, 14), None),
    ]


def test_the_table_says_what_holds_in_either_language(sichuan: Plan) -> None:
    rows = below_heading(timeline_of(sichuan), Tongue.ZH, "节假日与调休（服务时间按此）")
    assert rows[0].split() == [
        "branch-hours",
        "2021-04-03",
        "–",
        "2021-04-05",
        "清明节",
        "不上班",
        "国办发明电〔2020〕27号",
    ]
    english = below_heading(
        timeline_of(sichuan), Tongue.EN, "Public holidays and make-up workdays (hours go by them)"
    )
    assert "worked, as on a Monday" in english[1]


def test_a_line_without_such_hours_has_none_and_a_center_that_asks_has(sichuan: Plan) -> None:
    for number, count in (("12366", 5), ("12300", 0)):
        row = find_row(sichuan, number)
        assert row is not None
        assert len(timeline_of(sichuan, [row]).days_off) == count


def test_times_of_their_own_are_shown(tmp_path: Path) -> None:
    plan = load_plan(write_city(tmp_path, plan=asking('holiday_hours: [{opens: "09:00", closes: "12:30"}]')))
    rows = below_heading(timeline_of(plan), Tongue.ZH, "节假日与调休（服务时间按此）")
    assert rows[0].split()[:2] == ["office", "2021-09-18"]
    assert any("09:00-12:30" in row for row in rows)


def test_a_plan_that_does_not_ask_shows_no_holidays(tmp_path: Path) -> None:
    assert timeline_of(load_plan(write_city(tmp_path))).days_off == ()
