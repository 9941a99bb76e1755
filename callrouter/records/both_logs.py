"""Reading Asterisk's journal and its queue log side by side. Blocking: call it from a thread.

Rules:
- The journal first, then the queue log to its end: what the queue log has to say about a call was written before the
  journal's last row about it, so it is there when the call is folded.
- A batch of the journal waits while the queue log has more than one batch to give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callrouter.records.cel_csv import cut
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.records.tail import Batch, FilePosition, LogTail, inode_of
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow

_BATCH_BYTES = 1 << 20
"""About three hundred calls, a tenth of a second: more cost no less each, and whoever asks how the records stand
waits for one batch at most."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is to be stored next."""

    cel: Batch[CelRow] | None
    queue: Batch[QueueRow] | None
    came_to_the_end: bool
    """Neither log had more when it was read."""


class BothLogs:
    """The two logs of one node."""

    def __init__(
        self,
        cel_path: Path,
        cel_positions: Sequence[FilePosition],
        queue_path: Path,
        queue_positions: Sequence[FilePosition],
    ) -> None:
        self._cel_path = cel_path
        self._queue_path = queue_path
        self._cel = LogTail(cel_path, cut, cel_positions, limit=_BATCH_BYTES)
        self._queue = LogTail(queue_path, cut_queue_log, queue_positions, limit=_BATCH_BYTES)
        self._waiting: Batch[CelRow] | None = None

    @property
    def files_passed_over(self) -> int:
        """How many rotated files could not be read."""
        return self._cel.files_passed_over + self._queue.files_passed_over

    def read(self) -> Reading:
        """Read the next batches. Raises OSError; `accept` them when they are stored."""
        if self._waiting is None:
            self._waiting = self._cel.next_batch()
        cel, queue = self._waiting, self._queue.next_batch()
        if not _is_last(queue, self._queue_path):
            return Reading(None, queue, came_to_the_end=False)
        return Reading(cel, queue, came_to_the_end=_is_last(cel, self._cel_path))

    def accept(self, reading: Reading) -> None:
        """Go on from here: it is stored."""
        if reading.cel is not None:
            self._cel.accept(reading.cel.position)
            self._waiting = None
        if reading.queue is not None:
            self._queue.accept(reading.queue.position)


def _is_last(batch: Batch[CelRow] | Batch[QueueRow] | None, path: Path) -> bool:
    """Say whether the log had no more; a batch of a rotated file is followed by those after it."""
    if batch is None:
        return True
    if batch.is_full:
        return False
    try:
        return inode_of(path.stat()) == batch.position.inode
    except FileNotFoundError:
        return False
