"""The rating after a talk: whoever leaves at whatever moment, his record has the grade that he gave, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from parties import CALLER_HZ, carrier_caller, heard
from running_system import MakeSystem, System
from staffed_seats import StaffedSeats, staffed

from callrouter.layout import sounds_folder
from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState

SEATS = ("1001", "1002")
MINORS = "089880012355"
"""The minors' line of the shipped plan of Hainan."""
PROMPT_S = (sounds_folder() / "v01.alaw").stat().st_size / 8000
WAIT_S = 5.0
"""How long a key is waited for behind the prompt."""

numbers = map("1380013{:04d}".format, count(1))


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    made = make_system(plan="dialplans/hainan", survey={"enabled": True}, queue={"wrap_up_s": 0})
    made.start()
    return made


async def leaves_at_once(call: Call) -> None:
    await call.hang_up()


async def leaves_in_the_prompt(call: Call) -> None:
    await asyncio.sleep(PROMPT_S / 2)
    await call.hang_up()


async def leaves_behind_the_prompt(call: Call) -> None:
    await asyncio.sleep(PROMPT_S + WAIT_S / 2)
    await call.hang_up()


async def rates_in_the_prompt_and_leaves_in_the_thanks(call: Call) -> None:
    await asyncio.sleep(1)
    await call.press("4")
    await asyncio.sleep(0.5)
    await call.hang_up()


async def rates_behind_the_prompt_and_hears_the_thanks(call: Call) -> None:
    await asyncio.sleep(PROMPT_S + 1)
    await call.press("1")
    await call.wait_for(CallState.ENDED, timeout_s=5)
    assert heard(call, "v01").is_whole
    assert heard(call, "v02").is_whole


async def mistakes_the_key_once(call: Call) -> None:
    await asyncio.sleep(0.5)
    await call.press("9")
    await asyncio.sleep(4)
    assert heard(call, "i01").is_whole
    await call.press("2")
    await call.wait_for(CallState.ENDED, timeout_s=5)
    assert heard(call, "v02").is_whole


async def mistakes_the_key_twice(call: Call) -> None:
    await asyncio.sleep(0.5)
    await call.press("#")
    await asyncio.sleep(0.5)
    await call.press("0")
    await call.wait_for(CallState.ENDED, timeout_s=5)
    assert heard(call, "v03").is_whole


async def leaves_in_the_second_attempt(call: Call) -> None:
    await asyncio.sleep(0.5)
    await call.press("7")
    await asyncio.sleep(0.5)
    await call.hang_up()


async def floods_it_with_keys(call: Call) -> None:
    await call.press("6789*0#6789*0#6789*0#")
    await call.wait_for(CallState.ENDED, timeout_s=5)


async def says_nothing(call: Call) -> None:
    await call.wait_for(CallState.ENDED, timeout_s=PROMPT_S + WAIT_S + 5)
    assert heard(call, "v01").is_whole
    assert heard(call, "v03").is_whole
    history = call.history
    assert history[CallState.ENDED] - history[CallState.CALLING] > PROMPT_S + WAIT_S


WAYS: list[tuple[Callable[[Call], Awaitable[None]], int | None]] = [
    (leaves_at_once, None),
    (leaves_in_the_prompt, None),
    (leaves_behind_the_prompt, None),
    (rates_in_the_prompt_and_leaves_in_the_thanks, 4),
    (rates_behind_the_prompt_and_hears_the_thanks, 1),
    (mistakes_the_key_once, 2),
    (mistakes_the_key_twice, None),
    (leaves_in_the_second_attempt, None),
    (floods_it_with_keys, None),
    (says_nothing, None),
]


async def talk(
    system: System,
    seats: StaffedSeats,
    then: Callable[[Call], Awaitable[None]],
    *,
    dialled: str = "12345",
    number: str | None = None,
    keys: str = "",
) -> str:
    """Talk to an agent, who presses the keys and leaves; then do as told. Return the call's Call-ID."""
    number = number or next(numbers)
    async with carrier_caller(system, number) as caller:
        call = await caller.dial(dialled)
        taken = await asyncio.wait_for(seats.callers[number].talks, 60)
        await taken.call.hears(CALLER_HZ, timeout_s=30)
        if keys:
            await taken.call.press(keys)
            await asyncio.sleep(0.5)
        await taken.call.hang_up()
        await then(call)
        return call.sip_call_id


async def is_asked_nothing(call: Call) -> None:
    await call.wait_for(CallState.ENDED, timeout_s=1)


def completed(record: dict[str, Any], *, ended_by: tuple[str, ...] = ("agent",)) -> dict[str, Any]:
    assert record["terminal_state"] == "completed"
    assert record["anomalies"] == []
    assert record["agent"] in SEATS
    assert record["hung_up_by"] in ended_by
    assert record["talk_ms"] < 5_000  # what is said to a machine is no talk
    return record


async def test_every_way_out_of_the_survey_leaves_the_grade_that_was_given_or_none(system: System) -> None:
    async with staffed(system, SEATS) as seats:
        calls = await asyncio.gather(*(talk(system, seats, way) for way, _ in WAYS))
    for (way, grade), call in zip(WAYS, calls, strict=True):
        # Of two who leave at once either may be the first: then he could not be asked.
        ended_by = ("agent", "caller") if way is leaves_at_once else ("agent",)
        survey = completed(system.record(call), ended_by=ended_by)["survey"]
        if way is leaves_at_once and survey is None:
            continue
        assert survey is not None, way.__name__
        assert (survey["grade"], survey["waived"]) == (grade, False), way.__name__


async def test_who_is_not_to_be_asked_is_not_and_the_call_ends_with_the_talk(system: System) -> None:
    async with staffed(system, SEATS) as seats:
        calls = await asyncio.gather(
            talk(system, seats, is_asked_nothing, dialled="12318"),  # the plan leaves out lines of complaints
            talk(system, seats, is_asked_nothing, number="110"),  # handed over by the police
            talk(system, seats, is_asked_nothing, dialled="110"),
            talk(system, seats, is_asked_nothing, dialled=MINORS),
            talk(
                system, seats, is_asked_nothing, keys="*3"
            ),  # the agent has heard of a matter of enforcement
        )
    records = [completed(system.record(call)) for call in calls]
    *unasked, spared = [record["survey"] for record in records]
    assert unasked == [None] * 4
    assert (spared["grade"], spared["waived"]) == (None, True)
    assert [record["decision"]["source"] for record in records] == [None, "emergency:110", None, None, None]
    assert system.channels() == 0
