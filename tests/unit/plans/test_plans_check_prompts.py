"""Announcements: known, with all they speak, recorded; and numbers spoken as they are."""

from __future__ import annotations

from pathlib import Path

from callrouter.plans.check import check
from callrouter.plans.wanted_prompts import (
    OF_GUIDANCE,
    SPEAKS_ADDRESS,
    SPEAKS_COUNT,
    SPEAKS_END,
    SPEAKS_HOURS,
    SPEAKS_LINE,
    SPEAKS_NUMBER,
    SPEAKS_SEATS,
    SPEAKS_TARGET,
    wanted,
)
from callrouter.prompts.catalogue import load_catalogue
from callrouter.settings import PROJECT_ROOT
from tests.unit.plans.qingxi import AT, CATALOGUE, found, qingxi, text_at, told


def test_c13_an_announcement_that_the_catalogue_does_not_have_prompt_unknown(tmp_path: Path) -> None:
    plan = [("unknown: {announcement: G01,", "unknown: {announcement: G99,")]
    findings = found(tmp_path, plan=plan, lines=[("announcement: X01", "announcement: X99")])
    assert told(findings) == ["lines.yaml error PROMPT_UNKNOWN -", "plan.yaml error PROMPT_UNKNOWN -"]
    assert [text_at(tmp_path, finding)[:3] for finding in findings] == ["X99", "G99"]


def test_c13_a_missing_recording_is_told_where_it_would_be_played_prompt_file_missing(tmp_path: Path) -> None:
    loaded = qingxi(tmp_path)
    assert loaded.plan is not None
    keys = {notice.key for notice in wanted(loaded.plan)}
    assert not any(finding.is_error for finding in check(loaded, AT, CATALOGUE, keys))
    gone = {"g05-12366-sound", "t03-offices-sound", "m05-122-sound"}
    errors = [finding for finding in check(loaded, AT, CATALOGUE, keys - gone) if finding.is_error]
    assert told(errors) == [
        "lines.yaml error PROMPT_FILE_MISSING -",
        "lines.yaml error PROMPT_FILE_MISSING -",
        "plan.yaml error PROMPT_FILE_MISSING -",
    ]
    assert [text_at(tmp_path, finding)[:3] for finding in errors] == ["G05", "T03", "M05"]
    assert all(any(key in finding.fault.zh for finding in errors) for key in gone)


def test_c13_a_transition_can_not_speak_an_end_that_nobody_knows_prompt_unspeakable(tmp_path: Path) -> None:
    open_end = [
        ("        ends: 2021-10-01T00:00:00+08:00\n", ""),
        (
            "- name: ended\n        starts: 2021-10-01T00:00:00+08:00",
            "- name: ended\n        starts: unstated",
        ),
    ]
    findings = [one for one in found(tmp_path, lines=open_end) if one.fault.code == "PROMPT_UNSPEAKABLE"]
    assert [text_at(tmp_path, finding) for finding in findings] == ["T01"]
    spoken = [*open_end, ("announcement: T01", "announcement: T02")]
    findings = [one for one in found(tmp_path / "2", lines=spoken) if one.fault.code == "PROMPT_UNSPEAKABLE"]
    assert findings == []


def test_c13_what_can_not_be_spoken_yet_is_not_missed(tmp_path: Path) -> None:
    open_end = [
        (
            "        ends: 2021-10-01T00:00:00+08:00\n        landing: platform\n        announcement: T01\n",
            "        landing: platform\n        announcement: T02\n",
        ),
        (
            "- name: ended\n        starts: 2021-10-01T00:00:00+08:00",
            "- name: ended\n        starts: unstated",
        ),
    ]
    findings = check(qingxi(tmp_path, lines=open_end), AT, CATALOGUE, frozenset())
    missed = [text_at(tmp_path, one)[:3] for one in findings if one.fault.code == "PROMPT_FILE_MISSING"]
    assert "T02" in missed
    assert "X01" not in missed


def test_c10_the_numbers_of_a_list_can_not_be_spoken_in_one_recording_prompt_unspeakable(
    tmp_path: Path,
) -> None:
    (finding,) = found(tmp_path, lines=[("announcement: T03", "announcement: G02")])
    assert finding.fault.code == "PROMPT_UNSPEAKABLE"
    assert text_at(tmp_path, finding) == "G02"


def test_c18_what_only_a_queue_or_a_transfer_knows_a_desk_can_not_say_prompt_unspeakable(
    tmp_path: Path,
) -> None:
    only_there = {"E01", "H04", "Q03", "B01", "U01", "B04"}
    spoken = CATALOGUE | only_there
    for announcement in sorted(only_there):
        folder = tmp_path / announcement
        loaded = qingxi(folder, plan=[("hub: {announcement: G01,", f"hub: {{announcement: {announcement},")])
        (finding,) = (one for one in check(loaded, AT, spoken, None) if one.is_error)
        assert finding.fault.code == "PROMPT_UNSPEAKABLE"
        assert text_at(folder, finding).startswith(announcement)


def test_c18_seats_that_nobody_has_recorded_are_told_where_they_are_named_prompt_file_missing(
    tmp_path: Path,
) -> None:
    loaded = qingxi(tmp_path)
    assert loaded.plan is not None
    keys = {notice.key for notice in wanted(loaded.plan)} - {"e01-labour-sound"}
    (finding,) = (one for one in check(loaded, AT, CATALOGUE | {"E01", "E02"}, keys) if one.is_error)
    assert told([finding]) == ["plan.yaml error PROMPT_FILE_MISSING -"]
    assert "e01-labour-sound" in finding.fault.zh
    assert text_at(tmp_path, finding) == "人社专家"


def test_c21_a_target_that_nobody_has_recorded_is_a_warning_prompt_file_missing(tmp_path: Path) -> None:
    loaded = qingxi(tmp_path)
    assert loaded.plan is not None
    gone = {"b01-tax-sound", "b04-12333"}
    keys = {notice.key for notice in wanted(loaded.plan)}
    assert gone <= keys
    findings = check(loaded, AT, CATALOGUE | {"B01", "B04"}, keys - gone)
    missed = [one for one in findings if one.fault.code == "PROMPT_FILE_MISSING"]
    assert told(missed) == ["lines.yaml warning PROMPT_FILE_MISSING -"] * 2
    assert [text_at(tmp_path, finding) for finding in missed] == ["幺二三三三", "税务分中心"]


def test_c39_guidance_that_no_voice_can_say_prompt_file_missing(tmp_path: Path) -> None:
    spoken = [
        ("what: 须通过诉讼解决的事项, source", "what: 须通过诉讼解决的事项, guide: 请拨打 A-114, source")
    ]
    (finding,) = found(tmp_path, plan=spoken)
    assert told([finding]) == ["plan.yaml warning PROMPT_FILE_MISSING -"]
    assert text_at(tmp_path, finding).startswith("请拨打 A-114")


def test_c39_guidance_that_nobody_has_recorded_is_a_warning_prompt_file_missing(tmp_path: Path) -> None:
    spoken = [("what: 须通过诉讼解决的事项, source", "what: 须通过诉讼解决的事项, guide: 请起诉, source")]
    loaded = qingxi(tmp_path, plan=spoken)
    assert loaded.plan is not None
    keys = {notice.key for notice in wanted(loaded.plan)}
    assert "n01-litigation-sound" in keys
    (finding,) = (
        one
        for one in check(loaded, AT, CATALOGUE | {"N01"}, keys - {"n01-litigation-sound"})
        if one.fault.code == "PROMPT_FILE_MISSING"
    )
    assert told([finding]) == ["plan.yaml warning PROMPT_FILE_MISSING -"]
    assert text_at(tmp_path, finding).startswith("请起诉")


def test_what_the_lint_believes_of_announcements_is_what_the_catalogue_says() -> None:
    entries = load_catalogue(PROJECT_ROOT / "ivr_prompts").prompts.values()
    speaks = {entry.prompt_id: set(entry.variables) for entry in entries}
    assert {name for name, said in speaks.items() if "old_no" in said} == SPEAKS_NUMBER
    assert {name for name, said in speaks.items() if said & {"stop_day", "last_day"}} == SPEAKS_END
    assert {name for name, said in speaks.items() if said & {"open", "close"}} == SPEAKS_HOURS
    assert {name for name, said in speaks.items() if "seat_name" in said} == SPEAKS_SEATS
    assert {name for name, said in speaks.items() if "email" in said} == SPEAKS_ADDRESS
    of_a_target = {"branch_name", "target_platform", "utility"}
    assert {name for name, said in speaks.items() if said & of_a_target} == SPEAKS_TARGET | {"P01", "P03"}
    assert {name for name, said in speaks.items() if "guidance" in said} | {"P01", "P03"} == OF_GUIDANCE
    assert {name for name, said in speaks.items() if "dialled" in said} == SPEAKS_LINE
    assert {name for name, said in speaks.items() if said & {"position", "wait_min"}} == SPEAKS_COUNT


def test_a_spoken_number_that_is_another_number_spoken_number_differs(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, lines=[("spoken_number: 幺二三零零", "spoken_number: 幺二三零幺")])
    assert told([finding]) == ["lines.yaml warning SPOKEN_NUMBER_DIFFERS -"]
    assert text_at(tmp_path, finding) == "幺二三零幺"


def test_zero_and_one_may_be_read_in_either_way(tmp_path: Path) -> None:
    assert found(tmp_path, lines=[("spoken_number: 幺二三零零", "spoken_number: 一二三〇零")]) == []
