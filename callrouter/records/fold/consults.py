"""When agent and target talked without the caller. Pure.

Rules:
- They do so while both are in a bridge and the caller is not, in an attempt that goes on: it ends when the target
  comes to the caller. A Local channel may stand in for the target, as for a seat (`stand_ins`).
- It is nobody's talk with the caller, so it counts in no talk time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from callrouter.records.fold.journal import Journal
from callrouter.records.fold.parties import Party
from callrouter.records.fold.stand_ins import joined, stand_ins_of
from callrouter.records.fold.stays import meetings, stays_of
from callrouter.records.fold.talks import Stretch
from callrouter.records.fold.transfers import Attempt
from callrouter.vocabulary.record_parts import Consult
from callrouter.vocabulary.record_words import LegRole

_AGENT = LegRole.AGENT


class Consultation(NamedTuple):
    """A stretch in which agent and target heard each other, and the caller did not, `[starts_us, ends_us)`."""

    starts_us: int
    ends_us: int
    agent: str
    """The uniqueid of his leg."""
    target: str
    """Likewise."""


def consultations_of(
    journal: Journal,
    parties: Sequence[Party],
    talks: Iterable[Stretch],
    attempts: Iterable[Attempt],
    ended_us: int,
) -> list[Consultation]:
    """Give them by beginning."""
    found: list[Consultation] = []
    legs = {party.channel.uniqueid: party for party in parties if party.channel.bridgings}
    agents = [party for party in legs.values() if party.role is _AGENT]
    for attempt in attempts:
        target = legs.get(attempt.transfer.leg or "")
        if target is None:
            continue
        with_the_caller = [talk.starts_us for talk in talks if talk.party is target]
        ends = [attempt.joined_us, attempt.ended_us, ended_us, *with_the_caller]
        until_us = min(end for end in ends if end is not None)
        for agent in agents:
            for starts_us, ends_us in _together(journal, agent, target):
                starts_us, ends_us = max(starts_us, attempt.began_us), min(ends_us, until_us)  # noqa: PLW2901 - cut
                if starts_us < ends_us:
                    ids = agent.channel.uniqueid, target.channel.uniqueid
                    found.append(Consultation(starts_us, ends_us, *ids))
    return sorted(set(found))


def consults_of(journal: Journal, consultations: Iterable[Consultation]) -> tuple[Consult, ...]:
    """Give them for the record."""
    return tuple(
        [
            Consult(journal.at(starts_us), journal.at(ends_us), agent, target)
            for starts_us, ends_us, agent, target in consultations
        ]
    )


def consult_milliseconds(consultations: Iterable[Consultation], uniqueid: str) -> int:
    """Give how long the leg was in them."""
    return sum(one.ends_us - one.starts_us for one in consultations if uniqueid in one[2:]) // 1000


def _together(journal: Journal, agent: Party, target: Party) -> list[tuple[int, int]]:
    theirs, own = stays_of(journal, agent.channel), stays_of(journal, target.channel)
    stood_in = [stay for one in stand_ins_of(journal, theirs) for each in own if (stay := one.for_stay(each))]
    return joined(meetings(own, theirs), meetings(stood_in, theirs))
