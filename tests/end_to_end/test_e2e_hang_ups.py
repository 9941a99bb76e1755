"""With recording on: callers hang up at every step; then Asterisk is stopped in order under callers at every step."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest
from every_step import (
    STEPS,
    Caller,
    Doing,
    Step,
    asked_whether_to_call_back,
    everybody,
    in_a_menu,
    speaks_a_message,
    talks_to_a_seat,
    the_duty_phone_rings,
    the_duty_phone_talks,
)
from every_step_records import (
    AT_STEPS,
    Told,
    files_are_proved,
    nothing_is_left,
    records_of,
    told_in,
)
from every_step_stage import Staff, Stage, sounds_of_the_plan, stage_of_every_step
from parties import heard
from plan_of_every_step import CLOSED, ELSEWHERE, EXPERTS, HERE, MENU_OF_A_LINE, MENU_OF_UNKNOWN, ON_DUTY
from running_system import MakeSystem, eventually

from callrouter.sip_party.call_state import CallState

TOO_SHORT_S = 0.8
KEEPS_THE_SEAT = "talks to a seat"
"""As long as he does, others wait; so he leaves last."""


@pytest.fixture(scope="module")
def stage(make_system: MakeSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with sounds_of_the_plan():
        yield stage_of_every_step(make_system, tmp_path_factory.mktemp("dialplans"))


def then_presses(comes_there: Doing, *keys: str) -> Doing:
    """Come to a step, press keys there, and stay for a moment after each."""

    async def does(one: Caller) -> None:
        await comes_there(one)
        for key in keys:
            await one.call.press(key)
            await asyncio.sleep(1)

    return does


async def told_that_nobody_is_there(one: Caller) -> None:
    await one.reads("CR_LAST_RESORT", "state=left")
    await asyncio.sleep(7)  # Five looks for a seat come first.


async def begins_to_speak(one: Caller) -> None:
    await one.reads("CR_VOICEMAIL", "state=started")
    await asyncio.sleep(TOO_SHORT_S)


async def hears_the_tone(one: Caller) -> None:
    await one.reads("CR_NOTICE", "state=finished")
    await asyncio.sleep(0.2)


async def asked_again(one: Caller) -> None:
    await begins_to_speak(one)
    await one.call.press("#")
    await one.reads("status=SKIP")
    await asyncio.sleep(1)


def _platform_refuses(staff: Staff, number: str) -> None:
    staff.platform.refuses.add(number)
    staff.duty.rings_for.add(number)


def _duty_refuses(staff: Staff, number: str) -> None:
    staff.duty.refuses.add(number)


HANG_UPS: dict[str, tuple[Step, Told]] = {
    **{name: (step, AT_STEPS[name]) for name, step in STEPS.items()},
    "told of a wrong key": (
        Step(MENU_OF_A_LINE, then_presses(in_a_menu, "9")),
        Told(menu="ofline"),
    ),
    "told that a person comes": (
        Step(MENU_OF_UNKNOWN, then_presses(in_a_menu, "9", "#")),
        Told(menu="ofunknown"),
    ),
    "in the notice behind the menu": (
        Step(MENU_OF_UNKNOWN, then_presses(in_a_menu, "2")),
        Told((EXPERTS,), menu="ofunknown", key="2", recordings=1),
    ),
    "told that nobody is there": (
        Step(ON_DUTY, told_that_nobody_is_there, prepares=_duty_refuses),
        Told(("wanning",), recordings=1),
    ),
    "the duty phone rings behind a platform that refuses": (
        Step(ELSEWHERE, the_duty_phone_rings, prepares=_platform_refuses),
        Told(("sanya",), ("busy",), recordings=1),
    ),
    "hears the tone": (Step(CLOSED, hears_the_tone), Told()),
    "has begun to speak": (Step(CLOSED, begins_to_speak), Told(is_too_short=True)),
    "is asked to speak again": (Step(CLOSED, asked_again), Told(is_too_short=True)),
    "is thanked for the message": (
        Step(CLOSED, then_presses(speaks_a_message, "#")),
        Told(voicemail=True, terminal_state="voicemail"),
    ),
    "has asked to be called back": (
        Step(HERE, then_presses(asked_whether_to_call_back, "1"), 1.2),
        Told(("hotline",), recordings=1, terminal_state="call_back"),
    ),
}


async def test_whoever_hangs_up_at_whatever_step_has_one_right_record_with_its_files_and_leaves_nothing(
    stage: Stage,
) -> None:
    system = stage.system
    async with everybody(stage) as callers:

        async def comes(name: str) -> Caller:
            one = await callers.comes(name, HANG_UPS[name][0])
            if name != KEEPS_THE_SEAT:
                await one.call.hang_up()
            return one

        gone = await asyncio.gather(*map(comes, HANG_UPS))
        await asyncio.gather(*(one.call.hang_up() for one in gone))
        records = await asyncio.to_thread(records_of, system, gone, within_s=20)
    for name, record in records.items():
        told = HANG_UPS[name][1]
        assert told_in(record) == told, name
        assert record["anomalies"] == (["voicemail_failed"] if told.is_too_short else []), name
        # Who is asked for a grade has been left by the agent.
        left_by = "agent" if name == "asked for a grade" else "caller"
        assert (record["closed_by"], record["hung_up_by"]) == ("end", left_by), name
        assert (record["survey"] is not None) == (name == "asked for a grade"), name
        assert (record["call_back"] is not None) == (told.terminal_state == "call_back"), name
        files_are_proved(system, record)
    assert records["asked for a grade"]["survey"]["grade"] is None
    await asyncio.to_thread(nothing_is_left, system)


STILL_REACHED = {
    "a seat": Step(HERE, talks_to_a_seat),
    "a message": Step(CLOSED, speaks_a_message),
    "another platform": STEPS["another platform talks"],
    "the duty phone": Step(ON_DUTY, the_duty_phone_talks),
}


async def test_stopped_in_order_it_ends_every_call_and_started_again_it_takes_the_next(stage: Stage) -> None:
    system = stage.system
    async with everybody(stage) as callers:
        there = await callers.at_every_step()
        os.kill(system.pid_of("asterisk"), signal.SIGTERM)
        await asyncio.gather(*(one.call.wait_for(CallState.ENDED, timeout_s=5) for one in there.values()))
        records = await asyncio.to_thread(records_of, system, there.values(), within_s=20)
    for step, record in records.items():
        # He was not the one who left.
        outcomes = tuple("interrupted" if one == "caller_left" else one for one in AT_STEPS[step].outcomes)
        stopped = replace(AT_STEPS[step], terminal_state=record["terminal_state"], outcomes=outcomes)
        assert told_in(record) == stopped, step
        assert (record["anomalies"], record["closed_by"]) == ([], "end"), step
        assert record["terminal_state"] in _may_have_ended(step), step
        assert record["hung_up_by"] != "caller", step
        files_are_proved(system, record)
    assert records["speaks a message"]["voicemail"]["finished_at"]
    await asyncio.to_thread(eventually, "Asterisk is back", lambda: system.readyz()[0] == 200, within_s=30)
    async with everybody(stage) as callers:
        served = await asyncio.gather(*(callers.comes(*one) for one in STILL_REACHED.items()))
        assert heard(served[1].call, "beep").is_the_prompt
        await asyncio.gather(*(one.call.hang_up() for one in served))
        records = await asyncio.to_thread(records_of, system, served, within_s=20)
    assert {record["terminal_state"] for record in records.values()} == {"completed", "voicemail"}
    await asyncio.to_thread(nothing_is_left, system)


def _may_have_ended(step: str) -> set[str]:
    """Say how a call that was up is told: Asterisk ends its channels one by one, in no order.

    Whose agent had left before has talked; so has whose other side was the first to be hung up on.
    """
    if step == "asked for a grade":
        return {"completed"}
    return {"interrupted", "completed"} if AT_STEPS[step].terminal_state == "completed" else {"interrupted"}
