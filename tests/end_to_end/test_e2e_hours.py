"""Hours with the controller dead: the first second of a holiday and of a make-up workday, the last before closing."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from parties import AGENT_HZ, CALLER_HZ, DUTY_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually

from callrouter.settings import PROJECT_ROOT
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty

YUNNAN = PROJECT_ROOT / "dialplans" / "yunnan"
NOTICE = "h01-eight-to-eight-yunnan"
NOBODY = "n02"
SEAT, DUTY_PHONE = "1001", "1999"
HOLIDAY = datetime.fromisoformat("2021-10-01T00:00:00+08:00")
"""国庆节, a Friday."""
MAKE_UP_WORKDAY = datetime.fromisoformat("2021-09-26T00:00:00+08:00")
"""A Sunday."""
CLOSING = datetime.fromisoformat("2021-09-28T20:00:00+08:00")
HOURS = r"""\1days: mon-fri, opens: "00:00", closes: "24:00"}
        holidays: closed
        workdays: mon
"""


@pytest.fixture(scope="module")
def weekdays_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yunnan, open on working days from midnight to midnight. No words fit such hours: none are played."""
    folder = tmp_path_factory.mktemp("dialplans") / "yunnan"
    shutil.copytree(YUNNAN, folder)
    shutil.copytree(PROJECT_ROOT / "dialplans" / "calendars", folder.parent / "calendars")
    rewrite(folder / "plan.yaml", r"^timezone: Asia/Shanghai.*$", "timezone: Asia/Shanghai\ncalendar: china")
    rewrite(folder / "plan.yaml", r"^ *announcement: H01\n", "")
    rewrite(
        folder / "operator.yaml",
        r'(id: eight-to-eight\n(?:.*\n){4} *- \{)days: mon-sun, opens: "08:00", closes: "20:00"\}\n',
        HOURS,
    )
    return folder


def rewrite(file: Path, old: str, new: str) -> None:
    text, count = re.subn(old, new, file.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
    assert count == 1, old
    file.write_text(text, encoding="utf-8")


async def until(system: System, instant: datetime, plus_s: float) -> None:
    """Wait until so long after the rehearsal's clock shows it; what is to be before it must not come too late."""
    offset = timedelta(seconds=json.loads(system.layout.clock.read_text())["offset_s"])
    left = (instant - (datetime.now(UTC) + offset)).total_seconds()
    assert left > 0 or plus_s > 0, "the rehearsal began too late for this test"
    await asyncio.sleep(max(0, left + plus_s))


def rehearsed(make_system: MakeSystem, plan: Path, begins: datetime) -> System:
    """A rehearsal without a controller, and without seats as long as none has been there."""
    system = make_system(
        plan=str(plan), managed={"controller": False}, queue={"duty_ring_s": 2, "voicemail_limit_s": 10}
    )
    system.rehearse(begins.isoformat())
    return system


def seated(system: System) -> None:
    """Let a controller put the seats into the queue, and end it: one that is killed keeps its lease for a while."""
    controller = system.start_controller("--rehearsal")
    eventually("seats are in the queue", lambda: len(system.seats_in_the_queue()) == 2, within_s=30)
    controller.terminate()
    controller.wait(10)


async def leaves_a_message(caller: SipParty, told: str) -> Call:
    """Call, hear that nobody is there at this hour, speak behind the tone, hang up."""
    call = await caller.dial("12345")
    await asyncio.to_thread(
        eventually, "a message is asked for", lambda: heard(call, "beep").is_the_prompt, within_s=25
    )
    await asyncio.sleep(3)
    await call.hang_up()
    assert heard(call, told).is_whole
    return call


async def reaches(called: SipParty, caller: SipParty, hz: int) -> Call:
    call = await caller.dial("12345")
    ringing = await called.next_call(timeout_s=10)
    await ringing.answer()
    await ringing.hears(CALLER_HZ, timeout_s=10)
    await call.hears(hz, timeout_s=5)
    await call.hang_up()
    await ringing.wait_for(CallState.ENDED, timeout_s=5)
    assert not heard(call, NOTICE).is_the_prompt
    return call


def require_message(system: System, call: Call, told: list[str], *, fallback: str | None) -> None:
    """A message, and nobody was rung for it."""
    record = system.record(call.sip_call_id, within_s=30)
    assert record["terminal_state"] == "voicemail"
    assert record["fallback"] == fallback
    assert [one["key"] for one in record["announcements"]] == told
    assert record["queue_visits"] == []
    assert "last_resort" not in {leg["role"] for leg in record["legs"]}
    assert (system.layout.voicemail / record["voicemail"]["file"]).exists()


def require_talk(system: System, *calls: Call) -> None:
    for call in calls:
        record = system.record(call.sip_call_id, within_s=30)
        assert (record["terminal_state"], record["fallback"]) == ("completed", "plan_followed")


async def test_a_holiday_is_closed_all_day_unless_a_seat_is_there_all_the_same(
    make_system: MakeSystem, weekdays_only: Path
) -> None:
    system = rehearsed(make_system, weekdays_only, HOLIDAY)
    async with carrier_caller(system) as caller, phone(system, DUTY_PHONE, DUTY_HZ) as duty:
        told_nothing = await leaves_a_message(caller, NOBODY)
        await asyncio.to_thread(seated, system)
        async with phone(system, SEAT) as agent:
            at_a_seat = await reaches(agent, caller, AGENT_HZ)
        assert duty.calls == ()
    system.start_controller("--rehearsal")
    require_message(system, told_nothing, [], fallback="plan_followed")
    require_talk(system, at_a_seat)


async def test_a_make_up_workday_is_open_from_its_first_second(
    make_system: MakeSystem, weekdays_only: Path
) -> None:
    system = rehearsed(make_system, weekdays_only, MAKE_UP_WORKDAY - timedelta(seconds=40))
    async with carrier_caller(system) as caller, phone(system, DUTY_PHONE, DUTY_HZ) as duty:
        on_a_saturday = await leaves_a_message(caller, NOBODY)
        await asyncio.to_thread(seated, system)
        await until(system, MAKE_UP_WORKDAY, +0.3)
        on_a_sunday = await reaches(duty, caller, DUTY_HZ)
        async with phone(system, SEAT) as agent:
            at_a_seat = await reaches(agent, caller, AGENT_HZ)
    system.start_controller("--rehearsal")
    require_message(system, on_a_saturday, [], fallback="plan_followed")
    require_talk(system, on_a_sunday, at_a_seat)


async def test_a_day_is_open_to_its_last_second_and_then_the_hours_are_told_and_a_message_is_taken(
    make_system: MakeSystem,
) -> None:
    system = rehearsed(make_system, YUNNAN, CLOSING - timedelta(seconds=15))
    async with carrier_caller(system) as caller, phone(system, DUTY_PHONE, DUTY_HZ) as duty:
        await until(system, CLOSING, -0.7)
        last_second = await reaches(duty, caller, DUTY_HZ)
        await until(system, CLOSING, +0.3)
        at_night = await leaves_a_message(caller, NOTICE)
        system.start_controller("--rehearsal")
        by_a_verdict = await leaves_a_message(caller, NOTICE)
    require_message(system, at_night, [NOTICE], fallback="plan_followed")
    require_message(system, by_a_verdict, [NOTICE], fallback=None)
    require_talk(system, last_second)
    assert not heard(at_night, NOBODY).is_the_prompt
