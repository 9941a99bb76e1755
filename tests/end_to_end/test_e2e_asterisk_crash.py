"""Asterisk dies and is started again, under another boot name, while everything else goes on."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from parties import CALLER_HZ, carrier_caller, phone
from running_system import MakeSystem, System, eventually

from callrouter.asterisk_link.boot_name import read_boot_name

UNANNOUNCED = "110"


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system()
    made.start()
    eventually("seats are in the queue", lambda: len(made.seats_in_the_queue()) == 2)
    return made


async def test_the_controller_knows_the_new_asterisk_and_a_phone_is_called_that_registered_with_the_old_one(
    system: System,
) -> None:
    def is_known() -> bool:
        return read_boot_name(system.layout.boot_name) != before and system.readyz()[1].get("ami") == "ready"

    loop = asyncio.get_running_loop()
    # The phone registers for 300 s, and would do so again long after this test.
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        await asyncio.to_thread(
            eventually, "the registration is stored", lambda: system.is_registration_stored("1001")
        )
        before = read_boot_name(system.layout.boot_name)
        os.kill(system.pid_of("asterisk"), signal.SIGKILL)
        killed = loop.time()
        await asyncio.to_thread(eventually, "the new Asterisk is known", is_known)
        known_s = loop.time() - killed
        call = await caller.dial(UNANNOUNCED)
        ringing = await agent.next_call(timeout_s=15)
        rang_s = loop.time() - killed
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=3)
        await call.hang_up()
        assert system.record(call.sip_call_id)["fallback"] is None
    print(f"known after {known_s:.2f} s, a phone rang after {rang_s:.2f} s")
    assert rang_s < 5
