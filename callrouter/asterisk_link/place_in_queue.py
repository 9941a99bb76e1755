"""What a caller in a queue is told behind the notice: how many are ahead, how long it will last, to hold the line.

Rules:
- Music on hold has no class for each notice, place and wait: they would be thousands, and Asterisk's start pays for
  each. A notice's class names one sound, and which one that is, the channel's language says: Asterisk looks for the
  sound of a language in a folder of the language's name.
- For every other sound these languages are `zh_CN`: Asterisk cuts a language at its last `_` when it finds nothing.
- The words of places and waits are those of `[step-of-place]` and `[step-of-wait]` in extensions-queue.conf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

SOUND: Final = "place"
"""The file name, without its ending, in every language's folder."""
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "0": ("q05",),
    **{str(ahead): ("q01", f"q03-{ahead}") for ahead in range(1, 11)},
    "m": ("q01",),
    "x": ("q01", "q04"),
}
"""How many are ahead; `m` many, `x` more than can be said."""
_WAITS: Final[Mapping[str, tuple[str, ...]]] = {
    "0": (),
    **{str(minutes): (f"q06-{minutes}",) for minutes in (1, 2, 3, 5, 10, 20, 30)},
    "x": ("q07",),
}
"""Minutes; `0` not known, `x` more than can be said."""
_HOLD_THE_LINE: Final = "q08"


@dataclass(frozen=True, slots=True)
class PlaceTold:
    """A place and a wait that can be told."""

    language: str
    """The channel's, in which they are."""
    keys: tuple[str, ...]
    """The recordings, one after the other."""


def places_told() -> Iterator[PlaceTold]:
    """Return all that a caller may be told."""
    for place, ahead in _PLACES.items():
        for wait, minutes in _WAITS.items():
            yield PlaceTold(f"zh_CN_p{place}w{wait}", (*ahead, *minutes, _HOLD_THE_LINE))
