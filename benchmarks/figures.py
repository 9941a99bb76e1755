"""From samples to figures: percentiles, and medians with their spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(samples: Sequence[float], percent: float) -> float:
    """Return the sample that `percent` of the samples do not exceed (nearest rank).

    Of 60 samples the 99th percentile is thus the largest.
    """
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of a few slices and their quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, slices: Sequence[float]) -> Spread:
        """Summarise at least two slices."""
        low, median, high = statistics.quantiles(slices, n=4, method="inclusive")
        return cls(median, low, high)

    def text(self, digits: int) -> str:
        """Write `104 [101 to 110]`."""
        return f"{self.median:.{digits}f} [{self.low:.{digits}f} to {self.high:.{digits}f}]"
