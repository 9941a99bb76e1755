"""What is wrong with a plan, or wants a look: place, severity, code, fault, remedy.

Rules:
- A finding names `dialplans/<jurisdiction>/<file>:line:column`, as the folder was given, never a path of the machine.
- The fault is told in Chinese, then in English; then comes what to do about it.
- Nobody stops at the first: everything is reported, in the order in which it is written.
- An ERROR means that the plan can't be used, or must not be; WARNING wants a look; NOTE is for knowing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from callrouter.plans.codes import Code


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do about it, without the place."""

    code: Code
    zh: str
    en: str
    fix: str
    """What to do: Chinese, then English."""
    severity: Severity = Severity.ERROR
    source: str | None = None
    """The document's line that asks for it, such as `000:L82`."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault at its place. Line and column count from 1; 0 means the file as a whole."""

    file: str
    line: int
    column: int
    fault: Fault = field(compare=False)

    @property
    def place(self) -> str:
        """`dialplans/sichuan/lines.yaml:14:9`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def is_error(self) -> bool:
        """Whether the plan can't be used because of it."""
        return self.fault.severity is Severity.ERROR

    def __str__(self) -> str:
        fault = self.fault
        cited = f" [{fault.source}]" if fault.source else ""
        return f"{self.place}: {fault.severity} {fault.code}: {fault.zh} / {fault.en}{cited}; {fault.fix}"


class PlanErrors(Exception):
    """A plan that can't be used: every finding about it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(sorted(findings))
        super().__init__(str(self))

    def __str__(self) -> str:
        """All the errors, one a line."""
        errors = [finding for finding in self.findings if finding.is_error]
        head = f"计划有 {len(errors)} 处错误 / the plan has {len(errors)} error(s):"
        return "\n".join([head, *map(str, errors)])


def at_place(place: str, fault: Fault) -> Finding:
    """The finding at `file:line:column`, `file:line` or a file alone."""
    parts = place.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return Finding(parts[0], int(parts[1]), int(parts[2]), fault)
    file, _, line = place.rpartition(":")
    return Finding(file, int(line), 1, fault) if file and line.isdigit() else Finding(place, 0, 0, fault)


def clipped(text: str, limit: int = 60) -> str:
    """A value as a finding may quote it: short, and with nothing invisible in it."""
    visible = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return visible if len(visible) <= limit else f"{visible[:limit]}…"
