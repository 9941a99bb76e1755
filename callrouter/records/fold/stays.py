"""Who was in which bridge, from when to when. Pure.

Rules:
- Who was never seen leaving a bridge stayed in it to the channel's end.
- A clock that was set back during a stay puts its end before its beginning. Then the other's stay, which may lie on
  one side of the jump, tells how long they were together; when it does not, they were, and nobody knows how long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from callrouter.records.fold.channels import Channel
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.record_words import Anomaly


@dataclass(slots=True, eq=False)
class Stay:
    """A channel's stay in a bridge."""

    bridge: str
    entered_us: int
    left_us: int
    never_left: bool = False
    """Nobody wrote down that it left."""

    @property
    def ran_backwards(self) -> bool:
        """Whether the clock was set back during it."""
        return self.left_us < self.entered_us


def stays_of(journal: Journal, channel: Channel) -> list[Stay]:
    """Give a channel's stays in bridges."""
    stays: list[Stay] = []
    entered: dict[str, int] = {}
    for at_us, bridge, enters in channel.bridgings:
        if enters:
            entered.setdefault(bridge, at_us)
        elif bridge in entered:
            stays.append(Stay(bridge, entered.pop(bridge), at_us))
    for bridge, at_us in entered.items():
        ended_us = channel.ended_us
        end_us = journal.last_us if ended_us is None else ended_us
        if end_us < at_us:
            journal.anomalies.add(Anomaly.TIME_RAN_BACKWARDS)
        stays.append(Stay(bridge, at_us, end_us, never_left=True))
    return stays


def meetings(stays: Iterable[Stay], others: Iterable[Stay]) -> list[tuple[int, int]]:
    """Give when one who had these stays and one who had the others were together."""
    found: list[tuple[int, int]] = []
    for stay in stays:
        for other in others:
            both = together(stay, other) if stay.bridge == other.bridge else None
            if both is not None:
                found.append(both)
    return found


def together(one: Stay, other: Stay) -> tuple[int, int] | None:
    """Give when both were in the bridge; None when never."""
    starts_us, ends_us = max(one.entered_us, other.entered_us), min(one.left_us, other.left_us)
    if starts_us < ends_us:
        return starts_us, ends_us
    if one.ran_backwards == other.ran_backwards:
        if one.ran_backwards:
            return starts_us, starts_us
        nothing_followed = starts_us == ends_us and one.never_left and other.never_left
        return (starts_us, ends_us) if nothing_followed else None
    straight, crooked = (other, one) if one.ran_backwards else (one, other)
    # The crooked stay lasted from its entering on, and up to its leaving: by the straight one's clock it did either.
    if crooked.entered_us < straight.left_us:
        return starts_us, straight.left_us
    return straight.entered_us, max(straight.entered_us, ends_us)
