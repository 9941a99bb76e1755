"""A check as a whole: everything at once, in order, of loading, lint and document; what depends on the overlay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from callrouter.plans.check import check
from callrouter.plans.findings import Severity
from callrouter.vocabulary.line import Line
from callrouter.vocabulary.number_table import LineLists
from tests.unit.plans.qingxi import AT, CATALOGUE, found, qingxi, text_at, told


def test_a_plan_that_does_not_load_is_told_only_why_not(tmp_path: Path) -> None:
    loaded = qingxi(tmp_path, lines=[("mode: dual", "mode: duel")])
    assert check(loaded, AT, CATALOGUE, None) == loaded.findings


def test_findings_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    changes = [
        ("announcement: T01", "announcement: T99"),
        ("spoken_number: 幺二三零零", "spoken_number: 幺二三零幺"),
    ]
    findings = check(qingxi(tmp_path, lines=changes), AT, CATALOGUE, None)
    places = [(finding.file, finding.line, finding.column) for finding in findings]
    assert places == sorted(places)
    assert len({finding.file for finding in findings}) == 2


def test_a_plan_whose_document_nobody_has_read_is_checked_all_the_same_document_unknown(
    tmp_path: Path,
) -> None:
    loaded = qingxi(tmp_path, lines=[("announcement: X01", "announcement: X99")])
    (tmp_path / "documents" / "900.yaml").unlink()
    findings = [one for one in check(loaded, AT, CATALOGUE, None) if one.fault.severity is not Severity.NOTE]
    assert told(findings) == ["lines.yaml error PROMPT_UNKNOWN -", "plan.yaml warning DOCUMENT_UNKNOWN -"]


def test_a_document_that_is_not_right_is_told_with_its_own_place(tmp_path: Path) -> None:
    loaded = qingxi(tmp_path)
    path = tmp_path / "documents" / "900.yaml"
    path.write_text(path.read_text("utf-8").replace("mode: dual", "mode: duel"), "utf-8")
    errors = [finding for finding in check(loaded, AT, CATALOGUE, None) if finding.is_error]
    assert [finding.file for finding in errors] == ["documents/900.yaml"]


def test_without_the_overlay_what_only_an_operator_can_give_is_a_warning(tmp_path: Path) -> None:
    assert told(found(tmp_path, overlay=False)) == [
        "lines.yaml warning DEADLINE_WITHOUT_INSTANT 900:L5",
        "plan.yaml warning ROSTER_EMPTY 900:L3",
        "plan.yaml warning ROSTER_EMPTY 900:L6",
    ]


def test_each_of_the_operators_choices_is_a_note_with_its_reason_illustrative(tmp_path: Path) -> None:
    loaded = qingxi(tmp_path)
    notes = [one for one in check(loaded, AT, CATALOGUE, None) if one.fault.code == "ILLUSTRATIVE"]
    assert len(notes) == len(loaded.choices) == 9
    assert text_at(tmp_path, notes[0]) == "schedule: absorbed"
    assert "文件没有给出时刻" in notes[0].fault.zh
    assert "the document gives no instant" in notes[0].fault.en


def test_a_class_without_numbers_is_told_until_it_has_some_class_without_numbers(tmp_path: Path) -> None:
    def told_of(overlay: bool) -> list[str]:
        loaded = qingxi(tmp_path, overlay=overlay)
        return told([one for one in check(loaded, AT, CATALOGUE, None) if "CLASS" in one.fault.code])

    assert told_of(overlay=False) == ["lines.yaml note CLASS_WITHOUT_NUMBERS 900:L5"]
    assert told_of(overlay=True) == []


def test_no_line_is_made_for_each_number_of_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"0991218{number:04},市直部门{number}\n" for number in range(5000, 9000))
    loaded = qingxi(tmp_path, offices=[("number,name\n", f"number,name\n{many}")])
    asked: list[str] = []
    really = LineLists.line

    def line(lists: LineLists, number: str) -> Line | None:
        asked.append(number)
        return really(lists, number)

    def numbers(_lists: LineLists) -> Iterator[str]:
        raise AssertionError("a check does not go through a list")

    monkeypatch.setattr(LineLists, "line", line)
    monkeypatch.setattr(LineLists, "numbers", numbers)
    assert not any(finding.is_error for finding in check(loaded, AT, CATALOGUE, None))
    assert len(asked) < 100
