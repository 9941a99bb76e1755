"""Telling the ticketing side, until it says that it knows.

Rules:
- A message is closed by the ticketing side's own acknowledgement alone: a broker that took it may die with it.
- At most `window` messages are on the way. What goes for the first time goes in batches; what was not acknowledged
  in time is sent again alone, so that a message nobody answers stops neither the others nor its batch for long.
- What is sent again takes at most half of the window while new messages wait. The wait doubles with every attempt up
  to `longest_wait`.
- A first attempt costs one reading, one publishing, one closing; only a failed one is written down. While there
  is always something to do, steps are `pace` apart, and what comes meanwhile goes together: in SQLite one transaction
  keeps all others from writing. After a pause nothing waits, nor when half of the window has its answer.
- A lost link is nobody's failure: what was on the way goes again in batches, and every wait ends. What is on the way
  lives in memory, what is open in the database: after a restart everything open is due.
- A damaged message is a dead letter, like a rejected one. An unforeseen error ends nothing: it is tried again.
- Where one of several may publish, it is who holds the lease. Without it nothing more is published, written or
  remembered: `run` ends with LeaseLostError.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.acknowledgements import Acknowledgements
from callrouter.records.counters import RecordCounters
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.on_the_way import OnTheWay, Sent, in_batches
from callrouter.records.outbox_due import Due, Unsendable
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.publishing import (
    DeliveryListener,
    HandingOver,
    Publisher,
    held,
    note_closing,
    note_unforeseen,
)
from callrouter.records.waiting import back_off_after, until
from callrouter.vocabulary.message import Acknowledgement, Manifest, Message, Outcome, PublishError

__all__ = ["DeliveryListener", "Outbox", "Publisher"]

log = structlog.get_logger(__name__)

_ATTENTION = 1.0
"""Seconds after which the outbox looks for due rows even if nothing woke it."""


class Outbox:
    """Delivers the outbox's messages through one publisher. It is the publisher's listener."""

    def __init__(
        self,
        rows: OutboxRows,
        publisher: Publisher,
        *,
        now: Callable[[], datetime],
        counters: RecordCounters,
        fence: Callable[[], Fence | None] | None = None,
        window: int = 1000,
        largest_batch: int = 512 << 10,
        acknowledged_within: timedelta = timedelta(seconds=15),
        longest_wait: timedelta = timedelta(seconds=60),
        pace: timedelta = timedelta(milliseconds=150),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._rows = rows
        self._publisher = publisher
        self._now = now
        self._counters = counters
        self._fence = fence
        self._window = window
        self._largest_batch = largest_batch
        self._acknowledged_within = acknowledged_within.total_seconds()
        self._longest_wait = longest_wait.total_seconds()
        self._pace = pace.total_seconds()
        self._chance = chance
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()
        """Places on the way, or the link, wait for the next step: it keeps no pace."""
        self._everything_is_due = True
        self._latest = now()
        self._way = OnTheWay()
        self._not_handed_over: dict[str, None] = {}
        """Ids of those on the way that the publisher could not hand over, in order."""
        self._again_from: float | None = None
        """The loop time from which on some of those that failed may be due; None: there are none."""
        self._further = 0
        """The position in the outbox up to which a look came that did not see all."""
        self._publishing = HandingOver(publisher, counters, self._note_failure)
        self._words = Acknowledgements(self._wake.set, self._hurry, many=-(-window // 2))

    async def run(self) -> None:
        """Deliver until cancelled. Raises LeaseLostError when there is a fence and it is lost."""
        lost: list[BaseException] = []
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_link())
                group.create_task(self._deliver())
        except* LeaseLostError as failed:
            lost += failed.exceptions
        finally:
            self._forget()
        if lost:
            # Out here: Python 3.11.2 (Debian 12) makes a group of what is raised above.
            raise lost[0]

    def wake(self) -> None:
        """Look for due messages now: some were just written."""
        self._wake.set()

    def link_up(self) -> None:
        """See DeliveryListener."""
        self._counters.broker_connected = True
        self._everything_is_due = True
        self._hurry()

    def link_down(self) -> None:
        """See DeliveryListener."""
        self._counters.broker_connected = False
        self._publishing.stop()
        self._way.clear()
        self._not_handed_over.clear()

    def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
        """See DeliveryListener."""
        crashpoint(CrashPoint.ACKNOWLEDGEMENT_RECEIVED)
        self._words.add(words, len(self._way))

    async def ask_what_is_missing(self, manifest: Manifest, within: float) -> Acknowledgement:
        """Send a manifest and wait so many seconds for the answer. Raises PublishError, also without an answer."""
        with self._words.expecting(manifest.id) as answer:
            try:
                async with asyncio.timeout(within):
                    await self._publisher.publish_manifest(manifest)
                    return await answer
            except TimeoutError:
                raise PublishError("nobody has answered the manifest") from None

    async def _keep_link(self) -> None:
        failures = 0
        while True:
            try:
                return await self._publisher.run(self)
            except Exception as error:
                failures += 1
                note_unforeseen(self._counters, error)
                self.link_down()
                await back_off_after(failures)

    async def _deliver(self) -> None:
        failures = 0
        try:
            while True:
                self._wake.clear()
                self._urgent.clear()
                begun = asyncio.get_running_loop().time()
                try:
                    await self._step()
                except LeaseLostError:
                    raise
                except SQLAlchemyError as error:
                    failures += 1
                    self._counters.database_failures += 1
                    log.warning(
                        "the outbox cannot use the database, trying again", error=type(error).__name__
                    )
                    await back_off_after(failures)
                    continue
                except Exception as error:
                    failures += 1
                    note_unforeseen(self._counters, error)
                    await back_off_after(failures)
                    continue
                failures = 0
                await self._wait()
                await until(self._urgent, begun + self._pace)
        finally:
            # At once: taking leave of the other side may last, and another may publish already.
            self._publishing.stop()

    async def _step(self) -> None:
        held(self._fence)
        await self._close_acknowledged()
        now = self._now()
        if now < self._latest:
            # The clock was set back: what it had planned may lie far ahead.
            self._everything_is_due = True
        self._latest = now
        if self._everything_is_due:
            # Cleared before the write: a link that comes up meanwhile asks again.
            self._everything_is_due = False
            try:
                await self._rows.make_all_due(now, held(self._fence))
            except BaseException:
                self._everything_is_due = True
                raise
            self._again_from = 0.0
        await self._put_off_unanswered()
        if self._counters.broker_connected:
            await self._send_due()

    async def _close_acknowledged(self) -> None:
        if words := self._words.first():
            closing = await self._rows.close(words, self._now(), held(self._fence))
            crashpoint(CrashPoint.MESSAGE_CLOSED)
            self._words.closed(len(words))
            self._way.take(word.id for word in words)
            note_closing(self._counters, closing)

    async def _put_off_unanswered(self) -> None:
        time = asyncio.get_running_loop().time()
        in_vain = [*self._not_handed_over, *self._way.sent_until(time - self._acknowledged_within)]
        if not in_vain:
            return
        waits = {sent.position: self._back_off(sent, time) for sent in self._way.failed_among(in_vain)}
        if waits:
            now = self._now()
            later = {position: now + timedelta(seconds=wait) for position, wait in waits.items()}
            await self._rows.retry_later(later, held(self._fence))
            soonest = time + min(waits.values())
            self._again_from = soonest if self._again_from is None else min(soonest, self._again_from)
        self._way.take(in_vain)
        for message_id in in_vain:
            self._not_handed_over.pop(message_id, None)

    def _back_off(self, sent: Sent, time: float) -> float:
        """Give the seconds from now until the next attempt: the wait begins when it was sent."""
        wait = min(self._acknowledged_within * (1 << min(sent.attempts, 16)), self._longest_wait)
        return max(0.0, sent.sent_at + wait * (1 + 0.25 * self._chance()) - time)

    async def _send_due(self) -> None:
        if (free := self._window - len(self._way)) <= 0:
            return
        due = await self._due(free)
        if due.unsendable:
            await self._bury(due.unsendable)
        if not self._counters.broker_connected or self._everything_is_due:
            return  # the link has gone meanwhile; what it took along is not known any more
        most = self._publisher.most_at_once
        if not (batches := in_batches(due.messages, most_at_once=most, largest=self._largest_batch)):
            return
        held(self._fence)
        crashpoint(CrashPoint.MESSAGE_TAKEN)
        time = asyncio.get_running_loop().time()
        for batch in batches:
            self._way.put(batch, time)
            self._publishing.begin([one.message for one in batch])

    async def _due(self, free: int) -> Due:
        """Read what is due, and plan when to look for those again that failed."""
        time, now = asyncio.get_running_loop().time(), self._now()
        again = None
        if self._again_from is not None and self._again_from <= time:
            again = max(0, self._window // 2 - self._way.again)
        due = await self._rows.due(
            now, limit=free, again=again, but=self._way.positions(), further=self._further
        )
        self._further = due.further
        if again is not None:
            later = due.again_at
            self._again_from = None if later is None else time + max(0.0, (later - now).total_seconds())
        return due

    async def _bury(self, unsendable: Sequence[Unsendable]) -> None:
        words = [Acknowledgement(one.id, Outcome.REJECTED, one.reason) for one in unsendable]
        note_closing(self._counters, await self._rows.close(words, self._now(), held(self._fence)))
        # They have taken places that others are waiting for.
        self._hurry()

    def _note_failure(self, messages: Sequence[Message]) -> None:
        # Of a link that has gone it is known already that all has to be sent again.
        if self._counters.broker_connected:
            self._not_handed_over.update(dict.fromkeys(one.id for one in messages if one.id in self._way))
            self._hurry()

    def _hurry(self) -> None:
        self._urgent.set()
        self._wake.set()

    def _forget(self) -> None:
        """Another may have done the work when we are asked to do it again."""
        self.link_down()
        self._words.clear()
        self._everything_is_due = True

    async def _wait(self) -> None:
        time, oldest = asyncio.get_running_loop().time(), self._way.oldest_sent_at()
        deadline = time + _ATTENTION
        if oldest is not None:
            deadline = min(deadline, oldest + self._acknowledged_within)
        if self._again_from is not None and self._again_from > time:
            deadline = min(deadline, self._again_from)
        await until(self._wake, deadline)
