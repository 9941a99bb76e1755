"""When a call whose end was not written down is over all the same. Pure: a decision from what was seen.

Rules:
- Nothing is closed before the logs were read to their end, later than whatever speaks for the closing: the end may be
  there, unread.
- A call is closed when (a) rows of a later boot of its Asterisk were read; or (b) it was quiet, and a look at
  Asterisk that began after that did not find it; or (c) Asterisk has answered no look for half a minute, in which the
  journal was quiet as well: who writes is alive, though its manager be away.
- A call that has ended, and about which more was read after that, is closed when it has been quiet.
- Looks are made only while a call is open and quiet, and not all the time.
- All instants are monotonic seconds: no clock that is set can close a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from callrouter.records.open_calls import OpenCall

QUIET_S = 5.0
"""A call about which nothing was read for so long is quiet. Most talks are."""
LOOK_EVERY_S = 10.0
UNANSWERED_S = 30.0
"""Together they leave a quarter of the minute within which a call that died has its record."""


@dataclass(frozen=True, slots=True)
class Look:
    """What Asterisk said when it was asked which calls are up."""

    began_at: float
    ended_at: float
    linkedids: frozenset[str]
    """With the node's name in place of the boot name."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What is known from looking."""

    last: Look | None = None
    """The last that was answered."""
    tried_at: float | None = None
    """When the last one began, answered or not."""
    unanswered_since: float | None = None
    """When the first of those began that were not answered since."""

    def answered(self, look: Look) -> Looks:
        """Add a look that was answered."""
        return Looks(look, look.began_at, None)

    def refused(self, began_at: float) -> Looks:
        """Add a look that was refused: whoever refuses is alive."""
        return Looks(self.last, began_at, None)

    def failed(self, began_at: float) -> Looks:
        """Add a look that was not answered."""
        since = began_at if self.unanswered_since is None else self.unanswered_since
        return Looks(self.last, began_at, since)


def look_is_due(calls: Iterable[OpenCall], looks: Looks, now: float) -> bool:
    """Say whether to look at Asterisk."""
    if looks.tried_at is not None and now < looks.tried_at + LOOK_EVERY_S:
        return False
    return any(now >= call.seen_at + QUIET_S for call in calls)


def calls_over(
    calls: Iterable[OpenCall],
    looks: Looks,
    *,
    read_at: float,
    heard_at: float,
    is_of_earlier_boot: Callable[[OpenCall], bool],
) -> tuple[str, ...]:
    """Give the linkedids of the calls to be closed, when a reading that began at `read_at` came to the logs' end.

    `heard_at` is when the journal's newest row, about whatever call, was read.
    """
    return tuple(
        call.linkedid
        for call in calls
        if _has_settled(call, read_at)
        or (not call.ended and (is_of_earlier_boot(call) or _is_gone(call, looks, read_at, heard_at)))
    )


def _has_settled(call: OpenCall, read_at: float) -> bool:
    return call.ended and read_at >= call.seen_at + QUIET_S


def _is_gone(call: OpenCall, looks: Looks, read_at: float, heard_at: float) -> bool:
    look, unanswered_since = looks.last, looks.unanswered_since
    if unanswered_since is not None:
        silent_since = max(unanswered_since, call.seen_at, heard_at)
        if read_at >= silent_since + UNANSWERED_S:
            return True
    if look is None or call.linkedid in look.linkedids:
        return False
    return look.began_at >= call.seen_at + QUIET_S and read_at >= look.ended_at
