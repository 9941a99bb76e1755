"""Asterisk is killed under a caller at every step; then the controller is, and everybody comes to an end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from every_step import (
    Caller,
    Doing,
    Step,
    everybody,
)
from every_step_records import AT_STEPS, files_are_proved, nothing_is_left, records_of, told_in
from every_step_stage import Stage, sounds_of_the_plan, stage_of_every_step
from plan_of_every_step import HERE
from running_system import MakeSystem, is_alive, records_processes_of

from callrouter.sip_party.call_state import CallState

WITHIN_S = 60
"""After its end every call has its record."""
RECORDED_TO_THE_END = {"asked for a grade", "asked for a message"}
"""Their recordings were over when Asterisk died."""
SPOKEN_S = 2.6


@pytest.fixture(scope="module")
def stage(make_system: MakeSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with sounds_of_the_plan():
        yield stage_of_every_step(make_system, tmp_path_factory.mktemp("dialplans"))


async def test_killed_under_a_caller_at_every_step_it_leaves_one_right_record_of_each(stage: Stage) -> None:
    system = stage.system
    async with everybody(stage) as callers:
        there = await callers.at_every_step()
        os.kill(system.pid_of("asterisk"), signal.SIGKILL)
        killed = time.monotonic()
        records = await asyncio.to_thread(records_of, system, there.values(), within_s=WITHIN_S)
    print(
        f"the records of {len(records)} calls were there {time.monotonic() - killed:.1f} s after Asterisk died"
    )
    for step, record in records.items():
        outcomes = ("interrupted",) * len(AT_STEPS[step].outcomes)
        died = replace(AT_STEPS[step], terminal_state="interrupted", outcomes=outcomes)
        assert told_in(record) == died, step
        assert record["closed_by"] == "rule", step
        files = [*record["recordings"], *([record["voicemail"]] if record["voicemail"] else [])]
        ends = {one["finished_at"] is None for one in files}
        assert ends == (set() if not files else {step not in RECORDED_TO_THE_END}), step
        repaired = ["recording_repaired"] if True in ends else []
        assert record["anomalies"] == ["no_end", "no_hangup", *repaired], step
        assert (record["survey"] is None, record["call_back"]) == (step != "asked for a grade", None), step
        files_are_proved(system, record)
    assert records["asked for a grade"]["survey"]["grade"] is None
    # Whether he had said all, nobody knows.
    assert records["speaks a message"]["accepted_at"] is None
    await asyncio.to_thread(nothing_is_left, system)


async def gives_a_grade(one: Caller) -> None:
    await one.call.press("4")
    await one.call.wait_for(CallState.ENDED, timeout_s=15)


async def is_left_by_the_seat(one: Caller) -> None:
    await (await one.staff.seat.has(one.number)).hang_up()
    await one.call.wait_for(CallState.ENDED, timeout_s=5)


async def speaks_and_presses_a_key(one: Caller) -> None:
    await one.reads("CR_VOICEMAIL", "state=started")
    await asyncio.sleep(SPOKEN_S)
    await one.call.press("#")
    await one.call.wait_for(CallState.ENDED, timeout_s=20)


async def confirms_the_call_back(one: Caller) -> None:
    await one.call.press("1")
    await one.call.wait_for(CallState.ENDED, timeout_s=15)


async def is_answered_by_the_platform(one: Caller) -> None:
    await (await one.staff.platform.has(one.number)).answer()
    await one.talks_with(one.staff.platform)
    await one.call.hang_up()


async def is_left_by_the_platform(one: Caller) -> None:
    await (await one.staff.platform.has(one.number)).hang_up()
    await one.call.wait_for(CallState.ENDED, timeout_s=5)


async def is_answered_by_the_duty_phone(one: Caller) -> None:
    await (await one.staff.duty.has(one.number)).answer()
    await one.talks_with(one.staff.duty)
    await one.call.hang_up()


async def hangs_up(one: Caller) -> None:
    await one.call.hang_up()


async def talks_to_a_seat(one: Caller) -> None:
    await one.talks_with(one.staff.seat)
    await one.call.hang_up()


async def speaks_and_hangs_up(one: Caller) -> None:
    await one.reads("CR_VOICEMAIL", "state=started")
    await asyncio.sleep(SPOKEN_S)
    await one.call.hang_up()


async def asks_for_a_person(one: Caller) -> None:
    await one.call.press("0")
    await talks_to_a_seat(one)


async def asks_for_experts(one: Caller) -> None:
    await one.call.press("2")
    await talks_to_a_seat(one)


ENDS: dict[str, tuple[Doing, str]] = {
    "asked for a grade": (gives_a_grade, "completed"),
    "talks to a seat": (is_left_by_the_seat, "completed"),
    "asked for a message": (speaks_and_presses_a_key, "voicemail"),
    "asked whether to call back": (confirms_the_call_back, "call_back"),
    "speaks a message": (speaks_and_presses_a_key, "voicemail"),
    "another platform rings": (is_answered_by_the_platform, "completed"),
    "another platform talks": (is_left_by_the_platform, "completed"),
    "the duty phone rings": (is_answered_by_the_duty_phone, "completed"),
    "the duty phone talks": (hangs_up, "completed"),
    "told that experts are not available": (talks_to_a_seat, "completed"),
    "told when it is open": (speaks_and_hangs_up, "voicemail"),
    "in a line's menu": (asks_for_a_person, "completed"),
    "in the menu of unknown numbers": (asks_for_experts, "completed"),
}


async def test_after_it_every_path_leads_to_its_end_though_the_controller_and_its_records_die_in_mid_way(
    stage: Stage,
) -> None:
    system = stage.system
    async with everybody(stage) as callers:
        there = await callers.at_every_step()
        await asyncio.to_thread(the_controller_dies, stage)
        undecided, _ = await asyncio.gather(
            callers.comes("undecided", Step(HERE, talks_to_a_seat)),
            asyncio.gather(*(ENDS[step][0](one) for step, one in there.items())),
        )
        await asyncio.to_thread(system.start_controller)
        records = await asyncio.to_thread(records_of, system, [*there.values(), undecided], within_s=WITHIN_S)
    assert records["undecided"]["fallback"] == "plan_followed"
    for step, record in records.items():
        assert record["terminal_state"] == ("completed" if step == "undecided" else ENDS[step][1]), step
        assert (record["anomalies"], record["closed_by"]) == ([], "end"), step
        files_are_proved(system, record)
    assert records["asked for a grade"]["survey"]["grade"] == 4
    assert told_in(records["another platform rings"]).outcomes == ("joined",)
    assert [one["key"] for one in records["in a line's menu"]["menu"]] == ["0"]
    assert [one["key"] for one in records["in the menu of unknown numbers"]["menu"]] == ["2"]
    await asyncio.to_thread(nothing_is_left, system)


def the_controller_dies(stage: Stage) -> None:
    """Kill it, and what makes records beside it."""
    controller = stage.system.extra[-1]
    records = records_processes_of(controller.pid).values()
    assert records
    controller.kill()
    controller.wait(5)
    for process in records:
        if is_alive(process):
            os.kill(process, signal.SIGKILL)
