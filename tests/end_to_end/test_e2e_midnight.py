"""A cut-over at midnight, rehearsed: the plan switches on the boundary, with the controller and without it."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

from parties import CALLER_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty

MIDNIGHT = datetime.fromisoformat("2021-10-01T00:00:00+08:00")


def seconds_to_midnight(system: System) -> float:
    offset = timedelta(seconds=json.loads(system.layout.clock.read_text())["offset_s"])
    return (MIDNIGHT - (datetime.now(UTC) + offset)).total_seconds()


async def talks_until_the_agent_hangs_up(agent: SipParty) -> None:
    ringing = await agent.next_call(timeout_s=30)
    await ringing.answer()
    # Behind the notice.
    await ringing.hears(CALLER_HZ, timeout_s=30)
    await ringing.hang_up()


def require_rehearsed(record: dict[str, Any], phase: str, *, before_midnight: bool) -> None:
    assert record["rehearsal"] is True
    assert record["decision"]["line"] == "12300"
    assert record["decision"]["phase"] == phase
    rehearsed = datetime.fromisoformat(record["arrived_at_rehearsal"])
    assert (rehearsed < MIDNIGHT) is before_midnight
    assert abs(rehearsed - MIDNIGHT) < timedelta(seconds=5)
    assert datetime.fromisoformat(record["arrived_at"]).year > 2021


def require_counted(system: System) -> None:
    """Calls to the number are counted by phase, those to the ended number among them."""
    for phase in ("transition", "ended"):
        assert (
            f'callrouter_calls{{line="12300",phase="{phase}",terminal_state="completed"}} 1.0'
            in system.metrics()
        )


async def test_two_seconds_before_midnight_the_transition_is_announced_and_two_seconds_after_the_end(
    make_system: MakeSystem,
) -> None:
    system = make_system()
    system.rehearse("2021-09-30T23:59:45+08:00")
    # One agent a call, one after the other: the first announcement is still playing when the second call comes.
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        await asyncio.sleep(seconds_to_midnight(system) - 2)
        before = await caller.dial("12300")
        await asyncio.sleep(seconds_to_midnight(system) + 2)
        after = await caller.dial("12300")
        for call in (after, before):
            ringing = await agent.next_call(timeout_s=30)
            await ringing.answer()
            await ringing.hears(CALLER_HZ, timeout_s=25)
            await ringing.hang_up()
            del call
        for call in (before, after):
            await call.wait_for(CallState.ENDED, timeout_s=30)
    assert heard(before, "t01-12300-sichuan").is_whole
    assert heard(after, "x01-12300-sichuan").is_whole
    require_rehearsed(system.record(before.sip_call_id), "transition", before_midnight=True)
    require_rehearsed(system.record(after.sip_call_id), "ended", before_midnight=False)
    assert all(event["rehearsal"] is True for event in system.records_at_ticketing())
    # The broker lets the records through on no other topic than this.
    assert (
        "topic write callrouter-rehearsal/callrouter/records"
        in (system.layout.broker / "permissions").read_text()
    )
    require_counted(system)


async def test_with_the_controller_dead_both_sides_of_midnight_reach_a_person_and_are_recorded_in_their_phase(
    make_system: MakeSystem,
) -> None:
    system = make_system(managed={"controller": False})
    system.rehearse("2021-09-30T23:59:40+08:00")
    controller = system.start_controller("--rehearsal")
    eventually("seats are in the queue", lambda: len(system.seats_in_the_queue()) == 2, within_s=40)
    controller.send_signal(signal.SIGKILL)
    controller.wait(5)
    calls = []
    async with phone(system, "1001") as one, phone(system, "1002") as other, carrier_caller(system) as caller:
        talks = [asyncio.create_task(talks_until_the_agent_hangs_up(agent)) for agent in (one, other)]
        for at_s in (-2, +2):
            await asyncio.sleep(seconds_to_midnight(system) + at_s)
            calls.append(await caller.dial("12300"))
        await asyncio.gather(*talks)
        for call in calls:
            await call.wait_for(CallState.ENDED, timeout_s=5)
    before, after = calls
    assert heard(before, "t01-12300-sichuan").is_whole
    assert heard(after, "x01-12300-sichuan").is_whole
    assert system.records(before.sip_call_id) == []
    system.start_controller("--rehearsal")
    for call, phase in ((before, "transition"), (after, "ended")):
        record = system.record(call.sip_call_id)
        require_rehearsed(record, phase, before_midnight=phase == "transition")
        assert record["fallback"] == "plan_followed"
        assert record["decision_derived"] is True
        told = "t01" if phase == "transition" else "x01"
        assert [one["key"] for one in record["announcements"]] == [f"{told}-12300-sichuan"]
        assert record["terminal_state"] == "completed"
    require_counted(system)


async def test_a_rehearsal_beside_the_live_system_touches_none_of_it(make_system: MakeSystem) -> None:
    live = make_system()
    live.start()
    rehearsal = make_system()
    rehearsal.settings = live.settings
    rehearsal.config = live.config
    rehearsal.rehearse("2021-05-31T23:59:00+08:00")
    await asyncio.to_thread(
        eventually,
        "seats are in the queue",
        lambda: len(rehearsal.seats_in_the_queue()) == 2,
        within_s=40,
    )
    async with phone(rehearsal, "1001") as agent, carrier_caller(rehearsal) as caller:
        call = await caller.dial("12300")
        ringing = await agent.next_call(timeout_s=10)
        await ringing.answer()
        # Who hangs up before he is connected has not talked: the next seat rings.
        await ringing.hears(CALLER_HZ, timeout_s=20)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    record = rehearsal.record(call.sip_call_id)
    assert record["decision"]["phase"] == "before"
    assert record["rehearsal"] is True
    assert live.records_at_ticketing() == []
    assert live.layout.root != rehearsal.layout.root
    assert live.readyz()[1]["rehearsal"] == "false"
    assert rehearsal.readyz()[1]["clock"].startswith("2021-05-31T")
