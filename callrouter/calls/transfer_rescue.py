"""Callers whom a transfer has left with nobody, found after a gap, and let go where they belong.

The dialplan looks after them by itself, once a second. This is a second net under it: whatever has kept the caller's
channel from doing so (a lost handler, somebody's own redirect) must not leave a person in music for ever.

Rules:
- Nobody is moved on one look: the same call in the same state, twice, some seconds apart, with neither its agent nor
  its target there.
- Who is being connected (ringing, queueing, listening) is left alone: his channel is at work.
- Where the caller goes, the dialplan says. He is only told to look (`transfer-place`), and its net writes down that
  the transfer was interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import structlog

from callrouter.asterisk_link.ami_errors import AmiError
from callrouter.asterisk_link.ami_follow import Ami, take_snapshot
from callrouter.asterisk_link.ami_snapshot import Channel, Snapshot
from callrouter.asterisk_link.arrival import CALL_ID
from callrouter.calls.transfer_board import IN_CONFERENCE, TransferAt, read_transfer
from callrouter.calls.transfer_moves import put_right
from callrouter.vocabulary.transfer import TransferState

LOOKS_APART_S: Final = 3.0
"""More than the dialplan's own net needs."""
_WAITS_IN: Final = frozenset({IN_CONFERENCE, "Wait"})
_OVER: Final = frozenset({TransferState.ENDED, TransferState.QUEUED})
_log = structlog.get_logger(__name__)


class Astray(NamedTuple):
    """A caller who waits for nobody."""

    call_id: str
    channel: str
    at: TransferAt


def astray(snapshot: Snapshot) -> frozenset[Astray]:
    """Find them. A snapshot that is not whole tells of nobody: whom it is missing may be there."""
    if snapshot.missing:
        return frozenset()
    there = {channel.name for channel in snapshot.channels}
    return frozenset(found for channel in snapshot.channels if (found := _astray(channel, there)))


def _astray(channel: Channel, there: set[str]) -> Astray | None:
    held = channel.variables
    at = read_transfer(held.get("CR_TRANSFER", ""))
    call_id = held.get("CR_CALL", "")
    if at is None or at.state in _OVER or channel.application not in _WAITS_IN:
        return None
    if not CALL_ID.fullmatch(call_id):
        return None
    others = (held.get("CR_AGENT_CHANNEL", ""), held.get("CR_TARGET_CHANNEL", ""))
    return None if there.intersection(others) else Astray(call_id, channel.name, at)


async def rescue(
    ami: Ami, snapshot: Snapshot, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> int:
    """Look again at whom the snapshot shows astray, and let them go on; return how many. Raises AmiError."""
    suspected = astray(snapshot)
    if not suspected:
        return 0
    await sleep(LOOKS_APART_S)
    lost = sorted(suspected & astray(await take_snapshot(ami)))
    for one in lost:
        _log.warning("transfer_put_right", call_id=one.call_id, state=one.at.state.value)
        try:
            await ami.action("Redirect", put_right(one.channel))
        except AmiError as error:
            # He has hung up, or Asterisk has gone: the next gap's snapshot shows whoever is still there.
            _log.warning("transfer_not_put_right", call_id=one.call_id, error=type(error).__name__)
    return len(lost)
