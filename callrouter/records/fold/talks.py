"""When the caller talked to a person. Pure.

Rules:
- The caller talks to a person while both are in the same bridge, and only then: an answered leg alone is no talk.
- Who was never seen leaving a bridge stayed in it to the channel's end.
- A talk after whose beginning nothing more was written is one all the same: the exchange died during it.
- A clock that was set back during a stay puts its end before its beginning. Then the other's stay, which may lie on
  one side of the jump, tells how long they talked; when it does not, they talked, and nobody knows how long.
- A stretch with two persons counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from callrouter.records.fold.channels import Channel
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.parties import Party
from callrouter.vocabulary.record_words import Anomaly, LegRole

_CALLER = LegRole.CALLER


class Stretch(NamedTuple):
    """A stretch in which the caller and a person heard each other, `[starts_us, ends_us)`."""

    starts_us: int
    ends_us: int
    uniqueid: str
    """Of the person's channel."""
    party: Party


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


def talks_of(journal: Journal, parties: Sequence[Party]) -> list[Stretch]:
    """Give the stretches in which the caller talked to a person, by beginning."""
    callers = _stays(journal, journal.caller)
    talks: list[Stretch] = []
    for party in parties:
        if party.role is _CALLER:
            continue
        for stay in _stays(journal, party.channel):
            for caller in callers:
                together = _together(stay, caller) if stay.bridge == caller.bridge else None
                if together is not None:
                    talks.append(Stretch(*together, party.channel.uniqueid, party))
    if len(talks) > 1:
        talks.sort(key=lambda talk: talk[:3])
    return talks


def talk_milliseconds(talks: Iterable[Stretch]) -> int:
    """Give how long the caller talked in stretches that are given by beginning; what overlaps counts once."""
    total_us, counted_to = 0, 0
    for starts_us, ends_us, _, _ in talks:
        starts_us = max(starts_us, counted_to)  # noqa: PLW2901 - what was counted already is cut off
        if ends_us > starts_us:
            total_us += ends_us - starts_us
            counted_to = ends_us
    return total_us // 1000


def _stays(journal: Journal, channel: Channel) -> list[Stay]:
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


def _together(one: Stay, other: Stay) -> tuple[int, int] | None:
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
