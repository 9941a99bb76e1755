"""What a measurement found, and the table that ends a run."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.figures import Range


class Panel(Enum):
    """A part of the plot; the value is its title, the order is theirs."""

    CALLS_ROUTED = "Routed call: calls/s, literal verdict = 1 (more is better)"
    CALLS_BARE = "Bare call: calls/s, literal verdict = 1 (more is better)"
    CPU_ROUTED = "Routed call: CPU, literal verdict = 1 (less is better)"
    CPU_BARE = "Bare call: CPU, literal verdict = 1 (less is better)"
    DELAY = "Post-dial delay added by asking, ms (less is better)"
    DECIDE = "decide(), p99, µs (less is better)"
    PLANS = "Large plans, s (less is better)"
    AMI = "Asterisk's CPU with our AMI client, without = 1 (less is better)"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the plot."""

    panel: Panel
    label: str
    value: Range
    target: float | None = None
    peer: bool = False
    """Whether somebody else did it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    what: str
    target: str
    """Empty where nobody has set one."""
    measured: str
    peer: str
    """The same in the same run, done by somebody else or by nobody; empty where there is no peer."""
    met: bool | None = None
    """Whether the target is met; None where there is none, or where it cannot be judged here."""
    bars: tuple[Bar, ...] = ()


def verdict(finding: Finding) -> str:
    """Say whether the target is met, in a word."""
    match finding.met:
        case True:
            return "met"
        case False:
            return "**missed**"
        case None:
            return "–"


def machine() -> str:
    """Describe what a run was measured on; names no path, host or user."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    return (
        f"{os.cpu_count()} cores ({model}), {memory / 1024**2:.0f} GiB, Linux {platform.release().split('-')[0]},"
        f" Python {platform.python_version()}"
    )


def load_average() -> str:
    """The machine's load, over 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def print_table(findings: Iterable[Finding]) -> None:
    """Print the findings, and what they were measured on."""
    table = Table(show_lines=True)
    for heading in ("what", "target", "measured", "met", "peer, same run"):
        table.add_column(heading, overflow="fold")
    for one in findings:
        cells = (one.what, one.target, one.measured, verdict(one).strip("*"), one.peer)
        table.add_row(*map(Text, cells))  # brackets are no markup
    console = Console()
    console.print(table)
    console.print(
        f"{machine()}; shared with the load; load average {load_average()}."
        " Absolute times are this machine's at this moment; compare within a run only."
    )


def _lines(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - the kernel's, not a path of ours
            return opened.readlines()
    except OSError:
        return []
