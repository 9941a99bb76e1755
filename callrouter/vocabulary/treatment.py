"""What is to be done with a call: the only thing that a decision may order.

Rules:
- A treatment is data for the static dialplan; it names queues, prompts and causes, never free text.
- The set is closed: every place that acts on a treatment matches all of it.
"""

from __future__ import annotations

from typing import NamedTuple


class Connect(NamedTuple):
    """Play the notice, if there is one, then let the queue's agents answer."""

    queue: str
    notice: str | None
    """The prompt's file key, such as `t01-12300`."""
    priority: int
    """Asterisk's QUEUE_PRIO: the higher, the sooner."""


class Release(NamedTuple):
    """Play the notice twice as early media, then release with a cause. The caller is never charged."""

    notice: str
    cause: int
    """Q.850: 22 is "number changed", which Asterisk sends as 410."""


Treatment = Connect | Release
