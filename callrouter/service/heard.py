"""Work that is done for somebody, and only while he is heard of.

Rules:
- The control lease is kept for the controller beside us. One that stands still acts no more, and must not keep
  another from acting: the lease is given back, and asked for again when it is heard of again.
- Silence is measured by the monotonic clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, NoReturn

_LOOKED_AT_EVERY_S: Final = 0.2


class Heard:
    """When somebody was last heard of."""

    def __init__(self, *, silent_after_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._silent_after_s = silent_after_s
        self._monotonic = monotonic
        self._last: float | None = None

    def now(self) -> None:
        """Somebody is heard of."""
        self._last = self._monotonic()

    @property
    def is_recent(self) -> bool:
        """Whether he was heard of lately."""
        return self._last is not None and self._monotonic() - self._last < self._silent_after_s


async def while_heard(heard: Heard, work: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
    """Do the work, which does not end by itself, whenever somebody is heard of; raises what it raises."""
    while True:
        while not heard.is_recent:  # noqa: ASYNC110 - silence has no event
            await asyncio.sleep(_LOOKED_AT_EVERY_S)
        doing = asyncio.ensure_future(work())
        try:
            while heard.is_recent and not doing.done():
                await asyncio.wait((doing,), timeout=_LOOKED_AT_EVERY_S)
        finally:
            doing.cancel()
            # Not awaited itself: its cancellation could not be told from ours then, and ours be lost.
            await asyncio.wait((doing,))
        if not doing.cancelled():
            doing.result()
