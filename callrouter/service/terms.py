"""Doing what only one may do: in terms, each as long as the lease is held.

Rules:
- A term has one fence from its beginning to its end: what is written late, after the lease went to another, is
  refused by the database, for its token is the old one.
- Nothing of one term is used in the next: another may have done the work in between.
- Without the lease one stands by; that is no failure. It is told at once, though work may take its time to end.
- Work that fails is begun again while the lease is held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final, NoReturn, Protocol

import structlog

from callrouter.records.leases import Fence, LeaseLostError
from callrouter.service.figures import Standing, Work

_log = structlog.get_logger(__name__)
_LOOKED_AT_EVERY_S: Final = 0.2
_AGAIN_AFTER_S: Final = 1.0


class Lease(Protocol):
    """A lease that somebody keeps: `LeaseKeeper`."""

    @property
    def fence(self) -> Fence | None:
        """What proves that it is held now; None while it is not."""

    @property
    def is_anothers(self) -> bool:
        """Whether another has been seen to hold it, not long ago."""

    async def run(self) -> None:
        """Get it, keep it, get it again, until cancelled."""

    async def wait_held(self) -> Fence:
        """Wait until it is held."""


async def work_in_terms(
    work: Work,
    lease: Lease,
    do: Callable[[Fence], Awaitable[None]],
    standing: Callable[[Work, Standing], None],
) -> None:
    """Keep the lease, and `do` the work whenever it is held, until cancelled; `standing` is told each change."""
    keeping = asyncio.create_task(_kept(work, lease), name=f"lease {work}")
    try:
        await _terms(work, lease, do, standing)
    finally:
        # After the work: what is written under a lease that was given back is refused.
        keeping.cancel()
        await asyncio.wait((keeping,))


async def _kept(work: Work, lease: Lease) -> NoReturn:
    while True:
        try:
            await lease.run()
        except Exception as error:
            _log.error("lease_keeper_failed", work=work, error=type(error).__name__)
        await asyncio.sleep(_AGAIN_AFTER_S)


async def _terms(
    work: Work,
    lease: Lease,
    do: Callable[[Fence], Awaitable[None]],
    standing: Callable[[Work, Standing], None],
) -> NoReturn:
    while True:
        fence = await _held(lease, partial(standing, work))
        standing(work, Standing.HOLDER)
        _log.info("term_begins", work=work)
        term = _term(
            lease, fence, asyncio.ensure_future(do(fence)), partial(standing, work, Standing.WITHOUT)
        )
        if failed := await term:
            # Without its traceback: that may quote a caller.
            _log.error("work_failed", work=work, error=type(failed).__name__)
        else:
            _log.info("term_ends", work=work)
        if lease.fence == fence:
            # A writer that was refused knows of the loss before the keeper does: not again at once.
            await asyncio.sleep(_AGAIN_AFTER_S)


async def _held(lease: Lease, standing: Callable[[Standing], None]) -> Fence:
    """Wait until the lease is held, and say meanwhile whether another has it."""
    said: Standing | None = None
    while True:
        now = Standing.STANDBY if lease.is_anothers else Standing.WITHOUT
        if now is not said:
            said = now
            standing(now)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOKED_AT_EVERY_S):
                return await lease.wait_held()


async def _term(
    lease: Lease, fence: Fence, doing: asyncio.Future[None], over: Callable[[], None]
) -> BaseException | None:
    """Let it be done while the lease is held, and say when it is not; give what made it fail."""
    try:
        while lease.fence == fence and not doing.done():
            await asyncio.wait((doing,), timeout=_LOOKED_AT_EVERY_S)
    finally:
        over()
        doing.cancel()
        await asyncio.wait((doing,))
    if doing.cancelled():
        return None
    return _beside_the_lease(doing.exception())


def _beside_the_lease(error: BaseException | None) -> BaseException | None:
    """Of what went wrong, what is more than the loss of the lease."""
    if isinstance(error, BaseExceptionGroup):
        return error.split(LeaseLostError)[1]
    return None if isinstance(error, LeaseLostError) else error
