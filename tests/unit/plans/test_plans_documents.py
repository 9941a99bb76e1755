"""The documents as data: every quotation stands in the text, and nothing that is printed was left out."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from callrouter.plans.document.data import FOLDER, DocumentData, Fact, load_document
from callrouter.plans.findings import PlanErrors
from callrouter.vocabulary.migration import Mode, NumberFate, PhaseName, SeatFate

REFS = ("000", "001", "002", "003", "004")
DATA = {ref: data for ref in REFS if (data := load_document(ref, FOLDER / "none")) is not None}
SPACE = re.compile(r"\s+")


def lines_of(data: DocumentData) -> list[str]:
    return ["", *(SPACE.sub("", line) for line in (FOLDER / data.text).read_text("utf-8").split("\n"))]


def line_number(line: str) -> int:
    return int(line.removeprefix("L"))


def numbers_of(ref: str, *groups: str) -> list[str]:
    return [item.number for item in DATA[ref].numbers if not groups or item.group in groups]


@pytest.mark.parametrize("ref", REFS)
def test_every_quotation_stands_in_the_line_that_it_cites(ref: str) -> None:
    lines = lines_of(DATA[ref])
    facts = list(DATA[ref].facts())
    assert len(facts) > 20
    wrong = [fact for fact in facts if SPACE.sub("", fact.quote) not in lines[line_number(fact.line)]]
    assert wrong == []


@pytest.mark.parametrize("ref", REFS)
def test_every_number_and_name_stands_in_its_own_quotation(ref: str) -> None:
    for item in DATA[ref].numbers:
        assert item.number in item.quote
        for text in (item.name or "", *item.units):
            assert SPACE.sub("", text) in SPACE.sub("", item.quote)
    for group in DATA[ref].groups:
        for unit in group.units.names if group.units else ():
            assert group.units
            assert unit in group.units.quote


@pytest.mark.parametrize("ref", REFS)
def test_the_head_of_the_text_names_the_document(ref: str) -> None:
    data, text = DATA[ref], SPACE.sub("", "".join(lines_of(DATA[ref])))
    assert data.title in text
    assert data.number is None or data.number in text
    day = data.issued.day
    assert data.issued.quote == f"{day.year}年{day.month}月{day.day}日"


def days_in(text: str, year: int) -> set[date]:
    """The days that a quotation prints; year's and month's ends are days too."""
    found = set()
    months = re.sub(r"(\d+)年", "", text)
    for month, day in re.findall(r"(\d+)月(\d+)日", months):
        found.add(date(year, int(month), int(day)))
    for first in re.findall(r"(\d+)月(?:底前|前)", months):
        found.add(date(year + (int(first) == 12), int(first) % 12 + 1, 1))
    if "年底前" in text:
        found.add(date(year + 1, 1, 1))
    return found


@pytest.mark.parametrize("ref", REFS)
def test_every_instant_and_deadline_is_the_day_of_its_quotation(ref: str) -> None:
    data = DATA[ref]
    for phase in (phase for group in data.groups for phase in group.phases):
        printed = days_in(SPACE.sub("", phase.quote), data.issued.day.year)
        assert phase.starts.date() in printed, phase.quote
        assert phase.starts.utcoffset() is not None
        assert phase.starts.isoformat().endswith("T00:00:00+08:00")
        if phase.ends is not None:  # the last day that is printed, and one more
            assert date.fromordinal(phase.ends.date().toordinal() - 1) in printed
    for due in (*data.dues, *(due for group in data.groups for due in group.dues)):
        quote = SPACE.sub("", due.quote)
        year = int(match[1]) if (match := re.search(r"(\d{4})年", quote)) else data.issued.day.year
        after = date.fromordinal(due.by.toordinal() + 1)
        assert {due.by, after} & days_in(quote, year), due.quote


@pytest.mark.parametrize("ref", REFS)
def test_no_number_of_the_text_was_left_out(ref: str) -> None:
    text = (FOLDER / DATA[ref].text).read_text("utf-8")
    printed = set(re.findall(r"(?<![0-9-])(?:123[0-9]{2}|96[0-9]{3})(?![0-9])", text)) - {"12345"}
    assert printed == {*numbers_of(ref), *(item.number for item in DATA[ref].done_before)}


def test_sichuan_has_13_14_and_5() -> None:
    assert Counter(item.group for item in DATA["000"].numbers) == {"merged": 13, "dual": 14, "branch": 5}
    assert all(item.expert_seats is None for item in DATA["000"].numbers)


def test_inner_mongolia_has_14_14_and_5_and_six_expert_seats() -> None:
    data = DATA["003"]
    assert Counter(item.group for item in data.numbers) == {"merged": 14, "dual": 14, "branch": 5}
    assert {item.number for item in data.numbers if item.expert_seats} == {
        "12348",
        "12333",
        "12329",
        "12316",
        "12320",
        "12385",
    }
    rows = [line for line in lines_of(data) if line.endswith("设专家座席|")]
    assert len(rows) == 6
    assert len(data.numbers) == 33
    assert "(共33条)" in lines_of(data)


def test_inner_mongolia_is_sichuan_and_12325() -> None:
    assert set(numbers_of("003")) - set(numbers_of("000")) == {"12325"}
    names = {item.number: SPACE.sub("", item.name or "") for item in DATA["000"].numbers}
    for item in DATA["003"].numbers:
        assert names.get(item.number, item.name) == SPACE.sub("", item.name or "")


def test_hainan_has_9_6_and_3_and_an_expert_seat_for_12329() -> None:
    assert len(numbers_of("004", "cancelled-first")) == 4
    assert len(numbers_of("004", "cancelled-second")) == 5
    dual = numbers_of("004", "dual-first", "dual-second", "dual-third")
    assert dual == ["12318", "12317", "12367", "12320", "12348", "12333"]
    assert numbers_of("004", "branch") == ["12360", "12366", "12305"]
    assert {item.number for item in DATA["004"].numbers if item.expert_seats} == {"12320", "12329"}
    assert numbers_of("004", "expert-seat-only") == ["12329"]
    assert [item.number for item in DATA["004"].done_before] == ["12338"]


def test_12348_and_12333_keep_their_seats_in_hainan_only() -> None:
    kept = {
        ref: {
            item.number
            for item in DATA[ref].numbers
            if (group := DATA[ref].group_of(item)).mode is Mode.DUAL and group.seat_fate is SeatFate.KEPT
        }
        for ref in REFS
    }
    assert kept == {"000": set(), "001": set(), "002": set(), "003": set(), "004": {"12348", "12333"}}


def test_12367_is_a_branch_in_two_documents_and_a_dual_number_in_one() -> None:
    modes = {ref: DATA[ref].group_of(item).mode for ref in REFS if (item := DATA[ref].printed("12367"))}
    assert modes == {"000": Mode.BRANCH, "003": Mode.BRANCH, "004": Mode.DUAL}


def test_yunnan_prints_one_number_and_the_hour_at_which_it_stops() -> None:
    assert numbers_of("001") == ["96128"]
    group = DATA["001"].group_of(DATA["001"].numbers[0])
    stop = group.phase(PhaseName.ENDED)
    assert stop is not None
    assert stop.starts == datetime.fromisoformat("2018-12-25T00:00:00+08:00")
    assert group.number_fate is NumberFate.CANCELLED
    assert "12月25日0：00" in stop.quote


def test_changzhi_prints_no_number_no_deadline_and_no_instant_but_its_date() -> None:
    data = DATA["002"]
    assert (data.numbers, data.dues, data.hours, data.branch_hours) == ((), (), None, None)
    instants = [phase.starts.date() for group in data.groups for phase in group.phases]
    assert set(instants) == {data.issued.day}


@pytest.mark.parametrize("ref", ["003", "004"])
def test_a_document_of_deadlines_gives_no_instant_but_its_date(ref: str) -> None:
    instants = {phase.starts.date() for group in DATA[ref].groups for phase in group.phases}
    assert instants == {DATA[ref].issued.day}


def test_october_s_deadline_in_hainan_can_be_read_in_two_ways() -> None:
    dues = [due for group in DATA["004"].groups for due in group.dues]
    assert {(due.by.isoformat(), str(due.narrowly)) for due in dues} == {("2021-10-31", "2021-09-30")}


def test_the_documents_differ_on_emergencies() -> None:
    said = {
        ref: {str(item.out) for item in DATA[ref].emergencies if item.out}
        | {"in" for item in DATA[ref].emergencies if item.handed_in}
        for ref in REFS
    }
    assert said == {
        "000": {"unstated", "in"},
        "001": {"unstated"},
        "002": {"guide"},
        "003": {"transfer_else_guide", "in"},
        "004": {"unstated"},
    }


def test_a_source_may_cite_several_lines() -> None:
    data = DATA["001"]
    kept = next(group for group in data.groups if group.id == "kept")
    assert data.cited("001:L38", kept)
    assert data.cited("001:L38-L40", kept)
    assert data.cited("001:L39-L40", kept)
    for other in ("001:L37", "001:L41-L50", "000:L40", "L40", ""):
        assert not data.cited(other, kept)


def test_a_document_of_which_there_is_no_data_is_none(tmp_path: Path) -> None:
    for ref in ("999", "../000", "", "documents/000"):
        assert load_document(ref, tmp_path / "plan") is None


def test_a_document_beside_the_plan_comes_first(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "documents")
    own = tmp_path / "documents" / "000.yaml"
    own.write_text(own.read_text("utf-8").replace("川办发〔2021〕15号", "测〔2021〕1号"), "utf-8")
    data = load_document("000", tmp_path / "plan")
    assert data is not None
    assert data.number == "测〔2021〕1号"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("mode: merged", "mode: mergd", "documents/000.yaml:18:5"),
        ("by: 2021-05-31, line", "by: 2021-05-32, line", "documents/000.yaml:31:31"),
        ("seat_fate: merged", "seat_fat: merged", "documents/000.yaml:20:5"),
        ("group: merged, line", "group: merge, line", "documents/000.yaml:3:1"),
        ('ref: "000"', 'ref: "001"', "documents/000.yaml:3:1"),
        ("...\n", "", "documents/000.yaml:159:1"),
    ],
)
def test_data_that_is_not_right_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, place: str
) -> None:
    text = (FOLDER / "000.yaml").read_text("utf-8")
    assert old in text
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "000.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(PlanErrors) as caught:
        load_document("000", tmp_path / "plan")
    assert [finding.place for finding in caught.value.findings] == [place]


def test_every_fact_is_reached_by_facts() -> None:
    """A kind of fact that `facts` forgot would never be proved."""
    for data in DATA.values():
        reached = {id(fact) for fact in data.facts()}
        stack: list[object] = [data]
        while stack:
            value = stack.pop()
            if isinstance(value, Fact):
                assert id(value) in reached
            if isinstance(value, (Fact, DocumentData)):
                stack.extend(value.__dict__.values())
            elif isinstance(value, tuple):
                stack.extend(value)
