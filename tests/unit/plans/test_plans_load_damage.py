"""Files that are damaged, misnamed, shapeless or without end: findings with positions, or a plan; never a crash."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callrouter.plans.load import load, load_plan
from callrouter.plans.reading.written import MOST_TOLD
from callrouter.plans.reading.yaml_reader import LARGEST_FILE
from tests.unit.plans.invented_city import LINES, OPERATOR, PLAN, TEXTS, changed, spot, write_city
from tests.unit.plans.test_plans_load import NAMES, places


@pytest.mark.parametrize("name", ["lines.yml", "line.yaml", "Lines.YAML", "landline.csv"])
def test_a_misnamed_file_does_not_vanish_silently(tmp_path: Path, name: str) -> None:
    folder = write_city(tmp_path)
    (folder / name).write_text("a: b\n")
    assert places(load(folder).findings) == [f"{name} FILE_UNUSED"]


def test_a_folder_that_is_not_there_is_an_error_and_no_crash(tmp_path: Path) -> None:
    found = load(tmp_path / "nowhere").findings
    assert [finding.fault.code for finding in found] == ["FILE_UNREADABLE", "FILE_UNREADABLE"]


@pytest.mark.parametrize("name", ["plan", "lines", "operator"])
@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "...\n", "---\n...\n", "- a\n...\n", "a\n...\n"])
def test_an_empty_or_shapeless_file_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    found = load(write_city(tmp_path, **{name: text})).findings
    assert {finding.file.rpartition("/")[2] for finding in found} >= {NAMES[name]}


def test_a_file_that_is_not_utf8_names_the_place(tmp_path: Path) -> None:
    folder = write_city(tmp_path)
    raw = LINES.encode("utf-8").replace(
        "电信用户申诉热线\n".encode(), "电信用户申诉热线\n".encode("gb18030"), 1
    )
    (folder / "lines.yaml").write_bytes(raw)
    assert places(load(folder).findings) == [f"lines.yaml:{spot(LINES, '电信用户申诉热线')} NOT_UTF8"]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    folder = write_city(tmp_path)
    plain = load_plan(folder)
    (folder / "lines.yaml").write_bytes(b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n").encode())
    assert load_plan(folder) == plain


def test_an_enormous_file_is_refused_without_being_read(tmp_path: Path) -> None:
    folder = write_city(tmp_path)
    with (folder / "lines.yaml").open("wb") as file:
        os.truncate(file.fileno(), LARGEST_FILE * 1000)
    assert "lines.yaml FILE_TOO_LARGE" in places(load(folder).findings)


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "{a: " * 100_000, "- " * 200_000, "? " * 200_000, "a:\n" + "[a, " * 20]
)
def test_an_over_deep_file_is_refused_at_once(tmp_path: Path, text: str) -> None:
    folder = write_city(tmp_path, lines=text)
    began = time.monotonic()
    codes = {finding.fault.code for finding in load(folder).findings}
    assert codes & {"TOO_DEEP", "YAML_SYNTAX"}
    assert time.monotonic() - began < 1


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(TEXTS)), at=st.floats(0, 1), put=st.binary(max_size=6), cut=st.integers(0, 12)
)
def test_any_damage_gives_findings_with_positions_or_a_plan(
    damaged: Path, name: str, at: float, put: bytes, cut: int
) -> None:
    folder = write_city(damaged)
    raw = TEXTS[name].encode()
    begin = int(at * len(raw))
    (folder / NAMES[name]).write_bytes(raw[:begin] + put + raw[begin + cut :])
    loaded = load(folder)
    assert (loaded.plan is None) == bool(loaded.findings)
    assert all(finding.place.startswith("dialplans/testcity/") for finding in loaded.findings)


VALUES = sorted(
    {
        line.partition(": ")[2]
        for text in (PLAN, LINES, OPERATOR)
        for line in text.splitlines()
        if ": " in line
    }
    | {
        "unstated",
        "[]",
        "{}",
        "110",
        "12345",
        "0755",
        "released",
        "0001-01-01T00:00:00+08:00",
        "[a, [b]]",
        "{a: b}",
    }
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["plan", "lines", "operator"]), at=st.floats(0, 0.999), value=st.sampled_from(VALUES)
)
def test_any_value_in_any_place_gives_findings_or_a_plan(
    damaged: Path, name: str, at: float, value: str
) -> None:
    rows = TEXTS[name].splitlines()
    keyed = [index for index, row in enumerate(rows) if ": " in row]
    index = keyed[int(at * len(keyed))]
    rows[index] = f"{rows[index].partition(': ')[0]}: {value}"
    loaded = load(write_city(damaged, **{name: "\n".join([*rows, ""])}))
    assert (loaded.plan is None) == bool(loaded.findings)


ENDLESS = {
    "items that are none": LINES.split("lines:\n")[0] + "lines:\n" + "- x\n" * 200_000 + "...\n",
    "one key, over and over": "a: 1\n" * 200_000 + "...\n",
    "keys that nobody knows": LINES.replace(
        "tag: mayor", "\n".join(f"    k{key}: 1" for key in range(50_000)).strip()
    ),
    "area codes": LINES.replace("opens: unstated", "areas: [" + '"0999", ' * 100_000 + "]"),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_a_thousand_errors_are_told_and_that_there_are_more(tmp_path: Path, case: str) -> None:
    began = time.process_time()
    found = load(write_city(tmp_path, lines=ENDLESS[case])).findings
    mine = [finding for finding in found if finding.file.endswith("lines.yaml")]
    assert len(mine) == MOST_TOLD + 1
    assert "more than 1000 errors" in str(mine[-1])
    assert time.process_time() - began < 5


def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    folder = write_city(tmp_path, lines=None)
    os.mkfifo(folder / "lines.yaml")
    assert "lines.yaml FILE_UNREADABLE" in places(load(folder).findings)


def test_every_cut_of_a_file_is_noticed(tmp_path: Path) -> None:
    for name in ("plan", "lines", "operator"):
        text = TEXTS[name]
        for end in range(0, len(text) - 1, 97):
            assert load(write_city(tmp_path, **{name: text[:end]})).plan is None, (name, end)
        write_city(tmp_path)


def test_a_change_must_be_of_something_that_is_there() -> None:
    with pytest.raises(AssertionError):
        changed(PLAN, [("no such text", "")])


def test_a_thousand_wrong_names_among_many_alike_are_told_in_time(tmp_path: Path) -> None:
    """Comparing every wrong name with every right one would take minutes."""
    letters = "abcdefghijklmnopqrstuvwxyzabcdefghijklm"
    known = [f"x{letters[at:]}{letters[:at]}"[:36] + f"{at:03d}" for at in range(300)]
    schedule = "  {}:\n    mode: forwarded\n    number_fate: kept\n    seat_fate: none\n    phases:\n"
    schedule += '      - {{name: before, landing: external, source: "009:L1"}}\n'
    line = (
        '  - {{number: "{}", name: a, spoken_number: 幺幺, spoken_name: b, schedule: {}, source: "009:L1"}}\n'
    )
    text = "schedules:\n" + "".join(schedule.format(name) for name in known) + "lines:\n"
    text += "".join(line.format(96000 + at, f"y{known[at % 300][:0:-1]}") for at in range(999)) + "...\n"
    began = time.perf_counter()
    loaded = load(write_city(tmp_path, lines=text, operator=None, landlines=None))
    assert time.perf_counter() - began < 10
    assert len(loaded.findings) >= 999
