"""Which phase is in force at an instant.

Rules:
- Intervals are half-open, `[starts, ends)`: at the instant of a boundary the later phase is in force.
- A plan's phases follow one another without a gap, so there is always exactly one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from callrouter.vocabulary.migration import Phase


def phase_at(phases: Sequence[Phase], at: datetime) -> Phase:
    """The phase in force at `at`, which must be zone-aware.

    Looks from the last phase backwards, because most calls come after a migration. Raises ValueError if
    there is no phase that early: then no loader has seen them.
    """
    for phase in reversed(phases):
        if phase.starts is None or phase.starts <= at:
            return phase
    raise ValueError("the phases do not reach that far back")


def has_begun(starts: datetime | None, at: datetime) -> bool:
    """Whether what begins at `starts`, or has always been, is there at `at`."""
    return starts is None or starts <= at
