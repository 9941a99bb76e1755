"""Processes that are measured: started from a module of `benchmarks`, and their CPU clocks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from callrouter.settings import PROJECT_ROOT

_WHOLE_PROCESS: Final = 2
"""Of a clock id: the process's own time, in and out of the kernel, in ns (Linux, posix-timers.h)."""
_ENDED_CHILDREN: Final = slice(13, 15)
"""Of /proc/<pid>/stat behind the name: user and system time of ended children, in ticks (proc(5))."""
_MEBIBYTE: Final = 1024
"""In KiB, as /proc counts."""


def cpu_s(process: int) -> float:
    """What a process has used, in s."""
    return time.clock_gettime_ns((~process << 3) | _WHOLE_PROCESS) / 1e9


def family_cpu_s(process: int) -> float:
    """What a process has used, and those that it has started and that still run, in s."""
    return cpu_s(process) + sum(map(cpu_s, _children(process)))


def family_memory_mib(process: int) -> float:
    """How much of a process, and of those that it has started, stands in memory now."""
    return memory_mib(process) + sum(map(memory_mib, _children(process)))


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def ended_children_cpu_s(process: int) -> float:
    """What the children have used that a process has waited for, in s."""
    after_the_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_the_name[_ENDED_CHILDREN])) / os.sysconf("SC_CLK_TCK")


def memory_mib(process: int) -> float:
    """How much of a process stands in memory now."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    [resident] = [line for line in lines if line.startswith("VmRSS:")]
    return int(resident.split()[1]) / _MEBIBYTE


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[tuple[int, str]]:
    """Run a module until left; give its process id and the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process.pid, process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()
