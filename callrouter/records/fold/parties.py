"""Which channels were whose. Pure.

Rules:
- Every channel but the caller's is a leg of ours. Local channels are plumbing and no legs.
- A supervisor's channel is known by the supervision that bears its id.
- The dialplan says on a leg whose it is. Of one that it says nothing of: if it began while the last resort was
  dialled it is its leg, any other is an agent's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from callrouter.records.fold.channels import Channel, endpoint_of, is_plumbing
from callrouter.records.fold.facts import DIALLED, Fact, word_in
from callrouter.records.fold.journal import Journal
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.record_words import Anomaly, LegRole

_LEG_EVENT: Final = JournalEvent.LEG.value
_SUPERVISION_EVENT: Final = JournalEvent.SUPERVISION.value
_LAST_RESORT_EVENT: Final = JournalEvent.LAST_RESORT.value

_CALLER, _AGENT, _LAST_RESORT = LegRole.CALLER, LegRole.AGENT, LegRole.LAST_RESORT
_WHO_CALLS_OR_ANSWERS: Final = frozenset({_CALLER, _AGENT, _LAST_RESORT})


@dataclass(slots=True, eq=False)
class Party:
    """A channel and whose it is."""

    channel: Channel
    endpoint: str
    role: LegRole
    sip_call_id: str | None
    """As was written down for the channel; the caller's comes with its arrival."""


def is_target(role: LegRole) -> bool:
    """Whether it is somebody whom an agent brings into the call."""
    return role not in _WHO_CALLS_OR_ANSWERS


def parties_of(journal: Journal) -> list[Party]:
    """Give every party's channel, the caller's first, then in order of appearance."""
    said = _said(journal)
    caller = journal.caller
    parties = []
    if not is_plumbing(caller.name):
        parties.append(Party(caller, endpoint_of(caller.name), _CALLER, None))
    for uniqueid, channel in journal.channels.items():
        if channel is not caller and not is_plumbing(channel.name):
            role, sip_call_id = said.get(uniqueid, (None, None))
            role = role or _role(journal, channel)
            parties.append(Party(channel, endpoint_of(channel.name), role, sip_call_id))
    return parties


def _said(journal: Journal) -> Mapping[str, tuple[LegRole | None, str | None]]:
    """Give what the dialplan said of the legs, by uniqueid; the first time counts."""
    said: dict[str, tuple[LegRole | None, str | None]] = {}
    for fact in journal.facts[_LEG_EVENT]:
        if fact.uniqueid not in said:
            said[fact.uniqueid] = _said_role(journal, fact), fact.text("sip_call_id")
    for fact in journal.facts[_SUPERVISION_EVENT]:
        said.setdefault(fact.text("id") or "", (LegRole.SUPERVISOR, None))
    return said


def _said_role(journal: Journal, fact: Fact) -> LegRole | None:
    role = word_in(fact.text("party"), LegRole, journal.anomalies)
    if role is _CALLER:
        # There is one caller, whose channel is known by its arrival.
        journal.anomalies.add(Anomaly.UNREADABLE_FACT)
        return None
    return role


def _role(journal: Journal, channel: Channel) -> LegRole:
    started_us = channel.started_us
    for start, end in _last_resort_windows(journal):
        if start <= started_us and (end is None or started_us < end):
            return _LAST_RESORT
    return _AGENT


def _last_resort_windows(journal: Journal) -> list[tuple[int, int | None]]:
    windows: list[tuple[int, int | None]] = []
    for fact in journal.facts[_LAST_RESORT_EVENT]:
        if fact.state == DIALLED:
            windows.append((fact.at_us, None))
        elif windows:
            windows[-1] = (windows[-1][0], fact.at_us)
    return windows
