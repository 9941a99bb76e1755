"""A caller at each step between the announcement and the end of the call, all at once, on `plan_of_every_step`."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from every_step_stage import Attended, Staff, Stage, staff_of
from parties import carrier_caller
from plan_of_every_step import (
    CLOSED,
    ELSEWHERE,
    HERE,
    MENU_OF_A_LINE,
    MENU_OF_UNKNOWN,
    NOT_AVAILABLE,
    ON_DUTY,
)
from running_system import System

from callrouter.sip_party.call import Call
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.outgoing import OutgoingCall
from callrouter.sip_party.party import SipParty

OFFERED_AFTER_S = 5
"""Longer than the notice behind which too many who wait are offered a message, and a call-back."""
SPEAKS_S = 2.6
"""As long as a message needs to be written to the disk in part: Asterisk does so every 2.05 s."""
_numbers = map("1390015{:04d}".format, count(1))


@dataclass(slots=True)
class Caller:
    """A caller on the way to a step, or there."""

    step: str
    number: str
    system: System
    staff: Staff
    made: OutgoingCall | None = None

    @property
    def call(self) -> Call:
        """The call, which has been dialled."""
        assert self.made is not None
        return self.made

    async def reads(self, *words: str, times: int = 1, within_s: float = 40.0) -> None:
        """Wait until the journal says so of this call, in as many rows."""
        async with asyncio.timeout(within_s):
            while await asyncio.to_thread(self._rows_with, words) < times:  # noqa: ASYNC110 -- a file
                await asyncio.sleep(0.2)

    def _rows_with(self, words: tuple[str, ...]) -> int:
        journal = self.system.layout.cel_csv
        if not journal.exists():
            return 0  # Nobody has called yet.
        with journal.open(newline="", encoding="utf-8", errors="replace") as file:
            rows = list(csv.reader(file))
        own = next((row[3] for row in rows if f"&caller={self.number}&" in row[-1]), None)
        return sum(
            row[3] == own and all(word in " ".join(row) for word in words) for row in rows if len(row) > 3
        )

    async def talks_with(self, other: Attended) -> IncomingCall:
        """Wait until both hear each other."""
        taken = await other.has(self.number)
        await self.call.hears(other.hz, timeout_s=30)
        return taken


Doing = Callable[[Caller], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """How a caller comes to a step, and stays there for some seconds at least."""

    dialled: str
    comes_there: Doing
    begins_s: float = 0.0
    """When he dials."""
    is_short: bool = False
    """He dials when the others are there: the step lasts for some seconds only, and is reached at once."""
    prepares: Callable[[Staff, str], None] = field(default=lambda _staff, _number: None)


async def in_a_menu(one: Caller) -> None:
    await one.reads("CR_MENU", "state=offered")
    await asyncio.sleep(1)


async def told_that_experts_are_not_available(one: Caller) -> None:
    await in_a_menu(one)
    await one.call.press("2")
    await one.reads(f"key={NOT_AVAILABLE}")
    await one.reads("queue=hotline&state=entered")


async def another_platform_rings(one: Caller) -> None:
    await one.staff.platform.has(one.number)


async def another_platform_talks(one: Caller) -> None:
    await one.talks_with(one.staff.platform)


async def the_duty_phone_rings(one: Caller) -> None:
    await one.staff.duty.has(one.number)


async def the_duty_phone_talks(one: Caller) -> None:
    await one.talks_with(one.staff.duty)


async def told_when_it_is_open(one: Caller) -> None:
    await one.reads("CR_NOTICE", "state=started")
    await asyncio.sleep(1)


async def speaks_a_message(one: Caller) -> None:
    await one.reads("CR_VOICEMAIL", "state=started")
    await asyncio.sleep(SPEAKS_S)


async def _presses_what_is_offered(one: Caller, key: str) -> None:
    await one.reads("queue=hotline&state=entered")
    await asyncio.sleep(OFFERED_AFTER_S)
    await one.call.press(key)
    await one.reads("status=KEY")
    await asyncio.sleep(1)


async def asked_for_a_message(one: Caller) -> None:
    await _presses_what_is_offered(one, "1")


async def asked_whether_to_call_back(one: Caller) -> None:
    await _presses_what_is_offered(one, "2")


async def asked_for_a_grade(one: Caller) -> None:
    taken = await one.talks_with(one.staff.seat)
    await asyncio.sleep(1)
    await taken.hang_up()
    await one.reads("CR_SURVEY", "state=offered")


async def talks_to_a_seat(one: Caller) -> None:
    await one.talks_with(one.staff.seat)


def _platform_rings_on(staff: Staff, number: str) -> None:
    staff.platform.rings_for.add(number)


def _duty_rings_on(staff: Staff, number: str) -> None:
    staff.duty.rings_for.add(number)


STEPS: Mapping[str, Step] = {
    # His talk is over before the one seat is wanted for the next.
    "asked for a grade": Step(HERE, asked_for_a_grade),
    # More urgent than those who wait: nobody else is connected with the seat.
    "talks to a seat": Step("110", talks_to_a_seat, 0.6),
    "asked for a message": Step(HERE, asked_for_a_message, 1.2),
    "asked whether to call back": Step(HERE, asked_whether_to_call_back, 1.2),
    "speaks a message": Step(CLOSED, speaks_a_message),
    "another platform rings": Step(ELSEWHERE, another_platform_rings, prepares=_platform_rings_on),
    "another platform talks": Step(ELSEWHERE, another_platform_talks),
    "the duty phone rings": Step(ON_DUTY, the_duty_phone_rings, prepares=_duty_rings_on),
    "the duty phone talks": Step(ON_DUTY, the_duty_phone_talks),
    "told that experts are not available": Step(MENU_OF_UNKNOWN, told_that_experts_are_not_available, 3),
    "told when it is open": Step(CLOSED, told_when_it_is_open, is_short=True),
    "in a line's menu": Step(MENU_OF_A_LINE, in_a_menu, is_short=True),
    "in the menu of unknown numbers": Step(MENU_OF_UNKNOWN, in_a_menu, is_short=True),
}


class Callers:
    """Callers on their ways, each with a number of his own."""

    def __init__(self, stage: Stage, staff: Staff, trunk: SipParty) -> None:
        self._stage, self._staff, self._trunk = stage, staff, trunk

    async def comes(self, name: str, step: Step) -> Caller:
        """Have one dial, and come to his step."""
        one = Caller(name, next(_numbers), self._stage.system, self._staff)
        step.prepares(self._staff, one.number)
        await asyncio.sleep(step.begins_s)
        one.made = await self._trunk.dial(step.dialled, caller_number=one.number)
        await step.comes_there(one)
        return one

    async def at_every_step(self) -> dict[str, Caller]:
        """Have one come to each step; return when all are there."""
        there: list[Caller] = []
        for short in (False, True):
            steps = [(name, step) for name, step in STEPS.items() if step.is_short is short]
            there += await asyncio.gather(*(self.comes(name, step) for name, step in steps))
        assert [one.step for one in there if one.call.ended is not None] == []
        return {one.step: one for one in there}


@asynccontextmanager
async def everybody(stage: Stage) -> AsyncIterator[Callers]:
    """Callers, and whom they reach."""
    async with staff_of(stage) as staff, carrier_caller(stage.system) as trunk:
        yield Callers(stage, staff, trunk)
