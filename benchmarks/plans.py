"""How long large plans take: 10,000 lines in YAML, 1,000,000 numbers in a CSV file; and Asterisk's own way.

Rules:
- The plans are the Sichuan plan with more lines, written by `dump` into a folder and read back from there.
- The check is everything that `callrouter plan check` does but print: loading, the lint, and the comparison with the
  document. Recordings are not looked for.
- A loading has a process of its own; its memory is what the kernel says stood there, the interpreter included. Memory
  a number is the difference between a loading of 1,000,000 numbers and one of 10,000, divided by the numbers between.
- The CSV's numbers are in no order: sorted ones would be kinder to the digest.
- `callrouter plan diff` runs as a whole, in a process of its own: two plans of 1,000,000 numbers, one of which has
  another date, or one number fewer. Its most memory is that of the larger of its two processes.
- Asterisk gets the same numbers as exact extensions, without a controller; see `exact_extensions`.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.deciding import PLAN, enlarged, landline
from benchmarks.exact_extensions import findings as exact_extensions
from benchmarks.figures import Range
from benchmarks.plan_diffs import comparing
from benchmarks.table import Bar, Finding, Panel
from callrouter.plans.check import check
from callrouter.plans.dump.files import dump
from callrouter.plans.load import load, load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.number_table import spoken_digits
from callrouter.vocabulary.plan import Plan

_LINES: Final = 10_000
_FEW: Final = 10_000
_MANY: Final = 1_000_000
_CHECKS: Final = 3
_LOADINGS: Final = 3
_CHECK_S, _LOAD_S, _STRETCH_S = 2.0, 20.0, 2.0
_PEAK_MIB, _OCTETS, _STRETCH_OCTETS = 1024, 130, 60
_OCTETS_A_MIB: Final = 1024 * 1024


class Loading(NamedTuple):
    """What a loading took."""

    seconds: float
    memory_mib: float
    peak_mib: float
    numbers: int


def measure() -> list[Finding]:
    """Measure; about a minute and a half."""
    plan = load_plan(PLAN)
    return [_checking(plan), *_loadings(plan), *comparing(enlarged(plan, _MANY)), *exact_extensions()]


def with_lines(plan: Plan, size: int) -> Plan:
    """The plan with so many lines in YAML; the new ones are like one that it has."""
    model = next(iter(plan.lines.values()))
    added = {
        number: model._replace(number=number, spoken_number=spoken_digits(number), announcement_owner=number)
        for number in map(landline, range(size - len(plan.lines)))
    }
    return replace(plan, lines={**plan.lines, **added})


@contextmanager
def in_a_folder(plan: Plan) -> Iterator[Path]:
    """Write the plan into a folder that is gone afterwards; the numbers of its list are in no order."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / plan.jurisdiction
        dump(plan, folder)
        for list_ in plan.lists.lists:
            header, *rows = (folder / list_.file).read_text(encoding="utf-8").splitlines(keepends=True)
            random.Random(1).shuffle(rows)  # the same order in every run
            (folder / list_.file).write_text("".join((header, *rows)), encoding="utf-8")
        yield folder


def loading(folder: Path) -> Loading:
    """Load a plan in a process of its own. Raises CalledProcessError."""
    command = [sys.executable, "-m", "benchmarks.plan_loader", str(folder)]
    told = subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True).stdout
    seconds, memory, peak, numbers = told.split()
    return Loading(float(seconds), float(memory), float(peak), int(numbers))


def _checking(plan: Plan) -> Finding:
    took: list[float] = []
    with in_a_folder(with_lines(plan, _LINES)) as folder:
        for _ in range(_CHECKS):
            began = time.perf_counter()
            loaded = load(folder)
            check(loaded, datetime.now(UTC), frozenset(), None)
            took.append(time.perf_counter() - began)
            if loaded.plan is None or len(loaded.plan.lines) != _LINES:
                raise RuntimeError("the large plan was not loaded")
    checked = Range.of(took)
    return Finding(
        f"check of a plan of {_LINES:,} lines in YAML, {_CHECKS} times",
        f"≤ {_CHECK_S:.0f} s",
        f"{checked.text()} s",
        "",
        met=checked.median <= _CHECK_S,
        bars=(Bar(Panel.PLANS, "check, 10,000 lines", checked, _CHECK_S),),
    )


def _loadings(plan: Plan) -> list[Finding]:
    with in_a_folder(enlarged(plan, _FEW)) as folder:
        few = loading(folder)
    with in_a_folder(enlarged(plan, _MANY)) as folder:
        many = [loading(folder) for _ in range(_LOADINGS)]
    if (few.numbers, many[0].numbers) != (_FEW, _MANY):
        raise RuntimeError("the large plan was not loaded")
    seconds = Range.of([one.seconds for one in many])
    peak = max(one.peak_mib for one in many)
    more = statistics.median(one.memory_mib for one in many) - few.memory_mib
    octets = more * _OCTETS_A_MIB / (_MANY - _FEW)
    return [
        Finding(
            f"loading a plan with {_MANY:,} numbers in a CSV file, {_LOADINGS} times",
            f"≤ {_LOAD_S:.0f} s (stretch {_STRETCH_S:.0f})",
            f"{seconds.text()} s",
            f"{_FEW:,} numbers: {few.seconds:.2f} s",
            met=seconds.median <= _LOAD_S,
            bars=(Bar(Panel.PLANS, "load, 1,000,000 numbers", seconds, _LOAD_S),),
        ),
        Finding(
            "the same: most memory of the process",
            f"≤ {_PEAK_MIB} MiB",
            f"{peak:.0f} MiB",
            f"{_FEW:,} numbers: {few.peak_mib:.0f} MiB",
            met=peak <= _PEAK_MIB,
        ),
        Finding(
            "the same: memory a number, once loaded",
            f"≤ {_OCTETS} B (stretch {_STRETCH_OCTETS})",
            f"{octets:.0f} B",
            "",
            met=octets <= _OCTETS,
        ),
    ]
