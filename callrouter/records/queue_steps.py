"""The queue log, handed over in small steps that wait until the journal has come as far. Blocking, as `tail` is.

Rules:
- Its instants are whole seconds, so it is read well beyond the second that the journal has come to.
- Steps about later calls wait here: a call is not begun by what the queue log has to say of it, hours or a second
  before the journal's rows about it are read.
- What waits is not accepted: whoever begins anew reads it again.
- Several steps are read at once: opening the file for each took longer than what was done with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from callrouter.records.cut import Cut
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.records.tail import Batch, FilePosition, LogTail, is_last
from callrouter.vocabulary.queue_log import QueueRow

_STEP_BYTES = 1 << 12
"""Some twenty calls."""
_STEPS_AT_ONCE = 16
_MOST_ROWS = 50_000
_SLACK_S = 1
"""Asterisk writes the two logs in threads of their own."""


@dataclass(frozen=True, slots=True)
class _Step:
    rows: tuple[QueueRow, ...]
    unreadable: int
    end: int
    """Bytes from the beginning of the stretch that was read."""


class QueueSteps:
    """One node's queue log."""

    def __init__(self, path: Path, positions: Sequence[FilePosition]) -> None:
        self._path = path
        self._tail = LogTail(path, _cut_in_steps, positions, limit=_STEPS_AT_ONCE * _STEP_BYTES)
        self._waiting: deque[Batch[QueueRow]] = deque()
        self._rows = 0
        """That wait."""

    @property
    def files_passed_over(self) -> int:
        """How many rotated files could not be read."""
        return self._tail.files_passed_over

    def reach(self, second: int | None) -> bool:
        """Read beyond a second since 1970, or to the end; say whether that was done before too much waits.

        Raises OSError; what was read until then is lost here, and must be read by another one.
        """
        while not (self._waiting and second is not None and _is_beyond(self._waiting[-1], second)):
            if self._rows > _MOST_ROWS:
                return False
            batch = self._tail.next_batch()
            if batch is None:
                return True
            self._tail.accept(batch.position)
            for step in _steps_of(batch):
                self._waiting.append(step)
                self._rows += len(step.rows)
            if is_last(batch, self._path):
                return True
        return True

    def take(self, calls: AbstractSet[str] | None) -> tuple[Batch[QueueRow] | None, bool]:
        """Hand over what waits, up to the last step that has a row about one of the calls; None: all of it.

        Says whether that was all: what is of another file has a position of its own, and comes next time.
        """
        number = len(self._waiting) if calls is None else _last_about(self._waiting, calls)
        steps: list[Batch[QueueRow]] = []
        while len(steps) < number and self._is_of_one_file(steps):
            steps.append(self._waiting.popleft())
            self._rows -= len(steps[-1].rows)
        return _joined(steps) if steps else None, len(steps) == number

    def _is_of_one_file(self, steps: Sequence[Batch[QueueRow]]) -> bool:
        return not steps or steps[-1].position.inode == self._waiting[0].position.inode


def _cut_in_steps(data: bytes) -> Cut[_Step]:
    consumed = data.rfind(b"\n") + 1
    steps: list[_Step] = []
    start = 0
    while start < consumed:
        # A line may be longer than a step.
        end = (data.rfind(b"\n", start, start + _STEP_BYTES) + 1) or (data.index(b"\n", start) + 1)
        found = cut_queue_log(data[start:end])
        steps.append(_Step(found.rows, found.unreadable, end))
        start = end
    return Cut(tuple(steps), 0, consumed)


def _steps_of(batch: Batch[_Step]) -> Iterator[Batch[QueueRow]]:
    if not batch.rows:
        yield Batch((), batch.unreadable, batch.position, batch.is_full)
        return
    last = batch.rows[-1]
    for step in batch.rows:
        position = replace(batch.position, offset=batch.position.offset - last.end + step.end)
        yield Batch(step.rows, step.unreadable, position, batch.is_full or step is not last)


def _is_beyond(step: Batch[QueueRow], second: int) -> bool:
    return bool(step.rows) and step.rows[-1].at_s > second + _SLACK_S


def _last_about(steps: Sequence[Batch[QueueRow]], calls: AbstractSet[str]) -> int:
    """Give the number of the last step that has a row about one of the calls; 0: none has."""
    for number in range(len(steps), 0, -1):
        if any(row.call in calls for row in steps[number - 1].rows):
            return number
    return 0


def _joined(steps: Sequence[Batch[QueueRow]]) -> Batch[QueueRow]:
    return Batch(
        tuple(chain.from_iterable(step.rows for step in steps)),
        sum(step.unreadable for step in steps),
        steps[-1].position,
        is_full=steps[-1].is_full,
    )
