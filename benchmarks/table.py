"""What a measurement found, and the table that ends a run."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    what: str
    target: str
    """Empty where nobody has set one."""
    measured: str
    peer: str
    """The same in the same run, done by somebody else or by nobody; empty where there is no peer."""


def print_table(findings: Iterable[Finding]) -> None:
    """Print the findings, and what they were measured on."""
    table = Table(show_lines=True)
    for heading in ("what", "target", "measured", "peer, same run"):
        table.add_column(heading, overflow="fold")
    for one in findings:
        table.add_row(*map(Text, (one.what, one.target, one.measured, one.peer)))  # brackets are no markup
    console = Console()
    console.print(table)
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    console.print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores shared with the load, load average {load}."
        " Absolute times are this machine's at this moment; compare within a run only."
    )
