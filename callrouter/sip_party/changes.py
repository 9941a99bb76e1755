"""Waiting for a condition that changes only when something happens, without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Wakes those who wait whenever something has changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Wake everybody who waits."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, look: Callable[[], T | None], *, timeout_s: float) -> T | None:
        """Look now and after every change; return what is found, or None after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while (found := look()) is None:
                    await self._next()
                return found
        except TimeoutError:
            return None

    async def _next(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)
