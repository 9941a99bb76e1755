"""Hours: stated (C34), with something planned for when nobody is there (C32), and spoken as they are."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tests.unit.plans.qingxi import CHINA, Changes, found, text_at, told

DAILY = '          - {days: mon-sun, opens: "08:00", closes: "20:00"}\n'
WEEKDAYS = (
    '          - {days: mon-fri, opens: "08:00", closes: "20:00"}\n'
    '          - {days: "sat,sun", opens: "09:00", closes: "12:00"}\n'
)
ALWAYS = '    hours: always\n    source: "900:L3"\nqueues:'
UNSTATED = (ALWAYS, ALWAYS.replace("    hours: always\n", ""))
SILENT = ("closed: {announcement: H01, ", "closed: {")
BEFORE = datetime(2021, 8, 31, 23, 59, 59, tzinfo=CHINA)
AFTER = datetime(2021, 9, 1, tzinfo=CHINA)


def given(stretches: str) -> Changes:
    hours = f"hours:\n  - id: office\n    stretches:\n{stretches}    why: 示例 / an example\n"
    platform = "platforms:\n  - {id: qingxi, hours: office, why: 示例 / an example}\n"
    return [("peers:\n", f"{hours}{platform}peers:\n")]


def weekly(spans: str) -> Changes:
    return given(f"      - staffing: weekly\n        weekly:\n{spans}")


def codes(findings: list[str]) -> list[str]:
    return [finding for finding in findings if "RULE_DIFFERS" not in finding]


def test_c34_hours_that_nobody_states_are_told_hours_unstated(tmp_path: Path) -> None:
    findings = [one for one in found(tmp_path, plan=[UNSTATED]) if one.fault.code == "HOURS_UNSTATED"]
    assert told(findings) == ["plan.yaml warning HOURS_UNSTATED 900:L3"]
    assert text_at(tmp_path, findings[0]) == "id: qingxi"


def test_c34_hours_that_the_operator_gives_are_stated(tmp_path: Path) -> None:
    findings = told(found(tmp_path, plan=[UNSTATED], operator=given("      - staffing: 7x24\n")))
    assert codes(findings) == []


def test_c34_hours_that_were_unstated_once_are_told_until_they_are_over(tmp_path: Path) -> None:
    later = given("      - staffing: unstated\n      - {starts: 2021-09-01T00:00:00+08:00, staffing: 7x24}\n")
    assert codes(told(found(tmp_path / "1", plan=[UNSTATED], operator=later, at=BEFORE))) == [
        "plan.yaml warning HOURS_UNSTATED 900:L3"
    ] or codes(told(found(tmp_path / "2", plan=[UNSTATED], operator=later, at=BEFORE))) == [
        "operator.yaml warning HOURS_UNSTATED 900:L3"
    ]
    assert codes(told(found(tmp_path / "3", plan=[UNSTATED], operator=later, at=AFTER))) == []


def test_c32_closed_hours_without_a_word_for_the_caller_hours_without_fallback(tmp_path: Path) -> None:
    findings = told(found(tmp_path, plan=[UNSTATED, SILENT], operator=weekly(DAILY)))
    assert codes(findings) == ["plan.yaml error HOURS_WITHOUT_FALLBACK operator"]


def test_c32_closed_hours_with_an_announcement_are_planned_for(tmp_path: Path) -> None:
    assert codes(told(found(tmp_path, plan=[UNSTATED], operator=weekly(DAILY)))) == []


def test_c32_who_is_always_there_needs_no_words_for_when_he_is_not(tmp_path: Path) -> None:
    assert found(tmp_path, plan=[SILENT]) == []
    around = weekly('          - {days: mon-sun, opens: "00:00", closes: "24:00"}\n')
    assert codes(told(found(tmp_path / "2", plan=[UNSTATED, SILENT], operator=around))) == []


def test_c32_daily_hours_can_not_be_spoken_of_days_that_differ_prompt_unspeakable(tmp_path: Path) -> None:
    findings = told(found(tmp_path, plan=[UNSTATED], operator=weekly(WEEKDAYS)))
    assert codes(findings) == ["operator.yaml error PROMPT_UNSPEAKABLE operator"]


def test_c32_an_announcement_that_speaks_no_hours_fits_any(tmp_path: Path) -> None:
    plan = [UNSTATED, ("closed: {announcement: H01,", "closed: {announcement: N02,")]
    assert codes(told(found(tmp_path, plan=plan, operator=weekly(WEEKDAYS)))) == []
