"""What the static dialplan knows of a plan: what must hold while the controller is away.

Rules:
- It is rendered at Asterisk's start, of plain names and numbers; nothing in it came from a caller.
- Lengths are of the very files that Asterisk plays.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Played:
    """A sound of a notice, and when it is heard; milliseconds since the notice began."""

    key: str
    starts_ms: int
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What a caller hears before an agent: a front notice, the notice of recording, or both."""

    name: str
    """The file key of the front notice; `none` for a call without one."""
    parts: tuple[Played, ...]
    heard_ms: int
    """From when on an agent may be connected, since the notice began."""


@dataclass(frozen=True, slots=True)
class OfThePlan:
    """All that the templates need of the plan."""

    queues: tuple[str, ...]
    """The general queue first."""
    notices: tuple[Notice, ...] = ()
