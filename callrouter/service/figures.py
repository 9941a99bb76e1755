"""What the controller asks the records process, and what that says: a word a line, a JSON object a line.

Rules:
- The records process speaks when it is asked and not otherwise: one answer to one word.
- Numbers and the plan's own texts cross, and nothing about any one call. What is not exactly that is no answer.
- `STATE` is answered from memory, `FIGURES` after asking the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, field
from enum import StrEnum
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from callrouter.records.counters import RecordCounters

STATE: Final = b"state\n"
FIGURES: Final = b"figures\n"
NO_ANSWER: Final = b"{}\n"
"""What is said to any other word."""
_EXACTLY = ConfigDict(extra="forbid", strict=True)


class Standing(StrEnum):
    """Where a process stands towards a lease."""

    HOLDER = "holder"
    STANDBY = "standby"
    """Another has it, or nobody can: no failure."""


class Work(StrEnum):
    """What only one may do at a time."""

    CONTROL = "control"
    """Acting upon a node's Asterisk; the records process keeps this lease for its controller."""
    COLLECT = "collect"
    PUBLISH = "publish"


class NoAnswerError(Exception):
    """The records process gave no answer, or none that is one."""


@checked_dataclass(frozen=True, slots=True, config=_EXACTLY)
class DatabaseFigures:
    """What the database holds."""

    outbox_depth: int
    outbox_dead_letters: int
    outbox_oldest_seconds: float
    calls: tuple[tuple[str, str, str, int], ...]
    """Line, phase, terminal state, calls."""


@checked_dataclass(frozen=True, slots=True, config=_EXACTLY)
class RecordFigures:
    """How the records stand."""

    counters: RecordCounters
    database: DatabaseFigures | None
    """None: it was not asked, or cannot be."""
    standing: dict[Work, Standing] = field(default_factory=dict)
    """Only the work that this process would do."""

    def stands(self, work: Work) -> Standing | None:
        """Where it stands towards this work; None: it is not its."""
        return self.standing.get(work)


_ANSWER: Final = TypeAdapter(RecordFigures)


def write_answer(figures: RecordFigures) -> bytes:
    """Spell an answer: one line."""
    return _ANSWER.dump_json(figures) + b"\n"


def read_answer(line: bytes) -> RecordFigures:
    """Read an answer. Raises NoAnswerError for what is none."""
    try:
        return _ANSWER.validate_json(line)
    except ValidationError as error:
        # Not with the text of what came: it was to hold numbers alone, and did not.
        raise NoAnswerError(f"{error.error_count()} faults in what the records process said") from None


def as_gauges(told: RecordFigures) -> Mapping[str, float]:
    """Give everything but `calls` as metrics want it: a name and a number each."""
    held = told.database
    figures: dict[str, float] = asdict(told.counters)
    figures["collector_lag_seconds"] = figures.pop("lag_seconds")
    figures |= {f"lease_{work}": standing is Standing.HOLDER for work, standing in told.standing.items()}
    figures["database_reachable"] = held is not None
    if held is not None:
        figures |= {
            "outbox_depth": held.outbox_depth,
            "outbox_dead_letters": held.outbox_dead_letters,
            "outbox_oldest_seconds": held.outbox_oldest_seconds,
        }
    return figures
