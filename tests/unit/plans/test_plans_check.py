"""Findings: what a plan that loads still wants a look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from callrouter.plans.check import Finding, FindingCode, Severity, check
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_prompts import wanted
from callrouter.vocabulary.plan import Brand, Line, Plan

CATALOGUE = frozenset({"T01", "X01", "G01", "G02", "G05"})
SHIPPED = load_plan(Path(__file__).parents[3] / "dialplans" / "sichuan")
SIGNED = datetime(2021, 3, 24, 4, tzinfo=UTC)
LATER = datetime(2022, 1, 1, tzinfo=UTC)


def with_line(line: Line) -> Plan:
    return replace(SHIPPED, lines={line.number: line}, classes=())


def findings(plan: Plan, at: datetime = SIGNED) -> tuple[Finding, ...]:
    return check(plan, CATALOGUE, at)


def test_an_announcement_that_the_catalogue_does_not_have_is_an_error_at_its_phase() -> None:
    found = check(SHIPPED, CATALOGUE - {"X01", "G01"}, SIGNED)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    assert {finding.code for finding in errors} == {FindingCode.UNKNOWN_NOTICE}
    assert {finding.place for finding in errors} == {
        SHIPPED.hotline.place,
        SHIPPED.unknown_number.place,
        SHIPPED.lines["12300"].phases[-1].place,
        SHIPPED.classes[0].phases[-1].place,
    }


def test_a_spoken_number_that_is_another_number_is_noticed() -> None:
    wrong = replace(SHIPPED.lines["12300"], spoken_number="幺二三零幺")
    (finding,) = findings(with_line(wrong))
    assert (finding.code, finding.place) == (FindingCode.SPOKEN_NUMBER_DIFFERS, wrong.place)


def test_a_line_without_an_instant_stays_before_and_is_reported() -> None:
    line = SHIPPED.lines["12300"]
    waiting = replace(line, phases=(replace(line.phases[0], ends=None),))
    (finding,) = findings(with_line(waiting))
    assert (finding.severity, finding.code) == (Severity.WARNING, FindingCode.BEFORE_FOR_EVER)


def test_a_deadline_that_passed_without_an_instant_is_a_warning_and_switches_nothing() -> None:
    line = SHIPPED.lines["12300"]
    waiting = replace(line, phases=(replace(line.phases[0], ends=None),))
    (finding,) = findings(with_line(waiting), LATER)
    assert (finding.severity, finding.code) == (Severity.WARNING, FindingCode.DEADLINE_WITHOUT_INSTANT)
    assert "2021-05-31 (000:L82)" in finding.text


def test_a_deadline_counts_its_own_day_in_the_plans_time_zone() -> None:
    plan = with_line(SHIPPED.lines["12300"])
    assert findings(plan, datetime(2021, 5, 31, 15, 59, 59, tzinfo=UTC)) == ()
    (finding,) = findings(plan, datetime(2021, 5, 31, 16, tzinfo=UTC))
    assert finding.code is FindingCode.DEADLINE_PASSED


def test_an_instant_in_another_offset_than_the_plans_is_noticed() -> None:
    line = SHIPPED.lines["12315"]
    moment = line.phases[1].starts
    assert moment is not None
    moved = replace(line, phases=(line.phases[0], replace(line.phases[1], starts=moment.astimezone(UTC))))
    (finding,) = findings(with_line(moved))
    assert finding.code is FindingCode.OFFSET_DIFFERS
    assert "2021-10-16T00:00:00+08:00" in finding.text


def test_findings_come_in_the_order_of_the_files() -> None:
    found = findings(SHIPPED, LATER)
    places = [(finding.place.rpartition(":")[0], int(finding.place.rpartition(":")[2])) for finding in found]
    assert places == sorted(places)
    assert all(str(finding).startswith(finding.place) for finding in found)


def test_a_renamed_platform_wants_one_key_in_two_wordings() -> None:
    renamed = replace(SHIPPED, brands=(*SHIPPED.brands, Brand("新名称", LATER, "x.yaml:1")))
    assert [notice.brand for notice in wanted(renamed) if notice.key == "g01"] == [
        "12345政务服务便民热线",
        "新名称",
    ]


def test_a_line_speaks_the_brand_of_its_phase() -> None:
    renamed = replace(
        SHIPPED, brands=(*SHIPPED.brands, Brand("新名称", datetime(2021, 9, 1, tzinfo=UTC), "x.yaml:1"))
    )
    brands = {notice.key: notice.brand for notice in wanted(renamed)}
    assert brands["t01-12300"] == "12345政务服务便民热线"
    assert brands["x01-12300"] == "新名称"
