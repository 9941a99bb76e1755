"""What lies behind the calls fails, one thing after the other; no call is lost, doubled or altered on its way.

Rules:
- Callers notice nothing: while the database, the disk, the broker or the receiver is away, every call is decided.
- Once the fault is over, the four accounts of all calls agree, and nothing is left open.
- All cases share one system: what one leaves behind the next one finds.
- The database lies on a small disk of its own, so that it can be filled.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from behind_the_calls import (
    UNSENT_RECORDS,
    callrouter,
    copy_of_a_call,
    counted,
    dead_letters_alone_are_left,
    forgotten_by_the_broker,
    pid,
    refuse,
    replace_body,
    small_disk,
    states,
    states_of_calls,
    write_to,
)
from running_system import MakeSystem, System, eventually
from struck_controller import Line, Scene, scene_of

from callrouter.crashpoint import CrashPoint

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.alone]

CALLS = 25
SEATS = tuple(str(seat) for seat in range(1001, 1101))
UNANNOUNCED = "110"
UNNOTICED_S = 1.0
"""How soon a person's phone must ring: below the fuse, which would show a dip that nobody answered."""
AWAY_S = 5.0
"""Longer than a message waits for its acknowledgement here."""
LOCKED_S = 60.0
CLOSED_WITHIN_S = 60.0
LARGER_THAN_THE_RECEIVER_TAKES = 1 << 20


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


async def nothing_is_told(scene: Scene, lines: list[Line]) -> None:
    """The fault is there: the ticketing side has none of these calls."""
    assert not await asyncio.to_thread(states, scene.system, lines)


async def counts(scene: Scene, counter: str, more_than: float) -> float:
    """Wait until the records process has counted more than that; give how many."""

    def look() -> float:
        told = counted(scene.system, counter)
        return told if told > more_than else 0.0

    what = f"{counter} is above {more_than}"
    return float(await asyncio.to_thread(eventually, what, look))


async def test_the_broker_is_away_for_a_while(scene: Scene) -> None:
    lines = await calls_go_on(scene, "before the broker goes")
    until = time.monotonic() + AWAY_S
    going_on = asyncio.create_task(calls_go_on(scene, "the broker is away"))
    kills = 0
    while time.monotonic() < until:
        # Whoever started it starts it again.
        broker = await asyncio.to_thread(eventually, "a broker", lambda: pid(scene.system, "broker"))
        os.kill(broker, signal.SIGKILL)
        kills += 1
        await asyncio.sleep(0.1)
    assert kills >= 3
    during = await going_on
    await nothing_is_told(scene, during)
    took = await everything_is_told(scene, [*lines, *during])
    scene.figures.append(f"{'the broker was killed':40} {kills} times, all is told {took:.1f} s later")


async def test_the_broker_stands_still_for_a_while(scene: Scene) -> None:
    broker = scene.system.pid_of("broker")
    os.kill(broker, signal.SIGSTOP)
    lines = await calls_go_on(scene, "the broker stands still")
    await asyncio.sleep(AWAY_S)
    await nothing_is_told(scene, lines)
    os.kill(broker, signal.SIGCONT)
    await everything_is_told(scene, lines)


async def test_the_broker_is_killed_with_what_it_has_acknowledged_and_not_delivered(scene: Scene) -> None:
    ticketing = scene.system.pid_of("ticketing")
    os.kill(ticketing, signal.SIGSTOP)
    before = await asyncio.to_thread(counted, scene.system, "published")
    lines = await calls_go_on(scene, "the receiver is away, then the broker")
    await counts(scene, "published", before + CALLS - 1)
    os.kill(scene.system.pid_of("broker"), signal.SIGKILL)
    assert await asyncio.to_thread(forgotten_by_the_broker, scene.system)
    os.kill(ticketing, signal.SIGCONT)
    await everything_is_told(scene, lines)


async def test_the_receiver_is_away_for_longer_than_a_message_waits_and_dies(scene: Scene) -> None:
    ticketing = scene.system.pid_of("ticketing")
    os.kill(ticketing, signal.SIGSTOP)
    lines = await calls_go_on(scene, "the receiver is away")
    await asyncio.sleep(AWAY_S)
    await nothing_is_told(scene, lines)
    [(sent_again,)] = await asyncio.to_thread(
        scene.system.rows, "SELECT count(*) FROM outbox WHERE state = 'open' AND attempts > 0"
    )
    assert sent_again
    os.kill(ticketing, signal.SIGKILL)
    await everything_is_told(scene, lines)


def is_filled_by(filler: Path) -> bool:
    """Take all room that is left: what was free a moment ago, the system may have taken itself."""
    free = os.statvfs(filler.parent)
    with filler.open("ab") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), file.tell(), max(1, free.f_bavail) * free.f_frsize)
    return os.statvfs(filler.parent).f_bavail == 0


async def test_the_disk_of_the_database_is_full(scene: Scene) -> None:
    folder = scene.system.layout.database.parent
    filler = folder / "filler"
    before = await asyncio.to_thread(counted, scene.system, "database_failures")
    await asyncio.to_thread(eventually, "the disk is full", lambda: is_filled_by(filler))
    lines = await calls_go_on(scene, "the disk is full")
    await counts(scene, "database_failures", before)
    assert not await asyncio.to_thread(scene.is_stored, lines[:1])
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
    closed_after = time.monotonic() - killed
    assert closed_after < CLOSED_WITHIN_S
    scene.figures.append(f"{'closed after Asterisk was killed':40} {closed_after:.1f} s")
    assert await asyncio.to_thread(states, scene.system, lines) == {"interrupted"}
    again = await asyncio.to_thread(
        eventually, "all seats are reachable", lambda: scene.system.is_reachable(*SEATS), within_s=60
    )
    assert again
    await everything_is_told(scene, await calls_go_on(scene, "after Asterisk came back"))


@pytest.mark.timeout(180)
async def test_the_database_is_locked_for_a_minute(scene: Scene) -> None:
    before = await asyncio.to_thread(counted, scene.system, "database_failures")
    with closing(sqlite3.connect(scene.system.layout.database, timeout=20, isolation_level=None)) as locked:
        locked.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        lines = await calls_go_on(scene, "the database is locked")
        await asyncio.sleep(began + LOCKED_S - 5 - time.monotonic())
        lines += await calls_go_on(scene, "still locked", 10)
        await asyncio.sleep(max(0.0, began + LOCKED_S - time.monotonic()))
        assert not any(await asyncio.to_thread(lambda: [scene.is_stored([line]) for line in lines]))
        assert await asyncio.to_thread(counted, scene.system, "database_failures") > before
        locked.execute("ROLLBACK")
    took = await everything_is_told(scene, lines)
    scene.figures.append(f"{'after the lock':40} all is told {took:.1f} s later")


async def test_what_is_no_row_stops_nothing_and_stays_in_the_journal(scene: Scene) -> None:
    lines = await calls_go_on(scene, "before the poison", 10)
    before = await asyncio.to_thread(counted, scene.system, "rows_unreadable")
    poison = (
        b'"CHAN_START","1795341115.963890","\x00\xff\n'
        + b"x" * 300_000
        + b'\n"HANGUP","not an instant","a","a"\n'
    )
    with scene.system.layout.cel_csv.open("ab") as journal:
        journal.write(poison)
    lines += await calls_go_on(scene, "behind the poison")
    await everything_is_told(scene, lines)
    await counts(scene, "rows_unreadable", before)
    assert poison in scene.system.layout.cel_csv.read_bytes()


async def test_a_call_that_can_never_become_a_record_is_kept_and_stops_no_other(scene: Scene) -> None:
    lines = await calls_go_on(scene, "one will be written a second time", 10)
    await everything_is_told(scene, lines)
    before = await asyncio.to_thread(counted, scene.system, "calls_not_folded")
    copied = await asyncio.to_thread(copy_of_a_call, scene.system, "4711471147.11")
    # The caller's channel has a record, and this is another call: two records would have one id.
    poison = scene.system.layout.cel_csv.with_name(f"{scene.system.layout.cel_csv.name}.poison")
    poison.write_bytes(copied)
    await counts(scene, "calls_not_folded", before)
    lines += await calls_go_on(scene, "one cannot be folded", 10)
    await asyncio.to_thread(eventually, "the others are told", lambda: scene.is_told(lines))
    kept = "SELECT fault FROM open_call NATURAL JOIN journal_piece WHERE linkedid LIKE '%-4711471147.11'"
    assert await asyncio.to_thread(scene.system.rows, kept) == [("IntegrityError",)]

    await scene.strike_records(signal.SIGKILL)
    lines += await calls_go_on(scene, "it is tried again at the next start", 10)
    await counts(scene, "calls_not_folded", 0)
    assert await asyncio.to_thread(scene.system.rows, kept) == [("IntegrityError",)]

    # A person sees that it is none.
    poison.unlink()
    await asyncio.to_thread(
        write_to,
        scene.system,
        "DELETE FROM open_call WHERE fault IS NOT NULL",
        "DELETE FROM journal_piece WHERE linkedid LIKE '%-4711471147.11'",
    )
    await everything_is_told(scene, lines)


async def test_a_record_that_is_damaged_or_far_too_large_is_a_dead_letter_and_stops_no_other_until_it_is_mended(
    scene: Scene,
) -> None:
    lines = await _calls_whose_records_are_written_and_not_sent(scene, 10)
    stored = await asyncio.to_thread(scene.system.rows, UNSENT_RECORDS)
    assert len(stored) == len(lines)
    (damaged, damaged_body), (large, large_body), *_ = stored
    larger = {**json.loads(large_body), "filler": "x" * LARGER_THAN_THE_RECEIVER_TAKES}
    await asyncio.to_thread(replace_body, scene.system, damaged, damaged_body[1:])
    await asyncio.to_thread(replace_body, scene.system, large, json.dumps(larger))
    await scene.goes_on()

    lines += await calls_go_on(scene, "two are dead letters", 10)
    reasons = await dead_letters_alone_are_left(scene, 2)
    assert set(reasons) == {damaged, large}
    assert "larger than" in reasons[large]
    assert len(await asyncio.to_thread(states_of_calls, scene.system, lines)) == len(lines) - 2

    await asyncio.to_thread(replace_body, scene.system, damaged, damaged_body)
    await asyncio.to_thread(replace_body, scene.system, large, large_body)
    retried = await asyncio.to_thread(callrouter, scene.system, "outbox", "retry", "--all-dead")
    assert retried.returncode == 0
    await everything_is_told(scene, lines)


async def test_a_record_that_the_receiver_refuses_is_a_dead_letter_with_its_reason_until_a_person_sends_it_again(
    scene: Scene,
) -> None:
    ticketing = scene.system.pid_of("ticketing")
    os.kill(ticketing, signal.SIGSTOP)
    lines = await calls_go_on(scene, "one is refused", 10)
    await asyncio.to_thread(eventually, "all is stored", lambda: scene.is_stored(lines))
    (refused, _body), *_ = await asyncio.to_thread(scene.system.rows, UNSENT_RECORDS)
    before = await asyncio.to_thread(counted, scene.system, "rejected")
    await refuse(scene.system, refused, "no such line here")
    await counts(scene, "rejected", before)
    os.kill(ticketing, signal.SIGCONT)
    assert await dead_letters_alone_are_left(scene, 1) == {refused: "no such line here"}
    retried = await asyncio.to_thread(callrouter, scene.system, "outbox", "retry", refused)
    assert retried.returncode == 0
    await everything_is_told(scene, lines)


async def _calls_whose_records_are_written_and_not_sent(scene: Scene, calls: int) -> list[Line]:
    """Have the records process stand still where a batch with the ends of so many calls is committed."""
    await scene.controller_is_armed(f"{CrashPoint.RECORD_KEPT}:stop")
    lines = await scene.dial(UNANNOUNCED, calls)
    await asyncio.gather(*(line.reaches_a_person() for line in lines))
    await scene.strike_records(signal.SIGSTOP)
    await scene.hang_up(lines)
    await asyncio.to_thread(eventually, "no call is up", lambda: scene.system.channels() == 0)
    await scene.goes_on()
    await asyncio.to_thread(eventually, "their records are kept", lambda: scene.is_stored(lines))
    await scene.records_are_struck(signal.SIGSTOP)
    return lines
