"""How every seat stands in every queue: what Asterisk last told.  PURE: instants are arguments.

Rules:
- A snapshot replaces everything, an event one membership; an event may be heard twice.
- Since when a seat has been in its state is told where it is known: a pause's start by Asterisk (which counts it anew
  from its own start), another state's by the event that brought it. What was so when we first looked began before.
- A seat of the roster that its queue lacks is told as missing. Strangers are not ours to tell of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Member, MemberStatus, Snapshot, member_news
from callrouter.calls.seats import Roster, seat_of_member
from callrouter.vocabulary.seat_state import OUT, STAFFING, PauseReason, SeatState

_ABSENT: Final = frozenset({MemberStatus.UNKNOWN, MemberStatus.INVALID, MemberStatus.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class SeatStanding:
    """One seat in one queue."""

    seat: str
    queue: str
    state: SeatState
    reason: str | None = None
    """Of a pause."""
    since: datetime | None = None
    """None: since before the controller looked."""


@dataclass(frozen=True, slots=True)
class SeatWord:
    """What a seat has just said of itself, in whichever of its queues it was heard first."""

    seat: str
    state: SeatState
    """READY (it takes calls again), PAUSED or OUT."""
    reason: str | None


class SeatBoard:
    """The seats' standing, kept up by whoever follows Asterisk."""

    def __init__(self, roster: Roster) -> None:
        self.is_known = False
        """Whether Asterisk has told anything yet."""
        self._roster = roster
        self._standing: dict[str, dict[str, SeatStanding]] = {}
        """Seat → queue → how it stands there: an event looks at one seat alone, however many there are."""

    def see(self, snapshot: Snapshot) -> None:
        """Take in the whole state."""
        standing: dict[str, dict[str, SeatStanding]] = {}
        for queue in snapshot.queues:
            if queue.name not in self._roster.queues:
                continue
            for member in queue.members:
                if (seat := seat_of_member(member.interface)) is not None:
                    found = self._standing_of(seat, queue.name, member, None)
                    standing.setdefault(seat, {})[queue.name] = found
        self._standing = standing
        self.is_known = True

    def hear(self, event: AmiMessage, at: datetime) -> SeatWord | None:
        """Take in an event; return what a seat has said by it, if it is news."""
        news = member_news(event)
        if news is None or news.queue not in self._roster.queues:
            return None
        seat = seat_of_member(news.member.interface)
        if seat is None:
            return None
        before = self._word_of(seat)
        if news.is_removed:
            self._standing.get(seat, {}).pop(news.queue, None)
        else:
            standing = self._standing_of(seat, news.queue, news.member, at)
            self._standing.setdefault(seat, {})[news.queue] = standing
        word = self._word_of(seat)
        return word if before is not None and word != before else None

    def rows(self) -> Iterator[SeatStanding]:
        """Give each seat of the roster in each of its queues, in the roster's order."""
        for seat in self._roster.seats:
            found = self._standing.get(seat.name, {}).get(seat.queue)
            yield found or SeatStanding(seat.name, seat.queue, SeatState.MISSING)

    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many seats each queue with a roster has in each state, the states without one too."""
        queues = dict.fromkeys(seat.queue for seat in self._roster.seats)
        counted = Counter((row.queue, row.state.value) for row in self.rows())
        return {(queue, state.value): counted[queue, state.value] for queue in queues for state in SeatState}

    def unstaffed(self) -> frozenset[str]:
        """Queues of the roster whose seats are all paused, out or away: their callers go on to the overflow."""
        rows = tuple(self.rows())
        staffed = {row.queue for row in rows if row.state in STAFFING}
        return frozenset({row.queue for row in rows} - staffed)

    def _standing_of(self, seat: str, queue: str, member: Member, at: datetime | None) -> SeatStanding:
        state, reason = _state_of(member)
        before = self._standing.get(seat, {}).get(queue)
        if reason is not None and member.paused_at_s:
            at = datetime.fromtimestamp(member.paused_at_s, UTC)
        elif before is not None and (before.state, before.reason) == (state, reason):
            at = before.since
        return SeatStanding(seat, queue, state, reason, at)

    def _word_of(self, seat: str) -> SeatWord | None:
        """Return what the seat says; None if it is in no queue. Paused in one is paused."""
        rows = self._standing.get(seat)
        if not rows:
            return None
        paused = next((rows[queue] for queue in sorted(rows) if rows[queue].reason is not None), None)
        return SeatWord(seat, paused.state if paused else SeatState.READY, paused.reason if paused else None)


def _state_of(member: Member) -> tuple[SeatState, str | None]:
    if member.is_paused:
        reason = member.pause_reason or PauseReason.UNSTATED.value
        return (SeatState.OUT if reason == OUT else SeatState.PAUSED), reason
    if member.status in _ABSENT:
        return SeatState.ABSENT, None
    return (SeatState.READY if member.status is MemberStatus.NOT_IN_USE else SeatState.BUSY), None
