"""What lies behind the calls fails, one thing after the other; no call is lost, doubled or altered on its way.

Rules:
- Callers notice nothing: while the database, the disk, the broker or the receiver is away, every call is decided.
- Once the fault is over, the four accounts of all calls agree, and nothing is left open.
- All cases share one system: what one leaves behind the next one finds.
- The database lies on a small disk of its own, so that it can be filled.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from running_system import MakeSystem, System, eventually
from struck_controller import Line, Scene, scene_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLS = 25
SEATS = tuple(str(seat) for seat in range(1001, 1101))
UNANNOUNCED = "110"
UNNOTICED_S = 1.0
"""How soon a person's phone must ring: below the fuse, which would show a dip that nobody answered."""
AWAY_S = 5.0
"""Longer than a message waits for its acknowledgement here."""
LOCKED_S = 60.0
CLOSED_WITHIN_S = 60.0
DISK_BYTES = 48 << 20


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Mount a file system in memory; whoever set this project up could become root."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    folder.mkdir(parents=True, exist_ok=True)
    owner = f"uid={os.geteuid()},gid={os.getegid()},mode=700,size={DISK_BYTES}"
    mounted = subprocess.run(
        [*as_root, "mount", "-t", "tmpfs", "-o", owner, "records-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert mounted.returncode == 0, (
        f"a disk to fill cannot be mounted: {mounted.stderr}; run as root, or let sudo"
    )
    try:
        yield
    finally:
        subprocess.run([*as_root, "umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> Iterator[System]:
    made = make_system(managed={"controller": False}, sip={"seats": list(SEATS)})
    with small_disk(made.layout.database.parent):
        made.start()
        yield made
        made.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(system: System) -> AsyncIterator[Scene]:
    async with scene_of(system, SEATS) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def no_case_spoils_the_next(scene: Scene) -> AsyncIterator[None]:
    yield
    await scene.give_up()


async def calls_go_on(scene: Scene, where: str, calls: int = CALLS) -> list[Line]:
    """Place calls that all reach a person at once and are decided by plan, and end them."""
    lines = await scene.dial(UNANNOUNCED, calls)
    waits = list(await asyncio.gather(*(line.reaches_a_person() for line in lines)))
    await scene.hang_up(lines)
    scene.show(where, waits)
    assert max(waits) < UNNOTICED_S
    return lines


async def everything_is_told(scene: Scene, lines: list[Line], within_s: float = 30) -> float:
    """Wait until all accounts of all calls agree; give how many seconds that took."""
    began = time.monotonic()
    await scene.all_is_told(within_s=within_s)
    assert scene.took_the_safe_default(lines) == 0
    return time.monotonic() - began


def published(system: System) -> float:
    told = re.search(r"^callrouter_published ([0-9.e+]+)$", system.metrics(), re.MULTILINE)
    return float(told[1]) if told else 0.0


async def test_the_broker_is_away_for_a_while(scene: Scene) -> None:
    lines = await calls_go_on(scene, "before the broker goes")
    until = time.monotonic() + AWAY_S
    going_on = asyncio.create_task(calls_go_on(scene, "the broker is away"))
    while time.monotonic() < until:
        # Whoever started it starts it again.
        broker = await asyncio.to_thread(eventually, "a broker", lambda: _pid(scene.system, "broker"))
        os.kill(broker, signal.SIGKILL)
        await asyncio.sleep(0.1)
    await everything_is_told(scene, [*lines, *await going_on])


async def test_the_broker_stands_still_for_a_while(scene: Scene) -> None:
    broker = scene.system.pid_of("broker")
    os.kill(broker, signal.SIGSTOP)
    lines = await calls_go_on(scene, "the broker stands still")
    await asyncio.sleep(AWAY_S)
    os.kill(broker, signal.SIGCONT)
    await everything_is_told(scene, lines)


async def test_the_broker_is_killed_with_what_it_has_acknowledged_and_not_delivered(scene: Scene) -> None:
    ticketing = scene.system.pid_of("ticketing")
    os.kill(ticketing, signal.SIGSTOP)
    before = await asyncio.to_thread(published, scene.system)
    lines = await calls_go_on(scene, "the receiver is away, then the broker")
    await asyncio.to_thread(
        eventually, "the broker has taken them", lambda: published(scene.system) >= before + CALLS
    )
    os.kill(scene.system.pid_of("broker"), signal.SIGKILL)
    os.kill(ticketing, signal.SIGCONT)
    await everything_is_told(scene, lines)


async def test_the_receiver_is_away_for_longer_than_a_message_waits_and_dies(scene: Scene) -> None:
    ticketing = scene.system.pid_of("ticketing")
    os.kill(ticketing, signal.SIGSTOP)
    lines = await calls_go_on(scene, "the receiver is away")
    await asyncio.sleep(AWAY_S)
    os.kill(ticketing, signal.SIGKILL)
    await everything_is_told(scene, lines)


async def test_the_disk_of_the_database_is_full(scene: Scene) -> None:
    folder = scene.system.layout.database.parent
    filler = folder / "filler"
    with filler.open("wb") as file:
        free = os.statvfs(folder)
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
    lines = await calls_go_on(scene, "the disk is full")
    await asyncio.to_thread(
        eventually, "the full disk is noticed", lambda: _is_counted(scene.system, "database_failures")
    )
    assert not await asyncio.to_thread(scene.is_stored, lines)
    filler.unlink()
    await everything_is_told(scene, lines)


async def test_asterisk_is_killed_with_calls_up(scene: Scene) -> None:
    lines = await scene.dial(UNANNOUNCED, CALLS)
    await asyncio.gather(*(line.reaches_a_person() for line in lines))
    await asyncio.gather(*(line.talks_both_ways() for line in lines))
    os.kill(scene.system.pid_of("asterisk"), signal.SIGKILL)
    killed = time.monotonic()
    for line in lines:
        line.call.vanish()
        line.at_the_seats.talks.result().call.vanish()
    scene.over += [line.as_the_phones_saw_it() for line in lines]
    await everything_is_told(scene, lines, within_s=CLOSED_WITHIN_S)
    scene.figures.append(f"{'closed after Asterisk was killed':40} {time.monotonic() - killed:.1f} s")
    states = await asyncio.to_thread(_states, scene.system, lines)
    assert states == {"interrupted"}
    again = await asyncio.to_thread(
        eventually, "all seats are reachable", lambda: scene.system.is_reachable(*SEATS), within_s=60
    )
    assert again
    await everything_is_told(scene, await calls_go_on(scene, "after Asterisk came back"))


@pytest.mark.timeout(180)
async def test_the_database_is_locked_for_a_minute(scene: Scene) -> None:
    with closing(sqlite3.connect(scene.system.layout.database, timeout=20, isolation_level=None)) as locked:
        locked.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        lines = await calls_go_on(scene, "the database is locked")
        await asyncio.sleep(began + LOCKED_S - 5 - time.monotonic())
        lines += await calls_go_on(scene, "still locked", 10)
        await asyncio.sleep(max(0.0, began + LOCKED_S - time.monotonic()))
        locked.execute("ROLLBACK")
    await everything_is_told(scene, lines)


async def test_what_is_no_row_stops_nothing_and_stays_in_the_journal(scene: Scene) -> None:
    lines = await calls_go_on(scene, "before the poison", 10)
    poison = (
        b'"CHAN_START","1795341115.963890","\x00\xff\n'
        + b"x" * 300_000
        + b'\n"HANGUP","not an instant","a","a"\n'
    )
    with scene.system.layout.cel_csv.open("ab") as journal:
        journal.write(poison)
    lines += await calls_go_on(scene, "behind the poison")
    await everything_is_told(scene, lines)
    assert await asyncio.to_thread(_is_counted, scene.system, "rows_unreadable")
    assert poison in scene.system.layout.cel_csv.read_bytes()


async def test_a_message_that_is_damaged_in_the_database_is_a_dead_letter_and_stops_no_other(
    scene: Scene,
) -> None:
    ticketing = scene.system.pid_of("ticketing")
    os.kill(ticketing, signal.SIGSTOP)
    lines = await calls_go_on(scene, "one of them will be damaged", 10)
    own = lines[0].call.sip_call_id
    await asyncio.to_thread(eventually, "all is stored", lambda: scene.is_stored(lines))
    with closing(sqlite3.connect(scene.system.layout.database, timeout=20)) as database, database:
        damaged = database.execute(
            "UPDATE outbox SET body = substr(body, 2) WHERE body LIKE ? AND kind LIKE '%.ended.v1'",
            (f"%{own}%",),
        ).rowcount
        damaged = (
            damaged
            or database.execute(
                "UPDATE outbox SET body = '{' WHERE state = 'open' AND body IS NOT NULL AND position ="
                " (SELECT max(position) FROM outbox WHERE state = 'open' AND body IS NOT NULL)"
            ).rowcount
        )
    os.kill(ticketing, signal.SIGCONT)
    assert damaged == 1
    await asyncio.to_thread(
        eventually,
        "all others are told, and this one is a dead letter",
        lambda: (
            scene.system.rows(
                "SELECT state, count(*) FROM outbox WHERE state != 'acknowledged' GROUP BY state"
            )
            == [("dead", 1)]
        ),
        within_s=30,
    )
    stored = {event["data"]["sip_call_id"] for event in scene.system.records_at_ticketing()}
    assert {line.call.sip_call_id for line in lines} <= stored


def _pid(system: System, part: str) -> int | None:
    try:
        return system.pid_of(part)
    except AssertionError:
        return None


def _is_counted(system: System, counter: str) -> bool:
    told = re.search(rf"^callrouter_{counter} ([0-9.e+]+)$", system.metrics(), re.MULTILINE)
    return told is not None and float(told[1]) > 0


def _states(system: System, lines: list[Line]) -> set[str]:
    own = {line.call.sip_call_id for line in lines}
    return {
        event["data"]["terminal_state"]
        for event in system.records_at_ticketing()
        if event["data"]["sip_call_id"] in own
    }
