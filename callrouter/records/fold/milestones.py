"""What happens to a call, as far as it has been written down. Pure.

Rules:
- Rows are taken in the order in which they were written, one after the other, and nothing is looked up ahead: more
  rows add milestones and change none. So what was told stays true, whatever comes and however the clock is set.
- A call is told of when its decision is known, or with the first thing that happens to it, if that comes before.
- Who is bridged with the caller is a person, unless the channel is plumbing: then it may stand in for one, who is in
  a bridge with its other half (`stand_ins`).
- An attempt to bring somebody in is told when it is joined, else when it has failed: it has ended well then, however
  long they talk.
- A call that is over has ended, also when its hang-up was not written down: with the last that is known of it, as the
  record says too, and nobody knows why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from callrouter.records.fold.arrival import arrived_us, entry
from callrouter.records.fold.channels import (
    BRIDGE_ENTER,
    BRIDGE_EXIT,
    CHAN_END,
    CHAN_START,
    HANGUP,
    bridge_in,
    endpoint_of,
    hangup_in,
    is_plumbing,
    other_half,
)
from callrouter.records.fold.decisions import fallback_in
from callrouter.records.fold.facts import (
    ENDED,
    JOINED,
    REFUSED,
    REQUESTED,
    Fact,
    fact_of,
    facts_about,
    when_said,
    word_in,
)
from callrouter.records.fold.journal import begins_a_call
from callrouter.records.fold.parties import is_target
from callrouter.records.fold.transfers import outcome_in
from callrouter.vocabulary.cel import CelRow, instant_at
from callrouter.vocabulary.journal import DecisionFact, JournalEvent
from callrouter.vocabulary.live import Answered, Arrived, Ended, LiveEvent, Milestone, Transferred
from callrouter.vocabulary.record_words import Anomaly, HungUpBy, LegRole, TransferKind, TransferOutcome
from callrouter.vocabulary.wire_text import without_controls

ARRIVED: Final = "arrived"
ANSWERED: Final = "answered"
TRANSFERRED: Final = "transferred:"
ENDED_NAME: Final = "ended"

_ARRIVED_EVENT: Final = JournalEvent.ARRIVED.value
_REFUSED_EVENT: Final = JournalEvent.REFUSED.value
_ARRIVALS: Final = frozenset({_ARRIVED_EVENT, _REFUSED_EVENT})
_LINE, _MODE, _PHASE, _PLATFORM, _SOURCE = (
    DecisionFact.LINE.value,
    DecisionFact.MODE.value,
    DecisionFact.PHASE.value,
    DecisionFact.PLATFORM.value,
    DecisionFact.SOURCE.value,
)
_NOTHING: Final[Mapping[str, str]] = {}
_BY_CALLER, _BY_AGENT, _BY_SYSTEM = HungUpBy.CALLER, HungUpBy.AGENT, HungUpBy.SYSTEM
_AN_AGENTS: Final = "party=agent"
"""In the facts of nearly every leg: they need not be read."""


def milestones(rows: Iterable[CelRow], *, is_over: bool = False) -> tuple[Milestone, ...]:
    """Give what has happened to the call of these rows, which come in the order in which they were read.

    Empty when no call of ours has arrived in them. For more rows of the call the result begins with this one, unless
    it `is_over`: nothing more is to be waited for.
    """
    rows = tuple(rows)
    first = next((row for row in rows if row.event in _ARRIVALS or begins_a_call(row)), None)
    if first is None:
        return ()
    call = _Call(first, first.uniqueid)
    for row in rows:
        event = row.event
        if event in _STEPS:
            _STEPS[event](call, row)
    if is_over and ENDED_NAME not in call.told:
        ends = [row.at_us for row in rows if row.event == CHAN_END and row.uniqueid == call.caller]
        over_us = min(ends) if ends else max(row.at_us for row in rows)
        call.tell(ENDED_NAME, Ended(instant_at(over_us), None, None))
    return tuple([Milestone(name, event) for name, event in call.told.items()])


@dataclass(slots=True)
class _Call:
    """What has been read of a call so far."""

    first: CelRow
    """The row that shows that a call has arrived."""
    caller: str
    """The uniqueid of the caller's channel."""
    told: dict[str, LiveEvent] = field(default_factory=dict)
    arrival: Fact | None = None
    started_us: int | None = None
    decided: Fact | None = None
    others: set[str] = field(default_factory=set)
    """The names of the parties' channels, but the caller's."""
    targets: set[str] = field(default_factory=set)
    """The names of the channels to those whom an agent brings in."""
    bridges: dict[str, dict[str, str]] = field(default_factory=dict)
    """By bridge: the uniqueids of the channels in it, each with its name."""
    rooms: dict[str, str] = field(default_factory=dict)
    """The bridge that half of a Local channel is in, by its name."""
    requests: dict[str, Fact] = field(default_factory=dict)

    @property
    def arrived_us(self) -> int:
        arrival = self.arrival
        if arrival is None:
            return self.first.at_us if self.started_us is None else self.started_us
        return arrived_us(arrival, self.started_us)[0]

    def tell_of_arrival(self) -> None:
        if ARRIVED not in self.told:
            self.told[ARRIVED] = self._arrived()

    def tell(self, name: str, event: LiveEvent) -> None:
        self.tell_of_arrival()
        self.told.setdefault(name, event)

    def _arrived(self) -> Arrived:
        came = (self.arrival or entry(self.first)).text
        decided = self.decided or Fact(0, "", _NOTHING)
        return Arrived(
            at=instant_at(self.arrived_us),
            sip_call_id=came("sip_call_id"),
            called_raw=came("called") or "",
            caller_raw=came("caller") or without_controls(self.first.caller_number),
            line=decided.text(_LINE),
            mode=decided.text(_MODE),
            phase=decided.text(_PHASE),
            platform=decided.text(_PLATFORM),
            source=decided.text(_SOURCE),
            fallback=fallback_in(decided, set()),
        )


def _fact(row: CelRow) -> Fact:
    return fact_of((row.at_us, row.uniqueid, facts_about(row.event, row.extra)))


def _channel_started(call: _Call, row: CelRow) -> None:
    if row.uniqueid != call.caller:
        _note_party(call, row)
    elif call.started_us is None:
        call.started_us = row.at_us


def _note_party(call: _Call, row: CelRow) -> None:
    if not is_plumbing(row.channel):
        call.others.add(row.channel)


def _leg_called(call: _Call, row: CelRow) -> None:
    if _AN_AGENTS not in row.extra:
        role = word_in(_fact(row).text("party"), LegRole, set())
        if role is not None and is_target(role):
            call.targets.add(row.channel)


def _arrived(call: _Call, row: CelRow) -> None:
    if call.arrival is None:
        call.arrival = _fact(row)


def _refused(call: _Call, row: CelRow) -> None:
    _arrived(call, row)
    call.tell_of_arrival()


def _decided(call: _Call, row: CelRow) -> None:
    if call.decided is None:
        call.decided = _fact(row)
        call.tell_of_arrival()


def _bridge_entered(call: _Call, row: CelRow) -> None:
    is_half = is_plumbing(row.channel) and row.uniqueid != call.caller
    if row.uniqueid != call.caller and not is_half:
        call.others.add(row.channel)
    if ANSWERED in call.told:
        return
    bridge = bridge_in(row)
    call.bridges.setdefault(bridge, {})[row.uniqueid] = row.channel
    if is_half:
        call.rooms[row.channel] = bridge
    person = _heard_by_the_caller(call)
    if person is not None:
        waited_ms = max(0, row.at_us - call.arrived_us) // 1000
        call.tell(ANSWERED, Answered(row.at, endpoint_of(person), waited_ms))


def _heard_by_the_caller(call: _Call) -> str | None:
    for inside in call.bridges.values():
        if call.caller not in inside:
            continue
        others = [name for uniqueid, name in inside.items() if uniqueid != call.caller]
        for name in others:
            if not is_plumbing(name):
                return name
            behind = call.bridges.get(call.rooms.get(other_half(name), ""), {})
            person = next((one for one in behind.values() if not is_plumbing(one)), None)
            if person is not None and call.caller not in behind:
                return person
    return None


def _bridge_left(call: _Call, row: CelRow) -> None:
    if ANSWERED not in call.told:
        bridge = bridge_in(row)
        call.bridges.get(bridge, {}).pop(row.uniqueid, None)
        if call.rooms.get(row.channel) == bridge:
            del call.rooms[row.channel]


def _transfer_went_on(call: _Call, row: CelRow) -> None:
    fact = when_said(_fact(row), set())
    attempt = fact.text("id") or ""
    if fact.state == REQUESTED:
        call.requests.setdefault(attempt, fact)
    elif fact.state in {JOINED, ENDED, REFUSED}:
        call.tell(f"{TRANSFERRED}{attempt}", _transferred(attempt, call.requests.get(attempt, fact), fact))


def _transferred(attempt: str, requested: Fact, told: Fact) -> Transferred:
    anomalies: set[Anomaly] = set()
    return Transferred(
        at=instant_at(told.at_us),
        id=attempt,
        kind=word_in(requested.text("kind"), TransferKind, anomalies),
        target=requested.text("target"),
        outcome=TransferOutcome.JOINED if told.state == JOINED else outcome_in(told, anomalies),
    )


def _hung_up(call: _Call, row: CelRow) -> None:
    if row.uniqueid != call.caller:
        return
    cause, source = hangup_in(row)
    call.tell(ENDED_NAME, Ended(row.at, _by(call, row.channel, source), cause))


def _by(call: _Call, caller: str, source: str | None) -> HungUpBy | None:
    if not source:
        return None
    if source == caller:
        return _BY_CALLER
    if source in call.targets:
        return HungUpBy.TARGET
    return _BY_AGENT if source in call.others or is_plumbing(source) else _BY_SYSTEM


_STEPS: Final[Mapping[str, Callable[[_Call, CelRow], None]]] = {
    CHAN_START: _channel_started,
    _ARRIVED_EVENT: _arrived,
    _REFUSED_EVENT: _refused,
    JournalEvent.DECIDED.value: _decided,
    JournalEvent.LEG.value: _leg_called,
    BRIDGE_ENTER: _bridge_entered,
    BRIDGE_EXIT: _bridge_left,
    JournalEvent.TRANSFER.value: _transfer_went_on,
    HANGUP: _hung_up,
}
