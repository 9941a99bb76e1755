"""Agents log in, out, pause and come back, by phone and by API; what they said outlives Asterisk and controller."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from itertools import count
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from parties import CALLER_HZ, carrier_caller, heard
from running_system import MakeSystem, System, eventually
from staffed_seats import StaffedSeats, staffed

from callrouter.local_system.secrets import read
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty

SEATS = ("1001", "1002")
UNANNOUNCED = "110"
GENERAL = "hotline"
IN, OUT, TO_MEAL, BACK = "*10", "*11", "*22", "*30"

_MEMBER = re.compile(r"(?:Local|PJSIP)/[\w-]+(?:@seat)?")
numbers = map("1380014{:04d}".format, count(1))


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(queue={"wrap_up_s": 0, "ring_s": 5})
    made.start()
    eventually("seats are in the queue", lambda: len(made.seats_in_the_queue()) == 2)
    return made


async def press(system: System, seat: str, code: str) -> str | None:
    """Dial a code at a seat's phone, with no registration of its own; return the prompt that was heard."""
    async with SipParty.open(
        host="127.0.0.1", user=seat, password=system.password(seat), server=system.sip
    ) as party:
        call = await party.dial(code)
        await call.wait_for(CallState.ENDED, timeout_s=8)
        said = [prompt for prompt in ("a01", "a02", "a03", "a04", "a05") if heard(call, prompt).is_whole]
        assert len(said) <= 1
        return said[0] if said else None


def asked(system: System, path: str, body: object = None, *, token: str | None = None) -> tuple[int, Any]:
    """Ask the controller for its seats; with a body, even an empty one, say a word."""
    token = read(system.layout.secrets).seats_token if token is None else token
    request = Request(
        system.url(path),
        data=None if body is None else json.dumps(body).encode() if body else b"",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())
    except OSError:
        return 0, {}


def reasons(system: System) -> dict[str, set[str | None]] | None:
    """The pauses of each seat in all its queues, as the controller tells them; None if it cannot."""
    status, told = asked(system, "/seats")
    if status != 200:
        return None
    return {seat: {row["reason"] for row in told["seats"] if row["seat"] == seat} for seat in SEATS}


async def until_told(system: System, *wanted: str | None) -> None:
    expected = {seat: {reason} for seat, reason in zip(SEATS, wanted, strict=True)}
    await asyncio.to_thread(
        eventually, f"the seats are {wanted}", lambda: reasons(system) == expected, within_s=20
    )


def members(system: System) -> set[str]:
    """Who is in the general queue, as Asterisk's console shows it."""
    shown = (_MEMBER.search(line) for line in system.asks_asterisk(f"queue show {GENERAL}"))
    return {found[0] for found in shown if found}


async def who_answers(system: System, seats: StaffedSeats) -> str:
    number = next(numbers)
    async with carrier_caller(system, number) as caller:
        call = await caller.dial(UNANNOUNCED)
        taken = await asyncio.wait_for(seats.callers[number].talks, 30)
        await taken.call.hears(CALLER_HZ, timeout_s=10)
        await call.hang_up()
        return taken.seat


async def everybody_works(system: System) -> None:
    for seat in SEATS:
        assert await press(system, seat, IN) == "a01"
    await until_told(system, None, None)


async def test_who_says_by_his_phone_that_he_takes_no_calls_gets_none_until_he_says_otherwise(
    system: System,
) -> None:
    async with staffed(system, SEATS) as seats:
        for away, said, which in ((OUT, "a02", "out"), (TO_MEAL, "a03", "meal")):
            assert await press(system, "1001", away) == said
            await until_told(system, which, None)
            assert {await who_answers(system, seats) for _ in range(3)} == {"1002"}
        assert await press(system, "1001", BACK) == "a04"
        await until_told(system, None, None)
        assert {await who_answers(system, seats) for _ in range(2)} == set(SEATS)
    # Of all this only the callers' calls became records.
    await asyncio.to_thread(eventually, "eight records", lambda: len(system.records_at_ticketing()) == 8)


async def test_a_code_that_is_none_a_line_and_the_duty_phone_get_nowhere(system: System) -> None:
    for dialled in ("*12", "*27", "*1", "12345", "110", "13800138000", "s", "1002"):
        assert await press(system, "1001", dialled) is None, dialled
    assert await press(system, system.settings.sip.duty_phone, IN) == "a05"
    assert system.seats_in_the_queue() == set(SEATS)
    assert reasons(system) == {seat: {None} for seat in SEATS}


async def test_what_is_said_by_http_holds_as_well_and_by_nobody_without_the_token(system: System) -> None:
    for token in ("", "x" * 24, system.password("1001")):
        assert asked(system, "/seats/1001/log-out", {}, token=token)[0] == 401
        assert asked(system, "/seats", token=token)[0] == 401
    assert asked(system, "/seats/1009/log-out", {})[0] == 404
    assert asked(system, "/seats/1001/pause", {"reason": "out"})[0] == 400
    await until_told(system, None, None)
    async with staffed(system, SEATS) as seats:
        assert asked(system, "/seats/1002/pause", {"reason": "training"}) == (
            200,
            {"seat": "1002", "state": "paused", "reason": "training"},
        )
        await until_told(system, None, "training")
        assert {await who_answers(system, seats) for _ in range(3)} == {"1001"}
        # The phone's word and the API's are one and the same.
        assert await press(system, "1002", BACK) == "a04"
        assert asked(system, "/seats/1001/log-out", {})[0] == 200
        assert await who_answers(system, seats) == "1002"
        assert asked(system, "/seats/1001/log-in", {})[0] == 200
        assert {await who_answers(system, seats) for _ in range(2)} == set(SEATS)


async def test_a_seat_that_somebody_took_out_comes_back_in_the_state_that_is_asked_for(
    system: System,
) -> None:
    for row in asked(system, "/seats")[1]["seats"]:
        if row["seat"] == "1001":
            system.asks_asterisk(f"queue remove member Local/1001@seat from {row['queue']}")
    await asyncio.to_thread(eventually, "it is gone", lambda: system.seats_in_the_queue() == {"1002"})
    assert {row["state"] for row in asked(system, "/seats")[1]["seats"] if row["seat"] == "1001"} == {
        "missing"
    }
    assert asked(system, "/seats/1001/log-out", {})[0] == 200
    await until_told(system, "out", None)
    await everybody_works(system)


async def test_who_let_it_ring_in_vain_is_shown_and_comes_back_by_the_same_code(system: System) -> None:
    assert await press(system, "1002", OUT) == "a02"
    async with staffed(system, SEATS) as seats:
        seats.let_it_ring()
        number = next(numbers)
        async with carrier_caller(system, number) as caller:
            call = await caller.dial(UNANNOUNCED)
            await asyncio.wait_for(seats.callers[number].rings, 10)
            await until_told(system, "no answer", "out")
            assert GENERAL in system.readyz()[1]["queues_without_ready_seat"].split()
            assert f'callrouter_seats{{queue="{GENERAL}",state="paused"}} 1.0' in system.metrics()
            await call.hang_up()
        seats.refuse_what_rings()
        assert await press(system, "1001", BACK) == "a04"
        await until_told(system, None, "out")
        assert await who_answers(system, seats) == "1001"
    await everybody_works(system)


async def test_who_is_out_or_paused_stays_so_over_a_crash_of_asterisk_and_the_controller(
    system: System,
) -> None:
    assert await press(system, "1001", OUT) == "a02"
    assert asked(system, "/seats/1002/pause", {"reason": "meal"})[0] == 200
    await until_told(system, "out", "meal")
    stored = "/Queue/PersistentMembers/"
    await asyncio.to_thread(
        eventually,
        "it is on the disk",
        lambda: all("out" in row and "meal" in row for row in system._stored_by_asterisk(stored)),
    )
    os.kill(system.pid_of("asterisk"), signal.SIGKILL)
    os.kill(system.pid_of("controller"), signal.SIGKILL)
    await asyncio.to_thread(eventually, "both are back", lambda: reasons(system) is not None, within_s=30)
    looks = []
    for _ in range(15):
        looks.append(reasons(system))
        await asyncio.sleep(0.2)
    assert [look for look in looks if look != {"1001": {"out"}, "1002": {"meal"}}] == []
    async with staffed(system, SEATS) as seats:
        assert await press(system, "1001", IN) == "a01"
        assert {await who_answers(system, seats) for _ in range(2)} == {"1001"}
    await everybody_works(system)


async def test_members_of_an_earlier_version_are_replaced_pause_and_all_and_strangers_stay(
    system: System,
) -> None:
    for command in (
        f"queue remove member Local/1001@seat from {GENERAL}",
        f"queue add member PJSIP/1001 to {GENERAL} penalty 0 as PJSIP/1001",
        f"queue pause member PJSIP/1001 queue {GENERAL} reason Auto-Pause",
        f"queue add member PJSIP/1999 to {GENERAL}",
        f"queue add member Local/1009@seat to {GENERAL}",
    ):
        system.asks_asterisk(command)
    os.kill(system.pid_of("controller"), signal.SIGKILL)
    expected = {"Local/1001@seat", "Local/1002@seat", "PJSIP/1999"}
    await asyncio.to_thread(eventually, "they are replaced", lambda: members(system) == expected, within_s=30)
    rows = asked(system, "/seats")[1]["seats"]
    assert [row["reason"] for row in rows if (row["seat"], row["queue"]) == ("1001", GENERAL)] == [
        "Auto-Pause"
    ]
    log = (system.layout.logs / "controller.log").read_text(encoding="utf-8")
    assert log.count('"stranger_in_queue"') == 1
    system.asks_asterisk(f"queue remove member PJSIP/1999 from {GENERAL}")
    await everybody_works(system)


async def test_before_there_ever_was_a_controller_a_code_brings_the_seat_into_the_general_queue(
    make_system: MakeSystem,
) -> None:
    system = make_system(managed={"controller": False}, queue={"wrap_up_s": 0})
    await asyncio.to_thread(system.start)
    assert members(system) == set()
    async with staffed(system, SEATS) as seats:
        assert await press(system, "1001", OUT) == "a02"
        assert await press(system, "1002", IN) == "a01"
        assert await who_answers(system, seats) == "1002"
        await asyncio.to_thread(system.start_controller)
        # Of the other queues that it has a place in, he who is out is no more called.
        await until_told(system, "out", None)
        assert len({row["queue"] for row in asked(system, "/seats")[1]["seats"]}) > 1
