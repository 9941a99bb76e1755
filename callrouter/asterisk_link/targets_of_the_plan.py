"""To whom the static dialplan can pass a caller: what it must know while the controller is away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DialledTarget:
    """Somebody to whom a caller can be passed."""

    id: str
    """In the plan; an account for a colleague."""
    role: str
    """A `LegRole`."""
    kind: str
    """`dial`, or `queue` for seats that answer together."""
    dial: tuple[str, ...]
    """What is called, `PJSIP/12360@peer-customs`, all of it at once; the queue's name, one."""
    code: str
    """The digits that an agent presses; empty: none."""
    is_first: bool
    """Whether the code stands for this one while nobody can be asked: of those who share it one does."""
    kinds: tuple[str, ...]
    """`three_way`, `plain`: how the document lets it be brought in."""
    ring_s: int
    """How long it is called."""
    connecting: str
    """What the caller hears before a three-way transfer, by file key; empty, here and below: a general one."""
    passing: str
    """Before a plain one."""
    failed: str
    """When it could not be had."""
    joined: str
    """When it has joined."""
    always: bool
    """Whether it may be called at any hour while nobody can be asked; if not, in the hours of the general path."""
    begins: int
    """From when it may be called, in epoch seconds; 0: since ever."""
