"""Run the measurements: all of them, and write the report; or some, and only print what they found.

python -m benchmarks                 every measurement; writes docs/performance.md and .svg (`make bench`)
python -m benchmarks deciding ami    these; writes nothing
"""

from __future__ import annotations

import importlib
import logging
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import structlog

from benchmarks.report import Run, write_report
from benchmarks.table import Finding, load_average, machine, print_table

MEASUREMENTS: Final = {
    "calls": "Whole calls through Asterisk",
    "dips": "FastAGI dips, server alone",
    "floods": "FastAGI dips under hostile load",
    "ami": "AMI",
    "transfers": "Three-way transfers",
    "deciding": "Deciding",
    "plans": "Large plans",
    "records": "Records",
}
"""Modules of this package with what the report calls them, in the order in which they run."""


def main(names: Sequence[str]) -> int:
    """Measure; return the exit status: 1 when a measurement could not be made, and then nothing is written."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        print(
            f"no such measurement: {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr
        )
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    began, load_before = time.monotonic(), load_average()
    found: dict[str, list[Finding]] = {}
    how: dict[str, str] = {}
    failed: list[str] = []
    for name in names or MEASUREMENTS:
        title = MEASUREMENTS[name]
        print(f"measuring: {title}", flush=True)
        try:
            module = importlib.import_module(f"benchmarks.{name}")
            found[title] = module.measure()
        except Exception:
            # The others are worth having: the run has taken minutes.
            traceback.print_exc()
            failed.append(title)
            continue
        how[title] = getattr(module, "HOW", None) or module.__doc__ or ""
    print_table(one for findings in found.values() for one in findings)
    if failed:
        print(f"not measured: {', '.join(failed)}; nothing is written", file=sys.stderr)
        return 1
    if not names:
        minutes = (time.monotonic() - began) / 60
        day = datetime.now(UTC).date().isoformat()
        write_report(Run(day, machine(), load_before, load_average(), minutes), found, how)
        print("written: docs/performance.md, docs/performance.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
