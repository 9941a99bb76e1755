"""Where a Local channel stands in for a person. Pure.

Rules:
- A seat is reached through a Local channel, which has two halves: their names end in `;1` and `;2`. Whoever is in a
  bridge with one half, while the other is in a bridge with the caller, hears the caller: it is as if that person was
  in the caller's bridge.
- Asterisk takes the halves away and puts the person there, some milliseconds later: that is one stretch, not two.
- Bridges that neither the caller nor such a half shares with the caller are plumbing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from callrouter.records.fold.channels import is_plumbing, other_half
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.stays import Stay, stays_of

_SWAPPED_WITHIN_US: Final = 1_000_000
"""More than it takes Asterisk to put a person in the place of a half."""


class StandIn:
    """The two halves of a Local channel at a time when one of them was with the caller."""

    __slots__ = ("far", "near")

    def __init__(self, near: Stay, far: Stay) -> None:
        self.near = near
        """In the caller's bridge."""
        self.far = far
        """In a person's."""

    def for_stay(self, own: Stay) -> Stay | None:
        """Give a person's stay in the far bridge as one in the caller's; None when they never met there."""
        near, far = self.near, self.far
        if own.bridge != far.bridge:
            return None
        stay = Stay(
            near.bridge,
            max(own.entered_us, far.entered_us, near.entered_us),
            min(own.left_us, far.left_us, near.left_us),
            never_left=own.never_left and far.never_left and near.never_left,
        )
        if stay.ran_backwards and not (own.ran_backwards and far.ran_backwards and near.ran_backwards):
            return None
        return stay


def stand_ins_of(journal: Journal, callers: Iterable[Stay]) -> list[StandIn]:
    """Give the stand-ins that were in the bridges of these stays: the caller's, or an agent's."""
    rooms = {stay.bridge for stay in callers}
    halves = {
        channel.name: channel
        for channel in journal.channels.values()
        if channel.bridgings and channel is not journal.caller and is_plumbing(channel.name)
    }
    found: list[StandIn] = []
    for name, channel in halves.items():
        far = halves.get(other_half(name))
        if far is None or not any(bridge in rooms for _, bridge, _ in channel.bridgings):
            continue
        nears = [stay for stay in stays_of(journal, channel) if stay.bridge in rooms]
        found += [StandIn(near, stay) for stay in stays_of(journal, far) for near in nears]
    return found


def joined(
    stretches: Sequence[tuple[int, int]], stood_in: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Put one person's stretches and those in which a half stood in together; what follows at once is one."""
    whole = list(stretches)
    for starts_us, ends_us in stood_in:
        for place, (start, end) in enumerate(whole):
            if starts_us <= start <= ends_us + _SWAPPED_WITHIN_US:
                whole[place] = (starts_us, max(ends_us, end))
                break
        else:
            whole.append((starts_us, ends_us))
    return whole
