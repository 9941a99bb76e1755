"""Plans beside the default one, served by a real Asterisk: their queues, their announcements, a number released."""

from __future__ import annotations

import pytest
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System

from callrouter.sip_party.call_state import CallState


def serving(make_system: MakeSystem, plan: str) -> System:
    """The plan served on a working day, whatever the time is here."""
    system = make_system(plan=f"dialplans/{plan}")
    system.rehearse("2026-07-01T10:00:00+08:00")
    return system


def require_every_queue_is_staffed(system: System) -> None:
    status, body = system.readyz()
    assert status == 200, body
    assert body["wanted"]["seats_for_every_queue"] is True
    assert body["wanted"]["announcements"] is True


async def talks_to_an_agent(system: System, dialled: str, notice: str) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        call = await caller.dial(dialled)
        ringing = await agent.next_call(timeout_s=30)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        await call.hears(AGENT_HZ, timeout_s=3)
        await call.hang_up()
    assert heard(call, notice).is_whole


async def test_a_number_that_yunnan_ended_hears_why_twice_and_is_released_uncharged(
    make_system: MakeSystem,
) -> None:
    system = serving(make_system, "yunnan")
    require_every_queue_is_staffed(system)

    async with carrier_caller(system) as caller:
        call = await caller.dial("96128")
        await call.wait_for(CallState.ENDED, timeout_s=40)

    assert CallState.UP not in call.history
    assert heard(call, "x02-96128-yunnan").is_whole
    record = system.record(call.sip_call_id)
    assert record["terminal_state"] == "released"
    assert (record["decision"]["line"], record["decision"]["phase"]) == ("96128", "ended")
    await talks_to_an_agent(system, "12345", "g01-yunnan")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("plan", "dialled", "notice"),
    [
        ("sichuan", "12300", "x01-12300-sichuan"),
        ("inner-mongolia", "12348", "g02-12348-inner-mongolia"),
        ("hainan", "12320", "g02-12320-hainan"),
        ("changzhi", "03558000001", "g03-03558000001-changzhi"),
    ],
)
async def test_every_plan_serves_a_line_of_its_own(
    make_system: MakeSystem, plan: str, dialled: str, notice: str
) -> None:
    system = serving(make_system, plan)
    require_every_queue_is_staffed(system)
    await talks_to_an_agent(system, dialled, notice)
    system.stop()
