"""Where an instant lies on a timeline's axis.

Rules:
- Between two instants that are labelled lies a stretch wide enough for a label, however short the time.
- A longer time is a wider stretch, by its square root: ten years beside a week both stay readable.
- What lies before the first and after the last labelled instant has a stretch of its own at either end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from typing import Final

_NARROWEST: Final = 92.0
_WIDEST: Final = 260.0
_PER_ROOT_DAY: Final = 12.0
_EDGE: Final = 100.0
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """Instants to horizontal positions, from 0 to `width`."""

    knots: tuple[datetime, ...]
    """The labelled instants, in order."""
    places: tuple[float, ...]
    """Where each lies."""
    earliest: datetime
    """What lies at 0."""
    latest: datetime
    """What lies at `width`."""
    width: float

    def at(self, instant: datetime) -> float:
        """The position of an instant; what is out of reach lies at the edge."""
        moments = (self.earliest, *self.knots, self.latest)
        positions = (0.0, *self.places, self.width)
        instant = min(max(instant, self.earliest), self.latest)
        left = min(bisect_right(moments, instant) - 1, len(moments) - 2)
        whole = moments[left + 1] - moments[left]
        share = (instant - moments[left]) / whole if whole else 0.0
        return positions[left] + share * (positions[left + 1] - positions[left])


def scale_of(instants: Sequence[datetime], reach: Sequence[datetime]) -> Scale:
    """The scale that labels `instants` (sorted, each once) and still shows what is in `reach`.

    Raises ValueError if both are empty: then there is nothing to place.
    """
    outermost = sorted({*instants, *reach})
    if not outermost:
        raise ValueError("a timeline needs an instant")
    knots = tuple(instants) or (outermost[0],)
    places = [_EDGE]
    for earlier, later in pairwise(knots):
        places.append(
            places[-1] + min(_WIDEST, max(_NARROWEST, _PER_ROOT_DAY * sqrt((later - earlier) / _DAY)))
        )
    margin = 30 * _DAY
    return Scale(
        knots,
        tuple(places),
        min(outermost[0], knots[0]) - margin,
        max(outermost[-1], knots[-1]) + margin,
        places[-1] + _EDGE,
    )
