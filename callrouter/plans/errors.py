"""What is wrong with a plan's files: place, fault, remedy; all of it in one go.

Rules:
- An error names `dialplans/<jurisdiction>/<file>:line:column`, never a path of the machine.
- The fault is told in Chinese, then in English; then comes what to do about it.
- Nobody stops at the first error: everything is reported, in the order in which it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do about it, without the place."""

    zh: str
    en: str
    remedy: str
    """What to do: Chinese, then English."""


@dataclass(frozen=True, slots=True, order=True)
class PlanError:
    """One fault of a plan at its place. Line and column count from 1; 0 means the file as a whole."""

    file: str
    line: int
    column: int
    fault: Fault = field(compare=False)

    @property
    def place(self) -> str:
        """`dialplans/sichuan/lines.yaml:14:9`, or the file alone."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    def __str__(self) -> str:
        return f"{self.place}: {self.fault.zh} / {self.fault.en}; {self.fault.remedy}"


class PlanErrors(Exception):
    """A plan that can't be used: every error of it."""

    def __init__(self, errors: Sequence[PlanError]) -> None:
        self.errors: tuple[PlanError, ...] = tuple(sorted(errors))
        super().__init__(str(self))

    def __str__(self) -> str:
        """All the errors, one a line."""
        head = f"计划有 {len(self.errors)} 处错误 / the plan has {len(self.errors)} error(s):"
        return "\n".join([head, *map(str, self.errors)])


def clipped(text: str, limit: int = 60) -> str:
    """A value as an error may quote it: short, and with nothing invisible in it."""
    visible = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return visible if len(visible) <= limit else f"{visible[:limit]}…"
