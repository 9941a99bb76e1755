"""The queue between the AMI link and the one who follows its events.

Rules
1. Events come out in the order in which Asterisk sent them.
2. The link never waits for the follower: Asterisk disconnects a client that does not read, and our own pings
   would starve behind the events.
3. Where events are missing, a `SnapshotNeeded` stands in their place: when a link becomes ready (what
   happened without it is unknown), when the queue overflowed, and when a message was dropped because it was not, or
   not wholly, Asterisk's own.  Everything queued before an overflow goes with it, for the snapshot is newer than all
   of it.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from callrouter.asterisk_link.ami_messages import AmiMessage


class SnapshotReason(Enum):
    """Why events are missing."""

    LINK_READY = auto()
    """A link has just become ready."""
    OVERFLOW = auto()
    """The follower was too slow."""
    DISTRUST = auto()
    """A message was dropped, or turned out to be half of one (see ``ami_trust``)."""


@dataclass(frozen=True, slots=True)
class SnapshotNeeded:
    """Events are missing here: ask Asterisk for the whole state before trusting what follows."""

    reason: SnapshotReason
    dropped: int = 0
    """How many events the overflow cost."""


AmiNews: TypeAlias = AmiMessage | SnapshotNeeded

_DISTRUST: Final = SnapshotNeeded(SnapshotReason.DISTRUST)


class EventQueue:
    """A bounded queue for one follower; ``async for`` ends when it is closed and empty."""

    def __init__(self, capacity: int) -> None:
        self.dropped = 0
        """How many events all overflows have cost."""
        self._capacity = capacity
        self._queue: deque[AmiNews] = deque()
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, news: AmiNews) -> None:
        """Add news; never waits.  One distrust right behind another says nothing new."""
        if news == _DISTRUST and self._queue and self._queue[-1] == _DISTRUST:
            return
        if len(self._queue) >= self._capacity:
            lost = sum(1 if isinstance(item, AmiMessage) else item.dropped for item in self._queue)
            self.dropped += sum(isinstance(item, AmiMessage) for item in self._queue)
            self._queue.clear()
            self._queue.append(SnapshotNeeded(SnapshotReason.OVERFLOW, lost))
        self._queue.append(news)
        self._filled.set()

    def forget_queued(self) -> None:
        """Drop what waits, marks too: for who is about to ask Asterisk for the whole state."""
        self._queue.clear()

    @property
    def holds_break(self) -> bool:
        """Whether what waits is in two pieces: a new link, or an overflow, stands between them."""
        return any(isinstance(news, SnapshotNeeded) and news != _DISTRUST for news in self._queue)

    def close(self) -> None:
        """Let the follower finish what is queued, then end its loop."""
        self._closed = True
        self._filled.set()

    def __aiter__(self) -> "EventQueue":
        return self

    async def __anext__(self) -> AmiNews:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._filled.clear()
            await self._filled.wait()
        return self._queue.popleft()
