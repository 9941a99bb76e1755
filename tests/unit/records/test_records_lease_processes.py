"""Leases between real processes: killed, stopped, woken."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records import lease_holder
from callrouter.records.database import Database, open_database
from callrouter.records.lease_holder import is_gone
from callrouter.records.leases import LeaseKeeper, holder_name
from callrouter.records.tables import lease, reconcile_cursor

HOLDS_AND_WRITES = """
import asyncio, sys, time
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from callrouter.records.database import open_database
from callrouter.records.leases import LeaseKeeper, LeaseLostError, check_fence, holder_name
from callrouter.records.tables import reconcile_cursor

async def main():
    database = await open_database(sys.argv[1])
    keeper = LeaseKeeper(database, "publish:x", holder_name(), ttl_s=float(sys.argv[2]), monotonic=time.monotonic)
    running = asyncio.create_task(keeper.run())
    fence = await keeper.wait_held()
    print("held", flush=True)
    while True:
        try:
            async with database.write() as connection:
                await check_fence(connection, fence)
                more = reconcile_cursor.c.position + 1
                await connection.execute(sa.update(reconcile_cursor).values(position=more))
        except LeaseLostError:
            print("lost", flush=True)
            return
        except SQLAlchemyError:
            pass  # its session was ended while it stood still in a transaction
        await asyncio.sleep(0.01)

asyncio.run(main())
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await open_database(database_url)
    async with opened.write() as connection:
        await connection.execute(sa.insert(reconcile_cursor).values(name="x", position=0, finished_at_ms=0))
    yield opened
    await opened.close()


class Other:
    """Another process that holds the lease and writes under it."""

    def __init__(self, url: str, ttl_s: float) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDS_AND_WRITES, url, str(ttl_s)], stdout=subprocess.PIPE, text=True
        )

    async def says(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            while line := (await asyncio.to_thread(self.process.stdout.readline)).strip():
                if line in {"held", "lost"}:  # the rest is its log
                    return line
        raise AssertionError("it has ended")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def contender(database: Database, ttl_s: float) -> LeaseKeeper:
    return LeaseKeeper(database, "publish:x", holder_name(), ttl_s=ttl_s, monotonic=time.monotonic)


async def written(database: Database) -> int:
    async with database.read() as connection:
        return await connection.scalar(sa.select(reconcile_cursor.c.position)) or 0


async def test_a_killed_process_is_followed_at_once(database: Database, database_url: str) -> None:
    other = Other(database_url, 60)
    try:
        assert await other.says() == "held"
        ours = contender(database, 60)
        await ours.step()
        assert not ours.held, "it lives"
        other.process.kill()
        # Not waited for: its parent has not noticed yet, and it is gone all the same.
        await asyncio.sleep(0.2)
        await ours.step()
        fence = ours.fence
        assert fence is not None
        assert fence.token == 2
    finally:
        other.end()


async def test_a_stopped_process_is_followed_after_the_ttl_and_writes_nothing_when_it_wakes(
    database: Database, database_url: str
) -> None:
    other = Other(database_url, 1.5)
    running = None
    try:
        assert await other.says() == "held"
        other.process.send_signal(signal.SIGSTOP)
        if database.dialect == "sqlite":
            await _let_it_stop_between_two_writes(database, other)
        stopped_at = time.monotonic()
        ours = contender(database, 1.5)
        running = asyncio.create_task(ours.run())
        await asyncio.wait_for(ours.wait_held(), 30)
        assert time.monotonic() - stopped_at >= 1.4
        before = await written(database)
        other.process.send_signal(signal.SIGCONT)
        assert await other.says() == "lost"
        assert await written(database) == before
    finally:
        other.end()
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _let_it_stop_between_two_writes(database: Database, other: Other) -> None:
    """A process that is stopped in the middle of a transaction keeps SQLite's lock: nobody can help that."""
    while True:
        try:
            async with database.write() as connection:
                await connection.execute(sa.update(lease).values(name=lease.c.name))
        except sa.exc.OperationalError:
            other.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.01)
            other.process.send_signal(signal.SIGSTOP)
        else:
            return


def test_we_are_not_gone() -> None:
    assert not is_gone(holder_name())


def test_a_process_of_our_machine_that_ended_is_gone() -> None:
    name = subprocess.run(
        [sys.executable, "-c", "from callrouter.records.leases import holder_name as h; print(h())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert is_gone(name)


def test_another_process_with_the_same_number_is_not_the_holder() -> None:
    before, _, start = holder_name().partition("@")
    assert is_gone(f"{before}@{int(start) + 1}")


@pytest.mark.parametrize("changed", ["boot", "process namespace", "time namespace"])
def test_nothing_is_said_of_another_machine_or_container(changed: str) -> None:
    kernel, _, rest = holder_name().partition(":")
    namespaces, _, _process = rest.partition("/")
    pids, _, times = namespaces.partition("+")
    pid_of_nobody = f"{2**22 + 1}@1"
    assert is_gone(f"{kernel}:{pids}+{times}/{pid_of_nobody}")
    if changed == "boot":
        kernel = "0" * 8 + kernel[8:]
    elif changed == "process namespace":
        pids += "1"
    else:
        times += "1"
    assert not is_gone(f"{kernel}:{pids}+{times}/{pid_of_nobody}")


@pytest.mark.parametrize("odd", ["", "somebody", "unknown-7-ab", "x" * 1000])
def test_nothing_is_said_of_a_name_that_is_not_ours(odd: str) -> None:
    assert not is_gone(odd)


def test_a_process_that_may_not_be_looked_at_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_pid: int, _signal: int) -> None:
        raise PermissionError

    name = holder_name()
    monkeypatch.setattr(os, "kill", refused)
    assert not is_gone(name)


def test_a_list_of_processes_that_is_another_namespaces_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may be given its host's: our number is somebody else's there."""
    name = holder_name()
    before, _, start = name.partition("@")
    reborn = f"{before}@{int(start) + 1}"
    assert is_gone(reborn)
    (tmp_path / str(os.getpid())).symlink_to("/proc/1")
    (tmp_path / "sys").symlink_to("/proc/sys")
    (tmp_path / "999999").symlink_to("/proc/self")
    (tmp_path / "self").symlink_to("999999")
    monkeypatch.setattr(lease_holder, "_PROC", tmp_path)
    assert holder_name().startswith("unknown-")
    assert not is_gone(name)
    assert not is_gone(reborn)
    (tmp_path / "self").unlink()
    assert not is_gone(reborn), "none at all"
