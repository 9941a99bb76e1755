"""How much later a caller is connected because the controller is asked: a whole system, real Asterisk, real SIP.

Rules:
- The call dials 110, which has no announcement: with the controller and without it the dialplan then takes the same
  steps (answer, queue, seat), and all that differs is the dip and its verdict.
- Without the controller Asterisk is refused at its door at once; that costs it something too, so the true price
  of asking is a little more than the difference.
- The two alternate in one run, one call at a time. Records are written and delivered meanwhile.
- Of 60 calls the 99th percentile is the slowest: it tells what else the machine did at that moment.
- Time runs from the INVITE's leaving to the arrival of the answer, in the same process, with a clock of ns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.figures import Spread, percentile
from benchmarks.own_system import Installation
from benchmarks.table import Finding
from callrouter.local_system.secrets import read
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.errors import SipPartyError
from callrouter.sip_party.party import SipParty

_ROUNDS, _CALLS_A_ROUND, _WARM_UP = 6, 10, 2
_CARRIER, _SEAT = "127.0.0.2", "1001"
_UNANNOUNCED, _ANNOUNCED = "110", "12345"
_WITHIN_S, _COMES_UP_WITHIN_S = 10.0, 40.0
_BETWEEN_CALLS_S = 0.15
"""So that the seat counts as free again."""


@dataclass(slots=True)
class _Delays:
    """Of single calls, in ms."""

    answer: list[float] = field(default_factory=list)
    seat: list[float] = field(default_factory=list)
    notice: list[float] = field(default_factory=list)


def measure() -> list[Finding]:
    """Place the calls and compare."""
    with Installation.made(controller=False) as installation, installation.running("serve"):
        asked, unasked = asyncio.run(_measure(installation))
    return [
        _added("post-dial delay added by asking: INVITE -> answer", asked.answer, unasked.answer),
        _added("… INVITE -> the seat's INVITE", asked.seat, unasked.seat),
        Finding(
            "INVITE -> 183 before 12345's announcement, p50 / p99", "", _both(asked.notice), "none is played"
        ),
    ]


def _added(what: str, asked: list[float], unasked: list[float]) -> Finding:
    rounds = [
        percentile(asked[start : start + _CALLS_A_ROUND], 50)
        - percentile(unasked[start : start + _CALLS_A_ROUND], 50)
        for start in range(0, len(asked), _CALLS_A_ROUND)
    ]
    longest = percentile(asked, 99) - percentile(unasked, 99)
    return Finding(
        f"{what}: p50, median [quartiles] of {_ROUNDS} rounds; p99 of {len(asked)} calls",
        "p50 ≤ 0.6 ms, p99 ≤ 2.5 ms (with records)",
        f"p50 {Spread.of(rounds).text(2)}, p99 {longest:+.2f} ms; in all {_both(asked)}",
        f"controller dead: {_both(unasked)}",
    )


def _both(samples: list[float]) -> str:
    return f"{percentile(samples, 50):.2f} / {percentile(samples, 99):.2f} ms"


async def _measure(installation: Installation) -> tuple[_Delays, _Delays]:
    asked, unasked = _Delays(), _Delays()
    async with _parties(installation) as (caller, seat):
        for _ in range(_ROUNDS):
            with installation.running("controller"):
                await installation.controller_is_ready()
                await _calls(caller, seat, asked)
                for _ in range(_CALLS_A_ROUND):
                    asked.notice.append(await _until_early_media(caller))
            await _calls(caller, seat, unasked)
    return asked, unasked


@asynccontextmanager
async def _parties(installation: Installation) -> AsyncIterator[tuple[SipParty, SipParty]]:
    """Open the caller and the seat, and wait until a call goes from one to the other."""
    server = ("127.0.0.1", installation.settings.sip.port)
    await installation.has_started()
    with installation.running("controller"):
        await installation.controller_is_ready()
        password = read(installation.layout.secrets).phones[_SEAT]
        async with (
            SipParty.open(host=_CARRIER, user="13800138000", server=server) as caller,
            SipParty.open(user=_SEAT, password=password, server=server, tone_hz=850) as seat,
        ):
            await seat.register()
            async with asyncio.timeout(_COMES_UP_WITHIN_S):
                while not await _goes_through(caller, seat):
                    pass
            yield caller, seat


async def _goes_through(caller: SipParty, seat: SipParty) -> bool:
    call = await caller.dial(_UNANNOUNCED)
    try:
        await seat.next_call(timeout_s=2)
    except SipPartyError:
        return False
    finally:
        await call.hang_up()
        await asyncio.sleep(_BETWEEN_CALLS_S)
    return True


async def _calls(caller: SipParty, seat: SipParty, delays: _Delays) -> None:
    for number in range(_WARM_UP + _CALLS_A_ROUND):
        answer, at_seat = await _until_the_seat_rings(caller, seat)
        if number >= _WARM_UP:
            delays.answer.append(answer)
            delays.seat.append(at_seat)


async def _until_the_seat_rings(caller: SipParty, seat: SipParty) -> tuple[float, float]:
    call = await caller.dial(_UNANNOUNCED)
    began = time.monotonic()
    ringing = await seat.next_call(timeout_s=_WITHIN_S)
    answered_at = await call.wait_for(CallState.UP, timeout_s=_WITHIN_S)
    await call.hang_up()
    await ringing.wait_for(CallState.ENDED, timeout_s=_WITHIN_S)
    await asyncio.sleep(_BETWEEN_CALLS_S)
    return (answered_at - began) * 1000, (ringing.history[CallState.CALLING] - began) * 1000


async def _until_early_media(caller: SipParty) -> float:
    call = await caller.dial(_ANNOUNCED)
    began = time.monotonic()
    early_at = await call.wait_for(CallState.EARLY, timeout_s=_WITHIN_S)
    await call.hang_up()
    return (early_at - began) * 1000
