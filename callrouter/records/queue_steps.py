"""The queue log, read in small steps that wait until the journal has come as far. Blocking, as `tail` is.

Rules:
- Its instants are whole seconds, so it is read well beyond the second that the journal has come to.
- Steps about later calls wait here: a call is not begun by what the queue log has to say of it, hours or a second
  before the journal's rows about it are read.
- What waits is not accepted: whoever begins anew reads it again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.records.tail import Batch, FilePosition, LogTail, is_last
from callrouter.vocabulary.queue_log import QueueRow

_STEP_BYTES = 1 << 12
"""Some twenty calls."""
_MOST_ROWS = 50_000
_SLACK_S = 1
"""Asterisk writes the two logs in threads of their own."""


class QueueSteps:
    """One node's queue log."""

    def __init__(self, path: Path, positions: Sequence[FilePosition]) -> None:
        self._path = path
        self._tail = LogTail(path, cut_queue_log, positions, limit=_STEP_BYTES)
        self._waiting: deque[Batch[QueueRow]] = deque()

    @property
    def files_passed_over(self) -> int:
        """How many rotated files could not be read."""
        return self._tail.files_passed_over

    def reach(self, second: int | None) -> bool:
        """Read beyond a second since 1970, or to the end; say whether that was done before too much waits.

        Raises OSError; what was read until then is lost here, and must be read by another one.
        """
        while not (self._waiting and second is not None and _is_beyond(self._waiting[-1], second)):
            if sum(len(step.rows) for step in self._waiting) > _MOST_ROWS:
                return False
            step = self._tail.next_batch()
            if step is None:
                return True
            self._tail.accept(step.position)
            self._waiting.append(step)
            if is_last(step, self._path):
                return True
        return True

    def take(self, calls: AbstractSet[str] | None) -> tuple[Batch[QueueRow] | None, bool]:
        """Hand over what waits, up to the last step that has a row about one of the calls; None: all of it.

        Says whether that was all: what is of another file has a position of its own, and comes next time.
        """
        steps = len(self._waiting) if calls is None else _last_about(self._waiting, calls)
        taken: Batch[QueueRow] | None = None
        for _ in range(steps):
            if taken and taken.position.inode != self._waiting[0].position.inode:
                return taken, False
            taken = _joined(taken, self._waiting.popleft())
        return taken, True


def _is_beyond(step: Batch[QueueRow], second: int) -> bool:
    return bool(step.rows) and step.rows[-1].at_s > second + _SLACK_S


def _last_about(steps: Sequence[Batch[QueueRow]], calls: AbstractSet[str]) -> int:
    about = [any(row.call in calls for row in step.rows) for step in steps]
    return max((place for place, one in enumerate(about, 1) if one), default=0)


def _joined(one: Batch[QueueRow] | None, other: Batch[QueueRow]) -> Batch[QueueRow]:
    if one is None:
        return other
    return Batch(
        one.rows + other.rows, one.unreadable + other.unreadable, other.position, is_full=other.is_full
    )
