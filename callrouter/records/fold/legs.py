"""Who took part in a call, from when to when, and who ended it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from callrouter.records.fold.channels import ANSWER, is_plumbing
from callrouter.records.fold.consults import Consultation, consult_milliseconds
from callrouter.records.fold.journal import Journal
from callrouter.records.fold.parties import Party, is_target
from callrouter.records.fold.talks import Stretch, talk_milliseconds
from callrouter.vocabulary.record_parts import Leg
from callrouter.vocabulary.record_words import HungUpBy, LegRole

_CALLER = LegRole.CALLER
_BY_CALLER, _BY_AGENT, _BY_SYSTEM = HungUpBy.CALLER, HungUpBy.AGENT, HungUpBy.SYSTEM
_ends_us: Final = attrgetter("ends_us")


def legs_of(
    journal: Journal,
    parties: Sequence[Party],
    talks: Sequence[Stretch],
    sip_call_id: str | None,
    talk_ms: int,
) -> tuple[Leg, ...]:
    """Give the legs in the order of the parties; the SIP Call-ID and how long they talked are the caller's."""
    legs = []
    for party in parties:
        if party.role is _CALLER:
            legs.append(_leg(journal, party, sip_call_id, talk_ms))
        else:
            own = [talk for talk in talks if talk.party is party]
            legs.append(_leg(journal, party, party.sip_call_id, talk_milliseconds(own)))
    return tuple(legs)


def with_consults(legs: tuple[Leg, ...], consultations: Sequence[Consultation]) -> tuple[Leg, ...]:
    """Put in how long agents and targets talked without the caller."""
    if not consultations:
        return legs
    return tuple([replace(leg, consult_ms=consult_milliseconds(consultations, leg.uniqueid)) for leg in legs])


def hung_up_by(journal: Journal, parties: Sequence[Party], talks: Sequence[Stretch]) -> HungUpBy | None:
    """Tell who ended the call; None when Asterisk did not say.

    When a person has hung up on the caller, Asterisk may end the caller's channel in its own name: nobody is left.
    """
    hangup = journal.caller.hangup
    if hangup is None or not hangup.source:
        return None
    for party in parties:
        if party.channel.name == hangup.source:
            return _who(party)
    last = max(talks, key=_ends_us).party if talks else None
    # Behind a Local channel that the caller talked through is a person.
    if last is not None and (is_plumbing(hangup.source) or _has_hung_up(last)):
        return _who(last)
    return _BY_AGENT if is_plumbing(hangup.source) else _BY_SYSTEM


def _who(party: Party) -> HungUpBy:
    if party.role is _CALLER:
        return _BY_CALLER
    return HungUpBy.TARGET if is_target(party.role) else _BY_AGENT


def _has_hung_up(party: Party) -> bool:
    own = party.channel.hangup
    return own is not None and own.source == party.channel.name


def _leg(journal: Journal, party: Party, sip_call_id: str | None, talk_ms: int) -> Leg:
    channel = party.channel
    cause, source = channel.hangup or (None, None)
    return Leg(
        channel=channel.name,
        endpoint=party.endpoint,
        role=party.role,
        uniqueid=channel.uniqueid,
        started_at=journal.at(channel.started_us),
        answered_at=journal.at_if(channel.firsts.get(ANSWER)),
        ended_at=journal.at_if(channel.ended_us),
        hangup_cause=cause,
        hung_up_by_us=source not in journal.channel_names if source else None,
        sip_call_id=sip_call_id,
        talk_ms=talk_ms,
    )
