"""What is wrong with the prompts, as values an admin can act on.

Rules:
- A check reports everything it sees; it does not stop at the first fault.
- Each finding names the place, the fault and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """A caller would hear nothing, or the wrong words."""
    WARNING = "warning"
    """It plays, but not as it should."""
    INFO = "info"
    """Worth knowing; nothing breaks."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, and what to do about it."""

    severity: Severity
    place: str
    """A file below the prompts folder, or a prompt's key."""
    fault: str
    remedy: str

    def __str__(self) -> str:
        """Give the finding on one line."""
        return f"{self.severity}: {self.place}: {self.fault}. {self.remedy}."


class PromptError(Exception):
    """A prompt cannot be read, filled or rendered; the finding says which, why and what to do."""

    def __init__(self, place: str, fault: str, remedy: str) -> None:
        self.finding = Finding(Severity.ERROR, place, fault, remedy)
        super().__init__(f"{place}: {fault}. {remedy}.")
