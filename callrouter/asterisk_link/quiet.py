"""So many lines a minute and no more: misbehaving peers must not be able to fill a disk with our log.  PURE.

Rules
1. A minute begins with the first line in it; so many lines of it are written, the others only counted.
2. When a minute is over in which lines were left out, that is said once, with their number.
3. Time is an argument: seconds of a monotonic clock.
"""

from __future__ import annotations

from typing import Final

_MINUTE_S: Final = 60.0


class Quiet:
    """Says whether a line may be written now."""

    __slots__ = ("_began", "_left_out", "_lines_a_minute", "_written")

    def __init__(self, lines_a_minute: int) -> None:
        self._lines_a_minute = lines_a_minute
        self._began: float | None = None
        self._written = 0
        self._left_out = 0

    @property
    def owes_a_summary(self) -> bool:
        """Whether lines were left out that have not been told of."""
        return self._left_out > 0

    def may_write(self, now: float) -> bool:
        """Ask for one line; ask for the `summary` first, or what a minute left out is told with the next."""
        if self._began is None or now - self._began >= _MINUTE_S:
            self._began, self._written = now, 0
        if self._written >= self._lines_a_minute:
            self._left_out += 1
            return False
        self._written += 1
        return True

    def summary(self, now: float) -> int:
        """Return how many lines were left out in a minute that is over, once; else 0."""
        if not self._left_out or self._began is None or now - self._began < _MINUTE_S:
            return 0
        left_out, self._left_out = self._left_out, 0
        return left_out
