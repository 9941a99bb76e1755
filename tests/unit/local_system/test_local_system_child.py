"""Children: started again when they die, ended with us, by whatever end we come to."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from callrouter.local_system import child as room
from callrouter.local_system.account import Account
from callrouter.local_system.child import Child, Part
from callrouter.settings import PROJECT_ROOT

SOON_S = 5.0
PATH = {"PATH": os.environ["PATH"]}
Start = Callable[..., Awaitable[Child]]


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "log" / "part.log"


@pytest.fixture
async def start(log_file: Path) -> AsyncIterator[Start]:
    started: list[Child] = []

    async def _start(*command: str, **more: Any) -> Child:
        child = Child(replace(Part("part", command, log_file, PATH), **more))
        started.append(child)
        await child.start()
        return child

    yield _start
    for child in started:
        await child.stop()


async def until(what: str, look: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not look():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)


def text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def mode_of(file: Path) -> int:
    return file.stat().st_mode & 0o777


def runs(pid: int) -> bool:
    try:
        state = text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


async def test_a_part_runs_with_its_own_environment_in_a_session_of_its_own(
    start: Start, log_file: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    child = await start("sh", "-c", f"env; echo trouble >&2; touch {made}; echo ready; exec sleep 30")
    await until("ready", lambda: "ready" in text(log_file))
    assert child.pid
    assert os.getsid(child.pid) == child.pid != os.getsid(0)
    names = {line.partition("=")[0] for line in text(log_file).splitlines() if "=" in line}
    assert names <= {"PATH", "PWD", "SHLVL", "_", "OLDPWD"}
    assert "trouble" in text(log_file)
    assert mode_of(made) & 0o077 == 0
    assert "NoNewPrivs:\t1" in text(Path(f"/proc/{child.pid}/status"))


async def test_a_dead_part_is_started_again_with_growing_bounded_pauses(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(room, "_LONGEST_PAUSE_S", 0.04)
    with capture_logs() as logs:
        child = await start("sh", "-c", "exit 3")
        await until("five starts", lambda: child.starts >= 5)
        await child.stop()
    died = [log for log in logs if log["event"] == "part_died"]
    assert [log["restart_in_s"] for log in died[:4]] == [0.01, 0.02, 0.04, 0.04]
    assert {log["exit_code"] for log in died} == {3}


async def test_a_part_that_was_stable_begins_again_with_the_short_pause(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(room, "_STABLE_AFTER_S", 0.0)
    with capture_logs() as logs:
        child = await start("true")
        await until("four starts", lambda: child.starts >= 4)
        await child.stop()
    assert {log["restart_in_s"] for log in logs if log["event"] == "part_died"} == {0.01}


async def test_a_part_that_was_killed_comes_back_with_another_pid(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    child = await start("sleep", "30")
    first = child.pid
    assert first
    os.kill(first, signal.SIGKILL)
    await until("a new process", lambda: child.starts == 2 and child.pid)
    assert child.pid != first


async def test_a_failure_to_start_it_again_is_not_the_end_of_the_trying(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    really, failures = asyncio.create_subprocess_exec, iter([BlockingIOError(11, "no more processes")])

    async def sometimes(*command: str, **more: Any) -> asyncio.subprocess.Process:
        if child.starts and (failure := next(failures, None)):
            raise failure
        return await really(*command, **more)

    child = await start("sleep", "30")
    assert child.pid
    monkeypatch.setattr(asyncio, "create_subprocess_exec", sometimes)
    with capture_logs() as logs:
        os.kill(child.pid, signal.SIGKILL)
        await until("a second start", lambda: child.starts == 2)
    assert "part_not_started" in [log["event"] for log in logs]


async def test_what_cannot_be_prepared_prevents_the_first_start_and_no_later_one(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.01)
    prepared: list[int] = []

    def prepare() -> None:
        prepared.append(len(prepared))
        if prepared[-1] != 1:
            raise ValueError("a template with a secret")

    with pytest.raises(ValueError, match="template"):
        await start("sleep", "30", before_start=prepare)
    child = await start("sleep", "30", before_start=prepare)
    assert child.pid
    with capture_logs() as logs:
        os.kill(child.pid, signal.SIGKILL)
        await until("a second start", lambda: child.starts == 2)
    assert prepared == [0, 1, 2]
    assert "part_not_prepared" in [log["event"] for log in logs]
    assert "secret" not in repr(logs)


async def test_a_part_without_a_log_file_is_talked_to_and_its_own_words_are_kept_apart(start: Start) -> None:
    child = await start("sh", "-c", "echo trouble >&2; read word; echo heard $word", log_file=None)
    assert child.process
    assert child.process.stdin
    assert child.process.stdout
    child.process.stdin.write(b"you\n")
    assert await child.process.stdout.readline() == b"heard you\n"


async def test_a_part_that_is_to_stand_back_does_so_before_its_own_session_and_all_others(
    start: Start,
) -> None:
    child = await start("sleep", "30", niceness=10)
    assert child.pid
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == 10
    if (sessions := Path(f"/proc/{child.pid}/autogroup")).exists():
        assert text(sessions).split()[-2:] == ["nice", "10"]


async def test_a_part_that_is_not_to_be_restarted_stays_dead(start: Start) -> None:
    child = await start("true", restart=False)
    assert child._watch
    async with asyncio.timeout(SOON_S):
        await child._watch
    assert (child.starts, child.pid) == (1, None)


async def test_stopping_is_polite_and_final(start: Start, log_file: Path) -> None:
    child = await start("sh", "-c", "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    await until("ready", lambda: "ready" in text(log_file))
    pid = child.pid
    assert pid
    await child.stop()
    assert "bye" in text(log_file)
    assert not runs(pid)
    assert (child.starts, child.pid) == (1, None)
    await child.stop()


async def test_the_part_is_told_by_the_signal_of_its_own(start: Start, log_file: Path) -> None:
    child = await start(
        "sh",
        "-c",
        "trap 'echo told; exit' USR1; echo ready; while :; do sleep 0.05; done",
        # A shell that was itself started with SIGINT ignored could not trap that one.
        stop_signal=signal.SIGUSR1,
    )
    await until("ready", lambda: "ready" in text(log_file))
    await child.stop()
    assert "told" in text(log_file)


async def test_a_part_that_will_not_go_is_killed_after_its_time_and_that_is_told(
    start: Start, log_file: Path
) -> None:
    deaf = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    child = await start(sys.executable, "-c", deaf, stop_within_s=0.1)
    await until("ready", lambda: "ready" in text(log_file))
    pid = child.pid
    assert pid
    with capture_logs() as logs:
        await child.stop()
    assert not runs(pid)
    assert {"event": "part_killed", "part": "part", "log_level": "warning"} in logs


async def test_a_part_stopped_between_two_starts_does_not_start_again(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 30.0)
    with capture_logs() as logs:
        child = await start("true")
        await until("its death", lambda: logs)
    async with asyncio.timeout(1):
        await child.stop()
    assert child.starts == 1
    assert child._watch
    assert child._watch.cancelled()


SUPERVISOR = """
import asyncio, os, sys
from pathlib import Path
from callrouter.local_system.account import Account
from callrouter.local_system.child import Child, Part

async def main():
    account = Account(65534, 65534) if sys.argv[2] == "account" else None
    part = Part("part", ["sleep", "60"], Path(sys.argv[1]), {"PATH": os.environ["PATH"]}, account)
    child = Child(part)
    await child.start()
    while Path(f"/proc/{child.pid}/comm").read_text() != "sleep\\n":
        await asyncio.sleep(0.01)
    print(child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("who", ["ourselves", "account"])
def test_a_part_dies_with_us_even_when_we_are_killed(log_file: Path, who: str) -> None:
    if who == "account" and os.geteuid() != 0:
        pytest.skip("only root can start a part as another account")
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(log_file), who],
        stdout=subprocess.PIPE,
        env=PATH | {"PYTHONPATH": str(PROJECT_ROOT)},
    ) as supervisor:
        assert supervisor.stdout
        try:
            pid = int(supervisor.stdout.readline())
            assert runs(pid)
            if who == "account":
                assert Path(f"/proc/{pid}").stat().st_uid == 65534
        finally:
            supervisor.kill()
        supervisor.wait(SOON_S)
    deadline = time.monotonic() + SOON_S
    while runs(pid):
        assert time.monotonic() < deadline, "the part outlived us"
        time.sleep(0.01)


def test_the_account_and_its_group_alone_are_what_a_part_keeps(log_file: Path) -> None:
    part = Part("part", ["x", "--y"], log_file, {}, Account(7, 8))
    command = room._tied_to_us(part)
    assert command[-3:] == ["--", "x", "--y"]
    assert command[command.index("--reuid") + 1] == "7"
    assert command[command.index("--regid") + 1] == "8"
    assert "--clear-groups" in command
