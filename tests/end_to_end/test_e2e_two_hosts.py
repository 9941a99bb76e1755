"""The roles in systems of their own, as on several hosts, with PostgreSQL as their meeting point.

Rules:
- The one takes calls and collects; the other delivers. For each there is another one that stands by.
- All are on this machine, and share what hosts would be given: passwords, the broker's address, the journal's disk.
- All cases share them: what one leaves behind the next one finds.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from four_sources import PartyCall, accounts, disagreements, open_in_journal, wiretap
from parties import carrier_caller
from running_system import (
    MakeSystem,
    System,
    children_of,
    command_line,
    eventually,
    free_port,
    records_process_of,
    state_of,
)
from staffed_seats import StaffedSeats, staffed
from struck_controller import Line

from callrouter.asterisk_link.agi_double import AsteriskDouble, environment
from callrouter.settings import PROJECT_ROOT
from callrouter.settings_file import load_settings
from callrouter.sip_party.party import SipParty
from tests.postgresql import Postgresql, running_postgresql

pytestmark = pytest.mark.asyncio(loop_scope="module")

CALLS = 10
SEATS = tuple(str(seat) for seat in range(1001, 1021))
UNANNOUNCED, QUEUE = "110", "hotline"
DECIDED_WITHIN_S = 2.0
TAKEN_OVER_WITHIN_S = 30.0
AT_ONCE_S = 8.0
"""Less than a lease needs to be left without its holder: whoever takes over in that time knows that it is gone."""
RESTED_S = 5.5
"""A seat that has talked rests for five seconds; there are seats for two rounds of calls."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Postgresql]:
    with running_postgresql() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def calling(make_system: MakeSystem, postgresql: Postgresql) -> AsyncIterator[System]:
    """The host that takes calls; the database is everybody's."""
    async with postgresql.database() as url:
        made = make_system(database_url=url, sip={"seats": list(SEATS)})
        try:
            await asyncio.to_thread(made.start, "--roles", "broker,ticketing,asterisk,route,collect")
            await comes_to(made, "collect", "holder")
            yield made
        finally:
            await asyncio.to_thread(made.stop)


def beside(calling: System, name: str) -> System:
    """Another system with the same settings, and ports of its own where dips and probes are answered."""
    settings = yaml.safe_load(calling.config.read_text(encoding="utf-8"))
    own: dict[str, Any] = {part: {"port": free_port(socket.SOCK_STREAM)} for part in ("http", "agi")}
    config = calling.config.with_name(f"{name}.yaml")
    config.write_text(yaml.safe_dump({**settings, **own}), encoding="utf-8")
    return System(config, load_settings(config))


@dataclass(frozen=True, slots=True)
class Hosts:
    """Those beside the one that takes calls."""

    delivering: tuple[System, System]
    collecting: System
    """Where the journal is read too, should the first one fail."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hosts(calling: System) -> AsyncIterator[Hosts]:
    """Of two that deliver one does, of two that collect the first one; the others stand by."""
    made = Hosts((beside(calling, "delivers"), beside(calling, "delivers_too")), beside(calling, "collects"))
    every = [(made.delivering[0], "publish"), (made.delivering[1], "publish"), (made.collecting, "collect")]
    try:
        await asyncio.gather(*(asyncio.to_thread(system.start, "--roles", role) for system, role in every))
        await comes_to(made.collecting, "collect", "standby")
        await asyncio.to_thread(
            eventually,
            "one delivers and one stands by",
            lambda: {standing(system, "publish") for system in made.delivering} == {"holder", "standby"},
            within_s=30,
        )
        yield made
    finally:
        await asyncio.gather(*(asyncio.to_thread(system.stop) for system, _role in every))


class Callers:
    """Who calls, whom they reach, and what they remember of it."""

    def __init__(self, system: System, caller: SipParty, seats: StaffedSeats, wire: Path) -> None:
        self.over: list[PartyCall] = []
        self._placed = 0
        self._rounds_ended: list[float] = []
        self._system, self._caller, self._seats, self._wire = system, caller, seats, wire

    async def call(self) -> None:
        """Have some calls."""
        await self.hang_up(await self.reach())

    async def reach(self) -> list[Line]:
        """Begin some calls, each decided at once."""
        if len(self._rounds_ended) > 1:
            await asyncio.sleep(max(0.0, self._rounds_ended[-2] + RESTED_S - time.monotonic()))
        lines: list[Line] = []
        for _ in range(CALLS):
            own = f"138{self._placed:08d}"
            self._placed += 1
            call = await self._caller.dial(UNANNOUNCED, caller_number=own)
            lines.append(Line(own, call, self._seats.callers[own]))
        assert max(await asyncio.gather(*(line.reaches_a_person() for line in lines))) < DECIDED_WITHIN_S
        return lines

    async def hang_up(self, lines: Sequence[Line]) -> None:
        """End the talks, which all go on still."""
        await asyncio.gather(*(line.talks_both_ways() for line in lines))
        await asyncio.gather(*(line.call.hang_up() for line in lines))
        self.over += [line.as_the_phones_saw_it() for line in lines]
        self._rounds_ended.append(time.monotonic())

    async def are_all_told(self, within_s: float = 30.0) -> None:
        """Wait until the four accounts of all calls agree; each was decided, and each told to ticketing once."""
        deadline = time.monotonic() + within_s
        while left := await asyncio.to_thread(self._left):
            assert time.monotonic() < deadline, left
            await asyncio.sleep(0.2)
        told = [event["data"] for event in self._system.records_at_ticketing()]
        assert sorted(data["sip_call_id"] for data in told) == sorted(call.sip_call_id for call in self.over)
        assert {data["fallback"] for data in told} == {None}

    def _left(self) -> list[str]:
        try:
            return open_in_journal(self._system) + disagreements(
                accounts(self._system, self.over, self._wire)
            )
        except OSError as error:
            return [f"the database is away: {error}"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def callers(calling: System, hosts: Hosts) -> AsyncIterator[Callers]:
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


def standing(system: System, work: str) -> str | None:
    """`holder` or `standby`, as its probes tell; None while they do not."""
    told = system.readyz()[1].get(work)
    return told if isinstance(told, str) and told in {"holder", "standby"} else None


async def comes_to(system: System, work: str, wanted: str, within_s: float = TAKEN_OVER_WITHIN_S) -> None:
    await asyncio.to_thread(
        eventually,
        f"{system.config.stem}: {wanted} of {work}",
        lambda: standing(system, work) == wanted,
        within_s=within_s,
    )


def records_process(system: System) -> int:
    """The process that collects or delivers: a controller's, or one that runs alone."""
    assert system.process
    own = children_of(system.process.pid)
    alone = [child for child in own if "callrouter records" in command_line(child)]
    found = alone[0] if alone else records_process_of(system.pid_of("controller"))
    assert found
    return found


async def test_what_one_host_collects_another_one_delivers_and_others_stand_by(
    callers: Callers, calling: System, hosts: Hosts
) -> None:
    await callers.call()
    await callers.are_all_told()
    assert {standing(system, "publish") for system in hosts.delivering} == {"holder", "standby"}
    assert (standing(calling, "collect"), standing(hosts.collecting, "collect")) == ("holder", "standby")


async def test_a_database_that_crashes_and_comes_back_costs_no_call_and_no_record(
    callers: Callers, calling: System, postgresql: Postgresql
) -> None:
    talks = await callers.reach()
    await asyncio.to_thread(postgresql.stop, signal.SIGQUIT)
    await callers.hang_up(talks)
    await callers.call()
    asked = await asyncio.to_thread(_records_list, calling)
    assert (asked.returncode, asked.stdout) == (2, ""), asked.stderr
    assert "数据库无法使用 / the database cannot be used: postgresql" in asked.stderr
    assert "Traceback" not in asked.stderr
    await asyncio.to_thread(postgresql.start)
    await callers.call()
    await callers.are_all_told(within_s=60)
    asked = await asyncio.to_thread(_records_list, calling)
    assert (asked.returncode, asked.stderr) == (0, "")


def _records_list(system: System) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callrouter", "records", "list", "--config", str(system.config)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


async def test_who_stands_still_is_followed_by_another_and_does_nothing_twice_when_it_goes_on(
    callers: Callers, calling: System, hosts: Hosts
) -> None:
    holder, other = sorted(hosts.delivering, key=lambda system: str(standing(system, "publish")))
    still = [records_process(holder), records_process(calling)]
    talks = await callers.reach()
    for process in still:
        os.kill(process, signal.SIGSTOP)
    try:
        await callers.hang_up(talks)
        await comes_to(other, "publish", "holder")
        await comes_to(hosts.collecting, "collect", "holder")
        await callers.are_all_told()
        assert [state_of(process) for process in still] == ["T", "T"]
    finally:
        for process in still:
            os.kill(process, signal.SIGCONT)
    await comes_to(holder, "publish", "standby")
    await comes_to(calling, "collect", "standby")
    await callers.call()
    await callers.are_all_told()
    assert (standing(other, "publish"), standing(hosts.collecting, "collect")) == ("holder", "holder")
    assert [records_process(holder), records_process(calling)] == still, "nobody died of it"


async def test_who_is_killed_in_mid_work_is_followed_at_once(
    callers: Callers, calling: System, hosts: Hosts
) -> None:
    holder, other = sorted(hosts.delivering, key=lambda system: str(standing(system, "publish")))
    talks = await callers.reach()
    for system in (holder, hosts.collecting):
        assert system.process
        system.process.kill()
        await asyncio.to_thread(system.process.wait)
    await callers.hang_up(talks)
    await comes_to(other, "publish", "holder", AT_ONCE_S)
    await comes_to(calling, "collect", "holder", AT_ONCE_S)
    await callers.are_all_told()


async def test_a_second_controller_answers_and_acts_when_the_first_one_cannot(
    callers: Callers, calling: System
) -> None:
    second = beside(calling, "second")
    await asyncio.to_thread(second.start, "--roles", "route")
    try:
        await comes_to(second, "control", "standby")
        assert standing(calling, "control") == "holder"
        with AsteriskDouble(second.settings.agi.port) as asterisk:
            assert asterisk.dip(environment()).startswith(b"SET VARIABLE ")

        await asyncio.to_thread(_take_out_of_the_queue, calling, SEATS[-1])
        first = calling.pid_of("controller")
        os.kill(first, signal.SIGSTOP)
        try:
            await comes_to(second, "control", "holder")
            await asyncio.to_thread(
                eventually, "it acts", lambda: _is_in_the_queue(calling, SEATS[-1]), within_s=10
            )
        finally:
            os.kill(first, signal.SIGCONT)
        await comes_to(calling, "control", "standby")
        await callers.call()

        assert standing(second, "control") == "holder"
        assert second.process
        second.process.kill()
        await asyncio.to_thread(second.process.wait)
        await comes_to(calling, "control", "holder", AT_ONCE_S)
        assert calling.pid_of("controller") == first
        await callers.are_all_told()
    finally:
        await asyncio.to_thread(second.stop)


def _take_out_of_the_queue(system: System, seat: str) -> None:
    assert _is_in_the_queue(system, seat)
    system.asks_asterisk(f"queue remove member Local/{seat}@seat from {QUEUE}")
    assert not _is_in_the_queue(system, seat)


def _is_in_the_queue(system: System, seat: str) -> bool:
    return any(f"PJSIP/{seat}" in line for line in system.asks_asterisk(f"queue show {QUEUE}"))
