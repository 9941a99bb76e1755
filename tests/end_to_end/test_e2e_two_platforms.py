"""The province and a city, two Asterisks: callers pass between them with what is known of them, and never round."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from parties import CALLER_HZ, DUTY_HZ
from running_system import MakeSystem, eventually
from transfer_scene import has_ended
from two_platforms import AT_THE_CITY, AT_THE_PROVINCE, House, both

CITY_HZ, PROVINCE_HZ = 1400, 1150
HUB = "12345"
TO_THE_CITY, TO_THE_PROVINCE = "0898#", "0898#"


@pytest.fixture(scope="module")
def houses(make_system: MakeSystem, tmp_path_factory: pytest.TempPathFactory) -> tuple[House, House]:
    return both(make_system, tmp_path_factory.mktemp("dialplans"))


async def nothing_is_left(*houses: House) -> None:
    for house in houses:
        await asyncio.to_thread(eventually, "no channel is left", partial(_is_idle, house))


def _is_idle(house: House) -> bool:
    return house.system.channels() == 0


async def records_of(call: Any, came_in: House, went_to: House) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record of either platform, found by the case that one told the other."""
    first = await asyncio.to_thread(came_in.system.record, call.sip_call_id)
    second = await asyncio.to_thread(
        eventually,
        "the other platform's record is there",
        lambda: next(
            (
                one
                for one in (event["data"] for event in went_to.system.records_at_ticketing())
                if (one["decision"] or {}).get("case") == first["call_id"]
            ),
            None,
        ),
    )
    return first, second


async def three_way(agent: Any, code: str) -> None:
    await agent.press("*4")
    await asyncio.sleep(4)
    await agent.press(code)


@pytest.mark.parametrize("from_city", [False, True])
async def test_an_agent_passes_a_caller_to_the_other_platform_with_all_that_is_known_of_him(
    houses: tuple[House, House], from_city: bool
) -> None:
    here, there = houses[::-1] if from_city else houses
    seats = (AT_THE_CITY, AT_THE_PROVINCE) if from_city else (AT_THE_PROVINCE, AT_THE_CITY)
    tones = (CITY_HZ, PROVINCE_HZ) if from_city else (PROVINCE_HZ, CITY_HZ)
    async with (
        here.phone(seats[0], tones[0]) as ours,
        there.phone(seats[1], tones[1]) as theirs,
        here.caller("13800000001", CALLER_HZ) as caller,
    ):
        call = await caller.dial(HUB)
        agent = await ours.next_call(timeout_s=10)
        await agent.answer()
        await agent.hears(CALLER_HZ, timeout_s=20)
        await three_way(agent, TO_THE_PROVINCE if from_city else TO_THE_CITY)
        other = await theirs.next_call(timeout_s=10)
        await other.answer()
        await asyncio.sleep(9)  # what is said there is never cut off; then he is asked whether he takes it
        await other.press("1")
        await other.hears(tones[0], timeout_s=10)
        await agent.press("*5")
        await call.hears(tones[1], timeout_s=10)
        await other.hears(CALLER_HZ, timeout_s=10)
        await agent.press("*7")
        await has_ended(agent)
        await call.hears(tones[1], timeout_s=5)
        await other.hang_up()
        await has_ended(call)
    first, second = await records_of(call, here, there)
    assert [one["outcome"] for one in first["transfers"]] == ["joined"]
    names = ("haikou", "hainan") if from_city else ("hainan", "haikou")
    assert first["platform_path"] == [names[0]]
    assert second["platform_path"] == [*names]
    assert second["decision"]["source"] == f"platform:{names[0]}"
    assert second["terminal_state"] == "completed"
    await nothing_is_left(here, there)


async def test_whom_no_seat_of_the_province_answers_the_city_does(houses: tuple[House, House]) -> None:
    province, city = houses
    async with (
        city.phone(AT_THE_CITY, CITY_HZ) as seat,
        province.caller("13800000002", CALLER_HZ) as caller,
    ):
        call = await caller.dial(HUB)
        taken = await seat.next_call(timeout_s=20)
        await taken.answer()
        await call.hears(CITY_HZ, timeout_s=20)
        await taken.hears(CALLER_HZ, timeout_s=5)
        await call.hang_up()
        await has_ended(taken)
    first, second = await records_of(call, province, city)
    assert (first["transfers"][0]["target"], first["transfers"][0]["outcome"]) == ("haikou", "joined")
    assert second["platform_path"] == ["hainan", "haikou"]
    await nothing_is_left(province, city)


async def test_where_neither_has_a_seat_the_call_does_not_come_back_and_a_duty_phone_rings(
    houses: tuple[House, House],
) -> None:
    province, city = houses
    async with (
        city.phone("1999", DUTY_HZ) as duty,
        province.caller("13800000003", CALLER_HZ) as caller,
    ):
        call = await caller.dial(HUB)
        taken = await duty.next_call(timeout_s=30)
        await taken.answer()
        await call.hears(DUTY_HZ, timeout_s=10)
        assert len(province.system.asks_asterisk("core show channels concise")) < 4
        await call.hang_up()
        await has_ended(taken)
    _, second = await records_of(call, province, city)
    assert second["platform_path"] == ["hainan", "haikou"]
    assert "platform" not in {leg["role"] for leg in second["legs"]}
    await nothing_is_left(province, city)
