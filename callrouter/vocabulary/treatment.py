"""What is to be done with a call: the only thing that a decision may order.

Rules:
- A treatment is data for the static dialplan; it names queues, prompts, peers and causes, never free text.
- The set is closed: every place that acts on a treatment matches all of it.
- Each but a release holds the queue in which the call ends when what was ordered fails: a person at the end.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Connect(NamedTuple):
    """Play the notice, if there is one, then let the queue's agents answer."""

    queue: str
    notice: str | None
    """The prompt's file key, such as `t01-12300-sichuan`."""
    priority: int
    """Asterisk's QUEUE_PRIO: the higher, the sooner."""


class Dial(NamedTuple):
    """Play the notice, if there is one, then call the peer; if that fails, the queue's agents answer."""

    peer: str
    """The id of the plan's peer."""
    notice: str | None
    queue: str
    priority: int


class TakeMessage(NamedTuple):
    """Play the notice, then record a message: nobody is on duty. A queue that has agents all the same goes first."""

    notice: str | None
    queue: str
    priority: int


class Guide(NamedTuple):
    """Tell the caller whom to call; whoever stays on the line is connected to the queue."""

    notice: str
    queue: str
    priority: int


class Release(NamedTuple):
    """Play the notice twice as early media, then release with a cause. The caller is never charged."""

    notice: str
    cause: int
    """Q.850: 22 is "number changed", which Asterisk sends as 410."""


class Ask(NamedTuple):
    """Offer a menu; its key chooses among seats, and the queue's agents answer whoever chooses nothing."""

    menu: str
    """The id of the plan's menu."""
    notice: str | None
    """Played behind the menu, while seats ring: what the caller's line must say."""
    queue: str
    priority: int


Treatment = Connect | Dial | TakeMessage | Guide | Release | Ask

_WORDS: Final[dict[type, str]] = {
    Connect: "queue",
    Dial: "dial",
    TakeMessage: "voicemail",
    Guide: "guide",
    Release: "release",
    Ask: "menu",
}


def treatment_word(treatment: Treatment) -> str:
    """Return the one word that explanations and records have for a treatment."""
    return _WORDS[type(treatment)]
