"""Another platform, then the duty phone, answers a caller whom nobody else can; and their lines die in the talk."""

from __future__ import annotations

import asyncio
import socket

import pytest
from haikou import PLATFORM_HZ, haikou, plan_with_haikou
from parties import AGENT_HZ, CALLER_HZ, DUTY_HZ, carrier_caller, phone
from running_system import MakeSystem, System, free_port
from transfer_plays import nothing_is_left
from transfer_scene import has_ended
from without_notices import without_notices

SILENT_S = 10
SEAT_SILENT_S = 15
"""Of a phone of ours (asterisk/pjsip.conf.j2)."""
WAIT_S = 5


@pytest.fixture(scope="module")
def platform_port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, platform_port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    made = make_system(
        plan=str(plan_with_haikou(tmp_path_factory.mktemp("dialplans"), platform_port)),
        sip={"silent_trunk_s": SILENT_S},
        queue={"wait_s": WAIT_S, "wrap_up_s": 0},
    )
    made.start()
    without_notices(made)
    return made


async def test_a_caller_whose_line_to_somebody_dies_is_answered_by_the_next(
    system: System, platform_port: int
) -> None:
    async with haikou(system, platform_port) as other, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        at_haikou = await other.next_call(timeout_s=20)
        await at_haikou.answer()
        await call.hears(PLATFORM_HZ, timeout_s=10)
        async with phone(system, "1999", DUTY_HZ) as duty:
            at_haikou.vanish()
            on_duty = await duty.next_call(timeout_s=SILENT_S + WAIT_S + 15)
            await on_duty.answer()
            await call.hears(DUTY_HZ, timeout_s=10)
            on_duty.vanish()
            async with phone(system, "1001") as seat:
                taken = await seat.next_call(timeout_s=SEAT_SILENT_S + WAIT_S + 15)
                await taken.answer()
                await call.hears(AGENT_HZ, timeout_s=10)
                await taken.hears(CALLER_HZ, timeout_s=5)
                await taken.hang_up()
                await has_ended(call)
    await asyncio.to_thread(nothing_is_left, system)
    record = await asyncio.to_thread(system.record, call.sip_call_id)
    assert [leg["role"] for leg in record["legs"]] == ["caller", "platform", "last_resort", "agent"]
    assert record["terminal_state"] == "completed"
