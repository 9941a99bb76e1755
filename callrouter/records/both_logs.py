"""Reading Asterisk's journal and its queue log side by side. Blocking: call it from a thread.

Rules:
- The journal first, then the queue log beyond the journal's last row: what the queue log has to say about a call was
  written before the journal's last row about it, so it is there when the call is folded.
- Where both are far behind, the queue log's rows wait for those of the journal (`queue_steps`).
- Whoever could not read it all begins anew with the positions that are stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from callrouter.records.cel_csv import cut
from callrouter.records.queue_steps import QueueSteps
from callrouter.records.tail import Batch, FilePosition, LogTail, is_last
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow

_BATCH_BYTES = 1 << 20
"""About three hundred calls, a tenth of a second: more cost no less each, and whoever asks how the records stand
waits for one batch at most."""
_at_us, _linkedid = attrgetter("at_us"), attrgetter("linkedid")


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
        self._cel = LogTail(cel_path, cut, cel_positions, limit=_BATCH_BYTES)
        self._queue = QueueSteps(queue_path, queue_positions)
        self._waiting: Batch[CelRow] | None = None

    @property
    def files_passed_over(self) -> int:
        """How many rotated files could not be read."""
        return self._cel.files_passed_over + self._queue.files_passed_over

    def read(self) -> Reading:
        """Read the next batches. Raises OSError; `accept` them when they are stored."""
        if self._waiting is None:
            self._waiting = self._cel.next_batch()
        cel = self._waiting
        at_the_end = is_last(cel, self._cel_path)
        behind = cel.rows if cel is not None and not at_the_end else ()
        if not self._queue.reach(max(map(_at_us, behind)) // 1_000_000 if behind else None):
            return Reading(None, self._queue.take(None)[0], came_to_the_end=False)
        queue, is_all = self._queue.take(set(map(_linkedid, behind)) if behind else None)
        return Reading(cel if is_all else None, queue, came_to_the_end=at_the_end and is_all)

    def accept(self, reading: Reading) -> None:
        """Go on from here: it is stored."""
        if reading.cel is not None:
            self._cel.accept(reading.cel.position)
            self._waiting = None
