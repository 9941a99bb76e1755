"""With the controller dead or hung, Asterisk killed, nobody there: a person, else a message, and a record."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from parties import CALLER_HZ, DUTY_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.settings import PROJECT_ROOT
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """A system whose controller the tests start and kill themselves; the seats are in the queue."""
    made = make_system(managed={"controller": False}, queue={"duty_ring_s": 2, "voicemail_limit_s": 10})
    made.start()
    controller = made.start_controller()
    eventually("seats are in the queue", lambda: len(made.seats_in_the_queue()) == 2, within_s=40)
    controller.kill()
    controller.wait(5)
    return made


async def reach_a_person(caller: SipParty, agent: SipParty) -> tuple[str, float]:
    """Call, talk, hang up; return the SIP Call-ID and how many seconds the agent's INVITE took."""
    call = await caller.dial("12315")
    began = asyncio.get_running_loop().time()
    ringing = await agent.next_call(timeout_s=15)
    took = asyncio.get_running_loop().time() - began
    await ringing.answer()
    await ringing.hears(CALLER_HZ, timeout_s=25)
    await call.hang_up()
    await ringing.wait_for(CallState.ENDED, timeout_s=5)
    return call.sip_call_id, took


async def test_with_the_controller_dead_an_agent_is_called_within_three_seconds(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        sip_call_id, took = await reach_a_person(caller, agent)
    assert took < 3
    assert system.records(sip_call_id) == []
    controller = system.start_controller()
    try:
        record = system.record(sip_call_id)
    finally:
        controller.kill()
        controller.wait(5)
    assert record["fallback"] == "plan_followed"
    assert (record["decision"]["line"], record["decision"]["mode"]) == ("12315", "dual")
    assert record["decision_derived"] is True
    assert record["terminal_state"] == "completed"
    assert [one["key"] for one in record["announcements"]] == ["g02-12315-sichuan"]


def controller_with_a_plan_that_can_not_be_said(
    system: System, plan: Path
) -> subprocess.CompletedProcess[str]:
    plan.mkdir()
    for sound in (PROJECT_ROOT / "dialplans" / "sichuan").iterdir():
        text = sound.read_text("utf-8").replace("announcement: G01", "announcement: H01")
        (plan / sound.name).write_text(text, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "callrouter", "controller", "--config", str(system.config)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "CALLROUTER_PLAN": str(plan)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


async def test_with_the_controller_refusing_its_plan_an_agent_is_called_and_it_is_said_why(
    system: System, tmp_path: Path
) -> None:
    refused = controller_with_a_plan_that_can_not_be_said(system, tmp_path / "sichuan")
    assert refused.returncode == 2
    assert "sichuan/plan.yaml:" in refused.stderr
    assert "PROMPT_UNSPEAKABLE" in refused.stderr
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        _, took = await reach_a_person(caller, agent)
    assert took < 3


async def test_with_the_controller_hung_an_agent_is_called_within_five_seconds(system: System) -> None:
    controller = system.start_controller()
    try:
        controller.send_signal(signal.SIGSTOP)
        async with phone(system, "1001") as agent, carrier_caller(system) as caller:
            sip_call_id, took = await reach_a_person(caller, agent)
        assert 2.5 < took < 5
        controller.send_signal(signal.SIGCONT)
        record = system.record(sip_call_id)
        assert record["fallback"] == "plan_followed"
    finally:
        controller.send_signal(signal.SIGCONT)
        controller.kill()
        controller.wait(5)


async def test_twenty_five_calls_at_once_with_the_controller_dead_are_all_connected(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        calls = [await caller.dial("12315") for _ in range(25)]
        for call in calls:
            await call.wait_for(CallState.UP, timeout_s=10)
        ringing = await agent.next_call(timeout_s=10)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        for call in calls:
            await call.hang_up()
    controller = system.start_controller()
    try:
        for call in calls:
            assert system.record(call.sip_call_id)["fallback"] == "plan_followed"
    finally:
        controller.kill()
        controller.wait(5)


async def test_seats_survive_a_crash_of_asterisk_without_the_controller(system: System) -> None:
    async with phone(system, "1001") as agent, carrier_caller(system) as caller:
        await asyncio.to_thread(
            eventually, "the registration is stored", lambda: system.is_registration_stored("1001")
        )
        crashed = system.pid_of("asterisk")
        os.kill(crashed, signal.SIGKILL)
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(
            eventually, "Asterisk is started again", lambda: _other_asterisk(system, crashed)
        )
        while True:
            call = await caller.dial("12315")
            try:
                await call.wait_for(CallState.UP, timeout_s=5)
                break
            except Exception:
                assert asyncio.get_running_loop().time() - began < 15
        took = asyncio.get_running_loop().time() - began
        ringing = await agent.next_call(timeout_s=12)
        await ringing.answer()
        await ringing.hears(CALLER_HZ, timeout_s=25)
        await call.hang_up()
    assert took < 5
    assert system.seats_in_the_queue() == {"1001", "1002"}


def _other_asterisk(system: System, crashed: int) -> bool:
    try:
        return system.pid_of("asterisk") != crashed
    except AssertionError:
        return False


async def test_with_no_seat_there_the_duty_phone_rings(system: System) -> None:
    async with phone(system, "1999", DUTY_HZ) as duty, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        ringing = await duty.next_call(timeout_s=10)
        await ringing.answer()
        await call.hears(DUTY_HZ, timeout_s=3)
        await call.hang_up()
    controller = system.start_controller()
    try:
        record = system.record(call.sip_call_id)
    finally:
        controller.kill()
        controller.wait(5)
    assert record["terminal_state"] == "completed"
    assert "last_resort" in {leg["role"] for leg in record["legs"]}


async def test_with_nobody_there_at_all_the_caller_is_asked_for_a_message_and_it_is_kept(
    system: System,
) -> None:
    async with phone(system, "1999", DUTY_HZ) as duty, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        await duty.next_call(timeout_s=10)  # rings and is not picked up
        await call.hears_packets(50 * 28, timeout_s=45)
        await call.hang_up()
    assert heard(call, "n02").is_the_prompt
    assert heard(call, "beep").is_the_prompt
    controller = system.start_controller()
    try:
        record = system.record(call.sip_call_id)
    finally:
        controller.kill()
        controller.wait(5)
    assert record["terminal_state"] == "voicemail"
    message = system.layout.voicemail / record["voicemail"]["file"]
    with wave.open(str(message)) as recorded:
        assert recorded.getnframes() / recorded.getframerate() > 1
    assert message.stat().st_mode & 0o077 == 0


async def test_an_agent_who_does_not_pick_up_does_not_keep_the_caller_from_one_who_does(
    system: System,
) -> None:
    # A seat rings for 15 s before the next one is called.
    async with (
        phone(system, "1001") as absent,
        phone(system, "1002") as there,
        carrier_caller(system) as caller,
    ):
        calls = []
        for _ in range(2):  # whichever seat is called first, one of these meets the absent one
            call = await caller.dial("12345")
            taken = asyncio.create_task(there.next_call(timeout_s=40))
            ringing = await taken
            await ringing.answer()
            await ringing.hears(CALLER_HZ, timeout_s=25)
            await call.hang_up()
            await ringing.wait_for(CallState.ENDED, timeout_s=5)
            calls.append(call)
            await asyncio.sleep(6)  # wrap-up
        assert absent.calls == ()


async def test_a_message_that_cannot_be_kept_is_not_thanked_for_and_the_queue_is_asked_again(
    system: System,
) -> None:
    hidden = system.layout.voicemail.with_name("voicemail-hidden")
    system.layout.voicemail.rename(hidden)
    system.layout.voicemail.write_bytes(
        b""
    )  # a file where the folder should be: nothing can be written below
    try:
        async with carrier_caller(system) as caller:
            call = await caller.dial("12345")
            await call.hears_packets(50 * 24, timeout_s=40)
            async with phone(system, "1001") as agent:
                ringing = await agent.next_call(timeout_s=15)
                await ringing.answer()
                await ringing.hears(CALLER_HZ, timeout_s=25)
                await call.hang_up()
        assert heard(call, "n02").is_the_prompt
        assert heard(call, "f01").is_the_prompt
        assert not heard(call, "h02").is_the_prompt
    finally:
        system.layout.voicemail.unlink()
        hidden.rename(system.layout.voicemail)


async def test_a_record_is_delivered_when_the_broker_is_back(system: System) -> None:
    controller = system.start_controller()
    try:
        broker = system.pid_of("broker")
        os.kill(broker, signal.SIGSTOP)
        async with phone(system, "1001") as agent, carrier_caller(system) as caller:
            call = await caller.dial("12345")
            ringing = await agent.next_call(timeout_s=15)
            await ringing.answer()
            await ringing.hears(CALLER_HZ, timeout_s=25)
            await call.hang_up()
        await asyncio.sleep(1)
        assert system.records(call.sip_call_id) == []
        os.kill(broker, signal.SIGKILL)
        assert system.record(call.sip_call_id, within_s=40)["terminal_state"] == "completed"
        assert len(system.records(call.sip_call_id)) == 1
    finally:
        controller.send_signal(signal.SIGTERM)
        assert controller.wait(10) == 0
