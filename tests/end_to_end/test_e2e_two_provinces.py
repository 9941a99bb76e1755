"""A linkage that begins on a day (C30), and a province that nobody dials (C27): each on two Asterisks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from parties import CALLER_HZ
from running_system import MakeSystem
from test_e2e_two_platforms import nothing_is_left, records_of
from transfer_scene import has_ended, news_of
from two_platforms import House
from two_provinces import HERE, THERE, kunming_and_yunnan, sichuan_and_chongqing

from callrouter.decide.transfer_codes import keys_of
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.party import SipParty

HERE_HZ, THERE_HZ = 1400, 1150
BEFORE, BEGUN = "2021-12-30T23:59:50+08:00", "2021-12-31T00:00:02+08:00"


@pytest.fixture(scope="module")
def linked(make_system: MakeSystem, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, House]:
    return sichuan_and_chongqing(make_system, tmp_path_factory.mktemp("dialplans"), BEFORE)


@pytest.fixture(scope="module")
def yunnan(make_system: MakeSystem, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, House]:
    return kunming_and_yunnan(make_system, tmp_path_factory.mktemp("dialplans"))


@asynccontextmanager
async def staffed(
    houses: tuple[House, House], number: str, *, at: int = 0
) -> AsyncIterator[tuple[SipParty, SipParty, SipParty]]:
    """A seat in each house, and a caller of one of them."""
    async with (
        houses[0].phone(HERE, HERE_HZ) as here,
        houses[1].phone(THERE, THERE_HZ) as there,
        houses[at].caller(number, CALLER_HZ) as caller,
    ):
        yield here, there, caller
    await nothing_is_left(*houses)


async def it_is(house: House, at: str) -> None:
    """From now on, in the rehearsal."""
    offset = round((datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds())
    async with news_of(house.system) as news:
        await news.ask("Setvar", Variable="CR_CLOCK_OFFSET", Value=str(offset))


async def talk(call: Any, seat: SipParty, tone_hz: int) -> Any:
    """The seat takes the call, and both hear each other."""
    taken = await seat.next_call(timeout_s=20)
    await taken.answer()
    await taken.hears(CALLER_HZ, timeout_s=25)
    await call.hears(tone_hz, timeout_s=10)
    return taken


async def passes(call: Any, agent: Any, code: str, other: SipParty, tone_hz: int) -> Any:
    """The agent passes the caller on by his keys; whoever is called there accepts."""
    await asyncio.sleep(1)
    await agent.press("*9")
    await asyncio.sleep(1)
    await agent.press(f"{code}#")
    taken = await other.next_call(timeout_s=20)
    await taken.answer()
    await asyncio.sleep(9)  # what is said there is never cut off; then he is asked whether he takes it
    await taken.press("1")
    await call.hears(tone_hz, timeout_s=15)
    await taken.hears(CALLER_HZ, timeout_s=10)
    return taken


async def test_c30_until_the_day_sichuan_answers_who_dials_chongqing(linked: tuple[House, House]) -> None:
    await it_is(linked[0], BEFORE)
    async with staffed(linked, "13900000001") as (here, _, caller):
        call = await caller.dial("02312345")
        agent = await talk(call, here, HERE_HZ)
        await call.hang_up()
        await has_ended(agent)
    record = await asyncio.to_thread(linked[0].system.record, call.sip_call_id)
    assert record["platform_path"] == ["sichuan"]
    assert record["transfers"] == []


async def test_c30_from_that_day_on_chongqing_does_with_what_is_known_of_the_call(
    linked: tuple[House, House],
) -> None:
    await it_is(linked[0], BEGUN)
    async with staffed(linked, "13900000002") as (_, there, caller):
        call = await caller.dial("02312345")
        taken = await talk(call, there, THERE_HZ)
        await call.hang_up()
        await has_ended(taken)
    first, second = await records_of(call, *linked)
    assert (first["transfers"][0]["target"], first["transfers"][0]["outcome"]) == ("chongqing", "joined")
    assert second["decision"]["source"] == "platform:sichuan"
    assert second["platform_path"] == ["sichuan", "chongqing"]


@pytest.mark.parametrize("back", [False, True])
async def test_c30_their_agents_pass_callers_to_each_other(linked: tuple[House, House], back: bool) -> None:
    await it_is(linked[0], BEGUN)
    async with staffed(linked, f"1390000001{int(back)}", at=int(back)) as (here, there, caller):
        call = await caller.dial("12345")
        if back:
            agent = await talk(call, there, THERE_HZ)
            taken = await passes(call, agent, keys_of("sichuan"), here, HERE_HZ)
        else:
            agent = await talk(call, here, HERE_HZ)
            taken = await passes(call, agent, "023", there, THERE_HZ)
        await has_ended(agent)
        await call.hang_up()
        await has_ended(taken)
    names = ["chongqing", "sichuan"] if back else ["sichuan", "chongqing"]
    first, second = await records_of(call, *(linked[::-1] if back else linked))
    assert [(one["target"], one["outcome"]) for one in first["transfers"]] == [(names[1], "joined")]
    assert second["platform_path"] == names


async def test_c27_the_province_is_reached_by_transfer_from_a_city(yunnan: tuple[House, House]) -> None:
    async with staffed(yunnan, "13900000021") as (here, there, caller):
        call = await caller.dial("12345")
        agent = await talk(call, here, HERE_HZ)
        taken = await passes(call, agent, keys_of("yunnan"), there, THERE_HZ)
        await has_ended(agent)
        await call.hang_up()
        await has_ended(taken)
    first, second = await records_of(call, *yunnan)
    assert first["platform_path"] == ["kunming"]
    assert second["platform_path"] == ["kunming", "yunnan"]
    assert second["decision"]["source"] == "platform:kunming"


async def test_c27_whoever_dials_the_province_itself_is_answered_by_the_city(
    yunnan: tuple[House, House],
) -> None:
    async with staffed(yunnan, "13900000022", at=1) as (here, there, caller):
        call = await caller.dial("12345")
        agent = await talk(call, here, HERE_HZ)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(there.next_call(timeout_s=60), 1)
        await call.hang_up()
        await has_ended(agent)
    assert CallState.UP in call.history
    first, second = await records_of(call, *yunnan[::-1])
    assert first["transfers"][0]["target"] == "kunming"
    assert second["platform_path"][-1] == "kunming"
