"""The report: docs/performance.md and its picture, written by a whole run and by nothing else."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.plot import draw
from benchmarks.table import Finding, verdict
from callrouter.local_system.programs import program
from callrouter.settings import PROJECT_ROOT

_DOCUMENT: Final = PROJECT_ROOT / "docs" / "performance.md"
_PICTURE: Final = PROJECT_ROOT / "docs" / "performance.svg"
_HEADINGS: Final = ("what", "target", "measured", "met", "peer, same run")


@dataclass(frozen=True, slots=True)
class Run:
    """The circumstances of a run."""

    day: str
    machine: str
    load_before: str
    load_after: str
    minutes: float


def write_report(run: Run, found: Mapping[str, Sequence[Finding]], how: Mapping[str, str]) -> None:
    """Replace the document and its picture; `how` says for each measurement how it is done."""
    draw((bar for findings in found.values() for one in findings for bar in one.bars), _PICTURE)
    _replace(_DOCUMENT, rendered(run, found, how, asterisk_version()))


def rendered(run: Run, found: Mapping[str, Sequence[Finding]], how: Mapping[str, str], asterisk: str) -> str:
    """Write the document."""
    findings = [one for of_one in found.values() for one in of_one]
    judged = [one for one in findings if one.met is not None]
    met = sum(one.met is True for one in judged)
    circumstances = (
        f"Measured on {run.day}: {run.machine}, {asterisk}. Load, servers and Asterisk share the machine."
        f" Load average before: {run.load_before}; after: {run.load_after}."
        f" The run took {run.minutes:.0f} minutes."
    )
    meaning = (
        "**Only ratios within this run mean anything**: absolute times are this machine's at that moment. Where a"
        " value is followed by brackets, it is the median of alternating slices with their range, or with their"
        " quartiles where that is said."
    )
    parts = [
        "# 性能 / Performance",
        "Written by `make bench`, picture and figures alike; whoever edits it by hand loses the edit.",
        circumstances,
        meaning,
        f"**{met} of {len(judged)} targets met.**" + _missed(judged),
        "![Medians and ranges against their targets](performance.svg)",
        "## 结果 / Results",
        *(f"### {name}\n\n{_table(of_one)}" for name, of_one in found.items()),
        "## 怎样测得 / How it was measured",
        *(f"### {name}\n\n{how[name].strip()}" for name in found),
    ]
    return "\n\n".join(parts) + "\n"


def asterisk_version() -> str:
    """What the measured Asterisk calls itself, without its build."""
    said = subprocess.run([program("asterisk"), "-V"], check=True, capture_output=True, text=True).stdout
    return said.strip().partition("+")[0]


def _missed(judged: Sequence[Finding]) -> str:
    missed = [one for one in judged if not one.met]
    if not missed:
        return ""
    return " Missed:\n\n" + "\n".join(
        f"- {_cell(one.what)}: {one.measured}, target {one.target}" for one in missed
    )


def _table(findings: Sequence[Finding]) -> str:
    rows = [_HEADINGS, ("---",) * len(_HEADINGS)]
    rows += [(one.what, one.target or "–", one.measured, verdict(one), one.peer or "–") for one in findings]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def _replace(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(file)
