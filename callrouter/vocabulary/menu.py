"""A menu: what some callers are asked to choose by a key before a person answers. No plan has one by default.

Rules:
- GB/T 33358-2016 advises against menus at a hotline, and wants a person within 15 s: only an operator who needs one
  (a language, a service) writes one.
- A person is at the end of every way through it: `otherwise` answers whoever presses 0, nothing, or no choice.
- There are no menus behind menus: a key leads to seats.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

CATALOGUE_ID_LENGTH: Final = 3
"""Of the ids of announcements, such as `L01`; whatever else a menu plays is the operator's own recording."""


class MenuDesk(StrEnum):
    """Whose callers are offered a menu."""

    HUB = "hub"
    """Whoever dials 12345 itself."""
    UNKNOWN = "unknown"
    """Whoever dials a number that is in no plan."""
    LINES = "lines"
    """Whoever dials some lines of the plan."""


@dataclass(frozen=True, slots=True)
class MenuKey:
    """A key and the seats that it leads to."""

    key: str
    """1 to 9: 0 is always a person of `otherwise`."""
    queue: str


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of a plan."""

    id: str
    """Lower-case letters and digits: Asterisk does not tell `a-1` from `a1` among its extensions."""
    announcement: str
    """The file key of the operator's own recording, such as `own-language`; or a catalogue id, such as `L01`."""
    desk: MenuDesk
    lines: tuple[str, ...]
    """Of `MenuDesk.LINES`: canonical numbers."""
    choices: tuple[MenuKey, ...]
    otherwise: str
    """A general queue."""
    tries: int
    """How often the caller is asked: 1 to 3."""
    timeout_s: int
    """Seconds behind the announcement in which a key may be pressed: 1 to 10."""
    place: str

    @property
    def is_own_recording(self) -> bool:
        """Whether the announcement is a file of the operator's, not one of the catalogue."""
        return not (len(self.announcement) == CATALOGUE_ID_LENGTH and self.announcement[0].isupper())
