"""The shipped plans: nothing stands in the way of serving them, and each of the operator's choices is told."""

from __future__ import annotations

from datetime import datetime

import pytest

from callrouter.layout import PROMPTS_FOLDER
from callrouter.plans.check import check
from callrouter.plans.findings import Finding, Severity
from callrouter.plans.load import load
from callrouter.prompts.catalogue import load_catalogue
from callrouter.settings import PROJECT_ROOT
from tests.unit.plans.qingxi import CHINA

PLANS = PROJECT_ROOT / "dialplans"
NAMES = ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"]
CATALOGUE = load_catalogue(PROMPTS_FOLDER).prompts.keys()
SIGNED = datetime(2018, 12, 1, tzinfo=CHINA)
LATER = datetime(2030, 1, 1, tzinfo=CHINA)


def findings(name: str, at: datetime, *, overlay: bool = True) -> tuple[Finding, ...]:
    return check(load(PLANS / name, overlay=overlay), at, CATALOGUE, None)


@pytest.mark.parametrize("at", [SIGNED, LATER], ids=["early", "late"])
@pytest.mark.parametrize("overlay", [True, False], ids=["with operator", "document alone"])
@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_plan_has_no_error_at_any_time(name: str, overlay: bool, at: datetime) -> None:
    assert [str(finding) for finding in findings(name, at, overlay=overlay) if finding.is_error] == []


@pytest.mark.parametrize("name", NAMES)
def test_with_the_operators_choices_nothing_is_left_that_wants_a_look(name: str) -> None:
    found = findings(name, LATER)
    assert [str(one) for one in found if one.fault.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", NAMES)
def test_each_choice_of_the_operator_is_a_note_at_its_place(name: str) -> None:
    text = (PLANS / name / "operator.yaml").read_text("utf-8")
    reasons = [
        line for line in text.splitlines() if line.lstrip("- {").startswith("why:") or ", why: " in line
    ]
    notes = [finding for finding in findings(name, LATER) if finding.fault.code == "ILLUSTRATIVE"]
    assert notes
    assert len({finding.place for finding in notes}) == len(notes) <= len(reasons)
    assert all(finding.file == f"dialplans/{name}/operator.yaml" for finding in notes)


def test_c4_the_open_second_phase_of_hainan_12348_and_12333_is_told() -> None:
    (undated,) = [one for one in findings("hainan", LATER) if one.fault.code == "PHASE_UNDATED"]
    assert "12348, 12333" in undated.fault.zh
    assert (undated.fault.severity, undated.fault.source) == (Severity.NOTE, "004:L51")


def test_c3_by_the_document_alone_every_line_of_inner_mongolia_waits_for_an_instant() -> None:
    missed = [
        one
        for one in findings("inner-mongolia", LATER, overlay=False)
        if one.fault.code == "DEADLINE_WITHOUT_INSTANT"
    ]
    assert missed
    assert {one.file for one in missed} == {"dialplans/inner-mongolia/lines.yaml"}
