"""A calendar is checked against the instant of the check: this year must be in it, from December on the next."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.unit.plans.qingxi import CHINA, Changes, found, text_at, told

MICRO = "2026-11-30T23:59:59.999999+08:00"
NAMED = ("timezone: Asia/Shanghai\n", "timezone: Asia/Shanghai\ncalendar: china\n")
ALWAYS = '    hours: always\n    source: "900:L3"\nqueues:'
UNSTATED = (ALWAYS, ALWAYS.replace("    hours: always\n", ""))
SPOKEN = ("closed: {announcement: H01, ", "closed: {announcement: N02, ")
ASKS = "        holidays: closed\n"
MISSING = "operator.yaml warning CALENDAR_YEAR_MISSING operator"


def hours(stretches: str, changes: str = "") -> Changes:
    made = f"hours:\n  - id: office\n    stretches:\n{stretches}    why: 示例 / an example\n"
    platform = "platforms:\n  - {id: qingxi, hours: office, why: 示例 / an example}\n"
    return [("peers:\n", f"{made}{platform}{changes}peers:\n")]


def weekly(asks: str = ASKS, starts: str = "") -> str:
    first = (
        f"      - starts: {starts}\n        staffing: weekly\n" if starts else "      - staffing: weekly\n"
    )
    return f'{first}        weekly:\n          - {{days: mon-sun, opens: "08:00", closes: "20:00"}}\n{asks}'


def calendar_findings(
    folder: Path, stretches: str, at: str, *, changes: str = "", plan: Changes = (NAMED, UNSTATED, SPOKEN)
) -> list[str]:
    findings = found(folder, plan=plan, operator=hours(stretches, changes), at=datetime.fromisoformat(at))
    return [one for one in told(findings) if "CALENDAR" in one]


@pytest.mark.parametrize(
    ("at", "findings"),
    [
        ("2026-06-01T00:00:00+08:00", 0),
        (MICRO, 0),
        ("2026-12-01T00:00:00+08:00", 1),
        ("2026-11-30T16:00:00+00:00", 1),
        ("2027-01-01T00:00:00+08:00", 1),
        ("2027-12-01T00:00:00+08:00", 2),
        ("2017-12-31T00:00:00+08:00", 1),
        ("2018-01-01T00:00:00+08:00", 0),
        ("2025-12-31T23:59:59+08:00", 0),
    ],
)
def test_next_year_is_missed_from_the_first_of_december_on(tmp_path: Path, at: str, findings: int) -> None:
    assert calendar_findings(tmp_path, weekly(), at) == [MISSING] * findings


def test_it_is_told_where_the_hours_ask_and_says_which_file_to_complete(tmp_path: Path) -> None:
    at = datetime(2026, 12, 1, tzinfo=CHINA)
    findings = found(tmp_path, plan=[NAMED, UNSTATED, SPOKEN], operator=hours(weekly()), at=at)
    (finding,) = [one for one in findings if one.fault.code == "CALENDAR_YEAR_MISSING"]
    assert text_at(tmp_path, finding) == "closed"
    assert "明年（2027）" in finding.fault.zh
    assert "next year (2027)" in finding.fault.en
    assert "calendars/china.yaml" in finding.fault.fix


def test_hours_that_do_not_ask_or_are_over_miss_nothing(tmp_path: Path) -> None:
    at = "2027-03-01T00:00:00+08:00"
    assert calendar_findings(tmp_path / "1", weekly(asks=""), at) == []
    over = weekly() + "      - {starts: 2027-02-28T00:00:00+08:00, staffing: 7x24}\n"
    assert calendar_findings(tmp_path / "2", over, at) == []
    assert calendar_findings(tmp_path / "3", over, "2027-02-27T00:00:00+08:00") == [MISSING]


def test_hours_that_begin_next_year_need_next_year_and_those_that_end_before_do_not(tmp_path: Path) -> None:
    at = "2026-12-01T00:00:00+08:00"
    begins = "      - staffing: 7x24\n" + weekly(starts="2027-06-01T00:00:00+08:00")
    assert calendar_findings(tmp_path / "1", begins, at) == [MISSING]
    ends = weekly() + "      - {starts: 2027-01-01T00:00:00+08:00, staffing: 7x24}\n"
    assert calendar_findings(tmp_path / "2", ends, at) == []
    later = "      - staffing: 7x24\n" + weekly(starts="2028-01-01T00:00:00+08:00")
    assert calendar_findings(tmp_path / "3", later, at) == []


def test_a_sites_change_that_changes_nothing_is_told(tmp_path: Path) -> None:
    at = "2026-06-01T00:00:00+08:00"
    rows = (
        ("first: 2021-10-01, becomes: holiday", 1),
        ("first: 2021-10-08, becomes: ordinary", 1),
        ("first: 2021-10-01, becomes: ordinary", 0),
        ("first: 2021-10-08, becomes: holiday", 0),
        ("first: 2021-10-09, becomes: holiday", 0),
    )
    for place, (row, count) in enumerate(rows):
        changes = f"calendar:\n  - {{{row}, name: 国庆节, why: 示例}}\n"
        idle = calendar_findings(tmp_path / str(place), weekly(), at, changes=changes)
        assert idle == ["operator.yaml warning CALENDAR_CHANGE_IDLE -"] * count, row


def test_an_announcement_of_daily_hours_cannot_speak_hours_that_differ_on_holidays(tmp_path: Path) -> None:
    at = datetime(2026, 6, 1, tzinfo=CHINA)
    same = '        holiday_hours: [{opens: "08:00", closes: "20:00"}]\n'
    for asks, codes in ((ASKS, ["PROMPT_UNSPEAKABLE"]), (same, []), ("        workdays: mon\n", [])):
        folder = tmp_path / str(len(asks))
        findings = found(folder, plan=[NAMED, UNSTATED], operator=hours(weekly(asks)), at=at)
        assert [one.fault.code for one in findings if one.fault.code == "PROMPT_UNSPEAKABLE"] == codes


def test_round_the_clock_but_for_holidays_has_closed_hours_too(tmp_path: Path) -> None:
    whole = weekly().replace("08:00", "00:00").replace("20:00", "24:00")
    at = datetime(2026, 6, 1, tzinfo=CHINA)
    silent = ("closed: {announcement: H01, ", "closed: {")
    findings = told(found(tmp_path, plan=[NAMED, UNSTATED, silent], operator=hours(whole), at=at))
    assert "plan.yaml error HOURS_WITHOUT_FALLBACK operator" in findings
