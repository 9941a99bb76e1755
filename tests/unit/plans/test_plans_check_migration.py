"""What documents demand of a migration: a transition, an announcement in it, phases in their order."""

from __future__ import annotations

from pathlib import Path

from tests.unit.plans.qingxi import found, text_at, told

TRANSITION = """\
      - name: transition
        starts: 2021-06-01T00:00:00+08:00
        ends: 2021-10-01T00:00:00+08:00
        landing: platform
        announcement: T01
        number_fate: kept
        source: "900:L4"
"""
DEMAND = 'transition: "yes", announcement: "yes"'


def codes(findings: list[str]) -> set[str]:
    return {finding.split()[2] for finding in findings}


def test_c2_a_merge_without_the_transition_that_its_document_demands_transition_missing(
    tmp_path: Path,
) -> None:
    findings = found(tmp_path, lines=[(TRANSITION, "")])
    (missing,) = [finding for finding in findings if finding.fault.code == "TRANSITION_MISSING"]
    assert told([missing]) == ["lines.yaml error TRANSITION_MISSING 900:L4"]
    assert text_at(tmp_path, missing).startswith("- name: before")


def test_c2_where_no_document_demands_a_transition_none_is_missing(tmp_path: Path) -> None:
    plan = [(f'  - {{mode: merged, {DEMAND}, source: "900:L4"}}\n', "")]
    findings = told(found(tmp_path, plan=plan, lines=[(TRANSITION, "")]))
    assert codes(findings).isdisjoint({"TRANSITION_MISSING", "ANNOUNCEMENT_MISSING"})


def test_c4_a_transition_that_waits_for_its_instant_is_one(tmp_path: Path) -> None:
    undated = TRANSITION.replace("starts: 2021-06-01T00:00:00+08:00", "starts: unstated")
    undated = undated.replace("        ends: 2021-10-01T00:00:00+08:00\n", "")
    ended = (
        "- name: ended\n        starts: 2021-10-01T00:00:00+08:00",
        "- name: ended\n        starts: unstated",
    )
    findings = told(found(tmp_path, lines=[(TRANSITION, undated), ended]))
    assert "TRANSITION_MISSING" not in codes(findings)


def test_c13_a_transition_without_its_voice_prompt_announcement_missing(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, lines=[("        announcement: T01\n", "")])
    assert told([finding]) == ["lines.yaml error ANNOUNCEMENT_MISSING 900:L4"]
    assert text_at(tmp_path, finding) == "name: transition"


def test_c14_where_a_public_notice_is_enough_no_voice_prompt_is_missing(tmp_path: Path) -> None:
    plan = [(DEMAND, 'transition: "yes"')]
    findings = told(found(tmp_path, plan=plan, lines=[("        announcement: T01\n", "")]))
    assert "ANNOUNCEMENT_MISSING" not in codes(findings)


def test_phases_come_in_the_order_of_a_migration_phase_order(tmp_path: Path) -> None:
    first = ('      - name: before\n        landing: external\n        source: "900:L6"\n', "")
    last = (
        '        announcement: G02\n        source: "900:L6"\n',
        (
            '        announcement: G02\n        source: "900:L6"\n'
            '      - name: before\n        starts: unstated\n        landing: external\n        source: "900:L6"\n'
        ),
    )
    started = ("        starts: 2021-10-16T00:00:00+08:00\n", "")
    findings = found(tmp_path, lines=[first, last, started])
    (wrong,) = [finding for finding in findings if finding.fault.code == "PHASE_ORDER"]
    assert text_at(tmp_path, wrong) == "before"


def test_c15_a_release_without_a_word_mute_release(tmp_path: Path) -> None:
    changes = [("        landing: platform\n        announcement: X01\n", "        landing: released\n")]
    (finding,) = found(tmp_path, lines=changes)
    assert told([finding]) == ["lines.yaml error MUTE_RELEASE -"]


def test_c5_a_landing_that_is_not_what_the_mode_says_wants_a_look(tmp_path: Path) -> None:
    elsewhere = TRANSITION.replace("landing: platform", "landing: external")
    (odd,) = [
        finding
        for finding in found(tmp_path, lines=[(TRANSITION, elsewhere)])
        if finding.fault.code == "LANDING_UNEXPECTED"
    ]
    assert told([odd]) == ["lines.yaml warning LANDING_UNEXPECTED -"]
    assert text_at(tmp_path, odd).startswith("external")


def test_c5_the_landings_of_a_sound_plan_are_as_their_modes_say(tmp_path: Path) -> None:
    assert "LANDING_UNEXPECTED" not in codes(told(found(tmp_path)))
