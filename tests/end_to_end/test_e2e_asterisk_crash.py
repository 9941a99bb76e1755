"""Asterisk dies and is started again, under another boot name, while everything else goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

import pytest
from parties import CALLER_HZ, carrier_caller, phone
from running_system import MakeSystem, System, eventually

from callrouter.asterisk_link.boot_name import read_boot_name
from callrouter.asterisk_link.live_calls import LiveCalls
from callrouter.local_system.secrets import read
from callrouter.sip_party.call_state import CallState

UNANNOUNCED = "110"


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system()
    made.start()
    eventually("seats are in the queue", lambda: len(made.seats_in_the_queue()) == 2)
    return made


@pytest.mark.alone
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
        await ringing.hears(CALLER_HZ, timeout_s=25)
        await call.hang_up()
        assert system.record(call.sip_call_id)["fallback"] is None
    print(f"known after {known_s:.2f} s, a phone rang after {rang_s:.2f} s")
    assert rang_s < 5


async def test_a_call_that_was_up_is_gone_at_the_first_look_that_the_new_asterisk_answers(
    system: System,
) -> None:
    look = LiveCalls(
        *("127.0.0.1", system.settings.ami.port, "callrouter", read(system.layout.secrets).ami),
        boot_name=partial(read_boot_name, system.layout.boot_name),
        node=system.settings.node,
    )
    loop = asyncio.get_running_loop()
    async with carrier_caller(system) as caller:
        call = await caller.dial(UNANNOUNCED)
        await call.wait_for(CallState.UP, timeout_s=5)
        assert len(await look.linked_ids()) == 1
        os.kill(system.pid_of("asterisk"), signal.SIGKILL)
        killed, refused = loop.time(), 0
        while True:
            try:
                up = await look.linked_ids()
            except OSError:
                refused += 1
                assert loop.time() - killed < 10
                await asyncio.sleep(0.05)
            else:
                break
        assert up == frozenset()
        assert refused
    print(f"looked at the new Asterisk {loop.time() - killed:.2f} s after the old one died")
