"""Crash points: inert unless armed, armed by one word of the environment, each at one place in the program."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callrouter import cli
from callrouter.cli import serve
from callrouter.crashpoint import VARIABLE, Armed, CrashPoint, CrashPointError, arm, armed_by, crashpoint
from callrouter.settings import PROJECT_ROOT

PASSES_A_POINT = """
from callrouter.crashpoint import CrashPoint, arm, armed_by, crashpoint
arm(armed_by("{asked}"))
for passing in range(1, 6):
    print(passing, flush=True)
    crashpoint(CrashPoint.RECORD_KEPT)
    crashpoint(CrashPoint.DIP_BEGUN)
"""


@pytest.fixture
def strikes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """What would have been sent to whom; nothing is."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr("callrouter.crashpoint.os.kill", lambda pid, number: sent.append((pid, number)))
    yield sent
    arm(None)


def a_process(asked: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PASSES_A_POINT.format(asked=asked)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_was_not_armed_passes_every_point(strikes: list[tuple[int, int]]) -> None:
    for point in CrashPoint:
        crashpoint(point)
    assert strikes == []


def test_an_unarmed_point_costs_far_less_than_a_microsecond_or_two() -> None:
    began = time.thread_time()  # our own time alone: others use the machine
    for _ in range(100_000):
        crashpoint(CrashPoint.DIP_BEGUN)
    assert time.thread_time() - began < 0.2


def test_a_process_that_was_disarmed_passes_every_point(strikes: list[tuple[int, int]]) -> None:
    arm(armed_by("dip_begun:kill"))
    arm(None)
    crashpoint(CrashPoint.DIP_BEGUN)
    assert strikes == []


def test_only_the_point_that_was_named_strikes_and_only_at_its_passing_and_once(
    strikes: list[tuple[int, int]],
) -> None:
    arm(armed_by("record_kept:stop@3"))
    struck_after = []
    for _ in range(6):
        for point in CrashPoint:
            crashpoint(point)
        struck_after.append(len(strikes))
    assert struck_after == [0, 0, 1, 1, 1, 1]
    assert strikes == [(os.getpid(), signal.SIGSTOP)]


@pytest.mark.parametrize("point", CrashPoint)
@pytest.mark.parametrize(("how", "sent"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
@pytest.mark.parametrize(("counted", "passing"), [("", 1), ("@1", 1), ("@25", 25)])
def test_what_is_asked_for_is_read(
    point: CrashPoint, how: str, sent: signal.Signals, counted: str, passing: int
) -> None:
    armed = armed_by(f"{point}:{how}{counted}")
    assert (armed.point, armed.signal, armed.passing) == (point, sent, passing)


@pytest.mark.parametrize(
    "asked",
    [
        *(
            "",
            "dip_begun",
            "dip_begun:",
            "dip_begun:term",
            "dip_began:kill",
            "DIP_BEGUN:kill",
            " dip_begun:kill",
        ),
        *("dip_begun:kill@0", "dip_begun:kill@-1", "dip_begun:kill@", "dip_begun:kill@x", "dip_begun:kill\n"),
        "dip_begun:kill,record_kept:kill",
    ],
)
def test_anything_else_is_refused_and_the_points_are_named(asked: str) -> None:
    with pytest.raises(CrashPointError, match="acknowledgement_received"):
        armed_by(asked)


def test_a_kill_is_a_sigkill_at_the_passing_that_was_asked_for() -> None:
    with a_process("record_kept:kill@3") as process:
        printed, _ = process.communicate(timeout=20)
    assert (process.returncode, printed.split()) == (-signal.SIGKILL, ["1", "2", "3"])


def test_a_stop_is_a_sigstop_and_the_process_goes_on_when_it_is_continued() -> None:
    with a_process("record_kept:stop@3") as process:
        try:
            _, status = os.waitpid(process.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            assert os.WSTOPSIG(status) == signal.SIGSTOP
            assert process.stdout
            assert [process.stdout.readline() for _ in range(3)] == ["1\n", "2\n", "3\n"]
        finally:
            process.send_signal(signal.SIGCONT)
        printed, _ = process.communicate(timeout=20)
    assert (process.returncode, printed.split()) == (0, ["4", "5"])


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Start `callrouter controller` on settings that are not there; return what it says to the user."""
    monkeypatch.setattr(sys, "argv", ["callrouter", "controller", "--config", "/nowhere/x.yaml"])

    def start(asked: str) -> str:
        monkeypatch.setenv(VARIABLE, asked)
        assert cli.main() == 2
        return capsys.readouterr().err

    return start


def test_a_controller_that_is_wrongly_armed_says_so_in_one_message(controller: Callable[[str], str]) -> None:
    said = controller("dip_begun:explode")
    assert VARIABLE in said
    assert "dip_begun" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("asked", ["dip_begun:kill", "record_kept:kill", ""])
def test_what_arms_a_controller_is_no_setting_and_is_inherited_by_nobody(
    controller: Callable[[str], str], asked: str
) -> None:
    assert "/nowhere/x.yaml" in controller(asked)
    assert VARIABLE not in os.environ


@pytest.mark.parametrize("point", CrashPoint)
def test_a_point_strikes_the_process_that_passes_it(
    point: CrashPoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"{point}:stop@3")
    own, for_records = serve.asked_to_strike()
    if point.value.startswith(("dip_", "desk_")):
        assert (own, for_records) == (Armed(point, signal.SIGSTOP, 3), "")
    else:
        assert (own, for_records) == (None, f"{point}:stop@3")


def passed_in(file: Path) -> Iterator[str]:
    """The arguments of every call of `crashpoint` in a file, as they are written, its constants by value."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        ast.unparse(node.target): ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and node.value and ast.unparse(node.annotation) == "Final"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and "crashpoint" in {
            getattr(node.func, "id", None),
            getattr(node.func, "attr", None),
        }:
            passed = ", ".join(ast.unparse(one) for one in (*node.args, *node.keywords))
            yield constants.get(passed, passed)


def test_every_point_stands_at_exactly_one_place_in_the_program() -> None:
    places = Counter(
        passed for file in (PROJECT_ROOT / "callrouter").rglob("*.py") for passed in passed_in(file)
    )
    assert places == {f"CrashPoint.{point.name}": 1 for point in CrashPoint}
