"""Struck behind the call: at every step from Asterisk's journal to the acknowledged message (`kill_points`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from signal import SIGKILL, SIGSTOP, Signals

import pytest
import pytest_asyncio
from kill_points import (
    CALLS,
    HOW,
    IN_THE_DIP,
    ROTATE_MB,
    SEATS,
    UNANNOUNCED,
    end_unnoticed,
    faults,
    reach,
    start_system,
)
from running_system import MakeSystem, System, eventually
from struck_controller import Line, Scene, scene_of

from callrouter.crashpoint import AT_THE_DESK, IN_A_DIP, CrashPoint

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]

CALLED_AFTERWARDS = 10
BEHIND_THE_CALL = {
    CrashPoint.JOURNAL_READ: 2,
    CrashPoint.RECORD_MADE: 1,
    CrashPoint.BATCH_WRITTEN: 2,
    CrashPoint.BATCH_KEPT: 2,
    CrashPoint.RECORD_KEPT: 1,
    CrashPoint.MESSAGE_TAKEN: 2,
    CrashPoint.MESSAGE_PUBLISHED: 2,
    CrashPoint.ACKNOWLEDGEMENT_RECEIVED: 2,
    CrashPoint.MESSAGE_CLOSED: 2,
    CrashPoint.JOURNAL_ROTATED: 2,
    CrashPoint.JOURNAL_PRUNED: 1,
}
"""With the passing that strikes: what is passed for live events first is struck when the talks end.

The journal is put aside first, then the queue log; what is old is looked for once, at the start.
"""
WHILE_CATCHING_UP = (
    CrashPoint.JOURNAL_READ,
    CrashPoint.RECORD_MADE,
    CrashPoint.BATCH_WRITTEN,
    CrashPoint.RECORD_KEPT,
    CrashPoint.MESSAGE_TAKEN,
    CrashPoint.MESSAGE_PUBLISHED,
    CrashPoint.ACKNOWLEDGEMENT_RECEIVED,
    CrashPoint.MESSAGE_CLOSED,
    CrashPoint.BATCH_KEPT,
    CrashPoint.JOURNAL_ROTATED,
    CrashPoint.JOURNAL_PRUNED,
)
"""In an order in which there is something left to be done for each: a batch that is kept is not read again."""
WORTH_A_HANG = {
    CrashPoint.RECORD_KEPT,
    CrashPoint.MESSAGE_TAKEN,
    CrashPoint.MESSAGE_PUBLISHED,
    CrashPoint.ACKNOWLEDGEMENT_RECEIVED,
}
"""Where else a process hangs and goes on, nothing tells it from one that does so here: `make soak` has these, too."""


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    return start_system(make_system)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(system: System) -> AsyncIterator[Scene]:
    async with scene_of(system, SEATS) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def no_case_spoils_the_next(scene: Scene) -> AsyncIterator[None]:
    yield
    await scene.give_up()


def are_told_of(scene: Scene, lines: list[Line], fault: Signals) -> bool:
    """Whether all that there is to be said about talks that go on is said, or the one who says it is struck."""
    [(open_calls,)] = scene.system.rows("SELECT count(*) FROM open_call")
    is_told = open_calls == len(lines) and scene.system.open_deliveries() == 0
    return is_told or scene.are_records_struck(fault)


def grow_large(system: System) -> set[int]:
    """Let both logs be so large that they are put aside; give their inodes."""
    nothing = {
        system.layout.cel_csv: b"\n",
        system.layout.queue_log: b"1795377263|NONE|NONE|NONE|CONFIGRELOAD|\n",
    }
    inodes = set()
    for log, row in nothing.items():
        with log.open("ab") as file:
            file.write(row * ((ROTATE_MB << 20) // len(row) + 1))
        inodes.add(log.stat().st_ino)
    return inodes


async def test_every_point_is_struck_here() -> None:
    assert {*IN_THE_DIP, *BEHIND_THE_CALL} == set(CrashPoint) - AT_THE_DESK
    assert set(IN_THE_DIP) == IN_A_DIP
    assert set(WHILE_CATCHING_UP) == set(BEHIND_THE_CALL)


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        pytest.param(
            *(point, fault),
            id=f"{point}-{fault.name}",
            marks=[pytest.mark.soak] if fault is SIGSTOP and point not in WORTH_A_HANG else [],
        )
        for point in BEHIND_THE_CALL
        for fault in (SIGKILL, SIGSTOP)
    ],
)
async def test_behind_the_call(scene: Scene, point: CrashPoint, fault: Signals) -> None:
    await scene.controller_is_armed(f"{point}:{HOW[fault]}@{BEHIND_THE_CALL[point]}")
    before = await scene.dial(UNANNOUNCED, CALLS - CALLED_AFTERWARDS)
    waits = await reach(before)
    await asyncio.to_thread(eventually, "they are told of", lambda: are_told_of(scene, before, fault))
    await scene.hang_up(before)
    if point is CrashPoint.JOURNAL_ROTATED:
        await asyncio.to_thread(grow_large, scene.system)
    # All that there was to be told may have gone at once: then the step is passed again when others call.
    await scene.records_are_struck(fault, within_s=5.0, at_the_latest=False)
    after = await scene.dial(UNANNOUNCED, CALLED_AFTERWARDS)
    waits += await reach(after)
    await scene.records_are_struck(fault)
    await end_unnoticed(scene, fault, [*before, *after], point, waits)


@faults
async def test_records_struck_during_the_talks(scene: Scene, fault: Signals) -> None:
    before = await scene.dial(UNANNOUNCED, CALLS - CALLED_AFTERWARDS)
    waits = await reach(before)
    await scene.strike_records(fault)
    await scene.hang_up(before)
    after = await scene.dial(UNANNOUNCED, CALLED_AFTERWARDS)
    waits += await reach(after)
    await end_unnoticed(scene, fault, [*before, *after], "of records in the talk", waits)


async def test_logs_that_are_put_aside_while_calls_are_up_cost_no_row(scene: Scene) -> None:
    journal, queue_log = scene.system.layout.cel_csv, scene.system.layout.queue_log
    lines = await scene.dial(UNANNOUNCED, CALLS - CALLED_AFTERWARDS)
    waits = await reach(lines)
    inodes = await asyncio.to_thread(grow_large, scene.system)
    await asyncio.to_thread(
        eventually,
        "both are put aside, and Asterisk has opened the queue log anew",
        lambda: (
            queue_log.exists()
            and not {file.stat().st_ino for file in (journal, queue_log) if file.exists()} & inodes
        ),
    )
    lines += await scene.dial(UNANNOUNCED, CALLED_AFTERWARDS)
    waits += await reach(lines[-CALLED_AFTERWARDS:])
    await scene.hang_up(lines)
    await scene.all_is_told()
    scene.show("nobody: logs are put aside", waits)
    assert journal.stat().st_ino not in inodes
    assert scene.took_the_safe_default(lines) == 0
    told = [event["data"] for event in scene.system.records_at_ticketing()]
    own = {line.call.sip_call_id for line in lines}
    # What most of them began with is in the one file, and what they ended with in the other.
    assert not any(data["anomalies"] for data in told if data["sip_call_id"] in own)


async def test_two_records_processes_on_one_database_double_no_record(scene: Scene) -> None:
    other = scene.system.start_records()
    assert other.stdin
    assert other.stdout
    other.stdin.write(b"state\n")
    other.stdin.flush()
    assert b"counters" in await asyncio.to_thread(other.stdout.readline)
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await scene.hang_up(lines)
    # Each is thrown off the broker by the other one, again and again.
    await asyncio.to_thread(eventually, "all is stored", lambda: scene.is_stored(lines))
    assert other.poll() is None
    await asyncio.to_thread(other.communicate, timeout=10)
    assert other.returncode == 0
    await end_unnoticed(scene, SIGKILL, lines, "nobody: two records processes", waits)


async def test_killed_at_every_step_of_catching_up_with_what_a_kill_has_left(scene: Scene) -> None:
    await scene.strike(SIGKILL)
    lines = await scene.dial(UNANNOUNCED, CALLS)
    await reach(lines)
    await scene.hang_up(lines)
    for point in WHILE_CATCHING_UP:
        if point is CrashPoint.BATCH_KEPT:
            await asyncio.to_thread(grow_large, scene.system)
        records = await asyncio.to_thread(scene.system.start_records, f"{point}:kill")
        assert await asyncio.to_thread(records.wait, 20) == -SIGKILL
    await scene.recovers(SIGKILL)
