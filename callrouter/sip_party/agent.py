"""An agent who picks up: rings, answers after a while, talks until the other side hangs up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.errors import CallMissedStateError, SipPartyError, WaitExpiredError
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

_log = structlog.get_logger(__name__)

_LONGEST_CALL_S: Final = 4 * 3600.0
_LOOK_AGAIN_S: Final = 60.0


@asynccontextmanager
async def auto_answer(party: SipParty, *, after_s: float) -> AsyncIterator[list[IncomingCall]]:
    """Answer every call to a party while inside: ring, answer `after_s` later, talk until they hang up.

    Yields the list of the calls taken, oldest first; it grows. A call still alive on leaving stays the
    party's.
    """
    taken: list[IncomingCall] = []
    attending = asyncio.create_task(_attend_all(party, after_s, taken))
    try:
        yield taken
    finally:
        attending.cancel()
        await asyncio.wait({attending})
        if not attending.cancelled():
            attending.result()


async def _attend_all(party: SipParty, after_s: float, taken: list[IncomingCall]) -> None:
    async with asyncio.TaskGroup() as calls:
        while True:
            try:
                call = await party.next_call(timeout_s=_LOOK_AGAIN_S)
            except WaitExpiredError:
                continue
            taken.append(call)
            calls.create_task(_attend(call, after_s))


async def _attend(call: IncomingCall, after_s: float) -> None:
    try:
        await call.ring()
        with suppress(WaitExpiredError):
            await call.wait_for(CallState.ENDED, timeout_s=after_s)
        await call.answer()
        await call.wait_for(CallState.ENDED, timeout_s=_LONGEST_CALL_S)
    except CallMissedStateError:
        _log.info("a call ended before its agent answered", sip_call_id=call.sip_call_id)
    except SipPartyError:
        _log.exception("an agent's call failed", sip_call_id=call.sip_call_id)
        await call.hang_up()
