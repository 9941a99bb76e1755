"""CSV lists of numbers: what is good is taken, and what is wrong is told with its line and column."""

import os
from pathlib import Path

import pytest

from callrouter.plans.findings import Finding
from callrouter.plans.reading import csv_lists
from callrouter.plans.reading.csv_lists import MOST_TOLD, ListedNumbers
from callrouter.vocabulary.migration import Mode, NumberFate, Schedule, SeatFate
from callrouter.vocabulary.number_table import LineList, LineLists

SHOWN = "dialplans/testcity/landlines.csv"
_SCHEDULE = Schedule("absorbed", Mode.ABSORBED, NumberFate.KEPT, SeatFate.NONE, (), (), (), "lines.yaml:2:3")
LANDLINES = LineList(
    "landlines", "固定电话", "该部门", _SCHEDULE, "landlines.csv", "009:L9", "lines.yaml:9:5"
)


def read(text: str | bytes, folder: Path, taken: dict[str, str] | None = None) -> tuple[LineLists, list[str]]:
    """The table, and the findings as `line:column CODE`."""
    file = folder / "landlines.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    listed = ListedNumbers(taken or {})
    findings = listed.add_file(LANDLINES, file, SHOWN)
    assert all(finding.file == SHOWN for finding in findings)
    return listed.finish(), [_short(finding) for finding in findings]


def _short(finding: Finding) -> str:
    return f"{finding.line}:{finding.column} {finding.fault.code}"


@pytest.mark.parametrize(
    "text",
    [
        "number,name\n03552180012,城管局\n13812345678,市长\n",
        "\ufeffnumber,name\r\n03552180012,城管局\r\n13812345678,市长\r\n",
        'number,name\n"03552180012","城管局"\n13812345678,"市长"\n',
    ],
)
def test_a_good_file_is_taken_whatever_its_line_ends_and_quotes(text: str, tmp_path: Path) -> None:
    lists, findings = read(text, tmp_path)
    assert findings == []
    assert dict(lists.rows_of("landlines")) == {"03552180012": "城管局", "13812345678": "市长"}
    line = lists.line("13812345678")
    assert line is not None
    assert line.place == f"{SHOWN}:3:1"


def test_a_quoted_name_holds_commas_and_quotes(tmp_path: Path) -> None:
    lists, findings = read('number,name\n03552180012,"城管局,""大队"""\n', tmp_path)
    assert findings == []
    assert dict(lists.rows_of("landlines")) == {"03552180012": '城管局,"大队"'}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("", "2:1 CSV_ROW"),
        ("03552180012", "2:1 CSV_ROW"),
        ("03552180012,城管局,大队", "2:1 CSV_ROW"),
        ("03552180012,", "2:13 CSV_ROW"),
        (",城管局", "2:1 CSV_ROW"),
        ("03552180012, 城管局", "2:13 CSV_ROW"),
        ("03552180012,城管局 ", "2:13 CSV_ROW"),
        ("03552180012,城\u3000管局", "2:13 CSV_ROW"),
        ("03552180012,城\t管局", "2:13 CSV_ROW"),
        ("03552180012,城\r管局", "2:14 CSV_ROW"),
        ('03552180012,"城管局', "2:13 CSV_ROW"),
        ('03552180012,城"管局', "2:14 CSV_ROW"),
        ('03552180012,"城"管局', "2:13 CSV_ROW"),
        ("03552180012," + "城" * 101, "2:13 CSV_ROW"),
        ("3552180012,城管局", "2:1 CSV_ROW"),
        ("0355-2180012,城管局", "2:1 CSV_ROW"),
        ("2180012,城管局", "2:1 CSV_ROW"),
        ("3.55218E+09,城管局", "2:1 CSV_ROW"),
        ("12315,市场监管", "2:1 CSV_ROW"),
        ("110,报警", "2:1 EMERGENCY_MIGRATES"),
        ("0355120,急救", "2:1 EMERGENCY_MIGRATES"),
        ("12345,热线", "2:1 HUB_AS_LINE"),
        ("035512345,热线", "2:1 HUB_AS_LINE"),
        ("03552180012,城\x00管局", "2:14 INVISIBLE_CHARACTER"),
        ("03552180012,城\u200b管局", "2:14 INVISIBLE_CHARACTER"),
        ("\ufeff03552180012,城管局", "2:1 INVISIBLE_CHARACTER"),
    ],
)
def test_a_bad_row_is_told_at_its_place_and_the_others_are_read(row: str, told: str, tmp_path: Path) -> None:
    lists, findings = read(f"number,name\n{row}\n13812345678,市长\n", tmp_path)
    assert findings == [told]
    assert list(lists.numbers()) == ["13812345678"]
    line = lists.line("13812345678")
    assert line is not None
    assert line.place == f"{SHOWN}:3:1"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("3552180012", "03552180012"),
        ("0355-2180012", "03552180012"),
        ("+86 355 2180012", "03552180012"),
        ("+8613812345678", "13812345678"),
    ],
)
def test_another_spelling_is_told_with_the_right_one(written: str, canonical: str, tmp_path: Path) -> None:
    file = tmp_path / "landlines.csv"
    file.write_text(f"number,name\n{written},城管局\n", encoding="utf-8")
    [finding] = ListedNumbers({}).add_file(LANDLINES, file, SHOWN)
    assert canonical in finding.fault.fix


@pytest.mark.parametrize(
    "header",
    [
        "name,number",
        "number;name",
        "Number,Name",
        "number,name,note",
        "03552180012,城管局",
        "number, name",
        "",
    ],
)
def test_another_header_is_told_and_ends_the_file(header: str, tmp_path: Path) -> None:
    lists, findings = read(f"{header}\n03552180012,城管局\n", tmp_path)
    assert findings == ["1:1 CSV_HEADER"]
    assert len(lists) == 0


@pytest.mark.parametrize("text", ["", "\ufeff", "number,name\n", "number,name\r\n"])
def test_a_file_without_numbers_is_no_list(text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path)[1] == ["0:0 FILE_EMPTY"]


def test_a_last_row_without_an_end_may_be_half_a_row(tmp_path: Path) -> None:
    assert read("number,name\n03552180012,城管局", tmp_path)[1] == ["2:16 FILE_CUT_OFF"]


def test_a_number_stands_once_in_a_file_and_nowhere_in_yaml(tmp_path: Path) -> None:
    text = 'number,name\n03552180012,a\nx,b\n03552180012,c\n"03552180012",d\n03552180013,e\n"03552180013",f\n'
    file = tmp_path / "landlines.csv"
    file.write_text(text, encoding="utf-8")
    findings = ListedNumbers({"03552180013": "lines.yaml:7:5"}).add_file(LANDLINES, file, SHOWN)
    duplicates = [finding for finding in findings if finding.fault.code == "DUPLICATE_NAME"]
    assert [(one.line, one.column) for one in duplicates] == [(4, 1), (5, 1), (6, 1), (7, 1)]
    assert all(f"{SHOWN}:2:1" in one.fault.en for one in duplicates[:2])
    assert all("lines.yaml:7:5" in one.fault.en for one in duplicates[2:])


def test_a_number_stands_in_one_list_only(tmp_path: Path) -> None:
    listed = ListedNumbers({})
    for name, first in (("a.csv", "03552180011"), ("b.csv", "13812345678")):
        (tmp_path / name).write_text(f"number,name\n{first},x\n03552180012,{name}\n", encoding="utf-8")
    assert listed.add_file(LANDLINES, tmp_path / "a.csv", "p/a.csv") == []
    [finding] = listed.add_file(LANDLINES, tmp_path / "b.csv", "p/b.csv")
    assert finding.place == "p/b.csv:3:1"
    assert "p/a.csv:3:1" in finding.fault.en


def test_only_so_many_findings_are_told_and_then_how_many_more(tmp_path: Path) -> None:
    _, findings = read("number,name\n" + "x,y\n" * 200, tmp_path)
    assert len(findings) == MOST_TOLD + 1
    assert findings[-2:] == ["51:1 CSV_ROW", "52:1 CSV_ROW"]
    [*_, last] = ListedNumbers({}).add_file(LANDLINES, tmp_path / "landlines.csv", SHOWN)
    assert "150" in last.fault.zh
    assert "150" in last.fault.en


def test_another_encoding_is_told_where_it_begins_after_what_came_before(tmp_path: Path) -> None:
    octets = b"number,name\nx,y\n03552180012," + "城管局".encode("gb18030") + b"\n"
    assert read(octets, tmp_path)[1] == ["2:1 CSV_ROW", "3:13 NOT_UTF8"]
    assert read("number,name\n".encode("utf-16"), tmp_path)[1] == ["1:1 NOT_UTF8"]


def test_a_long_file_is_read_in_blocks_as_if_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lists, "_BLOCK", 7)
    rows = [f"0355218{place:04d},局{place}" for place in range(50)]
    lists, findings = read(
        "\ufeffnumber,name\r\n" + "\r\n".join([*rows[:40], "x,y", *rows[40:]]) + "\r\n", tmp_path
    )
    assert findings == ["42:1 CSV_ROW"]
    assert [f"{number},{name}" for number, name in lists.rows_of("landlines")] == rows


def test_an_endless_row_ends_the_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_lists, "_BLOCK", 64)
    assert read("number,name\n03552180012,城管局\n" + "城" * 3000 + "\n", tmp_path)[1] == ["3:1 CSV_ROW"]


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    for name in ("folder.csv", "pipe.csv", "loop.csv", "missing.csv", "odd\0name.csv"):
        findings = ListedNumbers({}).add_file(LANDLINES, tmp_path / name, SHOWN)
        assert [_short(finding) for finding in findings] == ["0:0 FILE_UNREADABLE"]
        assert str(tmp_path) not in str(findings[0])


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "number,name\n03552180012,城管局\n13812345678,市长\n"
    monkeypatch.setattr(csv_lists, "LARGEST_FILE", 20)
    assert read(text, tmp_path)[1] == ["0:0 FILE_TOO_LARGE"]
    monkeypatch.undo()
    monkeypatch.setattr(csv_lists, "MOST_NUMBERS", 1)
    assert read(text, tmp_path)[1] == ["0:0 FILE_TOO_LARGE"]
