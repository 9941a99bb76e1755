"""The controller is killed (SIGKILL) or hangs (SIGSTOP) at every step of a call's way, in 25 calls each time.

Rules:
- Behind the call it is the records process that is struck. No caller notices: all calls go on being decided.
- Whatever the step: every caller reaches a person, every talk goes on, and once a controller runs again each call has
  its one record at the ticketing side; nothing is left open, and the four accounts of the calls agree.
- The callers are dialled together. Where the step lies behind the call, part of them is dialled after the fault.
- There are four times as many seats as calls because a seat that has talked rests for five seconds (`wrapuptime`),
  and a case takes two.
- All cases share one system and its accounts: what one case leaves behind the next one finds.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from signal import SIGKILL, SIGSTOP, Signals

import pytest
import pytest_asyncio
from parties import AGENT_HZ, heard
from running_system import MakeSystem, System, eventually
from struck_controller import Line, Scene, scene_of

from callrouter.crashpoint import IN_A_DIP, CrashPoint
from callrouter.sip_party.call_state import CallState

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]

CALLS = 25
SEATS = tuple(str(seat) for seat in range(1001, 1101))
UNANNOUNCED, ANNOUNCED, NOTICE = "110", "12345", "g01-sichuan"
WITHIN_S = {SIGKILL: 3.0, SIGSTOP: 5.0}
"""How soon a person's phone must ring at the latest, with the controller dead and with it hung."""
UNNOTICED_S = 1.0
"""The same with the records process dead or hung: below the fuse, which would show a dip that nobody answered."""
HOW = {SIGKILL: "kill", SIGSTOP: "stop"}
CALLED_AFTERWARDS = 10
STORM_S, CALLS_PER_S, PATIENCE_S, LEFT_FOR_S = 60, 5, 5.0, 3.0
IN_THE_DIP = (CrashPoint.DIP_BEGUN, CrashPoint.DIP_DECIDED, CrashPoint.DIP_ANSWERED)
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
ROTATE_MB = 1
faults = pytest.mark.parametrize("fault", [SIGKILL, SIGSTOP], ids=lambda fault: fault.name)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(
        managed={"controller": False}, sip={"seats": list(SEATS)}, records={"rotate_journal_mb": ROTATE_MB}
    )
    made.start()
    return made


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


async def reach(lines: list[Line]) -> list[float]:
    """Wait until all have reached a person; return how many seconds that took each."""
    return list(await asyncio.gather(*(line.reaches_a_person() for line in lines)))


async def end(scene: Scene, fault: Signals, lines: list[Line], where: str, waits: list[float]) -> None:
    """All hang up, the controller runs again, everything is told; and nobody has waited too long."""
    await scene.hang_up(lines)
    await scene.recovers(fault)
    scene.show(f"{fault.name} {where}", waits)
    assert len(waits) == CALLS
    assert max(waits) < WITHIN_S[fault]


async def end_unnoticed(
    scene: Scene, fault: Signals, lines: list[Line], where: str, waits: list[float]
) -> None:
    """All hang up and everything is told, by a records process that goes on; every call was decided, and soon."""
    over = {call.sip_call_id for call in scene.over}
    await scene.hang_up([line for line in lines if line.call.sip_call_id not in over])
    await scene.records_recover(fault)
    scene.show(f"{fault.name} {where}", waits)
    assert len(waits) == CALLS
    assert scene.took_the_safe_default(lines) == 0
    assert max(waits) < UNNOTICED_S


async def test_every_point_is_struck_here() -> None:
    assert {*IN_THE_DIP, *BEHIND_THE_CALL} == set(CrashPoint)
    assert set(IN_THE_DIP) == IN_A_DIP
    assert set(WHILE_CATCHING_UP) == set(BEHIND_THE_CALL)


@faults
async def test_before_the_dip(scene: Scene, fault: Signals) -> None:
    await scene.strike(fault)
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await end(scene, fault, lines, "before the dip", waits)


@faults
@pytest.mark.parametrize("point", IN_THE_DIP)
async def test_in_the_dip(scene: Scene, point: CrashPoint, fault: Signals) -> None:
    await scene.controller_is_armed(f"{point}:{HOW[fault]}@{CALLS // 2}")
    lines = await scene.dial(UNANNOUNCED, CALLS)
    await scene.is_struck()
    waits = await reach(lines)
    await end(scene, fault, lines, point, waits)


@faults
async def test_in_the_announcement(scene: Scene, fault: Signals) -> None:
    lines = await scene.dial(ANNOUNCED, CALLS)
    await asyncio.gather(*(line.call.hears_packets(25, timeout_s=5) for line in lines))
    assert {line.call.state for line in lines} == {CallState.UP}
    await scene.strike(fault)
    # The seats have rung in the notice; they are heard behind it.
    waits = await reach(lines)
    await asyncio.gather(*(line.call.hears(AGENT_HZ, timeout_s=15) for line in lines))
    assert heard(lines[0].call, NOTICE).is_the_prompt
    await end(scene, fault, lines, "in the announcement", waits)


@faults
async def test_in_the_queue(scene: Scene, fault: Signals) -> None:
    scene.seats.let_it_ring()
    lines = await scene.dial(UNANNOUNCED, CALLS)
    async with asyncio.timeout(10):
        await asyncio.gather(*(line.at_the_seats.rings for line in lines))
    assert {line.call.state for line in lines} == {CallState.UP}
    await scene.strike(fault)
    scene.seats.refuse_what_rings()
    await reach(lines)
    # Which seat was the first to ring says nothing here: each of those was busy.
    waits = [line.waited_for_another_seat() for line in lines]
    await end(scene, fault, lines, "in the queue", waits)


@faults
async def test_in_the_talk(scene: Scene, fault: Signals) -> None:
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await asyncio.gather(*(line.talks_both_ways() for line in lines))
    await scene.strike(fault)
    await end(scene, fault, lines, "in the talk", waits)


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


@pytest.mark.soak
async def test_a_hang_that_outlasts_the_brokers_patience(scene: Scene) -> None:
    lines = await scene.dial(UNANNOUNCED, CALLS)
    waits = await reach(lines)
    await scene.strike(SIGSTOP)
    log = scene.system.layout.logs / "broker.log"
    before = log.stat().st_size
    await asyncio.to_thread(
        eventually,
        "the broker ends the link",
        lambda: b"exceeded timeout" in log.read_bytes()[before:],
        within_s=60,
    )
    await end(scene, SIGSTOP, lines, "for longer than a keep-alive", waits)


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_points_at_random_under_a_minute_of_calls(scene: Scene) -> None:
    chance = random.Random(12345)
    waits: list[float] = []

    async def one_call() -> None:
        lines = await scene.dial(UNANNOUNCED, 1)
        waits.extend(await reach(lines))
        await scene.hang_up(lines)

    struck: Counter[str] = Counter()
    storm = asyncio.create_task(strike_at_random(scene, chance, struck))
    async with asyncio.TaskGroup() as calls:
        for _ in range(STORM_S * CALLS_PER_S):
            calls.create_task(one_call())
            await asyncio.sleep(1 / CALLS_PER_S)
    storm.cancel()
    await asyncio.wait([storm])
    assert storm.cancelled()
    await scene.strike(SIGKILL)
    await scene.recovers(SIGKILL)
    scene.show(f"{struck.total()} strikes at random", waits)
    assert struck.total() > STORM_S / 10
    assert max(waits) < WITHIN_S[SIGSTOP]


async def strike_at_random(scene: Scene, chance: random.Random, struck: Counter[str]) -> None:
    """Arm one controller after the other until cancelled; one that is struck is left so for a while."""
    while True:
        point, fault = chance.choice(list(CrashPoint)), chance.choice(list(HOW))
        await scene.controller_is_armed(f"{point}:{HOW[fault]}@{chance.randint(1, 20)}")
        deadline = time.monotonic() + PATIENCE_S
        while not await scene.looks_struck(point, fault) and time.monotonic() < deadline:  # noqa: ASYNC110 -- it has no event
            await asyncio.sleep(0.02)
        struck[f"{point}:{HOW[fault]}"] += await scene.looks_struck(point, fault)
        await asyncio.sleep(chance.uniform(0, LEFT_FOR_S))
        await scene.goes_on()
