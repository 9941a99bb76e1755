"""Follows Asterisk: the whole state first, then what changes, and the whole state again after every gap.

Rules
1. What was queued before a snapshot is asked for is older than it, and dropped.
2. What arrives while it is being asked for comes behind it.  Some of that may already be in it: whoever applies an
   event must bear it twice.  Never the other way round: nothing is in neither.
3. A new break (a new link, an overflow) while it is asked for makes it begin again.
4. No answer, or a refusal, is tried again after growing waits, as long as there is a link.  Without one, the next
   link's own mark is the sign to begin again.
5. What only tells that something was dropped (`SnapshotReason.DISTRUST`, an overflow) is answered at most once a
   second: whoever causes it must not be able to keep Asterisk busy with our questions.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Protocol

import structlog

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost
from callrouter.asterisk_link.ami_events import EventQueue, SnapshotReason
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import CALL_VARIABLES, Snapshot, snapshot_of, status_headers
from callrouter.asterisk_link.backoff import Backoff

log = structlog.get_logger(__name__)

_ASK_AGAIN: Final = Backoff(first_s=0.25, ceiling_s=10.0)
_LEAST_BETWEEN_S: Final = 1.0


class Ami(Protocol):
    """What is needed of the link to Asterisk: `AmiClient` has it."""

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        """Send an action and return its answer. Raises AmiError."""


class FollowedAmi(Ami, Protocol):
    """A link that also tells what happens."""

    @property
    def events(self) -> EventQueue:
        """What Asterisk tells, in order."""


async def take_snapshot(ami: Ami) -> Snapshot:
    """Ask Asterisk for its whole state, once.  Raises AmiError."""
    channels = await ami.action("Status", status_headers(CALL_VARIABLES))
    return snapshot_of(channels, await ami.action("QueueStatus", {}))


async def follow(
    ami: FollowedAmi, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[Snapshot | AmiMessage]:
    """Yield a snapshot, the events behind it, and so on after every gap; ends when the client is closed.

    The one follower of ``ami.events``.
    """
    loop = asyncio.get_running_loop()
    taken_at_s: float | None = None
    async for news in ami.events:
        if isinstance(news, AmiMessage):
            # Before the first snapshot there is nothing that an event could change.
            if taken_at_s is not None:
                yield news
            continue
        if taken_at_s is not None and news.reason is not SnapshotReason.LINK_READY:
            await sleep(max(0.0, taken_at_s + _LEAST_BETWEEN_S - loop.time()))
        snapshot = await _snapshot_after_a_gap(ami, sleep)
        taken_at_s = loop.time() if snapshot else None
        if snapshot:
            if snapshot.missing:
                log.warning("AMI snapshot is not whole", missing=snapshot.missing)
            yield snapshot


async def _snapshot_after_a_gap(
    ami: FollowedAmi, sleep: Callable[[float], Awaitable[None]]
) -> Snapshot | None:
    """Return a whole snapshot, or None when the link has gone: its successor leaves a mark of its own."""
    attempt = 0
    while True:
        ami.events.forget_queued()
        try:
            snapshot = await take_snapshot(ami)
        except AmiLost:
            return None
        except AmiError as error:
            log.warning("AMI snapshot failed", error=type(error).__name__)
        else:
            if not ami.events.holds_break:
                return snapshot
        attempt += 1
        await sleep(_ASK_AGAIN.delay_s(attempt, chance=0))
