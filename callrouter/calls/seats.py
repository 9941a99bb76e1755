"""Seats and their queues: who answers what, and how Asterisk spells it.

Rules:
- A seat is in a queue as `Local/<seat>@seat`: the dialplan's [seat] rings its phone, whose state is the member's.
- What is spelt so, or as an earlier version spelt it (`PJSIP/<seat>`, of a seat that we have), is ours in our queues.
  Every other member is a stranger's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MEMBER: Final = re.compile(r"Local/([a-z0-9][a-z0-9-]{0,30})@seat")
_PHONE: Final = re.compile(r"PJSIP/([a-z0-9][a-z0-9-]{0,30})")


@dataclass(frozen=True, slots=True)
class Seat:
    """A SIP account that answers a queue."""

    name: str
    queue: str

    @property
    def interface(self) -> str:
        """The queue's member: [seat] of the dialplan, which rings the phone."""
        return f"Local/{self.name}@seat"

    @property
    def phone(self) -> str:
        """The seat's phone, whose state is the member's; what an earlier version put into the queue itself."""
        return f"PJSIP/{self.name}"


@dataclass(frozen=True, slots=True)
class Roster:
    """Each seat in each queue that it answers."""

    seats: tuple[Seat, ...]
    queues: frozenset[str] = frozenset()
    """All queues of ours, those without a seat too: nothing is taken out of any other."""

    @property
    def names(self) -> tuple[str, ...]:
        """The seats' names, each once."""
        return tuple(dict.fromkeys(seat.name for seat in self.seats))

    def of(self, name: str) -> tuple[Seat, ...]:
        """Give one seat in each of its queues; none for a name that is no seat's."""
        return tuple(seat for seat in self.seats if seat.name == name)


def seat_of_member(interface: str) -> str | None:
    """Return the seat that a queue's member is; None for a stranger, or a member of an earlier version."""
    found = _MEMBER.fullmatch(interface)
    return found[1] if found else None


def seat_of_phone(interface: str) -> str | None:
    """Return the seat whose phone this is, if it is one."""
    found = _PHONE.fullmatch(interface)
    return found[1] if found else None
