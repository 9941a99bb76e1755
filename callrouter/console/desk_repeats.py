"""A request that is sent again with the same Idempotency-Key: it acts once, and each time gets that one's answer.

Rules:
- A key belongs to the seat that used it, and stands for one request: another one with the same key is refused.
- Who repeats while the first one still goes on waits for it, as long as a request may take.
- The deed goes on to its end when its asker's time is over: a repeat tells what came of it.
- Where nothing was done and the same may work a moment later, the key is free again.
- What is kept is bounded, for each seat: the oldest answers go first, a deed that goes on never.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from callrouter.console.desk_errors import Refusal

KEPT: Final = 64
"""Answers for each seat."""
KEPT_S: Final = 600.0
AT_ONCE: Final = 8
"""Deeds of one seat that go on at the same time."""
GIVEN_UP_S: Final = 5.0
"""A deed that takes so long is stopped: whatever it waits for is not coming."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a deed has come to."""

    status: int
    body: bytes
    is_undone: bool = False
    """Nothing was done: the same request may act."""


@dataclass(slots=True)
class _Deed:
    request: bytes
    """Its digest."""
    task: asyncio.Task[Answer]
    began: float


Deed = Callable[[], Awaitable[Answer]]


class Repeats:
    """The deeds of every seat. `now`: seconds that never go back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._keyed: dict[str, OrderedDict[str, _Deed]] = {}
        self._going_on: dict[str, set[asyncio.Task[Answer]]] = {}

    async def once(self, seat: str, key: str | None, request: bytes, deed: Deed, within_s: float) -> Answer:
        """Do it, or give the answer of the one that did it. Raises Refusal, and TimeoutError after `within_s`."""
        task = self._known(seat, key, request) if key else None
        if task is None:
            task = self._begun(seat, deed)
            if key:
                self._keep(seat, key, _Deed(request, task, self._now()))
        async with asyncio.timeout(within_s):
            return await asyncio.shield(task)

    def _known(self, seat: str, key: str, request: bytes) -> asyncio.Task[Answer] | None:
        known = self._keyed.setdefault(seat, OrderedDict()).get(key)
        if known is None or self._is_over(known):
            return None
        if known.request != request:
            raise Refusal("idempotency_reused")
        return known.task

    def _is_over(self, deed: _Deed) -> bool:
        if not deed.task.done():
            return False
        if deed.task.cancelled() or deed.task.exception() is not None or deed.task.result().is_undone:
            return True
        return self._now() - deed.began > KEPT_S

    def _begun(self, seat: str, deed: Deed) -> asyncio.Task[Answer]:
        going_on = self._going_on.setdefault(seat, set())
        if len(going_on) >= AT_ONCE:
            raise Refusal("too_many")
        task = asyncio.create_task(_bounded(deed), name=f"desk {seat}")
        going_on.add(task)
        task.add_done_callback(going_on.discard)
        task.add_done_callback(_seen)
        return task

    def _keep(self, seat: str, key: str, deed: _Deed) -> None:
        keyed = self._keyed[seat]
        keyed[key] = deed
        keyed.move_to_end(key)
        while len(keyed) > KEPT:
            oldest = next((each for each, one in keyed.items() if one.task.done()), None)
            if oldest is None:
                break
            del keyed[oldest]


async def _bounded(deed: Deed) -> Answer:
    try:
        async with asyncio.timeout(GIVEN_UP_S):
            return await deed()
    except TimeoutError:
        # It may have acted, so its key is not free.
        return answer_of(Refusal("asterisk_silent", state=None))


def answer_of(refusal: Refusal) -> Answer:
    """A refusal as what a deed has come to."""
    return Answer(refusal.status, json.dumps(refusal.body, ensure_ascii=False).encode(), refusal.is_undone)


def _seen(task: asyncio.Task[Answer]) -> None:
    """Its asker may have gone: nobody else would look at its error, which he was told as far as there was time."""
    if not task.cancelled():
        task.exception()
