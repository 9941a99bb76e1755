"""Logs are put aside when they are large, and Asterisk is told to open the one that it keeps open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from callrouter.records.counters import RecordCounters
from callrouter.records.store import Store
from callrouter.records.upkeep import Keep, Upkeep

LARGE = b"x" * 2048


@dataclass
class Asterisk:
    """Counts how often it was told; may be away."""

    told: int = 0
    is_away: bool = False

    async def open_anew(self) -> None:
        if self.is_away:
            raise ConnectionRefusedError
        self.told += 1


class House:
    def __init__(self, folder: Path) -> None:
        self.cel, self.queue = folder / "cel.csv", folder / "queue_log"
        self.asterisk = Asterisk()
        self.at = 0.0
        self.counters = RecordCounters()

    def upkeep(self) -> Upkeep:
        store: Any = SimpleNamespace(
            counters=self.counters, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), database=None
        )
        kept = Upkeep(
            cast("Store", store),
            "node1",
            Keep(1024, 7, 90, 30),
            cel_path=self.cel,
            queue_log_path=self.queue,
            log_files=self.asterisk,
            monotonic=lambda: self.at,
        )
        kept._pruning_due = float("inf")  # another test's matter
        return kept

    async def passes_a_second(self, upkeep: Upkeep) -> None:
        self.at += 1
        await upkeep.step()

    def aside(self, name: str) -> int:
        return len(list(self.cel.parent.glob(f"{name}.*")))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_small_logs_stay_where_they_are_and_asterisk_is_left_alone(house: House) -> None:
    house.cel.write_bytes(b"x")
    house.queue.write_bytes(b"x")
    await house.passes_a_second(house.upkeep())
    assert (house.aside("cel.csv"), house.aside("queue_log"), house.asterisk.told) == (0, 0, 0)


async def test_a_large_journal_is_put_aside_and_asterisk_finds_its_name_by_itself(house: House) -> None:
    house.cel.write_bytes(LARGE)
    house.queue.write_bytes(b"x")
    await house.passes_a_second(house.upkeep())
    assert (house.aside("cel.csv"), house.asterisk.told) == (1, 0)


async def test_a_large_queue_log_is_put_aside_once_and_asterisk_is_told(house: House) -> None:
    house.queue.write_bytes(LARGE)
    upkeep = house.upkeep()
    await house.passes_a_second(upkeep)
    await house.passes_a_second(upkeep)
    assert (house.aside("queue_log"), house.asterisk.told) == (1, 1)


async def test_while_asterisk_is_away_it_is_told_again_and_no_second_log_is_put_aside(house: House) -> None:
    house.queue.write_bytes(LARGE)
    house.asterisk.is_away = True
    upkeep = house.upkeep()
    await house.passes_a_second(upkeep)
    house.queue.write_bytes(LARGE)
    await house.passes_a_second(upkeep)
    assert (house.aside("queue_log"), house.asterisk.told) == (1, 0)
    assert house.counters.upkeep_failures == 0
    house.asterisk.is_away = False
    await house.passes_a_second(upkeep)
    assert (house.aside("queue_log"), house.asterisk.told) == (2, 2)


async def test_whoever_starts_after_a_death_in_between_tells_asterisk(house: House) -> None:
    house.queue.with_name("queue_log.20260101T000000000000Z").write_bytes(LARGE)
    await house.passes_a_second(house.upkeep())
    assert house.asterisk.told == 1
