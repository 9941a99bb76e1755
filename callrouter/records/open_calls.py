"""The calls whose end has not been read, in memory. Pure: nothing here waits, writes or knows the time.

Rules:
- A batch changes nothing by itself: `apply` says what is to be written and what then would be known, and `adopt`
  makes it so once it is written. Whoever could not write forgets the book and loads it again.
- Of a call that goes on, everything that was read is kept here and in the database alike; of one that is over,
  nothing stays here. Memory grows with the calls that are up, and with nothing else.
- A row counts once, however often it is read: by channel, event, instant and what it says; a line of the queue log by
  all of it.
- A call is told of while it happens only when it outlived the batch that it began in, and never once it has a record.
- A boot that was followed by another never counts as the newest again, and neither does one whose rows are older than
  those of the newest: an old file may be read late. Calls of a boot that was followed by another are dead.
- Calls that could not be folded are known by their ids alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from callrouter.records.gathering import Gathered, NewRows
from callrouter.vocabulary.cel import CelEvent, CelRow
from callrouter.vocabulary.journal import JournalEvent
from callrouter.vocabulary.live import Milestone
from callrouter.vocabulary.queue_log import QueueRow


class Tell(Protocol):
    """Gives what has happened in a call, as far as it is told."""

    def __call__(self, rows: Sequence[CelRow], *, is_over: bool) -> Sequence[Milestone]:
        """`is_over`: nothing more is to be waited for."""


_ARRIVALS = frozenset({JournalEvent.ARRIVED, JournalEvent.REFUSED})
_END = CelEvent.LINKEDID_END.value
_event = attrgetter("event")
_identity = attrgetter("uniqueid", "event", "at_us", "extra")
"""What a row is known by."""
_LATEST_US = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """The newest record of a call that has one, as far as a correction needs it."""

    body: str
    revision: int
    sequence: int
    """Of the last message about the call."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call whose end has not been read, or about which something was read after it."""

    linkedid: str
    cel: tuple[CelRow, ...] = ()
    queue: tuple[QueueRow, ...] = ()
    pieces: int = 0
    """How many `journal_piece` rows hold it."""
    is_whole: bool = True
    """All its pieces are there: none was pruned."""
    told: tuple[str, ...] = ()
    """The names of the milestones that were told of."""
    is_noted: bool = False
    """`open_call` has a row about it."""
    ended: bool = False
    """Its end was read."""
    record: KnownRecord | None = None
    boot: str | None = None
    """The `node_of_boot` in its ids; None when they have none."""
    seen_at: float = 0.0
    """Monotonic seconds at which its newest row was read."""

    @property
    def since_us(self) -> int:
        """The instant of its first row, in microseconds since 1970."""
        if self.cel:
            return self.cel[0].at_us
        return min(self.queue[0].at_s * 1_000_000, _LATEST_US) if self.queue else 0

    @property
    def call_id(self) -> str:
        """The uniqueid of the caller's channel: where the call arrived, as the fold sees it."""
        arrivals = [row.uniqueid for row in self.cel if row.event in _ARRIVALS]
        return self.linkedid if not arrivals or self.linkedid in arrivals else arrivals[0]

    @property
    def sequence(self) -> int:
        """The number of the last message about it."""
        return self.record.sequence if self.record else len(self.told)


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch does to one call."""

    call: OpenCall
    """As it is then."""
    cel: tuple[CelRow, ...]
    """What is new: the call's next piece, when there is any."""
    queue: tuple[QueueRow, ...]
    milestones: tuple[Milestone, ...]
    """To be told now, numbered on from what was told before."""
    is_over: bool
    """It is to be folded now; otherwise it goes on."""
    was_noted_as: tuple[str, ...] | None
    """What `open_call` says was told; None when it has no row about the call."""

    @property
    def has_rows(self) -> bool:
        """Whether anything about it was read."""
        return bool(self.cel or self.queue)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a batch does."""

    calls: tuple[Change, ...]
    boots: Mapping[str, int]
    passed_over: int
    """Rows of calls whose record is final: their earlier rows were pruned."""


class OpenCalls:
    """The book of one node's open calls."""

    def __init__(self, calls: Iterable[OpenCall] = (), faulty: Iterable[str] = ()) -> None:
        self._calls = {call.linkedid: call for call in calls}
        self._faulty = set(faulty)
        newest = max(self._calls.values(), key=lambda call: call.since_us, default=OpenCall(""))
        self._boot = newest.boot
        self._boot_at_us = newest.since_us
        self._earlier_boots: set[str] = set()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def calls(self) -> Collection[OpenCall]:
        """The open calls."""
        return self._calls.values()

    @property
    def faulty(self) -> Collection[str]:
        """The linkedids of calls that are over and could not be folded."""
        return self._faulty

    def unknown(self, linkedids: Iterable[str]) -> list[str]:
        """Give those that the database may know and the book does not."""
        return [linkedid for linkedid in linkedids if linkedid not in self._calls]

    def is_of_earlier_boot(self, call: OpenCall) -> bool:
        """Say whether the Asterisk that held the call is known to have been followed by another."""
        return call.boot in self._earlier_boots

    def apply(
        self, new: Gathered, *, stored: Mapping[str, OpenCall], over: Collection[str], at: float, tell: Tell
    ) -> Changes:
        """Say what a batch does, that is read at the monotonic instant `at`.

        `stored` are calls that the book does not have and the database has; `over` are the linkedids of calls, from
        either, that are to be folded though no end was read.
        """
        changes: list[Change] = []
        passed_over = 0
        for linkedid in dict.fromkeys((*new.calls, *over)):
            before = self._calls.get(linkedid) or stored.get(linkedid)
            rows = new.calls.get(linkedid)
            if before is not None and not before.is_whole:
                passed_over += len(rows.cel) + len(rows.queue) if rows else 0
                continue
            change = _changed(linkedid, before, rows, is_over=linkedid in over, at=at, tell=tell)
            if change is not None:
                changes.append(change)
        return Changes(tuple(changes), new.boots, passed_over)

    def adopt(self, changes: Changes, faulty: Collection[str] = ()) -> None:
        """Make it so: the changes are written. `faulty` are the linkedids of those that could not be folded."""
        for change in changes.calls:
            linkedid = change.call.linkedid
            self._faulty.discard(linkedid)
            if change.is_over:
                self._calls.pop(linkedid, None)
            else:
                self._calls[linkedid] = change.call
        for linkedid in faulty:
            self._calls.pop(linkedid, None)
            self._faulty.add(linkedid)
        for boot, at_us in changes.boots.items():
            self._see_boot(boot, at_us)

    def _see_boot(self, boot: str, at_us: int) -> None:
        if boot in self._earlier_boots:
            return
        if boot != self._boot:
            if at_us < self._boot_at_us:
                return
            # Also of those before it that only a call which was loaded tells.
            boots = {self._boot, *(call.boot for call in self._calls.values())}
            self._earlier_boots |= {one for one in boots if one is not None and one != boot}
            self._boot = boot
        self._boot_at_us = max(self._boot_at_us, at_us)


def _changed(
    linkedid: str, before: OpenCall | None, rows: NewRows | None, *, is_over: bool, at: float, tell: Tell
) -> Change | None:
    was = before or OpenCall(linkedid)
    cel = _new_cel(was.cel, rows.cel) if rows else ()
    queue = _new_queue(was.queue, rows.queue) if rows and rows.queue else ()
    if not cel and not queue and not is_over:
        return None
    has_end = _END in map(_event, cel)
    is_over = is_over or has_end
    known_cel = was.cel + cel
    milestones: tuple[Milestone, ...] = ()
    # Nobody has heard of it, and its record follows at once: that tells it all.
    by_record_alone = is_over and not was.told
    if was.record is None and not by_record_alone:
        milestones = tuple([one for one in tell(known_cel, is_over=is_over) if one.name not in was.told])
    call = OpenCall(
        linkedid=was.linkedid,
        cel=known_cel,
        queue=was.queue + queue,
        pieces=was.pieces + bool(cel or queue),
        is_whole=was.is_whole,
        told=(*was.told, *[one.name for one in milestones]),
        is_noted=True,
        ended=was.ended or has_end,
        record=was.record,
        boot=rows.boot if rows and rows.boot is not None else was.boot,
        seen_at=at,
    )
    return Change(call, cel, queue, milestones, is_over, was.told if was.is_noted else None)


def _new_cel(known: Iterable[CelRow], rows: Sequence[CelRow]) -> tuple[CelRow, ...]:
    seen = set(map(_identity, known))
    identities = list(map(_identity, rows))
    if len(seen.union(identities)) == len(seen) + len(identities):
        return tuple(rows)
    new: list[CelRow] = []
    for identity, row in zip(identities, rows, strict=True):
        if identity not in seen:
            seen.add(identity)
            new.append(row)
    return tuple(new)


def _new_queue(known: Collection[QueueRow], rows: Iterable[QueueRow]) -> tuple[QueueRow, ...]:
    seen = frozenset(known)
    return tuple([row for row in dict.fromkeys(rows) if row not in seen])
