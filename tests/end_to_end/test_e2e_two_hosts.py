"""The roles in systems of their own, as on two hosts, with PostgreSQL as their meeting point.

Rules:
- The one takes calls and collects; the other delivers. A third stands by.
- Both are on this machine, and share what two hosts would be given: passwords, the broker's address.
- All cases share them: what one leaves behind the next one finds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
import yaml
from four_sources import PartyCall, accounts, disagreements, open_in_journal, wiretap
from parties import carrier_caller
from running_system import MakeSystem, System, command_line, eventually, state_of
from staffed_seats import StaffedSeats, staffed
from struck_controller import Line

from callrouter.settings_file import load_settings
from callrouter.sip_party.party import SipParty
from tests.postgresql import Postgresql, running_postgresql

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLS = 10
SEATS = tuple(str(seat) for seat in range(1001, 1021))
UNANNOUNCED = "110"
DECIDED_WITHIN_S = 2.0
TAKEN_OVER_WITHIN_S = 30.0
RESTED_S = 5.5
"""A seat that has talked rests for five seconds."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Postgresql]:
    with running_postgresql() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calling(make_system: MakeSystem, postgresql: Postgresql) -> AsyncIterator[System]:
    """The host that takes calls; the database is everybody's."""
    async with postgresql.database() as url:
        made = make_system(database_url=url, sip={"seats": list(SEATS)})
        await asyncio.to_thread(made.start, "--roles", "broker,ticketing,asterisk,route,collect")
        yield made
        await asyncio.to_thread(made.stop)


def beside(calling: System, name: str, http_port: int) -> System:
    """Another system with the same settings and another port for its probes."""
    settings = yaml.safe_load(calling.config.read_text(encoding="utf-8"))
    config = calling.config.with_name(f"{name}.yaml")
    config.write_text(yaml.safe_dump({**settings, "http": {"port": http_port}}), encoding="utf-8")
    return System(config, load_settings(config))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def delivering(calling: System) -> AsyncIterator[tuple[System, System]]:
    """Two hosts that deliver: the first has begun, the second stands by."""
    one = beside(calling, "delivering", calling.settings.http.port + 2000)
    other = beside(calling, "standby", calling.settings.http.port + 2001)
    for system in (one, other):
        await asyncio.to_thread(system.start, "--roles", "publish")
    await asyncio.to_thread(
        eventually,
        "one delivers, and one stands by",
        lambda: {_standing(one, "publish"), _standing(other, "publish")} == {"holder", "standby"},
        within_s=30,
    )
    yield one, other
    for system in (other, one):
        await asyncio.to_thread(system.stop)


class Callers:
    """Who calls, whom they reach, and what they remember of it."""

    def __init__(self, system: System, caller: SipParty, seats: StaffedSeats, wire: Path) -> None:
        self.over: list[PartyCall] = []
        self._system, self._caller, self._seats, self._wire = system, caller, seats, wire

    async def call(self) -> None:
        """Have some calls, each decided at once."""
        lines: list[Line] = []
        for _ in range(CALLS):
            own = f"138{len(self.over) + len(lines):08d}"
            call = await self._caller.dial(UNANNOUNCED, caller_number=own)
            lines.append(Line(own, call, self._seats.callers[own]))
        waits = await asyncio.gather(*(line.reaches_a_person() for line in lines))
        await asyncio.gather(*(line.talks_both_ways() for line in lines))
        await asyncio.gather(*(line.call.hang_up() for line in lines))
        self.over += [line.as_the_phones_saw_it() for line in lines]
        assert max(waits) < DECIDED_WITHIN_S
        await asyncio.sleep(RESTED_S)

    async def are_all_told(self, within_s: float = 30.0) -> None:
        """Wait until the four accounts of all calls agree."""
        deadline = time.monotonic() + within_s
        while left := await asyncio.to_thread(self._left):
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.2)

    def _left(self) -> list[str]:
        try:
            return open_in_journal(self._system) + disagreements(
                accounts(self._system, self.over, self._wire)
            )
        except OSError as error:
            return [f"the database is away: {error}"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers(calling: System, delivering: tuple[System, System]) -> AsyncIterator[Callers]:
    await asyncio.to_thread(
        eventually,
        "all seats are in the queue",
        lambda: calling.seats_in_the_queue() == set(SEATS),
        within_s=30,
    )
    wire = calling.config.with_name("wire.jsonl")
    async with AsyncExitStack() as parties:
        seats = await parties.enter_async_context(staffed(calling, SEATS))
        caller = await parties.enter_async_context(carrier_caller(calling))
        await parties.enter_async_context(wiretap(calling, wire))
        yield Callers(calling, caller, seats, wire)


def _standing(system: System, role: str) -> str | None:
    """`holder` or `standby`, as its probes tell."""
    told = system.readyz()[1].get(role)
    return str(told) if told in {"holder", "standby"} else None


def _records_process(system: System) -> int:
    """The process that delivers, among those that a system has started."""
    assert system.process
    children = Path(f"/proc/{system.process.pid}/task/{system.process.pid}/children").read_text().split()
    [found] = [int(child) for child in children if "callrouter records" in command_line(int(child))]
    return found


async def test_what_one_host_collects_another_one_delivers_and_a_third_stands_by(
    callers: Callers, delivering: tuple[System, System]
) -> None:
    assert {_standing(system, "publish") for system in delivering} == {"holder", "standby"}
    await callers.call()
    await callers.are_all_told()


async def test_a_database_that_crashes_and_comes_back_costs_no_call_and_no_record(
    callers: Callers, postgresql: Postgresql
) -> None:
    await asyncio.to_thread(postgresql.stop, signal.SIGQUIT)
    await callers.call()
    await asyncio.to_thread(postgresql.start)
    await callers.call()
    await callers.are_all_told(within_s=60)


async def test_who_stands_still_is_followed_by_another_and_does_nothing_twice_when_it_goes_on(
    callers: Callers, delivering: tuple[System, System]
) -> None:
    holder, other = sorted(delivering, key=lambda system: _standing(system, "publish") or "")
    still = _records_process(holder)
    os.kill(still, signal.SIGSTOP)
    try:
        await callers.call()
        await asyncio.to_thread(
            eventually,
            "the other one has taken over",
            lambda: _standing(other, "publish") == "holder",
            within_s=TAKEN_OVER_WITHIN_S,
        )
        await callers.are_all_told()
    finally:
        os.kill(still, signal.SIGCONT)
    await asyncio.to_thread(
        eventually, "the first one stands by", lambda: _standing(holder, "publish") == "standby"
    )
    assert state_of(still) not in {"", "Z"}
    await callers.call()
    await callers.are_all_told()


async def test_a_second_controller_answers_and_stands_by_until_the_first_is_gone(calling: System) -> None:
    second = beside(calling, "second", calling.settings.http.port + 2002)
    settings = yaml.safe_load(second.config.read_text(encoding="utf-8"))
    settings["agi"] = {
        "port": calling.settings.agi.port + 2003 if calling.settings.agi.port < 60000 else 14999
    }
    second.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    second = System(second.config, load_settings(second.config))
    await asyncio.to_thread(second.start, "--roles", "route")
    try:
        await asyncio.to_thread(
            eventually, "it stands by", lambda: _standing(second, "control") == "standby", within_s=20
        )
        assert _standing(calling, "control") == "holder"
        assert calling.process
        os.kill(calling.pid_of("controller"), signal.SIGSTOP)
        stopped = calling.pid_of("controller")
        try:
            await asyncio.to_thread(
                eventually,
                "it has taken over",
                lambda: _standing(second, "control") == "holder",
                within_s=TAKEN_OVER_WITHIN_S,
            )
        finally:
            os.kill(stopped, signal.SIGCONT)
    finally:
        await asyncio.to_thread(second.stop)
