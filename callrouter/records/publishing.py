"""The two sides of delivery: who publishes, and who is told what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from callrouter.crashpoint import CrashPoint, crashpoint
from callrouter.records.counters import RecordCounters
from callrouter.records.leases import Fence, LeaseLostError
from callrouter.records.outbox_rows import Closing
from callrouter.vocabulary.message import Acknowledgement, Manifest, Message, PublishError

log = structlog.get_logger(__name__)


class DeliveryListener(Protocol):
    """Who is told what happens on the way. Called on the event loop; must not block."""

    def link_up(self) -> None:
        """The other side can be reached, and its acknowledgements be received."""

    def link_down(self) -> None:
        """It cannot be reached any more; what was on the way may be lost, and is sent again after `link_up`."""

    def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
        """The ticketing side has spoken about messages, or about a manifest."""


class Publisher(Protocol):
    """A way to the ticketing side."""

    @property
    def most_at_once(self) -> int:
        """How many messages one `publish` may be given; 1 for a side that takes no batches."""

    async def run(self, listener: DeliveryListener) -> None:
        """Keep the link until cancelled. Never gives up by itself; says `link_up` when it may be used."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand messages over, in this order. Returning proves nothing: only `acknowledged` does.

        It may be called again while an earlier call has not returned, for messages of other calls. The messages of
        one call in one `publish` are either all live events or none is. Whoever has the other side's word at once
        (a 2xx, an fsync) says `acknowledged` before returning.
        Raises PublishError when they were not handed over: each is sent again, alone.
        """

    async def publish_manifest(self, manifest: Manifest) -> None:
        """Ask what is missing; the answer is an `acknowledged` of the manifest's id. Raises PublishError."""


class HandingOver:
    """Batches that are being published, side by side."""

    def __init__(
        self, publisher: Publisher, counters: RecordCounters, on_failure: Callable[[Sequence[Message]], None]
    ) -> None:
        self._publisher = publisher
        self._counters = counters
        self._on_failure = on_failure
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, messages: Sequence[Message]) -> None:
        """Publish a batch; `on_failure` is told when that did not succeed."""
        task = asyncio.create_task(self._publish(messages))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Stop at once; nobody is told."""
        # aiomqtt would let these wait for their whole timeout.
        for task in self._tasks:
            task.cancel()

    async def _publish(self, messages: Sequence[Message]) -> None:
        try:
            await self._publisher.publish(messages)
        except Exception as error:
            self._counters.publish_failures += 1
            if isinstance(error, PublishError):
                log.warning("messages were not handed over, trying again later", messages=len(messages))
            else:
                note_unforeseen(self._counters, error)
            self._on_failure(messages)
        else:
            crashpoint(CrashPoint.MESSAGE_PUBLISHED)
            self._counters.published += len(messages)


def note_unforeseen(counters: RecordCounters, error: Exception) -> None:
    """Count and tell an error that nobody thought of."""
    counters.unforeseen_errors += 1
    # Without its traceback: that may quote a caller.
    log.error("delivery failed in an unforeseen way, trying again", error=type(error).__name__)


def note_closing(counters: RecordCounters, closing: Closing) -> None:
    """Count what acknowledgements have done, and tell of dead letters."""
    counters.acknowledged += len(closing.acknowledged)
    counters.rejected += len(closing.rejected)
    counters.repeated_acknowledgements += len(closing.repeated)
    counters.unknown_acknowledgements += len(closing.unknown)
    for message_id, call_id in closing.rejected.items():
        # The reason is the other side's text and may quote a caller: it stays in the database.
        log.error("a message is a dead letter", call_id=call_id, message_id=message_id)


def held(fence: Callable[[], Fence | None] | None) -> Fence | None:
    """Give the fence to write with; None where none is needed. Raises LeaseLostError when it is not held."""
    if fence is None:
        return None
    now = fence()
    if now is None:
        raise LeaseLostError("publish")
    return now
