"""The one clock of an instance: the wall clock, or in a rehearsal another day that runs on from its start.

Rules:
- A rehearsal's offset is whole seconds, the same for the controller and the dialplan, fixed when the instance
  starts; it is kept in the instance's folder so that a controller started again goes on in the same time.
- Only the instants that the plan is asked about are shifted. What Asterisk wrote down keeps its own clock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_LONGEST_OFFSET_S = 10**9
"""About 32 years each way. Arrivals are refused for an offset of more than ten digits."""


class ClockError(ValueError):
    """The instant given for a rehearsal cannot be used; the text says why and what to give."""


def parse_instant(text: str) -> datetime:
    """Read an instant that someone typed. Raises ClockError for one without its offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ClockError(
            f"{text!r}: 需要带时区的时刻 / an instant with its offset is needed, such as 2021-09-30T23:59:50+08:00"
        )
    return instant


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells what time it is for the plan."""

    offset_s: int = 0
    """How far ahead of the wall clock, in seconds; negative for the past."""

    @classmethod
    def starting_at(cls, instant: str, wall: datetime) -> Clock:
        """Return the clock that shows `instant` when the wall clock shows `wall`. Raises ClockError."""
        offset_s = round((parse_instant(instant) - wall).total_seconds())
        if abs(offset_s) > _LONGEST_OFFSET_S:
            raise ClockError(f"{instant!r}: 离今天太远 / too far from today; give an instant within 30 years")
        return cls(offset_s)

    def now(self) -> datetime:
        """Return the present instant of the plan, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s)

    def save(self, file: Path) -> None:
        """Keep the clock for a controller that is started again."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"offset_s": self.offset_s}), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Clock:
        """Read a clock that was kept. Raises ClockError when it is not there or damaged."""
        try:
            return cls(int(json.loads(file.read_text(encoding="utf-8"))["offset_s"]))
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            raise ClockError(f"{file}: no rehearsal clock; remedy: callrouter serve --clock …") from None
