"""The clock of an instance: the wall clock, or another day that runs on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callrouter.clock import Clock, ClockError, parse_instant

WALL = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_a_rehearsal_starts_at_its_instant_and_runs_on() -> None:
    clock = Clock.starting_at("2021-09-30T23:59:50+08:00", datetime.now(UTC))
    before = clock.now()
    assert abs(before - parse_instant("2021-09-30T23:59:50+08:00")) < timedelta(seconds=2)
    assert clock.now() > before
    assert before.tzinfo is UTC


def test_the_live_clock_is_the_wall_clock() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_the_offset_is_whole_seconds_and_the_same_wherever_the_instant_was_written() -> None:
    here = Clock.starting_at("2021-10-01T00:00:00+08:00", WALL)
    there = Clock.starting_at("2021-09-30T16:00:00+00:00", WALL)
    assert here == there
    assert WALL + timedelta(seconds=here.offset_s) == datetime(2021, 9, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "now", "2021-09-30", "2021-09-30T23:59:50", "2021-13-01T00:00:00+08:00"]
)
def test_an_instant_without_its_offset_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ClockError, match=r"\+08:00"):
        parse_instant(text)


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_day_that_no_arrival_could_carry_is_refused_before_anything_starts(instant: str) -> None:
    with pytest.raises(ClockError, match="too far"):
        Clock.starting_at(instant, WALL)


def test_a_controller_that_is_started_again_goes_on_in_the_same_time(tmp_path: Path) -> None:
    file = tmp_path / "new" / "clock.json"
    Clock(-162_000_123).save(file)
    assert Clock.load(file) == Clock(-162_000_123)


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"offset_s": "soon"}', '{"offset_s": Infinity}'])
def test_a_clock_that_is_missing_or_damaged_is_an_error_with_its_file(
    tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "clock.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ClockError, match=r"clock\.json.*serve --clock"):
        Clock.load(file)
