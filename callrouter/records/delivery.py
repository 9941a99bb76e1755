"""Telling the ticketing side, until it says that it knows.

Rules:
- A message is closed by the ticketing side's own acknowledgement alone. That the broker took it proves
  nothing: a broker may die with it, refuse it quietly, or have nobody to give it to.
- At most `window` messages are in flight. One that is not acknowledged in time leaves the window and waits
  for its next attempt, so that a message nobody answers does not stop the others.
- What is sent again takes at most half of the window while new messages wait: however many nobody answers, the
  others flow.
- A message that is damaged in the database is a dead letter, like one that the ticketing side rejects.
- An unforeseen error ends nothing: it is counted, and tried again after a back-off.
- Acknowledgements are closed together: those that came while half of what is in flight was answered, or a moment.
- The wait doubles with every attempt up to `longest_wait`. A new link ends every wait: what was in flight on
  the old one may be lost.
- What is in flight lives in memory, what is open in the database: after a restart everything open is due.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.counters import RecordCounters
from callrouter.records.outbox_rows import Closing, DueMessage, OutboxRows
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome, PublishError

log = structlog.get_logger(__name__)

_ATTENTION = 1.0
"""Seconds after which the outbox looks for due rows even if nothing woke it."""
_SHORTEST_WAIT = 0.1
_LONGEST_WAIT = 10.0
"""Seconds between two attempts at a step that fails."""
_DAMAGED = "the outbox row cannot be read: its body is no JSON object; the journal still has the call"
_GATHERED_WITHIN = 0.05
"""Seconds that an acknowledgement waits for others: a transaction costs much the same for one as for twenty."""
_ACKNOWLEDGEMENTS_AT_ONCE = 500
"""In one transaction: below every database's limit of parameters."""


class DeliveryListener(Protocol):
    """Who is told what happens on the link. Called on the event loop; must not block."""

    def link_up(self) -> None:
        """The link stands and acknowledgements can be received."""

    def link_down(self) -> None:
        """The link is gone, and with it perhaps what was in flight."""

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """The ticketing side has spoken about a message."""


class Publisher(Protocol):
    """A way to the ticketing side."""

    async def run(self, listener: DeliveryListener) -> None:
        """Keep the link up until cancelled. Never gives up by itself."""

    async def publish(self, message: Message) -> None:
        """Hand a message over. Raises PublishError when that did not succeed."""


class Outbox:
    """Delivers the outbox's messages through one publisher. It is the publisher's listener."""

    def __init__(
        self,
        rows: OutboxRows,
        publisher: Publisher,
        *,
        now: Callable[[], datetime],
        counters: RecordCounters,
        window: int = 100,
        acknowledged_within: timedelta = timedelta(seconds=10),
        longest_wait: timedelta = timedelta(seconds=60),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._rows = rows
        self._publisher = publisher
        self._now = now
        self._counters = counters
        self._window = window
        self._acknowledged_within = acknowledged_within
        self._longest_wait = longest_wait
        self._chance = chance
        self._wake = asyncio.Event()
        self._everything_is_due = True
        self._latest = now()
        self._in_flight: dict[str, float] = {}
        """Message ids, with the loop time at which they leave the window."""
        self._sent_again: set[str] = set()
        """Those in flight that are not sent for the first time."""
        self._publishing: set[asyncio.Task[None]] = set()
        self._acknowledgements: list[Acknowledgement] = []
        self._gathering: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_link())
                group.create_task(self._deliver())
        finally:
            self.link_down()

    def wake(self) -> None:
        """Look for due messages now: some were just written."""
        self._wake.set()

    def link_up(self) -> None:
        """See DeliveryListener."""
        self._counters.broker_connected = True
        self._everything_is_due = True
        self._wake.set()

    def link_down(self) -> None:
        """See DeliveryListener."""
        self._counters.broker_connected = False
        # aiomqtt would let these wait for their whole timeout.
        for task in self._publishing:
            task.cancel()
        self._in_flight.clear()
        self._sent_again.clear()

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """See DeliveryListener."""
        crashpoint(CrashPoint.ACKNOWLEDGEMENT_RECEIVED)
        self._acknowledgements.append(acknowledgement)
        if 2 * len(self._acknowledgements) >= len(self._in_flight):
            self._wake.set()
        elif self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(_GATHERED_WITHIN, self._wake.set)

    async def _keep_link(self) -> None:
        failures = 0
        while True:
            try:
                return await self._publisher.run(self)
            except Exception as error:
                failures += 1
                self._note_unforeseen(error)
                self.link_down()
                await _back_off_after(failures)

    async def _deliver(self) -> None:
        failures = 0
        while True:
            self._wake.clear()
            try:
                await self._step()
            except SQLAlchemyError as error:
                failures += 1
                self._counters.database_failures += 1
                log.warning("the outbox cannot use the database, trying again", error=type(error).__name__)
                await _back_off_after(failures)
                continue
            except Exception as error:
                failures += 1
                self._note_unforeseen(error)
                await _back_off_after(failures)
                continue
            failures = 0
            await self._wait()

    def _note_unforeseen(self, error: Exception) -> None:
        self._counters.unforeseen_errors += 1
        # Without its traceback: that may quote a caller.
        log.error("delivery failed in an unforeseen way, trying again", error=type(error).__name__)

    async def _step(self) -> None:
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
                await self._rows.make_all_due(now)
            except BaseException:
                self._everything_is_due = True
                raise
        self._drop_overdue()
        if self._counters.broker_connected:
            await self._send_due()

    async def _close_acknowledged(self) -> None:
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        words = self._acknowledgements[:_ACKNOWLEDGEMENTS_AT_ONCE]
        if not words:
            return
        closing = await self._rows.close(words, self._now())
        crashpoint(CrashPoint.MESSAGE_CLOSED)
        del self._acknowledgements[: len(words)]
        for word in words:
            self._leave_window(word.id)
        self._count(closing)
        if self._acknowledgements:
            self._wake.set()

    def _count(self, closing: Closing) -> None:
        self._counters.acknowledged += len(closing.acknowledged)
        self._counters.rejected += len(closing.rejected)
        self._counters.repeated_acknowledgements += len(closing.repeated)
        self._counters.unknown_acknowledgements += len(closing.unknown)
        for message_id, call_id in closing.rejected.items():
            # The reason is the other side's text and may quote a caller: it stays in the database.
            log.error("the ticketing side rejected a message", call_id=call_id, message_id=message_id)

    def _drop_overdue(self) -> None:
        time = asyncio.get_running_loop().time()
        for message_id in [one for one, deadline in self._in_flight.items() if deadline <= time]:
            self._leave_window(message_id)

    def _leave_window(self, message_id: str) -> None:
        self._in_flight.pop(message_id, None)
        self._sent_again.discard(message_id)

    async def _send_due(self) -> None:
        free = self._window - len(self._in_flight)
        if free <= 0:
            return
        now = self._now()
        again = max(0, self._window // 2 - len(self._sent_again))
        due = await self._rows.due(now, limit=free, again=again, but=self._in_flight.keys())
        if due.damaged:
            await self._reject_damaged(due.damaged)
        if not due.messages:
            return
        await self._rows.mark_sent(
            {one.message.id: now + self._back_off(one.attempts) for one in due.messages}
        )
        crashpoint(CrashPoint.MESSAGE_TAKEN)
        deadline = asyncio.get_running_loop().time() + self._acknowledged_within.total_seconds()
        for one in due.messages:
            self._in_flight[one.message.id] = deadline
            if one.attempts:
                self._sent_again.add(one.message.id)
            self._start_publishing(one)

    async def _reject_damaged(self, damaged: Mapping[str, str]) -> None:
        words = [Acknowledgement(id_, Outcome.REJECTED, _DAMAGED) for id_ in damaged]
        closing = await self._rows.close(words, self._now())
        self._counters.rejected += len(closing.rejected)
        for message_id, call_id in closing.rejected.items():
            log.error("a message is damaged in the outbox", call_id=call_id, message_id=message_id)
        # They have taken places that others are waiting for.
        self._wake.set()

    def _start_publishing(self, due: DueMessage) -> None:
        task = asyncio.create_task(self._publish(due.message))
        self._publishing.add(task)
        task.add_done_callback(self._publishing.discard)

    async def _publish(self, message: Message) -> None:
        try:
            await self._publisher.publish(message)
        except PublishError:
            self._counters.publish_failures += 1
            log.warning("a message was not handed over, trying again later", call_id=message.call_id)
            self._leave_window(message.id)
            self._wake.set()
        except Exception as error:
            # It stays in the window until its deadline, and is tried again like one that nobody answered.
            self._counters.publish_failures += 1
            self._note_unforeseen(error)
        else:
            crashpoint(CrashPoint.MESSAGE_PUBLISHED)
            self._counters.published += 1

    def _back_off(self, attempts: int) -> timedelta:
        wait = min(self._acknowledged_within * (1 << min(attempts, 16)), self._longest_wait)
        return wait * (1 + 0.25 * self._chance())

    async def _wait(self) -> None:
        time = asyncio.get_running_loop().time()
        deadline = min([time + _ATTENTION, *self._in_flight.values()])
        try:
            async with asyncio.timeout_at(deadline):
                await self._wake.wait()
        except TimeoutError:
            return


async def _back_off_after(failures: int) -> None:
    await asyncio.sleep(min(_SHORTEST_WAIT * (1 << min(failures, 10)), _LONGEST_WAIT))
