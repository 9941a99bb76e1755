"""Which expert or dedicated seats answer which lines first, from when, in which hours."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from callrouter.plans.schema.parts import OPERATOR_SOURCE
from callrouter.vocabulary.plan import Plan


@dataclass(frozen=True, slots=True)
class AnsweredFirst:
    """Seats that lines' calls are put to before the general ones."""

    lines: tuple[str, ...]
    name: str
    starts: datetime | None
    """None: since ever."""
    hours: str | None
    """The id of their own; None: the platform's."""
    source: str
    illustrative: bool
    """Whether it is the operator's choice that they do."""


def answered_first(plan: Plan, numbers: Collection[str] | None) -> Iterator[AnsweredFirst]:
    """The seats of the lines that are asked for; None: of all."""
    for queue in plan.queues.values():
        lines = tuple(one for one in queue.direct_lines if numbers is None or one in numbers)
        if lines:
            chosen = queue.illustrative or queue.given_place is not None
            yield AnsweredFirst(
                lines,
                queue.name,
                queue.starts,
                queue.hours.id if queue.hours is not None else None,
                "—" if queue.source == OPERATOR_SOURCE else queue.source,
                chosen,
            )
