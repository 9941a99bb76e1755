"""What the controller asks a records process, and what that says: a word a line, a JSON object a line.

Rules:
- A records process speaks when it is asked and not otherwise: one answer to one word.
- Numbers and the plan's own texts cross, and nothing about any one call. What is not exactly that is no answer.
- `STATE` is answered from memory, `FIGURES` after asking the database.
- Of several processes, each does a part of the work: their answers are added up. What one counts that does not answer
  is not told at all: a sum without it would look like a process that began anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
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
    """Another has it: no failure."""
    WITHOUT = "without"
    """Nobody can say who has it: nobody does yet, or the database does not answer."""


class Work(StrEnum):
    """What only one may do at a time."""

    CONTROL = "control"
    """Acting upon a node's Asterisk; the records process keeps this lease for its controller."""
    COLLECT = "collect"
    PUBLISH = "publish"


class Silence(StrEnum):
    """Why a records process does not answer."""

    STARTING = "starting"
    """It runs, and has not answered yet."""
    HUNG = "hung"
    """It runs, and has answered before."""
    GONE = "gone"


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


@dataclass(frozen=True, slots=True)
class Told:
    """What the records processes of this host have said, as if they were one."""

    figures: RecordFigures | None
    """Of those that have answered, added up; None: of none."""
    silent: Mapping[Work, Silence] = field(default_factory=dict)
    """The work of those that have not."""


_BY_BOTH: Final = frozenset({"database_failures", "unforeseen_errors"})
_BY_PUBLISHING: Final = frozenset(
    {
        "published",
        "publish_failures",
        "acknowledged",
        "rejected",
        "repeated_acknowledgements",
        "unknown_acknowledgements",
        "reconciled",
        "missing_found",
        "manifests_unanswered",
        "broker_connected",
    }
)
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


def merged(answers: Sequence[RecordFigures]) -> RecordFigures | None:
    """Add up what processes have said that do different work; None when nobody said anything."""
    if not answers:
        return None
    counters = RecordCounters(
        **{
            counter.name: sum(getattr(one.counters, counter.name) for one in answers)
            for counter in fields(RecordCounters)
        }
    )
    counters.broker_connected = any(one.counters.broker_connected for one in answers)
    standing = {work: stands for one in answers for work, stands in one.standing.items()}
    return RecordFigures(
        counters, next((one.database for one in answers if one.database is not None), None), standing
    )


def counted_by(counter: str) -> frozenset[Work]:
    """Say whose work a counter of `RecordCounters` counts."""
    if counter in _BY_BOTH:
        return frozenset({Work.COLLECT, Work.PUBLISH})
    return frozenset({Work.PUBLISH if counter in _BY_PUBLISHING else Work.COLLECT})


def as_gauges(told: RecordFigures, silent: Collection[Work] = ()) -> Mapping[str, float]:
    """Give everything but `calls` as metrics want it: a name and a number each.

    `silent`: the work of processes that have not answered; what they count is left out.
    """
    held = told.database
    figures: dict[str, float] = {
        counter: count
        for counter, count in asdict(told.counters).items()
        if counted_by(counter).isdisjoint(silent)
    }
    if "lag_seconds" in figures:
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
