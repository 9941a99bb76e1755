"""When the caller talked to a person. Pure.

Rules:
- The caller talks to a person while both are in the same bridge, and only then: an answered leg alone is no talk. A
  Local channel may stand in for the person (`stand_ins`).
- A talk after whose beginning nothing more was written is one all the same: the exchange died during it.
- A stretch with two persons counts once for the caller, and for each of them.
- An agent who has left the caller with somebody talks no more, and who was called talks once he hears the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from callrouter.records.fold.journal import Journal
from callrouter.records.fold.parties import Party
from callrouter.records.fold.stand_ins import joined, stand_ins_of
from callrouter.records.fold.stays import meetings, stays_of
from callrouter.vocabulary.record_words import LegRole

_CALLER = LegRole.CALLER


class Stretch(NamedTuple):
    """A stretch in which the caller and a person heard each other, `[starts_us, ends_us)`."""

    starts_us: int
    ends_us: int
    uniqueid: str
    """Of the person's channel."""
    party: Party


def talks_of(journal: Journal, parties: Sequence[Party]) -> list[Stretch]:
    """Give the stretches in which the caller talked to a person, by beginning."""
    callers = stays_of(journal, journal.caller)
    if not callers:
        return []
    stand_ins = stand_ins_of(journal, callers)
    talks: list[Stretch] = []
    for party in parties:
        if party.role is _CALLER or not party.channel.bridgings:
            continue
        own = stays_of(journal, party.channel)
        heard = meetings(own, callers)
        if stand_ins:
            lent = [stay for one in stand_ins for each in own if (stay := one.for_stay(each))]
            heard = joined(heard, meetings(lent, callers))
        talks += [Stretch(*one, party.channel.uniqueid, party) for one in heard]
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
