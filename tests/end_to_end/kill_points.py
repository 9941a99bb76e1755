"""The controller is killed (SIGKILL) or hangs (SIGSTOP) at every step of a call's way, in 25 calls each time.

Rules:
- Behind the call it is the records process that is struck. No caller notices: all calls go on being decided.
- Whatever the step: every caller reaches a person, every talk goes on, and once a controller runs again each call has
  its one record at the ticketing side; nothing is left open, and the four accounts of the calls agree.
- The callers are dialled together. Where the step lies behind the call, part of them is dialled after the fault.
- There are four times as many seats as calls because a seat that has talked rests for five seconds (`wrapuptime`),
  and a case takes two.
- All cases of a file share one system and its accounts: what one case leaves behind the next one finds.
"""

from __future__ import annotations

import asyncio
from signal import SIGKILL, SIGSTOP, Signals

import pytest
from running_system import MakeSystem, System
from struck_controller import Line, Scene

from callrouter.crashpoint import CrashPoint

CALLS = 25
SEATS = tuple(str(seat) for seat in range(1001, 1101))
UNANNOUNCED, ANNOUNCED, NOTICE = "110", "12345", "g01-sichuan"
WITHIN_S = {SIGKILL: 3.0, SIGSTOP: 5.0}
"""How soon a person's phone must ring at the latest, with the controller dead and with it hung."""
UNNOTICED_S = 1.0
"""The same with the records process dead or hung: below the fuse, which would show a dip that nobody answered."""
HOW = {SIGKILL: "kill", SIGSTOP: "stop"}
IN_THE_DIP = (CrashPoint.DIP_BEGUN, CrashPoint.DIP_DECIDED, CrashPoint.DIP_ANSWERED)
ROTATE_MB = 1
faults = pytest.mark.parametrize("fault", [SIGKILL, SIGSTOP], ids=lambda fault: fault.name)


def start_system(make_system: MakeSystem) -> System:
    """Start a system without a controller: each case brings its own."""
    made = make_system(
        managed={"controller": False}, sip={"seats": list(SEATS)}, records={"rotate_journal_mb": ROTATE_MB}
    )
    made.start()
    return made


async def reach(lines: list[Line]) -> list[float]:
    """Wait until all have reached a person; return how many seconds that took each."""
    return list(await asyncio.gather(*(line.reaches_a_person() for line in lines)))


async def end(scene: Scene, fault: Signals, lines: list[Line], where: str, waits: list[float]) -> None:
    """All hang up, the controller runs again, everything is told; and nobody has waited too long."""
    await scene.hang_up(lines)
    await scene.recovers(fault)
    scene.show(f"{fault.name} {where}", waits)
    assert len(waits) == CALLS
    assert max(waits) < WITHIN_S[fault]


async def end_unnoticed(
    scene: Scene, fault: Signals, lines: list[Line], where: str, waits: list[float]
) -> None:
    """All hang up and everything is told, by a records process that goes on; every call was decided, and soon."""
    over = {call.sip_call_id for call in scene.over}
    await scene.hang_up([line for line in lines if line.call.sip_call_id not in over])
    await scene.records_recover(fault)
    scene.show(f"{fault.name} {where}", waits)
    assert len(waits) == CALLS
    assert scene.took_the_safe_default(lines) == 0
    assert max(waits) < UNNOTICED_S
