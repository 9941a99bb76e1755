"""Waiting: for what happens or for an instant, and longer after every failure."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

_SHORTEST_WAIT: Final = 0.1
_LONGEST_WAIT: Final = 10.0
"""Seconds between two attempts at a step that fails."""


async def until(event: asyncio.Event, deadline: float) -> None:
    """Wait for an event, but not beyond a time of the event loop's clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await event.wait()


async def back_off_after(failures: int) -> None:
    """Wait before the next attempt after so many failures in a row."""
    await asyncio.sleep(min(_SHORTEST_WAIT * (1 << min(failures, 10)), _LONGEST_WAIT))
