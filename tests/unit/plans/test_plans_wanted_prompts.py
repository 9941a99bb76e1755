"""Every announcement that a plan can play is wanted, by the very key that a decision names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callrouter.announcements import announcements_of
from callrouter.decide.route import decide
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_notice import WantedNotice
from callrouter.plans.wanted_prompts import daily_span, wanted
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.hours import Hours, Span, Staffing, Stretch, announced_as
from callrouter.vocabulary.numbers import Number, UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.qingxi import Changes, qingxi

SHIPPED = sorted(path.parent.name for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml"))
INVENTED = "invented"
RENAMED: Changes = [
    (
        '    source: "900:L2"\nhome: qingxi',
        (
            '    source: "900:L2"\n  - name: 青溪热线\n    starts: 2021-08-01T00:00:00+08:00\n'
            '    source: "900:L2"\n  - name: 青溪热线12345\n    starts: 2021-12-01T00:00:00+08:00\n'
            '    source: "900:L2"\nhome: qingxi'
        ),
    )
]
"""In the middle of a transition, and long after it."""
STAFFED: Changes = [
    ('    hours: always\n    source: "900:L3"\nqueues:', '    source: "900:L3"\nqueues:'),
]
HOURS: Changes = [
    (
        "peers:\n",
        """\
hours:
  - id: elsewhere
    stretches:
      - staffing: weekly
        weekly: [{days: mon-sun, opens: "10:00", closes: "16:00"}]
    why: 示例 / an example
  - id: daytime
    stretches:
      - staffing: weekly
        weekly: [{days: mon-sun, opens: "08:00", closes: "20:00"}]
      - starts: 2021-09-01T00:00:00+08:00
        staffing: weekly
        weekly: [{days: mon-sun, opens: "09:00", closes: "21:30"}]
    why: 示例 / an example
platforms:
  - {id: qingxi, hours: daytime, why: 示例 / an example}
  - id: linshi
    name: 邻市12345平台
    spoken_name: 邻市平台
    level: city
    areas: ["0992"]
    hours: elsewhere
    peer: tax
    why: 邻市 / the neighbouring city
peers:
""",
    ),
    (
        "trunks:\n",
        """\
trunks:
  - {id: fire, platform: qingxi, default_platform: qingxi, source: "emergency:119", why: 示例 / an example}
""",
    ),
]


def invented(folder: Path) -> Plan:
    plan = qingxi(folder, plan=[*RENAMED, *STAFFED], operator=HOURS).plan
    assert plan is not None
    return plan


def by_key(plan: Plan) -> dict[str, WantedNotice]:
    return {notice.key: notice for notice in wanted(plan)}


def instants(plan: Plan) -> Iterator[datetime]:
    """Each at which anything begins, the second before, and the night after."""
    starts = {phase.starts for schedule in plan.schedules.values() for phase in schedule.phases}
    starts |= {brand.starts for brand in plan.brands}
    starts |= {stretch.starts for platform in plan.platforms.values() for stretch in platform.hours.stretches}
    starts |= {platform.starts for platform in plan.platforms.values()}
    starts |= {queue.starts for queue in plan.queues.values()}
    for start in sorted(start for start in starts if start is not None):
        yield from (
            start - timedelta(seconds=1),
            start,
            start + timedelta(hours=3),
            start + timedelta(hours=12),
        )
    yield datetime(2030, 1, 1, tzinfo=UTC)


def dialled(plan: Plan) -> set[str]:
    numbers = {*plan.lines, *plan.emergencies, plan.hub.number, "110", "96xxx", "02899999999"}
    numbers |= {number for utility in plan.utilities for number in utility.numbers}
    for listed in plan.lists.lists:
        numbers |= {number for number, _ in list(plan.lists.rows_of(listed.id))[:2]}
    return numbers


def played(plan: Plan) -> set[str]:
    """The key of every notice that a decision names, for whoever dials whatever, from wherever."""
    callers: tuple[Number, ...] = (
        UnknownNumber(""),
        *(parse_number(number, plan.short_codes) for number in ("110", "122")),
    )
    called = [parse_number(number, plan.short_codes) for number in dialled(plan)]
    keys: set[str] = set()
    for at, number, caller, trunk in product(instants(plan), called, callers, ("desk", *plan.trunks)):
        call = Call("1", number, FoundBy.REQUEST_URI, caller, trunk, at)
        keys.add(decide(call, plan, at).treatment.notice or "")
    return keys - {""}


@pytest.mark.parametrize("name", [*SHIPPED, INVENTED])
def test_c13_every_notice_of_every_decision_is_wanted(name: str, tmp_path: Path) -> None:
    plan = invented(tmp_path) if name == INVENTED else load_plan(PROJECT_ROOT / "dialplans" / name)
    assert sorted(played(plan) - by_key(plan).keys()) == []


@pytest.mark.parametrize("name", [*SHIPPED, INVENTED])
def test_nothing_is_wanted_that_no_decision_plays_but_what_waits_for_its_instant(
    name: str, tmp_path: Path
) -> None:
    plan = invented(tmp_path) if name == INVENTED else load_plan(PROJECT_ROOT / "dialplans" / name)
    decided = {
        key
        for key, notice in by_key(plan).items()
        if notice.dated
        and not (notice.seats or notice.email or notice.target or notice.dialled or notice.guide)
    }
    idle = decided - played(plan)
    # By whom a call may be handed over depends on trunks and callers, of which the test tries some.
    assert {key for key in idle if not key.startswith("m05-")} == set()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_announcement_of_a_shipped_plan_can_be_spoken(name: str) -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / name)
    spoken = {prompt.key: prompt.spoken for prompt in announcements_of(plan)}
    assert by_key(plan).keys() <= spoken.keys()
    assert all(spoken.values())


@pytest.mark.parametrize("name", SHIPPED)
def test_without_the_overlay_only_what_names_an_unknown_day_can_not_be_spoken(name: str) -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / name, overlay=False)
    spoken = {prompt.key for prompt in announcements_of(plan)}
    silent = [notice for key, notice in by_key(plan).items() if key not in spoken]
    assert all(not notice.dated and notice.stop_day is None for notice in silent)


def test_c43_a_renamed_platform_says_everything_anew_that_it_still_says(tmp_path: Path) -> None:
    notices = by_key(invented(tmp_path))
    names = {key: notice.brand for key, notice in notices.items()}
    assert names["g01-sound"] == "12345政务服务便民热线"
    assert names["g01-sound-2"] == "青溪热线"
    assert names["t01-12300-sound"] == "12345政务服务便民热线"
    assert names["t01-12300-sound-2"] == "青溪热线"
    assert "x01-12300-sound" not in names
    assert "t01-12300-sound-3" not in names
    assert names["x01-12300-sound-2"] == "青溪热线"
    assert names["x01-12300-sound-3"] == "青溪热线12345"


def test_c13_a_transition_is_spoken_with_its_last_day_and_its_stop_day(tmp_path: Path) -> None:
    notice = by_key(invented(tmp_path))["t01-12300-sound"]
    assert (notice.last_day, notice.stop_day) == (date(2021, 9, 30), date(2021, 10, 1))
    assert (notice.number, notice.spoken_number, notice.spoken_name) == (
        "12300",
        "幺二三零零",
        "电信用户申诉热线",
    )


def test_c13_the_days_are_those_of_the_plans_time_zone(tmp_path: Path) -> None:
    utc = ("2021-10-01T00:00:00+08:00", "2021-09-30T16:00:00+00:00")
    lines = [
        ("        ends: " + utc[0], "        ends: " + utc[1]),
        ("        starts: " + utc[0], "        starts: " + utc[1]),
    ]
    plan = qingxi(tmp_path, lines=lines).plan
    assert plan is not None
    notice = by_key(plan)["t01-12300-sound"]
    assert (notice.last_day, notice.stop_day) == (date(2021, 9, 30), date(2021, 10, 1))


def test_c10_the_numbers_of_a_list_share_one_recording(tmp_path: Path) -> None:
    notices = by_key(invented(tmp_path))
    said = {key: notice.spoken_name for key, notice in notices.items() if key.startswith("t03-")}
    assert said == {"t03-offices-sound-2": "该部门", "t03-offices-sound-3": "该部门"}


def test_c4_what_waits_for_its_instant_is_wanted_too(tmp_path: Path) -> None:
    given = """\
instants:
  - schedule: absorbed
    phase: in_force
    starts: 2021-10-20T00:00:00+08:00
    why: 文件没有给出时刻 / the document gives no instant
"""
    plan = qingxi(tmp_path, operator=[(given, "")]).plan
    assert plan is not None
    assert by_key(plan)["t03-offices-sound"].dated is False


def test_c36_each_emergency_service_that_hands_calls_over_is_named(tmp_path: Path) -> None:
    keys = {key for key in by_key(invented(tmp_path)) if key.startswith("m05-") and key.endswith("-sound")}
    assert keys == {f"m05-{number}-sound" for number in ("110", "119", "120", "122")}


def test_c32_each_stretch_of_hours_is_spoken_as_it_is(tmp_path: Path) -> None:
    notices = by_key(invented(tmp_path))
    spans = {key: notice.daily for key, notice in notices.items() if key.startswith("h01-")}
    assert spans == {
        "h01-daytime-sound": Span(0, 480, 1200),
        "h01-daytime-sound-2": Span(0, 480, 1200),
        "h01-daytime-2-sound-2": Span(0, 540, 1290),
        "h01-daytime-2-sound-3": Span(0, 540, 1290),
    }


def test_c18_seats_that_are_not_general_are_announced_once_each_whatever_the_platform_is_called(
    tmp_path: Path,
) -> None:
    notices = by_key(invented(tmp_path))
    said = {key: notice.seats for key, notice in notices.items() if key.startswith(("e01-", "e02-"))}
    assert said == {"e01-labour-sound": "人社专家", "e02-labour-sound": "人社专家"}


def test_c33_an_address_is_told_for_each_platform_that_is_served_and_has_one() -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "yunnan")
    platforms = {**plan.platforms, "dali": replace(plan.platforms["dali"], served=False)}
    platforms["kunming"] = replace(plan.platforms["kunming"], email=None)
    told = {notice.key: notice.email for notice in wanted(replace(plan, platforms=platforms)) if notice.email}
    assert len(told) == 15
    assert told["h04-yuxi-yunnan"] == "yuxi@12345.example.org"
    assert {"h04-dali-yunnan", "h04-kunming-yunnan"}.isdisjoint(told)


def test_c13_an_announcement_is_first_heard_on_the_day_its_phase_begins(tmp_path: Path) -> None:
    assert by_key(invented(tmp_path))["t01-12300-sound"].begins == date(2021, 6, 1)


def test_hours_that_differ_by_day_have_no_daily_span() -> None:
    def stretch(*spans: Span) -> Stretch:
        return Stretch(None, None, Staffing.WEEKLY, spans, "900:L1", "x:1:1")

    every_day = tuple(Span(day, 480, 1200) for day in range(7))
    assert daily_span(stretch(*every_day)) == Span(0, 480, 1200)
    assert daily_span(stretch(*every_day[:6])) is None
    assert daily_span(stretch(*every_day, Span(6, 1260, 1300))) is None
    assert daily_span(stretch()) is None


def test_only_weekly_stretches_are_counted_in_the_name_of_an_announcement() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    dated = [datetime(2021, month, 1, tzinfo=zone) for month in (1, 2)]
    first = Stretch(None, dated[0], Staffing.UNSTATED, (), "900:L1", "x:1:1")
    second = Stretch(dated[0], dated[1], Staffing.WEEKLY, (), "900:L1", "x:2:1")
    third = Stretch(dated[1], None, Staffing.WEEKLY, (), "900:L1", "x:3:1")
    hours = Hours("office", (first, second, third), "x:1:1")
    assert [announced_as(hours, one) for one in hours.stretches] == ["office", "office", "office-2"]
