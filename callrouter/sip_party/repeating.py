"""Sending again until answered: the timers of SIP over UDP (RFC 3261 section 17.1)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SipTimers:
    """T1 and T2 of RFC 3261 section 17.1.1.1 in seconds."""

    t1_s: float = 0.5
    t2_s: float = 4.0

    @property
    def transaction_s(self) -> float:
        """How long a transaction lasts at most: 64·T1."""
        return 64 * self.t1_s


class Repeater:
    """Sends one message again and again, ever more seldom, until stopped or until 64·T1 are over."""

    def __init__(
        self, timers: SipTimers, cap_s: float, send: Callable[[], None], over: Callable[[], None]
    ) -> None:
        self._cap_s = cap_s
        self._send = send
        self._interval_s = timers.t1_s
        self._loop = asyncio.get_running_loop()
        self._again = self._loop.call_later(timers.t1_s, self._repeat)
        self._over = self._loop.call_later(timers.transaction_s, self._expire, over)

    def _repeat(self) -> None:
        self._send()
        self._interval_s = min(2 * self._interval_s, self._cap_s)
        self._again = self._loop.call_later(self._interval_s, self._repeat)

    def _expire(self, over: Callable[[], None]) -> None:
        self.stop()
        over()

    def stop(self) -> None:
        """Stop repeating, and forget the time limit."""
        self._again.cancel()
        self._over.cancel()
