"""The large plans are as large as they say and can be loaded, and Asterisk is given the very same numbers."""

import re
from pathlib import Path

import pytest

from benchmarks.__main__ import MEASUREMENTS
from benchmarks.deciding import enlarged, landline
from benchmarks.exact_extensions import dialplan
from benchmarks.plans import in_a_folder, loading, with_lines
from callrouter.plans.load import load, load_plan
from callrouter.vocabulary.plan import Plan
from tests.unit.plans.invented_city import write_city


@pytest.fixture
def city(tmp_path: Path) -> Plan:
    return load_plan(write_city(tmp_path))


def test_they_are_part_of_a_whole_run() -> None:
    assert "plans" in MEASUREMENTS


def test_a_plan_with_more_lines_is_written_and_loads(city: Plan) -> None:
    with in_a_folder(with_lines(city, 50)) as folder:
        loaded = load(folder)
        assert loaded.findings == ()
        assert loaded.plan is not None
        assert len(loaded.plan.lines) == 50
        assert landline(0) in loaded.plan.lines


def test_a_process_of_its_own_loads_the_plan_and_says_what_it_took(city: Plan) -> None:
    with in_a_folder(enlarged(city, 300)) as folder:
        text = (folder / "landlines.csv").read_text(encoding="utf-8")
        took = loading(folder)
    assert took.numbers == 300
    assert took.seconds > 0
    assert 0 < took.memory_mib <= took.peak_mib
    rows = text.splitlines()[1:]
    assert rows != sorted(rows)
    assert {row.partition(",")[0] for row in rows} == {landline(place) for place in range(300)}


@pytest.mark.parametrize("quick", [True, False])
def test_asterisk_gets_each_number_once_and_looks_up_the_last(*, quick: bool) -> None:
    text = dialplan(300, quick=quick)
    assert f"extenpatternmatchnew = {'yes' if quick else 'no'}\n" in text
    contexts = dict(zip(*[iter(re.split(r"^\[([\w-]+)\]\n", text, flags=re.MULTILINE)[1:])] * 2, strict=True))
    extensions = re.findall(r"exten => (\d+),1,NoOp", contexts["bench-many-numbers"])
    assert extensions == [landline(place) for place in range(300)]
    assert re.findall(r"exten => (\d+),1", contexts["bench-one-numbers"]) == [landline(299)]
    assert f"(bench-many-numbers,{landline(299)},1)" in contexts["bench-many"]
    assert f"(bench-one-numbers,{landline(299)},1)" in contexts["bench-one"]
