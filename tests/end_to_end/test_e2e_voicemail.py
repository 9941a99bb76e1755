"""A message where nobody can be reached: left, too short, given up at each step; and who is told an e-mail address.

All call at once, and each does something else; what became of the calls is then looked at one by one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import wave
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from parties import carrier_caller, heard
from running_system import MakeSystem, System, eventually

from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState

IN_YUXI, UNANNOUNCED = "087712345", "110"
NOON = "2026-07-01T12:00:00+08:00"
SPOKEN_S, TOO_SHORT_S = 4.0, 0.8
Doing = Callable[[Call], Awaitable[None]]
"""What a caller does."""


@dataclass(frozen=True)
class Made:
    """A call that is over, and its record."""

    call: Call
    record: dict[str, Any]

    def heard(self, *prompts: str) -> list[str]:
        """Which of the prompts were heard whole."""
        return [prompt for prompt in prompts if heard(self.call, prompt).is_whole]


async def _hears(call: Call, prompt: str, *, within_s: float = 40.0) -> None:
    """Wait until a prompt has been played whole."""
    async with asyncio.timeout(within_s):
        while not heard(call, prompt).is_the_prompt:  # noqa: ASYNC110 -- it has no event
            await asyncio.sleep(0.3)


async def _leaves_a_message(call: Call) -> None:
    await _hears(call, "beep")
    await asyncio.sleep(SPOKEN_S)
    await call.press("#")
    await call.wait_for(CallState.ENDED, timeout_s=40)


async def _hangs_up_instead_of_pressing_a_key(call: Call) -> None:
    await _hears(call, "beep")
    await asyncio.sleep(SPOKEN_S)
    await call.hang_up()


async def _hangs_up_while_he_is_thanked(call: Call) -> None:
    await _hears(call, "beep")
    await asyncio.sleep(SPOKEN_S)
    await call.press("#")
    await asyncio.sleep(1)
    await call.hang_up()


async def _hangs_up_while_he_is_asked(call: Call) -> None:
    await call.wait_for(CallState.UP, timeout_s=10)
    await asyncio.sleep(8)
    await call.hang_up()


async def _hangs_up_after_the_tone(call: Call) -> None:
    await _hears(call, "beep")
    await asyncio.sleep(TOO_SHORT_S)
    await call.hang_up()


async def _is_short_and_then_speaks(call: Call) -> None:
    await _hears(call, "beep")
    await asyncio.sleep(TOO_SHORT_S)
    await call.press("#")
    await _hears(call, "h03")
    await asyncio.sleep(1 + SPOKEN_S)
    await call.press("#")
    await call.wait_for(CallState.ENDED, timeout_s=40)


async def _is_short_and_hangs_up_when_asked_again(call: Call) -> None:
    await _hears(call, "beep")
    await asyncio.sleep(TOO_SHORT_S)
    await call.press("#")
    await asyncio.sleep(1)
    await call.hang_up()


CALLERS: dict[str, tuple[str, Doing]] = {
    "message": (IN_YUXI, _leaves_a_message),
    "hung up in it": (UNANNOUNCED, _hangs_up_instead_of_pressing_a_key),
    "hung up in the thanks": (UNANNOUNCED, _hangs_up_while_he_is_thanked),
    "hung up when asked": (UNANNOUNCED, _hangs_up_while_he_is_asked),
    "hung up after the tone": (UNANNOUNCED, _hangs_up_after_the_tone),
    "short, then spoken": (UNANNOUNCED, _is_short_and_then_speaks),
    "short, then gone": (UNANNOUNCED, _is_short_and_hangs_up_when_asked_again),
}


@pytest.fixture(scope="module")
def system(make_system: MakeSystem) -> System:
    """Yunnan, whose platforms have e-mail addresses; no phone is there, at a seat or on duty."""
    made = make_system(plan="dialplans/yunnan")
    made.rehearse(NOON)
    return made


async def _make(system: System, callers: Mapping[str, tuple[str, Doing]]) -> dict[str, Call]:
    calls: dict[str, Call] = {}
    async with carrier_caller(system) as caller:
        for name, (dialled, _) in callers.items():
            calls[name] = await caller.dial(dialled)
        await asyncio.gather(*(does(calls[name]) for name, (_, does) in callers.items()))
    return calls


@pytest.fixture(scope="module")
def made(system: System) -> dict[str, Made]:
    calls = asyncio.run(_make(system, CALLERS))
    eventually("no channel is left", lambda: system.channels() == 0)
    return {name: Made(call, system.record(call.sip_call_id)) for name, call in calls.items()}


def test_who_leaves_a_message_is_told_the_address_of_the_platform_that_he_called(
    made: dict[str, Made],
) -> None:
    told = made["message"].heard("n02", "beep", "h05", "h04-yuxi-yunnan", "v03", "h02", "h04-kunming-yunnan")
    assert told == ["n02", "beep", "h05", "h04-yuxi-yunnan", "v03"]


def test_a_message_counts_however_its_caller_ended_it(system: System, made: dict[str, Made]) -> None:
    for name in ("message", "hung up in it", "hung up in the thanks", "short, then spoken"):
        record = made[name].record
        assert (record["terminal_state"], record["anomalies"]) == ("voicemail", []), name
        with wave.open(str(system.layout.voicemail / record["voicemail"]["file"])) as recorded:
            seconds = recorded.getnframes() / recorded.getframerate()
        assert SPOKEN_S - 1.5 < seconds < SPOKEN_S + 3, name
        assert record["voicemail"]["length_ms"] == pytest.approx(seconds * 1000, abs=1), name
        assert record["accepted_at"] == record["voicemail"]["finished_at"], name


def test_a_message_is_to_be_passed_on_by_the_evening_of_the_day(made: dict[str, Made]) -> None:
    record = made["message"].record
    assert record["decision"]["register_rule"] == "18:00/10:00"
    # By the real clock: a rehearsal moves the plan's clock alone.
    left = datetime.fromisoformat(record["accepted_at"]) + timedelta(hours=8)
    by = datetime.fromisoformat(record["register_by"]) + timedelta(hours=8)
    assert (by.date() - left.date(), f"{by:%H:%M}") == (
        (timedelta(0), "18:00") if left.hour < 18 else (timedelta(days=1), "10:00")
    )


def test_who_was_too_short_is_asked_again(made: dict[str, Made]) -> None:
    assert made["short, then spoken"].heard("h03", "h05", "h04-kunming-yunnan") == [
        *("h03", "h05", "h04-kunming-yunnan")
    ]
    assert made["message"].heard("h03") == []


@pytest.mark.parametrize("name", ["hung up when asked", "hung up after the tone", "short, then gone"])
def test_who_left_no_message_has_none_in_his_record(made: dict[str, Made], name: str) -> None:
    record = made[name].record
    assert (record["voicemail"], record["register_by"]) == (None, None)
    assert record["terminal_state"] == "abandoned"
    assert made[name].heard("h02", "h05") == []


def test_with_the_controller_hung_the_address_is_that_of_the_platform_all_the_same(system: System) -> None:
    controller = system.pid_of("controller")
    os.kill(controller, signal.SIGSTOP)
    try:
        calls = asyncio.run(_make(system, {"message": (IN_YUXI, _leaves_a_message)}))
    finally:
        os.kill(controller, signal.SIGCONT)
    record = system.record(calls["message"].sip_call_id, within_s=30)
    assert (record["fallback"], record["terminal_state"]) == ("plan_followed", "voicemail")
    assert record["register_by"] is not None
    assert Made(calls["message"], record).heard("h05", "h04-yuxi-yunnan", "h04-kunming-yunnan") == [
        *("h05", "h04-yuxi-yunnan")
    ]
