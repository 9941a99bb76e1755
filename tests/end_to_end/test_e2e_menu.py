"""An operator's menu: whatever a caller does in it, and whoever dies, a person answers; the record tells the key."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, heard
from running_system import MakeSystem, System, eventually
from staffed_seats import StaffedSeats, staffed

from callrouter.layout import sounds_folder
from callrouter.settings import PROJECT_ROOT
from callrouter.sip_party.call import Call

SEATS = ("1001", "1002")
GENERAL, CHOICE = "hotline", "expert-12329"
TRIES, WAIT_S = 3, 2
SOUND = f"own-test-{os.getpid()}"
"""The operator's own recording: a copy of another sound."""


def seconds(sound: str) -> float:
    return (sounds_folder() / f"{sound}.alaw").stat().st_size / 8000


SAYS_S, WRONG_S, PERSON_S = seconds("v02"), seconds("i01"), seconds("i02")
LONGEST_S = TRIES * (WRONG_S + SAYS_S + WAIT_S + 0.5) + PERSON_S
MENU = f"""
menus:
  - id: service
    announcement: {SOUND}
    desk: hub
    choices:
      - {{key: "2", queue: {CHOICE}}}
    otherwise: {GENERAL}
    tries: {TRIES}
    timeout_s: {WAIT_S}
    why: 测试 / a test
...
"""
numbers = map("1380014{:04d}".format, count(1))


@pytest.fixture(scope="module")
def recording() -> Iterator[Path]:
    sound = sounds_folder() / f"{SOUND}.alaw"
    shutil.copyfile(sounds_folder() / "v02.alaw", sound)
    yield sound
    sound.unlink()


Running = tuple[System, subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def running(make_system: MakeSystem, recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Running:
    folder = tmp_path_factory.mktemp("dialplans") / "hainan"
    shutil.copytree(PROJECT_ROOT / "dialplans" / "hainan", folder)
    operator = folder / "operator.yaml"
    operator.write_text(
        operator.read_text(encoding="utf-8").rstrip().removesuffix("...") + MENU, encoding="utf-8"
    )
    made = make_system(plan=str(folder), managed={"controller": False})
    made.start()
    controller = made.start_controller()
    for queue in (GENERAL, CHOICE):
        eventually(f"{queue} has its seats", partial(_is_staffed, made, queue), within_s=40)
    return made, controller


def _is_staffed(system: System, queue: str) -> bool:
    shown = system.asks_asterisk(f"queue show {queue}")
    return all(any(f"PJSIP/{seat}" in line for line in shown) for seat in SEATS)


async def presses_a_key_in_the_announcement(call: Call) -> None:
    await call.press("2")


async def presses_a_key_behind_the_announcement(call: Call) -> None:
    await asyncio.sleep(SAYS_S + WAIT_S / 2)
    await call.press("2")


async def presses_0(call: Call) -> None:
    await call.press("0")


async def presses_a_wrong_key_first(call: Call) -> None:
    await call.press("7")
    await asyncio.sleep(0.5 + WRONG_S + 0.5)
    await call.press("2")


async def presses_wrong_keys(call: Call) -> None:
    for key in "9#*":
        await call.press(key)
        await asyncio.sleep(1.5)


async def presses_nothing(call: Call) -> None:
    await asyncio.sleep(TRIES * (SAYS_S + WAIT_S))
    assert heard(call, SOUND).is_whole


async def holds_a_wrong_key(call: Call) -> None:
    await call.press("9" * 60)


async def holds_a_right_key(call: Call) -> None:
    await call.press("2" * 60)


WAYS: list[tuple[Callable[[Call], Awaitable[None]], str | None, str]] = [
    (presses_a_key_in_the_announcement, "2", CHOICE),
    (presses_a_key_behind_the_announcement, "2", CHOICE),
    (presses_0, "0", GENERAL),
    (presses_a_wrong_key_first, "2", CHOICE),
    (presses_wrong_keys, None, GENERAL),
    (presses_nothing, None, GENERAL),
    (holds_a_wrong_key, None, GENERAL),
    (holds_a_right_key, "2", CHOICE),
]


async def talk(
    system: System,
    seats: StaffedSeats,
    then: Callable[[Call], Awaitable[None]] | None,
    *,
    dialled: str = "12345",
    number: str | None = None,
) -> str:
    """Do as told in the menu; a person answers all the same, and leaves. Return the call's Call-ID."""
    number = number or next(numbers)
    async with carrier_caller(system, number) as caller:
        call = await caller.dial(dialled)
        keys = None if then is None else asyncio.ensure_future(_in_the_menu(call, then))
        taken = await asyncio.wait_for(seats.callers[number].talks, LONGEST_S + 30)
        if keys is not None:
            await keys
        await taken.call.hears(CALLER_HZ, timeout_s=30)
        await call.hears(AGENT_HZ, timeout_s=5)
        await taken.call.hang_up()
        return call.sip_call_id


async def _in_the_menu(call: Call, then: Callable[[Call], Awaitable[None]]) -> None:
    await asyncio.sleep(0.7)
    await then(call)


async def leaves(system: System, after_s: float, keys: str = "") -> str:
    async with carrier_caller(system, next(numbers)) as caller:
        call = await caller.dial("12345")
        await asyncio.sleep(0.7)
        for key in keys:
            await call.press(key)
            await asyncio.sleep(0.7)
        await asyncio.sleep(after_s)
        await call.hang_up()
        return call.sip_call_id


def first_queue(record: dict[str, Any]) -> str:
    return str(record["queue_visits"][0]["queue"])


async def test_whatever_he_presses_a_person_answers_and_the_record_tells_the_key(running: Running) -> None:
    system, _ = running
    async with staffed(system, SEATS) as seats:
        calls = await asyncio.gather(*(talk(system, seats, way) for way, _, _ in WAYS))
    for (way, key, queue), call in zip(WAYS, calls, strict=True):
        record = system.record(call)
        assert (record["terminal_state"], record["anomalies"]) == ("completed", []), way.__name__
        assert [(one["menu"], one["key"]) for one in record["menu"]] == [("service", key)], way.__name__
        assert first_queue(record) == queue, way.__name__
        assert record["waited_ms"] < LONGEST_S * 1000 + 15_000, way.__name__
        assert record["decision"]["treatment"] == "menu"
        assert "g01-hainan" not in [one["key"] for one in record["announcements"]]


async def test_who_hangs_up_at_any_step_leaves_nothing_behind(running: Running) -> None:
    system, _ = running
    calls = await asyncio.gather(
        leaves(system, 0.1),
        leaves(system, SAYS_S + WAIT_S / 2),
        leaves(system, 0.1, "9"),
        leaves(system, WRONG_S, "9"),
        leaves(system, 0.2, "999"),
    )
    await asyncio.to_thread(eventually, "no channel is left", lambda: system.channels() == 0)
    for call in calls:
        record = system.record(call)
        assert record["terminal_state"] == "abandoned"
        assert record["anomalies"] == []
        assert [one["key"] for one in record["menu"]] == [None]
        assert record["queue_visits"] == []


async def test_emergencies_and_whom_somebody_handed_over_never_meet_it(running: Running) -> None:
    system, _ = running
    async with staffed(system, SEATS) as seats:
        calls = await asyncio.gather(
            talk(system, seats, None, dialled="110"), talk(system, seats, None, number="110")
        )
    for call in calls:
        record = system.record(call)
        assert record["terminal_state"] == "completed"
        assert record["menu"] == []


async def test_the_controller_may_die_in_it_and_asterisk_asks_without_it(running: Running) -> None:
    system, controller = running

    async def the_controller_dies_first(call: Call) -> None:
        controller.kill()
        await asyncio.to_thread(controller.wait)
        await call.press("2")

    async with staffed(system, SEATS) as seats:
        calls = [await talk(system, seats, the_controller_dies_first)]
        calls += await asyncio.gather(
            talk(system, seats, presses_a_key_in_the_announcement), talk(system, seats, presses_nothing)
        )
    await asyncio.to_thread(system.start_controller)
    for call, key, queue in zip(calls, ("2", "2", None), (CHOICE, CHOICE, GENERAL), strict=True):
        record = system.record(call, within_s=40)
        assert [one["key"] for one in record["menu"]] == [key]
        assert first_queue(record) == queue
