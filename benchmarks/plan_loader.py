"""A program that loads a plan, and tells what it took: `python -m benchmarks.plan_loader FOLDER`.

It prints one line: seconds, how much stands in memory afterwards and stood there at most (MiB), and how many numbers
are listed.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.processes import memory_mib
from callrouter.plans.load import load_plan

_KIB_A_MIB: Final = 1024


def main(folder: Path) -> None:
    """Load the plan. Raises PlanErrors."""
    began = time.perf_counter()
    plan = load_plan(folder)
    took = time.perf_counter() - began
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_A_MIB
    print(took, memory_mib(os.getpid()), peak, len(plan.lists))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
