"""The compiled fallback as tables: whole, in names that an extension may have, numbers sorted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callrouter.asterisk_link.fallback_of_the_plan import Row
from callrouter.asterisk_link.of_the_plan import OfThePlan
from callrouter.plans.load import load_plan
from callrouter.service.fallback_for_asterisk import fallback_of, tables_hold, with_fallback
from callrouter.service.fallback_listed import write_listed
from callrouter.settings import PROJECT_ROOT, Settings
from callrouter.vocabulary.plan import Plan

NOW = datetime(2021, 9, 30, 4, tzinfo=UTC)


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


@pytest.mark.parametrize("name", ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"])
def test_every_name_in_a_table_is_in_its_table(name: str) -> None:
    assert tables_hold(fallback_of(Settings(), shipped(name), NOW)) == ()


def test_a_name_that_is_in_no_table_is_told() -> None:
    whole = fallback_of(Settings(), shipped("changzhi"), NOW)
    torn = replace(whole, calls=(*whole.calls, Row("099", "w0")), outcomes=whole.outcomes[:-1])
    missing = tables_hold(torn)
    assert "courses: w0" in missing
    assert any(one.startswith("outcomes: ") for one in missing)
    twice = replace(whole, entries=(*whole.entries, whole.entries[0]))
    assert tables_hold(twice) == (f"twice: {whole.entries[0].key}",)


def test_a_cut_over_is_a_step_at_its_second() -> None:
    told = fallback_of(Settings(), shipped("sichuan"), NOW)
    [course] = [row.value for row in told.calls if row.key == "012300"]
    [steps] = [one.steps for one in told.courses if one.name == course]
    outcomes = {one.name: one for one in told.outcomes}
    ended = datetime.fromisoformat("2021-10-01T00:00:00+08:00").timestamp()
    [before] = [step for step in steps if step.before == f"{ended:.0f}"]
    assert outcomes[before.chain].notice == "t01-12300-sichuan"
    assert outcomes[steps[-1].chain].notice == "x01-12300-sichuan"


def test_listed_numbers_are_rows_of_one_width_sorted_as_numbers(tmp_path: Path) -> None:
    plan = shipped("changzhi")
    listed = write_listed(plan, tmp_path / "made")
    assert listed is not None
    octets = Path(listed.file).read_bytes()
    rows = [octets[start : start + listed.row_width] for start in range(0, len(octets), listed.row_width)]
    assert len(rows) == listed.rows == len(plan.lists)
    assert all(row.endswith(b"\n") for row in rows)
    numbers = [int(row[: listed.number_width]) for row in rows]
    assert numbers == sorted(numbers)
    assert {row[listed.number_width :].strip().decode() for row in rows} == {
        one.id for one in plan.lists.lists
    }


def test_the_same_numbers_are_written_once_and_few_files_are_kept(tmp_path: Path) -> None:
    plan = shipped("changzhi")
    first = write_listed(plan, tmp_path)
    for place in range(5):
        (tmp_path / f"listed-{place}").touch()
    assert write_listed(plan, tmp_path) == first
    assert len(list(tmp_path.glob("listed-*"))) == 3
    assert first is not None
    assert Path(first.file).exists()


def test_a_plan_without_lists_has_no_file(tmp_path: Path) -> None:
    assert write_listed(shipped("sichuan"), tmp_path) is None
    told = with_fallback(OfThePlan(("hotline",)), Settings(), shipped("sichuan"), NOW, tmp_path)
    assert told.fallback is not None
    assert told.fallback.listed is None
    assert list(tmp_path.iterdir()) == []
