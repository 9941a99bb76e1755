"""How long `callrouter plan diff` takes with 1,000,000 numbers in each plan: the whole command, cold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.figures import Range
from benchmarks.table import Bar, Finding, Panel
from callrouter.plans.dump.files import dump
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.plan import Plan

_TIMES: Final = 3
_LONGEST_S: Final = 10.0
_KIB_A_MIB: Final = 1024


class _Ran(NamedTuple):
    seconds: float
    peak_mib: float


def comparing(plan: Plan) -> list[Finding]:
    """Compare the plan with itself, with one of another date, and with one that has a number less."""
    found = []
    for what, change, code in (
        ("nothing differs", lambda _folder: None, 0),
        ("another date", _another_date, 1),
        ("one number fewer", _one_fewer, 1),
    ):
        with tempfile.TemporaryDirectory() as temporary:
            folders = [Path(temporary, side, plan.jurisdiction) for side in ("before", "after")]
            for folder in folders:
                folder.parent.mkdir()
                shutil.copytree(PROJECT_ROOT / "dialplans" / "calendars", folder.parent / "calendars")
                dump(plan, folder)
            change(folders[1])
            ran = [_ran(folders, code) for _ in range(_TIMES)]
        took = Range.of([one.seconds for one in ran])
        found.append(
            Finding(
                f"plan diff of two plans with {len(plan.lists):,} numbers each, {what}, {_TIMES} times",
                f"≤ {_LONGEST_S:.0f} s",
                f"{took.text()} s",
                f"most memory of a process: {max(one.peak_mib for one in ran):.0f} MiB",
                met=took.median <= _LONGEST_S,
                bars=(Bar(Panel.PLANS, f"diff, {what}", took, _LONGEST_S),),
            )
        )
    return found


def _ran(folders: list[Path], code: int) -> _Ran:
    command = [sys.executable, "-m", "callrouter", "plan", "diff", *map(str, folders)]
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != code:
        raise RuntimeError(f"plan diff ended with {process.returncode}")
    return _Ran(took, used.ru_maxrss / _KIB_A_MIB)


def _another_date(folder: Path) -> None:
    file = folder / "lines.yaml"
    file.write_text(file.read_text("utf-8").replace("2021-10-01T00:00", "2021-10-02T00:00"), "utf-8")


def _one_fewer(folder: Path) -> None:
    file = folder / "landlines.csv"
    header, _, rest = file.read_text("utf-8").split("\n", 2)
    file.write_text(f"{header}\n{rest}", "utf-8")
