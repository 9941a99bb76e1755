"""What the database holds, told without walking over it at each look, and without waiting for it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from callrouter.records.counters import RecordCounters
from callrouter.records.reading import CallCount
from callrouter.service import held as room
from callrouter.service.figures import (
    DatabaseFigures,
    RecordFigures,
    Silence,
    Standing,
    Told,
    Work,
    as_gauges,
)
from callrouter.service.held import CALLS_COUNTED_EVERY_S, Held
from callrouter.service.records_probes import readiness
from callrouter.service.roles import ALL_ROLES, RECORD_ROLES, Role
from callrouter.service.standing import records_wanted, standing_detail
from callrouter.vocabulary.record_words import TerminalState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class AReader:
    """A database that counts how often it is walked over."""

    def __init__(self) -> None:
        self.walks = 0
        self.failure: Exception | None = None
        self.hangs = False
        self.walk_hangs = False

    async def outbox_depth(self) -> int:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure:
            raise self.failure
        return 3

    async def dead_letters(self) -> int:
        return 1

    async def oldest_waiting_age(self, _now: datetime) -> timedelta:
        return timedelta(seconds=2.5)

    async def counts(self) -> list[CallCount]:
        if self.walk_hangs:
            await asyncio.Event().wait()
        self.walks += 1
        return [CallCount(None, "ended", TerminalState.COMPLETED, self.walks)]


class AClock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def held(reader: AReader, clock: AClock) -> Held:
    return Held(reader, now=lambda: NOW, monotonic=clock)


async def test_the_calls_are_counted_every_15_seconds_however_often_one_asks() -> None:
    reader, clock = AReader(), AClock()
    figures = held(reader, clock)
    for _ in range(5):
        told = await figures.figures()
    assert told == DatabaseFigures(3, 1, 2.5, (("none", "ended", "completed", 1),))
    clock.now += CALLS_COUNTED_EVERY_S - 0.1
    await figures.figures()
    assert reader.walks == 1
    clock.now += 0.2
    assert (await figures.figures()) == DatabaseFigures(3, 1, 2.5, (("none", "ended", "completed", 2),))


async def test_a_long_walk_is_not_waited_for_and_the_last_count_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "_COUNTED_WITHIN_S", 0.01)
    reader, clock = AReader(), AClock()
    figures = held(reader, clock)
    first = await figures.figures()
    reader.walk_hangs = True
    clock.now += CALLS_COUNTED_EVERY_S
    assert await figures.figures() == first


@pytest.mark.parametrize("hangs", [True, False])
async def test_a_database_that_cannot_be_asked_is_told_in_time(
    monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr(room, "_ANSWERED_WITHIN_S", 0.05)
    reader = AReader()
    reader.hangs, reader.failure = hangs, OperationalError("x", None, Exception())
    async with asyncio.timeout(1):
        assert await held(reader, AClock()).figures() is None


def test_figures_become_gauges_and_a_lease_is_one_or_nought() -> None:
    standing = {Work.COLLECT: Standing.HOLDER, Work.PUBLISH: Standing.STANDBY}
    counters = RecordCounters(lag_seconds=1.5, open_calls=4, calls_closed_by_rule=2, missing_found=1)
    gauges = as_gauges(RecordFigures(counters, DatabaseFigures(3, 1, 2.5, ()), standing))
    assert (gauges["lease_collect"], gauges["lease_publish"]) == (True, False)
    assert "lease_control" not in gauges
    assert gauges["collector_lag_seconds"] == 1.5
    assert (gauges["open_calls"], gauges["calls_closed_by_rule"], gauges["missing_found"]) == (4, 2, 1)
    assert (gauges["outbox_depth"], gauges["outbox_dead_letters"]) == (3, 1)
    without = as_gauges(RecordFigures(counters, None, standing))
    assert not without["database_reachable"]
    assert "outbox_depth" not in without


def test_who_stands_by_has_not_failed_and_says_so() -> None:
    state = RecordFigures(RecordCounters(), None, {Work.PUBLISH: Standing.STANDBY})
    assert records_wanted(state, ALL_ROLES) == {"records": True, "broker": True}
    assert standing_detail(state) == {"publish": "standby"}
    holder = RecordFigures(RecordCounters(), None, {Work.PUBLISH: Standing.HOLDER})
    assert records_wanted(holder, ALL_ROLES) == {"records": True, "broker": False}


def test_who_has_no_part_in_records_says_nothing_of_them() -> None:
    assert records_wanted(None, frozenset({Role.ROUTE})) == {}
    assert records_wanted(None, ALL_ROLES) == {"records": False, "broker": False}
    assert standing_detail(None) == {}


def test_work_that_nobody_answers_for_is_told_with_the_reason() -> None:
    collects = RecordFigures(RecordCounters(), None, {Work.COLLECT: Standing.HOLDER})
    silent = {Work.PUBLISH: Silence.HUNG}
    assert records_wanted(collects, ALL_ROLES, silent) == {"records": False, "broker": False}
    assert standing_detail(collects, silent) == {"collect": "holder", "publish": "hung"}
    assert standing_detail(None, {Work.COLLECT: Silence.GONE}) == {"collect": "gone"}


def test_without_a_controller_ready_means_that_all_of_the_work_has_its_database() -> None:
    one = RecordFigures(RecordCounters(), None, {Work.COLLECT: Standing.HOLDER})
    both = RecordFigures(RecordCounters(), None, {**one.standing, Work.PUBLISH: Standing.STANDBY})
    assert not readiness(Told(None, {Work.COLLECT: Silence.STARTING}), RECORD_ROLES).is_ready
    assert not readiness(Told(one, {Work.PUBLISH: Silence.HUNG}), RECORD_ROLES).is_ready
    assert readiness(Told(one), frozenset({Role.COLLECT})).is_ready
    ready = readiness(Told(both), RECORD_ROLES)
    assert ready.is_ready
    assert ready.wanted == {"records": True, "broker": True}
    assert ready.detail == {"roles": "collect,publish", "collect": "holder", "publish": "standby"}
