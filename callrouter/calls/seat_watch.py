"""Notices a queue that nobody answers: all its seats paused, out or away. It tells, and puts nobody back.  PURE.

Rules:
- What lasts less than ten seconds is no alarm: after a start of Asterisk every phone counts as away for a moment.
- An alarm is told again every ten minutes while it lasts, and its end once.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

LASTS_S: Final = 10.0
AGAIN_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is to be told of a queue."""

    queue: str
    is_over: bool
    lasted_s: int


class SeatWatch:
    """Looked at every few seconds, by a monotonic clock's seconds."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def look(self, unstaffed: Set[str], now_s: float) -> list[Alarm]:
        """Take in which queues nobody answers now; return what is to be told."""
        alarms = []
        for queue in sorted(self._since.keys() - unstaffed):
            since_s = self._since.pop(queue)
            if self._told.pop(queue, None) is not None:
                alarms.append(Alarm(queue, is_over=True, lasted_s=int(now_s - since_s)))
        for queue in sorted(unstaffed):
            since_s = self._since.setdefault(queue, now_s)
            told_s = self._told.get(queue)
            if now_s - since_s >= LASTS_S and (told_s is None or now_s - told_s >= AGAIN_S):
                self._told[queue] = now_s
                alarms.append(Alarm(queue, is_over=False, lasted_s=int(now_s - since_s)))
        return alarms
