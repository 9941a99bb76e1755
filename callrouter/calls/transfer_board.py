"""Which call has which agent, and where its transfer stands: what Asterisk last told.  PURE: instants are arguments.

Rules:
- The dialplan keeps a transfer on its caller's channel and tells each step; here is only a view of that, and nothing
  is lost with it. A snapshot replaces everything, an event tells of one call and may be heard twice.
- A call is here from its agent's first word to its end, or until it is back in a queue; the agent may leave before.
- A step of an earlier attempt is old; attempts are counted through a whole call and never go down.
- A seat has one call at a time: the one that it got last. Of a call that it has left it has no more to say, but it
  may still write something down.
- What is no event of our own dialplan's making tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Channel, Snapshot
from callrouter.asterisk_link.arrival import CALL_ID
from callrouter.calls.desk_protocol import DeskNews
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import TransferState

IN_CONFERENCE: Final = "ConfBridge"
"""The application of who talks after a transfer was tried."""
_OVER: Final = frozenset({TransferState.ENDED, TransferState.QUEUED})
_SEAT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_CHANNEL: Final = re.compile(r"[A-Za-z]+/[A-Za-z0-9@._;-]{1,120}")
_TRANSFER: Final = re.compile(r"([0-9]{1,6})\|([a-z]{1,12})\|([a-z_]{0,12})\|([a-z0-9-]{0,60})")
_TARGET: Final = re.compile(r"[a-z0-9-]{1,60}")


class TransferAt(NamedTuple):
    """What CR_TRANSFER says."""

    attempt: int
    state: TransferState
    kind: TransferKind | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class CallOnBoard:
    """A call that has, or had, an agent."""

    call_id: str
    channel: str
    """The caller's."""
    seat: str
    """Who has it, or had it last."""
    agent_channel: str | None
    """None: the agent has left it."""
    at: TransferAt
    outcome: str | None = None
    """Of the latest attempt, if it has ended."""
    since: datetime | None = None
    """When the state began; None: before we looked."""
    talking_since: datetime | None = None


class Change(NamedTuple):
    """What an event has changed."""

    what: DeskNews
    call: CallOnBoard
    """As it is now; of one that ended for its seat, as it was last, so that the seat is told."""
    stimulus: str | None = None


def read_transfer(text: str) -> TransferAt | None:
    """Read CR_TRANSFER, `<attempt>|<state>|<kind>|<target>`; None for anything else."""
    found = _TRANSFER.fullmatch(text)
    state = None if found is None else _state(found[2])
    if found is None or state is None:
        return None
    return TransferAt(int(found[1]), state, _kind(found[3]), found[4] or None)


class TransferBoard:
    """The calls, kept up by whoever follows Asterisk."""

    def __init__(self) -> None:
        self.is_known = False
        """Whether Asterisk has told anything yet."""
        self._calls: dict[str, CallOnBoard] = {}
        self._of_seat: dict[str, str] = {}
        """Seat → the id of the call that it got last."""

    def calls(self) -> Iterator[CallOnBoard]:
        """Give each call, in the order in which their agents got them."""
        yield from tuple(self._calls.values())

    def get(self, call_id: str) -> CallOnBoard | None:
        """Give a call, if it is here."""
        return self._calls.get(call_id)

    def call_of(self, seat: str) -> CallOnBoard | None:
        """The call that a seat is in now."""
        call = self.latest_of(seat)
        return None if call is None or call.agent_channel is None else call

    def latest_of(self, seat: str) -> CallOnBoard | None:
        """The call that a seat got last, while it goes on, with the seat or without it."""
        call = self._calls.get(self._of_seat.get(seat, ""))
        return call if call is not None and call.seat == seat else None

    def in_flight(self) -> int:
        """How many calls are between two people: an attempt goes on, or the caller is held."""
        return sum(call.at.state not in _SETTLED for call in self._calls.values())

    def see(self, snapshot: Snapshot) -> None:
        """Take in the whole state. What a snapshot is missing may be there all the same, and stays."""
        there = {channel.name for channel in snapshot.channels}
        found = {}
        for channel in snapshot.channels:
            if (call := _call_on(channel, there)) is not None:
                found[call.call_id] = self._with_instants(call)
        if snapshot.missing:
            found = {id_: call for id_, call in self._calls.items() if call.channel not in there} | found
        self._calls = found
        self._of_seat = {call.seat: call.call_id for call in found.values() if call.agent_channel is None}
        self._of_seat |= {call.seat: call.call_id for call in found.values() if call.agent_channel}
        self.is_known = True

    def hear(self, event: AmiMessage, at: datetime) -> Change | None:
        """Take in an event; return what it has changed, if anything."""
        if event.name != "UserEvent" or not CALL_ID.fullmatch(event.get("Call")):
            return None
        match event.get("UserEvent"):
            case "CRTalk":
                return self._talk(event, at)
            case "CRTransfer":
                return self._transfer(event, at)
        return None

    def _talk(self, event: AmiMessage, at: datetime) -> Change | None:
        seat, agent, caller = event.get("Agent"), event.get("AgentChannel"), event.get("CallerChannel")
        if not (_SEAT.fullmatch(seat) and _CHANNEL.fullmatch(agent) and _CHANNEL.fullmatch(caller)):
            return None
        call = self._calls.get(event.get("Call"))
        if event.get("State") == "began":
            return self._began(event.get("Call"), call, (seat, agent, caller), at)
        if call is None or call.agent_channel != agent:
            return None
        if call.at.state is TransferState.TALK:
            # Where there was a transfer, the next event says what becomes of the caller: nobody is with him now.
            self._drop(call)
        else:
            self._calls[call.call_id] = replace(call, agent_channel=None)
        return Change(DeskNews.ENDED, call)

    def _began(
        self, call_id: str, call: CallOnBoard | None, who: tuple[str, str, str], at: datetime
    ) -> Change | None:
        seat, agent, caller = who
        if call is not None and call.agent_channel == agent:
            return None
        attempt = 0 if call is None else call.at.attempt
        talk = TransferAt(attempt, TransferState.TALK)
        began = CallOnBoard(call_id, caller, seat, agent, talk, since=at, talking_since=at)
        self._calls[call_id] = began
        self._of_seat[seat] = call_id
        return Change(DeskNews.BEGAN, began)

    def _transfer(self, event: AmiMessage, at: datetime) -> Change | None:
        call, now = self._calls.get(event.get("Call")), _told(event)
        if call is None or now is None or now.attempt < call.at.attempt:
            return None
        outcome = event.get("Outcome") or None
        if now == call.at and outcome == call.outcome:
            return None
        since = call.since if now[:2] == call.at[:2] else at
        after = replace(call, at=now, outcome=outcome, since=since)
        stimulus = event.get("Stimulus") or None
        if now.state in _OVER:
            self._drop(call)
            return Change(DeskNews.ENDED, after, stimulus)
        self._calls[call.call_id] = after
        return Change(DeskNews.CHANGED, after, stimulus)

    def _drop(self, call: CallOnBoard) -> None:
        del self._calls[call.call_id]
        if self._of_seat.get(call.seat) == call.call_id:
            del self._of_seat[call.seat]

    def _with_instants(self, call: CallOnBoard) -> CallOnBoard:
        """Keep what a snapshot does not tell, where it speaks of the same."""
        before = self._calls.get(call.call_id)
        if before is None or before.seat != call.seat:
            return call
        call = replace(call, talking_since=before.talking_since)
        return replace(call, since=before.since, outcome=before.outcome) if before.at == call.at else call


_SETTLED: Final = frozenset({TransferState.TALK, TransferState.THREE, TransferState.HANDED, *_OVER})


def _call_on(channel: Channel, there: set[str]) -> CallOnBoard | None:
    """The call of a caller's channel, if it has or had an agent and is not back in a queue."""
    held = channel.variables
    at = read_transfer(held.get("CR_TRANSFER", ""))
    call_id, seat = held.get("CR_CALL", ""), held.get("CR_AGENT", "")
    if at is None or at.state in _OVER or not (CALL_ID.fullmatch(call_id) and _SEAT.fullmatch(seat)):
        return None
    named = held.get("CR_AGENT_CHANNEL", "")
    agent = named if named in there else None
    if agent is None and at.state is TransferState.TALK and channel.application != IN_CONFERENCE:
        # The talk is over: the caller rates it, or is on his way out.
        return None
    return CallOnBoard(call_id, channel.name, seat, agent, at)


def _told(event: AmiMessage) -> TransferAt | None:
    attempt, target, state = event.get("Attempt"), event.get("Target"), _state(event.get("State"))
    if state is None or not (attempt.isascii() and attempt.isdigit() and len(attempt) < 7):
        return None
    if target and not _TARGET.fullmatch(target):
        return None
    return TransferAt(int(attempt), state, _kind(event.get("Kind")), target or None)


def _state(text: str) -> TransferState | None:
    return next((state for state in TransferState if state == text), None)


def _kind(text: str) -> TransferKind | None:
    return next((kind for kind in TransferKind if kind == text), None)
