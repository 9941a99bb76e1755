"""Loading: each kind of error is caused, named at its place, and told together with all the others."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrouter.plans.check import FindingCode
from callrouter.plans.errors import PlanError, PlanErrors
from callrouter.plans.load import load_plan
from callrouter.plans.reading import LARGEST_FILE
from callrouter.vocabulary.plan import Landing, Mode, NumberFate, OnArrival, PhaseName, SeatFate

PLAN_TEXT = """\
jurisdiction: testcity
title: 测试市
version: 1.0
document:
  ref: 009
  title: 测试方案
  number: 测〔2021〕1号
  issued: 2021-03-24
timezone: Asia/Shanghai
area_codes: [0755, "028"]
brands:
  - name: 12345热线
hotline:
  number: 12345
  spoken_number: 一二三四五
desks:
  hotline: {queue: hotline, priority: 0, notice: G01}
  emergency: {queue: hotline, priority: 20}
  unknown_number: {queue: hotline, priority: 0, notice: G01}
...
"""

LINES_TEXT = """\
schedules:
  merged:
    mode: merged
    number_fate: cancelled
    seat_fate: merged
    phases:
      - name: before
        ends: 2021-06-01T00:00:00+08:00
        landing: own_seats
        on_arrival: connect
        source: 009:L1
      - name: transition
        starts: 2021-06-01T00:00:00+08:00
        ends: 2021-10-01T00:00:00+08:00
        landing: platform
        on_arrival: connect
        notice: T01
        source: 009:L2
      - name: ended
        starts: 2021-10-01T00:00:00+08:00
        landing: nobody
        on_arrival: connect
        notice: X01
        source: 009:L3
    dues:
      - what: 座席归并
        by: 2021-05-31
        source: 009:L4
lines:
  - number: 12300
    name: 电信
    spoken_number: 幺二三零零
    spoken_name: 电信热线
    schedule: merged
    source: 009:L5
  - number: 12301
    name: on
    spoken_number: 幺二三零幺
    spoken_name: 10:30
    schedule: merged
    source: 009:L5
classes:
  - id: others
    name: 其他
    schedule: merged
    source: 009:L6
...
"""

LINES = "dialplans/testcity/lines.yaml"
PLAN_YAML = "dialplans/testcity/plan.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "dialplans" / "testcity"
    made.mkdir(parents=True)
    write(made)
    return made


def write(folder: Path, plan: str = PLAN_TEXT, lines: str = LINES_TEXT) -> None:
    (folder / "plan.yaml").write_text(plan, "utf-8")
    (folder / "lines.yaml").write_text(lines, "utf-8")


def errors_of(folder: Path) -> tuple[PlanError, ...]:
    with pytest.raises(PlanErrors) as caught:
        load_plan(folder)
    assert str(caught.value).count("\n") == len(caught.value.errors)
    return caught.value.errors


def outcome(folder: Path) -> tuple[PlanError, ...]:
    """The errors, none of them if the plan loads."""
    try:
        load_plan(folder)
    except PlanErrors as refused:
        return refused.errors
    return ()


def position_of(text: str, fragment: str) -> str:
    at = text.index(fragment)
    return f"{text.count(chr(10), 0, at) + 1}:{at - (text.rfind(chr(10), 0, at) + 1) + 1}"


def test_what_yaml_would_turn_into_numbers_booleans_and_times_is_read_as_written(folder: Path) -> None:
    plan = load_plan(folder)
    assert plan.area_codes == {"0755", "028"}
    assert (plan.version, plan.document.ref, plan.hotline_number) == ("1.0", "009", "12345")
    assert set(plan.lines) == {"12300", "12301"}
    assert (plan.lines["12301"].name, plan.lines["12301"].spoken_name) == ("on", "10:30")
    assert plan.lines["12300"].phases[1].starts == datetime(2021, 5, 31, 16, tzinfo=UTC)


CHANGES_IN_LINES = {
    "unknown key": ("mode: merged", "modee: merged", "modee", "did you mean mode?"),
    "unknown word": ("mode: merged", "mode: mergd", "mergd", "did you mean merged?"),
    "12345 as a mode": ("mode: merged", "mode: hotline", "hotline", "not a way to migrate"),
    "unknown landing": ("landing: nobody", "landing: noone", "noone", "use one of"),
    "missing key": ("    seat_fate: merged\n", "", "mode: merged", "seat_fate is missing"),
    "naive instant": ("starts: 2021-10-01T00:00:00+08:00", "starts: 2021-10-01T00:00:00",
                      "2021-10-01T00:00:00\n", "write 2021-10-01T00:00:00+08:00"),
    "a day for an instant": ("starts: 2021-10-01T00:00:00+08:00", "starts: 2021-10-01",
                             "2021-10-01\n", "write 2021-10-01T00:00:00+08:00"),
    "zulu instant": ("starts: 2021-10-01T00:00:00+08:00", "starts: 2021-10-01T00:00:00Z",
                     "2021-10-01T00:00:00Z", "no offset"),
    "impossible instant": ("starts: 2021-10-01T00:00:00+08:00", "starts: 2021-02-30T00:00:00+08:00",
                           "2021-02-30T", "no such instant"),
    "no instant at all": ("starts: 2021-10-01T00:00:00+08:00", "starts: tomorrow", "tomorrow", "not an instant"),
    "impossible day": ("by: 2021-05-31", "by: 2021-05-32", "2021-05-32", "no such day"),
    "odd day": ("by: 2021-05-31", "by: 31.5.2021", "31.5.2021", "not a day"),
    "empty value": ("name: 电信\n", "name:\n", "\n    spoken_number: 幺二三零零", "值是空的"),
    "odd number": ("number: 12300", "number: 1230a", "1230a", "a hotline's short number"),
    "full-width number": ("number: 12300", "number: １２３００", "１２３００", "a hotline's short number"),
    "odd spoken number": ("幺二三零零", "12300号", "12300号", "a spoken number"),
    "odd notice": ("notice: X01", "notice: t1", "t1", "the id of an announcement"),
    "odd source": ("source: 009:L5\n  - number", "source: L5\n  - number", "L5\n  - number",
                   "a line of the document"),
    "another document": ("source: 009:L6", "source: 001:L6", "001:L6", "not in this plan's document 009"),
    "list for a text": ("name: 电信\n", "name: [电信]\n", "[电信]", "a single value"),
    "text for a list": ("    dues:\n      - what: 座席归并\n        by: 2021-05-31\n        source: 009:L4\n",
                        "    dues: none\n", "none", "a list is wanted"),
    "text for a mapping": ("  - id: others\n    name: 其他\n    schedule: merged\n    source: 009:L6\n",
                           "  - others\n", "others", "keys and values"),
    "dangling schedule": ("schedule: merged\n    source: 009:L6", "schedule: mergd\n    source: 009:L6",
                          "mergd", "did you mean merged?"),
    "duplicate key": ("    mode: merged\n", "    mode: merged\n    mode: dual\n", "mode: dual",
                      "repeated, first on line 3"),
    "duplicate number": ("number: 12301", "number: 12300", "12300\n    name: on", f"already at {LINES}:"),
    "duplicate class": ("classes:\n", "classes:\n  - {id: others, name: 甲, schedule: merged, source: 009:L1}\n",
                        "others\n", f"already at {LINES}:"),
    "emergency number": ("number: 12301", "number: 110", "110\n", "an emergency number never migrates"),
    "12345 as a line": ("number: 12301", "number: 12345", "12345\n", "the hotline itself"),
    "gap": ("starts: 2021-10-01T00:00:00+08:00", "starts: 2021-10-02T00:00:00+08:00",
            "2021-10-02T", f"(ends at {LINES}:14) and ended leave a gap"),
    "overlap": ("starts: 2021-10-01T00:00:00+08:00", "starts: 2021-09-30T00:00:00+08:00",
                "2021-09-30T", f"(ends at {LINES}:14) and ended overlap"),
    "first starts": ("- name: before\n", "- name: before\n        starts: 2020-01-01T00:00:00+08:00\n",
                     "2020-01-01T", "since ever"),
    "last ends": ("landing: nobody", "ends: 2031-01-01T00:00:00+08:00\n        landing: nobody",
                  "2031-01-01T", "the last phase has no end"),
    "no start": ("        starts: 2021-10-01T00:00:00+08:00\n", "", "name: ended", "starts is missing"),
    "no end": ("        ends: 2021-10-01T00:00:00+08:00\n", "", "name: transition", "ends is missing"),
    "silent release": ("on_arrival: connect\n        notice: X01", "on_arrival: release", "name: ended",
                       "hear nothing"),
    "no lines": (LINES_TEXT[LINES_TEXT.index("lines:"):LINES_TEXT.index("classes:")], "lines: []\n",
                 "[]", "at least one item"),
    "anchor": ("mode: merged", "mode: &m merged", "&m", "anchors"),
    "alias": ("name: on", "name: *m", "*m", "aliases"),
    "merge key": ("    name: on\n", "    <<: {name: on}\n", "<<", "merge keys"),
    "tag": ("name: on", "name: !!str on", "!!str", "tags"),
    "odd key": ("    name: on\n", "    name: on\n    [a, [b]]: c\n", "[a, [b]]", "a key must be"),
    "second document": ("...\n", "...\n---\na: b\n...\n", "---", "one document"),
    "directive": ("schedules:\n", "%YAML 1.1\n---\nschedules:\n", "%YAML", "directives"),
    "syntax": ("mode: merged", "mode: [merged", ": cancelled", "YAML syntax error"),
    "tab": ("    mode: merged", "\tmode: merged", "\tmode", "YAML syntax error"),
    "invisible character": ("name: 电信", "name: 电\u200b信", "\u200b", "U+200B"),
    "bidirectional text": ("name: 电信", "name: 电\u202e信", "\u202e", "U+202E"),
    "odd schedule name": ("schedules:\n  merged:", "schedules:\n  Odd Name: {}\n  merged:", "Odd Name", "an id of"),
    "no end mark": ("    source: 009:L6\n...\n", "    source: 009:L6\n", None, "may have been cut off"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES_IN_LINES)
def test_each_fault_of_the_lines_is_named_where_it_stands(folder: Path, case: str) -> None:
    old, new, fragment, told = CHANGES_IN_LINES[case]
    assert old in LINES_TEXT
    text = (
        new.join(LINES_TEXT.rsplit(old, 1)) if case == "duplicate number" else LINES_TEXT.replace(old, new, 1)
    )
    write(folder, lines=text)
    places = {error.place: str(error) for error in errors_of(folder)}
    at = position_of(text, fragment) if fragment else f"{text.count(chr(10)) + 1}:1"
    assert f"{LINES}:{at}" in places, places
    assert told in places[f"{LINES}:{at}"]


THREE_BRANDS = """12345热线
  - name: 乙
    starts: 2022-01-01T00:00:00+08:00
  - name: 丙
    starts: 2021-01-01T00:00:00+08:00
"""

CHANGES_IN_PLAN = {
    "wrong folder": ("jurisdiction: testcity", "jurisdiction: hebei", "hebei", "folder's name testcity"),
    "no such zone": ("Asia/Shanghai", "Asia/Chengdu", "Asia/Chengdu", "write Asia/Shanghai"),
    "zone with a path": ("Asia/Shanghai", "../../etc/passwd", "../../", "write Asia/Shanghai"),
    "area code without its zero": ("[0755", "[755", "755", "an area code with its 0"),
    "area code twice": ('"028"', "0755", "0755]", "keep one"),
    "no brand": ("\n  - name: 12345热线", " []", "[]", "at least one item"),
    "first brand with a start": ("12345热线\n", "12345热线\n    starts: 2021-01-01T00:00:00+08:00\n",
                                 "2021-01-01T", "since ever"),
    "second brand without a start": ("12345热线\n", "12345热线\n  - name: 乙\n", "name: 乙", "starts is missing"),
    "brands out of order": (
        "12345热线\n",
        THREE_BRANDS,
        "2021-01-01T", f"not later than the brand at {PLAN_YAML}:13"),
    "emergency as the hotline": ("number: 12345", "number: 110", "110", "never migrates"),
    "odd priority": ("priority: 20", "priority: high", "high", "0 to 999"),
    "odd queue": ("emergency: {queue: hotline", "emergency: {queue: ge$neral", "ge$neral", "an id of"),
    "reserved queue": ("emergency: {queue: hotline", "emergency: {queue: general", "general", "reserved word"),
    "unknown key in a desk": ("emergency: {queue", "emergency: {quue", "quue", "did you mean queue?"),
    "missing desk": ("  emergency: {queue: hotline, priority: 20}\n", "", "hotline: {", "emergency is missing"),
    "odd reference": ("ref: 009", "ref: 9", "9\n", "three digits"),
    "long title": ("title: 测试市", f"title: {'长' * 201}", "长长", "at most 200"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES_IN_PLAN)
def test_each_fault_of_the_jurisdiction_is_named_where_it_stands(folder: Path, case: str) -> None:
    old, new, fragment, told = CHANGES_IN_PLAN[case]
    assert old in PLAN_TEXT
    text = PLAN_TEXT.replace(old, new, 1)
    write(folder, plan=text)
    places = {error.place: str(error) for error in errors_of(folder)}
    at = f"{PLAN_YAML}:{position_of(text, fragment)}"
    assert at in places, places
    assert told in places[at]


def test_a_reversed_or_empty_phase_is_named_with_both_places(folder: Path) -> None:
    for instant, told in (("2021-05-01", "reversed"), ("2021-06-01", "empty")):
        write(
            folder,
            lines=LINES_TEXT.replace("ends: 2021-10-01T", f"ends: {instant}T").replace(
                "starts: 2021-10-01T", f"starts: {instant}T"
            ),
        )
        (error,) = errors_of(folder)
        assert error.place == f"{LINES}:14:15"
        assert told in str(error)
        assert f"{LINES}:13" in str(error)


def test_all_errors_of_all_files_are_told_at_once_and_in_order(folder: Path) -> None:
    plan = PLAN_TEXT.replace("0755", "755").replace("priority: 20", "prio: 20")
    lines = (
        LINES_TEXT.replace("mode: merged", "mode: mergd")
        .replace("number: 12300", "number: 119")
        .replace("number: 12301", "number: 12301\n    number: 12302")
        .replace("schedule: merged\n    source: 009:L6", "schedule: mergeed\n    source: 008:L6")
    )
    write(folder, plan, lines)
    (folder / "line.yaml").write_text("a: b\n...\n")
    places = [re.sub(r".*/", "", error.place) for error in errors_of(folder)]
    assert places == [
        "line.yaml",
        "lines.yaml:3:11",
        "lines.yaml:30:13",
        "lines.yaml:37:5",
        "lines.yaml:46:15",
        "lines.yaml:47:13",
        "plan.yaml:10:14",
        "plan.yaml:18:14",
        "plan.yaml:18:31",
    ]


def test_a_misspelt_heading_does_not_hide_the_errors_below_it(folder: Path) -> None:
    write(folder, lines=LINES_TEXT.replace("schedules:", "shedules:").replace("number: 12300", "number: x"))
    places = [error.place for error in errors_of(folder)]
    assert places == [f"{LINES}:1:1", f"{LINES}:1:1", f"{LINES}:30:13"]


def test_an_error_reads_place_fault_remedy_chinese_first(folder: Path) -> None:
    write(folder, lines=LINES_TEXT.replace("mode: merged", "modee: merged"))
    told = [str(error) for error in errors_of(folder)]
    assert told == [
        f"{LINES}:3:5: 缺少 mode / mode is missing; 加上一行 mode: … / add a line mode: …",
        f"{LINES}:3:5: 不认识的键 modee / the key modee is unknown; 是不是 mode？ / did you mean mode?",
    ]


def test_no_place_names_a_path_of_the_machine(folder: Path) -> None:
    (folder / "plan.yaml").unlink()
    write_only_lines = LINES_TEXT.replace("number: 12300", "number: x")
    (folder / "lines.yaml").write_text(write_only_lines, "utf-8")
    told = "\n".join(map(str, errors_of(folder)))
    assert PLAN_YAML in told
    assert str(folder.parent.parent) not in told


@pytest.mark.parametrize("name", ["lines.yml", "line.yaml", "Lines.YAML"])
def test_a_misnamed_file_does_not_vanish_silently(folder: Path, name: str) -> None:
    (folder / name).write_text("a: b\n")
    (error,) = errors_of(folder)
    assert error.place == f"dialplans/testcity/{name}"


def test_a_folder_that_is_not_there_is_an_error_and_no_crash(tmp_path: Path) -> None:
    assert len(errors_of(tmp_path / "nowhere")) == 2


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "...\n", "---\n...\n", "- a\n...\n", "a\n...\n"])
def test_an_empty_or_shapeless_file_is_an_error(folder: Path, text: str) -> None:
    write(folder, lines=text)
    assert {error.file for error in errors_of(folder)} == {LINES}
    write(folder, plan=text)
    assert {error.file for error in errors_of(folder)} == {PLAN_YAML}


def test_a_file_that_is_not_utf8_names_the_place(folder: Path) -> None:
    (folder / "lines.yaml").write_bytes(
        LINES_TEXT.encode("utf-8").replace("电信\n".encode(), "电信\n".encode("gb18030"), 1)
    )
    (error,) = errors_of(folder)
    assert error.place == f"{LINES}:{position_of(LINES_TEXT, '电信')}"
    assert "UTF-8" in str(error)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(folder: Path) -> None:
    plain = load_plan(folder)
    (folder / "lines.yaml").write_bytes(b"\xef\xbb\xbf" + LINES_TEXT.replace("\n", "\r\n").encode())
    assert load_plan(folder) == plain


def test_an_enormous_file_is_refused_without_being_read(folder: Path) -> None:
    with (folder / "lines.yaml").open("wb") as file:
        os.truncate(file.fileno(), LARGEST_FILE * 1000)
    (error,) = errors_of(folder)
    assert "larger than" in str(error)


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "{a: " * 100_000, "- " * 200_000, "? " * 200_000, "a:\n" + "[a, " * 9]
)
def test_an_over_deep_file_is_refused_at_once(folder: Path, text: str) -> None:
    write(folder, lines=text)
    began = time.monotonic()
    assert errors_of(folder)
    assert time.monotonic() - began < 1


def test_the_hash_follows_the_rules_and_not_the_layout(folder: Path) -> None:
    plain = load_plan(folder)
    lines = LINES_TEXT.replace("schedules:\n", "# 注释 / a comment\n\nschedules:\n")
    lines = lines.replace(
        "    mode: merged\n    number_fate: cancelled\n", "    number_fate: cancelled\n    mode: 'merged'\n"
    )
    lines = lines.replace("2021-10-01T00:00:00+08:00", "2021-09-30T16:00:00+00:00")
    write(folder, lines=lines)
    again = load_plan(folder)
    assert again.hash == plain.hash
    assert again.lines["12300"].place != plain.lines["12300"].place


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2021-10-01T00:00:00+08:00", "2021-10-02T00:00:00+08:00"),
        ("notice: X01", "notice: X02"),
        ("by: 2021-05-31", "by: 2021-05-30"),
        ("number: 12301", "number: 12302"),
        ("source: 009:L6", "source: 009:L7"),
    ],
)
def test_the_hash_changes_with_any_rule(folder: Path, old: str, new: str) -> None:
    plain = load_plan(folder)
    write(folder, lines=LINES_TEXT.replace(old, new))
    assert load_plan(folder).hash != plain.hash


def test_the_order_in_which_lines_are_written_is_no_rule(folder: Path) -> None:
    plain = load_plan(folder)
    start, middle, end = (
        LINES_TEXT.index(part) for part in ("  - number: 12300", "  - number: 12301", "classes:")
    )
    write(
        folder,
        lines=LINES_TEXT[:start] + LINES_TEXT[middle:end] + LINES_TEXT[start:middle] + LINES_TEXT[end:],
    )
    assert load_plan(folder).hash == plain.hash


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["plan.yaml", "lines.yaml"]),
    at=st.integers(0, len(LINES_TEXT) - 1),
    put=st.text(max_size=6),
    cut=st.integers(0, 12),
)
def test_any_damage_gives_errors_with_positions_or_a_plan(
    folder: Path, name: str, at: int, put: str, cut: int
) -> None:
    write(folder)
    text = PLAN_TEXT if name == "plan.yaml" else LINES_TEXT
    (folder / name).write_bytes((text[:at] + put + text[at + cut :]).encode("utf-8", "surrogatepass"))
    for error in outcome(folder):
        assert error.place.startswith("dialplans/testcity/")


README = (Path(__file__).parents[3] / "dialplans" / "README.md").read_text("utf-8")


def test_the_example_that_admins_are_given_loads(folder: Path) -> None:
    example = README.split("```yaml\n")[1].split("```")[0].replace("000:", "009:")
    write(folder, lines=example)
    assert list(load_plan(folder).lines) == ["12300"]


def test_the_words_and_findings_that_admins_are_told_are_those_of_the_language() -> None:
    words = [word for kind in (Mode, NumberFate, SeatFate, Landing, OnArrival, PhaseName) for word in kind]
    assert [word for word in words if word is not Mode.HOTLINE and word not in README] == []
    assert [code for code in FindingCode if f"`{code}`" not in README] == []
