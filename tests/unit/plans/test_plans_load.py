"""Loading: what is written becomes a plan; what is wrong is told all at once, each thing at its place."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from callrouter.plans.findings import Finding, PlanErrors
from callrouter.plans.load import load, load_plan
from callrouter.vocabulary.hours import Span, Staffing
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Landing, NumberFate
from callrouter.vocabulary.policy import Overflow
from tests.unit.plans.invented_city import LANDLINES, LINES, PLAN, TEXTS, spot, write_city

NAMES = {
    "plan": "plan.yaml",
    "lines": "lines.yaml",
    "operator": "operator.yaml",
    "landlines": "landlines.csv",
}
BEIJING = timezone(timedelta(hours=8))


def at(name: str, fragment: str) -> str:
    return f"{NAMES[name]}:{spot(TEXTS[name], fragment)}"


def places(findings: tuple[Finding, ...]) -> list[str]:
    return [f"{finding.place.rpartition('/')[2]} {finding.fault.code}" for finding in findings]


def test_a_plan_without_an_error_loads_whole(tmp_path: Path) -> None:
    loaded = load(write_city(tmp_path))
    assert loaded.findings == ()
    plan = loaded.plan
    assert plan is not None
    assert (plan.jurisdiction, plan.version, plan.document.ref) == ("testcity", "1.0", "009")
    assert plan.document.issued == date(2021, 3, 24)
    assert (plan.hub.number, plan.hub.name) == ("12345", "12345政务服务便民热线")
    assert list(plan.lines) == ["12300", "12333", "12366", "09992180012", "96000"]
    assert len(plan.lists) == 3
    assert plan.line("09992180013") is not None
    assert plan.excluded_systems == ("人大",)
    assert [due.by for due in plan.dues] == [date(2021, 10, 31)]
    assert [demand.new_lines for demand in plan.demands] == [None, None, False]
    assert plan.short_codes == {"12300", "12333", "12366", "96000", "96511", "12345"}


def test_phases_meet_and_say_what_differs_from_their_schedule(tmp_path: Path) -> None:
    merged = load_plan(write_city(tmp_path)).schedules["merged"]
    before, transition, ended = merged.phases
    assert (before.starts, ended.ends) == (None, None)
    assert before.ends == transition.starts == datetime(2021, 6, 1, tzinfo=BEIJING)
    assert transition.ends == ended.starts == datetime(2021, 9, 30, 16, tzinfo=UTC)
    assert [phase.number_fate for phase in merged.phases] == [
        NumberFate.CANCELLED,
        NumberFate.KEPT,
        NumberFate.CANCELLED,
    ]
    assert (before.landing, ended.announcement) == (Landing.EXTERNAL, "X01")
    assert merged.undated == ()


def test_weekly_hours_are_spans_of_weekdays(tmp_path: Path) -> None:
    queue = load_plan(write_city(tmp_path)).queues["labour"]
    assert queue.hours is not None
    first, second = queue.hours.stretches
    assert (first.staffing, first.ends) == (Staffing.UNSTATED, second.starts)
    assert second.spans[0] == Span(0, 9 * 60, 17 * 60)
    assert second.spans[-1] == Span(6, 10 * 60, 12 * 60)
    assert len(second.spans) == 7


def test_a_platform_without_queue_ends_its_calls_in_that_above_it(tmp_path: Path) -> None:
    plan = load_plan(write_city(tmp_path))
    assert {name: platform.queue for name, platform in plan.platforms.items()} == {
        "testcity": "hotline",
        "eastcounty": "hotline",
        "nextcity": "hotline",
    }
    assert plan.queues["hotline"].overflow is Overflow.LAST_RESORT
    assert plan.queues["labour"].overflow is Overflow.GENERAL


def test_means_keep_their_order(tmp_path: Path) -> None:
    (tax,) = load_plan(write_city(tmp_path)).centers["12366"]
    assert tax.means == (Means.THREE_WAY, Means.TICKET)


def test_places_are_of_items_and_positions_of_their_values(tmp_path: Path) -> None:
    loaded = load(write_city(tmp_path))
    plan = loaded.plan
    assert plan is not None
    line = plan.lines["12333"]
    assert line.place == "dialplans/testcity/" + at("lines", 'number: "12333"')
    assert loaded.positions.of(line.place, "number").endswith(spot(LINES, '"12333"'))
    assert loaded.positions.of(line.place, "tag") == line.place
    assert line.schedule.place.endswith(f"lines.yaml:{spot(LINES, 'dual:')}")
    assert loaded.positions.of(line.schedule.place, "number_fate").endswith(
        spot(LINES, "kept\n    seat_fate: merged")
    )
    assert loaded.positions.of(plan.desks.hub.place, "priority").endswith(spot(PLAN, '"0"'))
    assert loaded.positions.of(plan.place, "timezone").endswith(spot(PLAN, "Asia/Shanghai"))


def test_the_shown_name_takes_the_place_of_the_folders(tmp_path: Path) -> None:
    loaded = load(write_city(tmp_path, lines=[("mode: dual", "mode: dul")]), shown="plans/x")
    assert [finding.file for finding in loaded.findings] == ["plans/x/lines.yaml"]


ODD_TEXTS = {"on": "on", "12345": "12345", "10:30": "10:30", "0755": "0755", "no # 注": "no"}


@pytest.mark.parametrize("written", ODD_TEXTS)
def test_a_text_is_read_as_it_is_written_whatever_yaml_makes_of_it(tmp_path: Path, written: str) -> None:
    folder = write_city(tmp_path, lines=[("name: 税务热线\n", f"name: {written}\n")])
    assert load_plan(folder).lines["12366"].name == ODD_TEXTS[written]


def test_a_plain_short_code_needs_no_quotes(tmp_path: Path) -> None:
    quoted = load_plan(write_city(tmp_path))
    plain = load_plan(write_city(tmp_path, lines=[('"12300"', "12300"), ('"12366"', "12366")]))
    assert plain.hash == quoted.hash


def test_load_plan_raises_all_of_it(tmp_path: Path) -> None:
    folder = write_city(tmp_path, lines=[("mode: dual", "mode: dul")], plan=[("level: city", "level: town")])
    with pytest.raises(PlanErrors) as caught:
        load_plan(folder)
    assert places(caught.value.findings) == [
        at("lines", "dual\n    number") + " WRONG_VALUE",
        at("plan", "city\n    areas") + " WRONG_VALUE",
    ]


def test_all_errors_of_all_files_are_told_at_once_and_in_order(tmp_path: Path) -> None:
    folder = write_city(
        tmp_path,
        plan=[('priority: "20"', 'prio: "20"'), ("home: testcity", "home: testcty")],
        lines=[("mode: merged", "mode: mergd"), ('"12366"', '"119"'), ("level: city", "levl: city")],
        operator=[("schedule: dual", "schedule: duel"), ("peer: police", "peer: polize")],
        landlines="number,name\n0999-2180013,甲\n",
    )
    (folder / "line.yaml").write_text("a: b\n...\n")
    found = places(load(folder).findings)
    assert [one.split(".")[0] for one in found] == sorted(one.split(".")[0] for one in found)
    assert [re.sub(r":\S+", "", one) for one in found] == [
        "landlines.csv CSV_ROW",
        "line.yaml FILE_UNUSED",
        "lines.yaml WRONG_VALUE",
        "lines.yaml UNKNOWN_KEY",
        "lines.yaml EMERGENCY_MIGRATES",
        "operator.yaml UNKNOWN_NAME",
        "operator.yaml UNKNOWN_NAME",
        "plan.yaml UNKNOWN_NAME",
        "plan.yaml UNKNOWN_KEY",
    ]


def test_a_syntax_error_ends_the_report_of_its_file_only(tmp_path: Path) -> None:
    folder = write_city(
        tmp_path, lines=[("mode: dual", "mode: [dual")], plan=[("level: city", "level: town")]
    )
    found = load(folder).findings
    assert [finding.fault.code for finding in found] == ["YAML_SYNTAX", "WRONG_VALUE"]


def test_a_misspelt_heading_does_not_hide_the_errors_below_it(tmp_path: Path) -> None:
    folder = write_city(tmp_path, lines=[("schedules:", "shedules:"), ('number: "12366"', 'number: "1236x"')])
    assert places(load(folder).findings) == [
        "lines.yaml:1:1 UNKNOWN_KEY",
        at("lines", '"12366"') + " WRONG_VALUE",
        at("lines", '"12366"\n    name: 市税务局') + " UNKNOWN_NAME",
    ]


def test_a_finding_reads_place_fault_remedy_chinese_first(tmp_path: Path) -> None:
    folder = write_city(tmp_path, lines=[("schedule: branch", "shedule: branch")])
    told = [str(finding) for finding in load(folder).findings]
    key = at("lines", "schedule: branch")
    assert told == [
        (
            f"dialplans/testcity/{key}: error UNKNOWN_KEY: 不认识的键 shedule，缺少 schedule / "
            "the key shedule is unknown, and schedule is missing; 是不是 schedule？ / did you mean schedule?"
        )
    ]


def test_no_finding_names_a_path_of_the_machine(tmp_path: Path) -> None:
    folder = write_city(tmp_path, plan=None, lines=[('"12366"', '"x"')], landlines=None)
    told = "\n".join(map(str, load(folder).findings))
    assert "dialplans/testcity/plan.yaml: error FILE_UNREADABLE" in told
    assert str(tmp_path) not in told


def test_ten_thousand_lines_load_within_the_second(tmp_path: Path) -> None:
    head, tail = LINES.split("lists:\n")
    lines = "".join(
        f'  - number: "0999{3_000_000 + index}"\n    name: 测试市第{index}号公开电话\n    spoken_number: 零九九九三\n'
        f'    spoken_name: 公开电话\n    schedule: absorbed\n    source: "009:L25"\n'
        for index in range(10_000)
    )
    folder = write_city(tmp_path, lines=f"{head}{lines}lists:\n{tail}")
    began = time.process_time()
    plan = load_plan(folder)
    assert len(plan.lines) == 10_005
    assert time.process_time() - began < 2


def test_the_hash_follows_the_rules_and_not_the_layout(tmp_path: Path) -> None:
    plain = load_plan(write_city(tmp_path))
    first = LINES[LINES.index('  - number: "12300"') : LINES.index('  - number: "12333"')]
    lines = LINES.replace(first, "").replace("lists:\n", f"{first}lists:\n")
    lines = lines.replace("schedules:\n", "# 注释 / a comment\n\nschedules:\n")
    lines = lines.replace("starts: 2021-10-01T00:00:00+08:00", "starts: '2021-09-30T16:00:00+00:00'")
    lines = lines.replace(
        "    mode: merged\n    number_fate: cancelled\n", "    number_fate: cancelled\n    mode: merged\n"
    )
    header, one, two, three = LANDLINES.splitlines()
    again = load_plan(write_city(tmp_path, lines=lines, landlines="\n".join([header, three, one, two, ""])))
    assert again.hash == plain.hash
    assert again.lines["12300"].place != plain.lines["12300"].place
    assert replace(again, lines={}) != replace(plain, lines={})


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lines", "2021-10-01T00:00:00+08:00", "2021-10-02T00:00:00+08:00"),
        ("lines", "announcement: X01", "announcement: X02"),
        ("lines", "by: 2021-05-31", "by: 2021-05-30"),
        ("lines", '"12300"', '"12301"'),
        ("lines", 'schedule: branch\n    source: "009:L24"', 'schedule: dual\n    source: "009:L24"'),
        ("lines", 'source: "009:L26"', 'source: "009:L27"'),
        ("lines", "tag: mayor", "tag: duty"),
        ("plan", 'areas: ["0999"]', 'areas: ["0997"]'),
        ("plan", "人大", "政协"),
        ("operator", 'opens: "08:00"', 'opens: "08:30"'),
        ("operator", "2021-10-16T00:00:00+08:00", "2021-10-17T00:00:00+08:00"),
        ("operator", '"1001", "1002"', '"1001"'),
        ("landlines", "09992180013", "09992180015"),
        ("landlines", "市水务局", "市水利局"),
    ],
)
def test_the_hash_changes_with_any_rule(tmp_path: Path, name: str, old: str, new: str) -> None:
    plain = load_plan(write_city(tmp_path)).hash
    assert load_plan(write_city(tmp_path, **{name: [(old, new)]})).hash != plain
