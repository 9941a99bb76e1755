"""Who acts upon Asterisk: of several controllers, the one that has the control lease.

Rules:
- Dips are answered by every controller, with the lease or without, whatever becomes of the database.
- What acts by itself (keeping seats in their queues) is done by the holder alone. Who loses the lease, or cannot tell
  any more, stops within a second; who gets it looks at Asterisk anew before it acts.
- The news from Asterisk are followed all the time: there is one follower, and a queue that nobody empties overflows.
  So every controller knows how the seats stand; the holder alone writes it into its log.
- The lease is kept by the records process, which has the database; here there is only what it last said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final, NoReturn, Protocol

import structlog

from callrouter.asterisk_link.ami_errors import AmiError
from callrouter.asterisk_link.ami_follow import FollowedAmi, follow, take_snapshot
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_members import Outsider, reconcile
from callrouter.calls.seat_watch import Alarm, SeatWatch
from callrouter.calls.seats import Roster
from callrouter.service.figures import Standing

_log = structlog.get_logger(__name__)
_SEEN_AGAIN_AFTER_S: Final = 2.0
_WATCHED_EVERY_S: Final = 5.0


def _now() -> datetime:
    return datetime.now(UTC)


class Control:
    """What this controller knows of its own lease."""

    def __init__(self) -> None:
        self.standing: Standing | None = None
        """None: nobody can say; counts as without."""
        self.changed = asyncio.Event()
        """Set at each change; whoever waits for one clears it."""

    @property
    def is_held(self) -> bool:
        """Whether this controller may act."""
        return self.standing is Standing.HOLDER

    def told(self, standing: Standing | None) -> None:
        """Take in what the records process says; None when it does not answer."""
        if standing is self.standing:
            return
        _log.info("control", standing=standing or "unknown")
        self.standing = standing
        self.changed.set()


class Listener(Protocol):
    """Who else hears what Asterisk tells. Neither method may raise, or take long: there is one follower."""

    def see(self, snapshot: Snapshot) -> None:
        """Take in the whole state: the first, or after a gap."""

    def hear(self, event: AmiMessage) -> None:
        """Take in an event."""


class SeatKeeper:
    """Keeps the seats in their queues while this controller is in control, and knows how they stand."""

    def __init__(
        self,
        ami: FollowedAmi,
        roster: Roster,
        control: Control,
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.board = SeatBoard(roster)
        self._also: list[Listener] = []
        self._ami = ami
        self._roster = roster
        self._control = control
        self._now = now
        self._latest: Snapshot | None = None
        self._strangers: set[Outsider] = set()

    def also_tell(self, listener: Listener) -> None:
        """Let another hear what Asterisk tells."""
        self._also.append(listener)

    async def run(self) -> None:
        """Follow Asterisk, and act while in control, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._act())
            tasks.create_task(self._watch())

    async def _follow(self) -> None:
        async for news in follow(self._ami):
            if isinstance(news, Snapshot):
                self._latest = news
                self.board.see(news)
                self._control.changed.set()
                for listener in self._also:
                    listener.see(news)
            else:
                self._hear(news)

    def _hear(self, event: AmiMessage) -> None:
        for listener in self._also:
            listener.hear(event)
        word = self.board.hear(event, self._now())
        if word is not None and self._control.is_held:
            _log.info("seat_state", seat=word.seat, state=word.state.value, reason=word.reason)

    async def _watch(self) -> NoReturn:
        loop = asyncio.get_running_loop()
        watch = SeatWatch()
        while True:
            await asyncio.sleep(_WATCHED_EVERY_S)
            if not (self.board.is_known and self._control.is_held):
                watch = SeatWatch()
                continue
            for alarm in watch.look(self.board.unstaffed(), loop.time()):
                _tell(alarm)

    async def _act(self) -> NoReturn:
        had_it = False
        while True:
            self._control.changed.clear()
            snapshot, self._latest = self._latest, None
            if self._control.is_held and (snapshot or not had_it):
                await self._until_something_changes(self._look_after(snapshot))
            had_it = self._control.is_held
            await self._control.changed.wait()

    async def _look_after(self, snapshot: Snapshot | None) -> None:
        """Bring every seat into its queue. Without a snapshot, take one: an older one may be of another's time."""
        while snapshot is None:
            try:
                snapshot = await take_snapshot(self._ami)
            except AmiError:
                # No link: the next one brings a snapshot of its own.
                await asyncio.sleep(_SEEN_AGAIN_AFTER_S)
        await reconcile(self._ami, self._roster, snapshot, self._strangers)

    async def _until_something_changes(self, work: Awaitable[None]) -> None:
        doing = asyncio.ensure_future(work)
        change = asyncio.ensure_future(self._control.changed.wait())
        try:
            await asyncio.wait((doing, change), return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()
            doing.cancel()
            await asyncio.wait((doing, change))
        if not doing.cancelled() and (error := doing.exception()):
            raise error


def _tell(alarm: Alarm) -> None:
    if alarm.is_over:
        _log.info("queue_has_seats_again", queue=alarm.queue, lasted_s=alarm.lasted_s)
        return
    _log.warning(
        "queue_without_ready_seat",
        queue=alarm.queue,
        lasted_s=alarm.lasted_s,
        remedy="callrouter seats list shows who is paused, out or away; nobody is put back by itself",
    )
