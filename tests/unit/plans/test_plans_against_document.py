"""A plan is held against its document: the shipped plans agree, and whatever is altered in one is found."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from callrouter.plans.codes import Code
from callrouter.plans.document.against import against_document
from callrouter.plans.document.data import FOLDER, load_document
from callrouter.plans.findings import Finding
from callrouter.plans.load import load

PLANS = {
    "sichuan": "000",
    "yunnan": "001",
    "changzhi": "002",
    "inner-mongolia": "003",
    "hainan": "004",
}
SHIPPED = Path(__file__).parents[3] / "dialplans"
INSTANT = re.compile(
    r"\b(?P<key>starts|ends|by|issued|opens): \"?(?P<value>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\+08:00)?)"
)


def findings_of(folder: Path, jurisdiction: str, overlay: bool = False) -> list[Finding]:
    loaded = load(folder, overlay=overlay, shown=jurisdiction)
    data = load_document(PLANS[jurisdiction], FOLDER / "none")
    assert data is not None
    return [*(finding for finding in loaded.findings if finding.is_error), *against_document(loaded, data)]


class Alteration(NamedTuple):
    """A change to one line of one file."""

    file: str
    line: int
    text: str
    """The whole file, altered."""
    what: str


def alterations(folder: Path) -> Iterator[Alteration]:
    """Every instant and day in the document's part of a plan, a day and a minute later and earlier."""
    for file in ("plan.yaml", "lines.yaml"):
        text = (folder / file).read_text("utf-8")
        for match in INSTANT.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            if "#" in text.split("\n")[line - 1].partition(match["key"])[0]:
                continue
            old = datetime.fromisoformat(match["value"])
            steps = [timedelta(days=1), timedelta(days=-1)]
            steps += [timedelta(minutes=1), timedelta(minutes=-1)] if "T" in match["value"] else []
            for step in steps:
                new = (old + step).isoformat()[: len(match["value"])]
                if "T" in match["value"]:
                    new = (old + step).isoformat()
                altered = text[: match.start("value")] + new + text[match.end("value") :]
                yield Alteration(file, line, altered, f"{file}:{line} {match['key']} {old} -> {new}")


def copied(jurisdiction: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / jurisdiction, tmp_path / jurisdiction))


@pytest.mark.parametrize("overlay", [False, True], ids=["alone", "with the operator"])
@pytest.mark.parametrize("jurisdiction", PLANS)
def test_a_shipped_plan_agrees_with_its_document(jurisdiction: str, overlay: bool) -> None:
    assert [str(finding) for finding in findings_of(SHIPPED / jurisdiction, jurisdiction, overlay)] == []


@pytest.mark.parametrize("jurisdiction", PLANS)
def test_each_instant_that_is_altered_is_found_at_its_line(jurisdiction: str, tmp_path: Path) -> None:
    folder = copied(jurisdiction, tmp_path)
    texts = {file: (folder / file).read_text("utf-8") for file in ("plan.yaml", "lines.yaml")}
    unseen, tried = [], 0
    for alteration in alterations(folder):
        (folder / alteration.file).write_text(alteration.text, "utf-8")
        found = findings_of(folder, jurisdiction)
        here = f"{jurisdiction}/{alteration.file}:{alteration.line}:"
        if not any(finding.is_error and here in str(finding) for finding in found):
            unseen.append(f"{alteration.what}: {[finding.place for finding in found]}")
        (folder / alteration.file).write_text(texts[alteration.file], "utf-8")
        tried += 1
    assert unseen == []
    assert tried >= 2


def test_a_difference_quotes_the_document_and_says_both_instants(tmp_path: Path) -> None:
    folder = copied("sichuan", tmp_path)
    lines = folder / "lines.yaml"
    lines.write_text(
        lines.read_text("utf-8").replace("2021-10-16T00:00:00+08:00", "2021-10-17T00:00:00+08:00"), "utf-8"
    )
    (finding,) = findings_of(folder, "sichuan")
    assert finding.fault.source == "000:L90"
    for words in ("10月16日起，实现所有号码向12345热线转接", "2021-10-16T00:00", "2021-10-17T00:00"):
        assert words in str(finding)
    assert finding.column == len("        starts: ") + 1


def test_an_instant_where_the_document_gives_none_is_invented(tmp_path: Path) -> None:
    folder = copied("inner-mongolia", tmp_path)
    lines = folder / "lines.yaml"
    old, new = "        starts: unstated", "        starts: 2021-09-01T00:00:00+08:00"
    text = lines.read_text("utf-8").replace(old, new, 1)
    lines.write_text(text, "utf-8")
    (finding,) = findings_of(folder, "inner-mongolia")
    assert finding.fault.code is Code.INSTANT_INVENTED
    assert finding.line == text.count("\n", 0, text.index(new)) + 1


def test_an_operator_s_instant_after_the_deadline_is_a_warning(tmp_path: Path) -> None:
    """The deadline is 2021年9月底前: the midnight that ends September is in time, a second later is not."""
    folder = copied("inner-mongolia", tmp_path)
    operator = folder / "operator.yaml"
    text = operator.read_text("utf-8")
    item = re.search(r"schedule: dual\n\s+phase: in_force\n\s+starts: (\S+)", text)
    assert item is not None
    for starts, late in (("2021-10-01T00:00:00+08:00", False), ("2021-10-01T00:00:01+08:00", True)):
        operator.write_text(text[: item.start(1)] + starts + text[item.end(1) :], "utf-8")
        found = findings_of(folder, "inner-mongolia", overlay=True)
        assert [finding.fault.code for finding in found] == [Code.INSTANT_DIFFERS] * late
        for finding in found:
            assert not finding.is_error
            assert finding.place.startswith("inner-mongolia/operator.yaml:")
            assert finding.fault.source == "003:L81"


def test_what_the_document_allows_is_no_difference(tmp_path: Path) -> None:
    """可保留话务座席 (003:L31): seats may stay at the department; whether the number is kept is no choice."""
    folder = copied("inner-mongolia", tmp_path)
    lines = folder / "lines.yaml"
    text = lines.read_text("utf-8")
    line = re.search(r'- number: "12369".*?schedule: (dual)\n', text, re.DOTALL)
    assert line is not None
    text = text[: line.start(1)] + "dual-seats-kept" + text[line.end(1) :]
    lines.write_text(text, "utf-8")
    assert findings_of(folder, "inner-mongolia") == []
    kept = re.compile(r"(dual-seats-kept:\n    mode: dual\n    number_fate: )kept")
    lines.write_text(kept.sub(r"\1cancelled", text, count=1), "utf-8")
    assert {finding.fault.code for finding in findings_of(folder, "inner-mongolia")} == {Code.LINE_DIFFERS}


def test_round_the_clock_service_after_its_deadline_is_a_warning_told_once(tmp_path: Path) -> None:
    folder = copied("sichuan", tmp_path)
    operator = folder / "operator.yaml"
    text = operator.read_text("utf-8")
    for starts, late in (("2021-09-01T00:00:00+08:00", False), ("2021-09-01T00:00:01+08:00", True)):
        operator.write_text(text.replace("2021-08-31T00:00:00+08:00", starts, 1), "utf-8")
        found = findings_of(folder, "sichuan", overlay=True)
        assert [finding.fault.code for finding in found] == [Code.INSTANT_DIFFERS] * late
        assert all(finding.fault.source == "000:L95" and not finding.is_error for finding in found)


def test_a_center_that_the_operator_fills_in_is_still_compared(tmp_path: Path) -> None:
    folder = copied("sichuan", tmp_path)
    lines = folder / "lines.yaml"
    text = lines.read_text("utf-8").replace("means: [three_way, ticket]", "means: [guide]", 1)
    lines.write_text(text, "utf-8")
    (finding,) = findings_of(folder, "sichuan", overlay=True)
    assert (finding.fault.code, finding.fault.source) == (Code.RULE_DIFFERS, "000:L92")


def test_a_plan_that_does_not_load_is_not_compared(tmp_path: Path) -> None:
    folder = copied("sichuan", tmp_path)
    (folder / "lines.yaml").write_text("schedules: {}\n...\n", "utf-8")
    data = load_document("000", FOLDER / "none")
    assert data is not None
    assert list(against_document(load(folder), data)) == []
