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


@dataclass(frozen=True, slots=True)
class Range:
    """The median of some pairs, and all that was seen."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, pairs: Sequence[float]) -> Range:
        """Summarise at least one pair."""
        return cls(statistics.median(pairs), min(pairs), max(pairs))

    def text(self, digits: int = 2) -> str:
        """Write `0.95 (0.90 to 1.02)`."""
        return f"{self.median:.{digits}f} ({self.least:.{digits}f} to {self.most:.{digits}f})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Divide slice by slice: each of ours by that of the same round. Raises ValueError for unequal numbers."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def differences(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Subtract slice by slice, in the same way."""
    return [mine - other for mine, other in zip(ours, theirs, strict=True)]
