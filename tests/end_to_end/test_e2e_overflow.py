"""Whom a queue's seats cannot answer goes on: experts, general seats, another platform, the duty phone, a message."""

from __future__ import annotations

import asyncio
import re
import socket
from typing import Any

import pytest
from haikou import PLATFORM_HZ, haikou, plan_with_haikou
from parties import AGENT_HZ, CALLER_HZ, DUTY_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually, free_port
from waiting_room import seconds

from callrouter.sip_party.call import Call
from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.errors import WaitExpiredError
from callrouter.vocabulary.context import HEADER, USER_TO_USER, read, read_user_to_user

EXPERT_SEAT, GENERAL_SEAT, DUTY_PHONE = "1002", "1001", "1999"
LINE = "12320"
NOTICE, NOT_AVAILABLE = "g02-12320-hainan", "e02-expert-12320-hainan"


@pytest.fixture(scope="module")
def platform_port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, platform_port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    """Hainan with an expert seat of its own, open at any hour, and Haikou's platform on this machine."""
    folder = plan_with_haikou(
        tmp_path_factory.mktemp("dialplans"),
        platform_port,
        (
            r'(- id: expert-12320\n    seats: )\["1001", "1002"\](\n    hours: )office',
            rf'\1["{EXPERT_SEAT}"]\2always',
        ),
    )
    made = make_system(
        plan=str(folder),
        managed={"controller": False},
        queue={"special_wait_s": 9, "wait_s": 12, "duty_ring_s": 3, "wrap_up_s": 0, "voicemail_limit_s": 10},
    )
    made.start()
    made.start_controller()
    eventually(
        "the expert queue has its seat", lambda: _members(made, "expert-12320") == {EXPERT_SEAT}, within_s=40
    )
    eventually("the general queue has both", lambda: len(_members(made, "hotline")) == 2)
    return made


def _members(system: System, queue: str) -> set[str]:
    shown = system.asks_asterisk(f"queue show {queue}")
    return {seat for seat in (EXPERT_SEAT, GENERAL_SEAT) if any(f"PJSIP/{seat}" in line for line in shown)}


async def talk(call: Call, other: Any, hz: int) -> None:
    await other.answer()
    await other.hears(CALLER_HZ, timeout_s=20)
    await call.hears(hz, timeout_s=5)


def queues_of(record: dict[str, Any]) -> list[str]:
    return [one["queue"] for one in record["queue_visits"]]


def played(record: dict[str, Any]) -> list[str]:
    return [one["key"] for one in record["announcements"]]


async def test_the_experts_of_a_line_answer_it_first(system: System) -> None:
    async with (
        phone(system, EXPERT_SEAT) as expert,
        phone(system, GENERAL_SEAT) as general,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial(LINE)
        ringing = await expert.next_call(timeout_s=5)
        await talk(call, ringing, AGENT_HZ)
        await call.hang_up()
        assert general.calls == ()
    assert heard(call, NOTICE).is_whole
    record = system.record(call.sip_call_id)
    assert queues_of(record) == ["expert-12320"]
    assert record["terminal_state"] == "completed"


async def test_the_minors_line_is_answered_in_its_own_words(system: System) -> None:
    async with phone(system, GENERAL_SEAT) as seat, carrier_caller(system) as caller:
        call = await caller.dial("089880012355")
        ringing = await seat.next_call(timeout_s=5)
        await talk(call, ringing, AGENT_HZ)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    assert heard(call, "z01").is_whole
    record = system.record(call.sip_call_id)
    assert queues_of(record) == ["minors"]
    assert played(record) == ["z01"]


async def test_without_experts_general_seats_ring_while_the_caller_is_told_so_the_controller_killed(
    system: System,
) -> None:
    async with phone(system, GENERAL_SEAT) as general, carrier_caller(system) as caller:
        call = await caller.dial(LINE)
        await call.wait_for(CallState.UP, timeout_s=5)
        system.extra[-1].kill()  # the chain needs no controller
        system.extra[-1].wait(5)
        ringing = await general.next_call(timeout_s=20)
        assert not heard(call, NOT_AVAILABLE).is_the_prompt
        await talk(call, ringing, AGENT_HZ)
        await ringing.hang_up()
        await call.wait_for(CallState.ENDED, timeout_s=5)
    assert heard(call, NOTICE).is_whole
    assert heard(call, NOT_AVAILABLE).is_whole
    system.start_controller()
    record = system.record(call.sip_call_id)
    assert queues_of(record) == ["expert-12320", "hotline"]
    assert played(record) == [NOTICE, NOT_AVAILABLE]
    assert record["terminal_state"] == "completed"


async def test_experts_who_let_it_ring_are_followed_by_general_seats_and_keep_their_place(
    system: System,
) -> None:
    async with (
        phone(system, EXPERT_SEAT) as expert,
        phone(system, GENERAL_SEAT) as general,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial(LINE)
        ringing = await expert.next_call(timeout_s=5)
        await ringing.ring()
        # Every seat answers the general queue too, the expert's among them.
        asked = [asyncio.create_task(one.next_call(timeout_s=20)) for one in (expert, general)]
        rung, others = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        await talk(call, rung.pop().result(), AGENT_HZ)
        for other in others:
            other.cancel()
        await call.hang_up()
    assert heard(call, NOT_AVAILABLE).is_whole
    record = system.record(call.sip_call_id)
    assert [(one["queue"], one["status"]) for one in record["queue_visits"]] == [
        ("expert-12320", "TIMEOUT"),
        ("hotline", None),  # the caller hung up in the talk
    ]
    assert "paused" not in "".join(system.asks_asterisk("queue show expert-12320"))


async def test_who_comes_to_general_seats_that_talk_is_told_his_place_there(system: System) -> None:
    async with (
        phone(system, GENERAL_SEAT) as general,
        carrier_caller(system) as caller,
    ):
        first = await caller.dial("12345", caller_number="13900000003")
        talking = await general.next_call(timeout_s=5)
        await talk(first, talking, AGENT_HZ)
        call = await caller.dial(LINE)
        await asyncio.sleep(sum(seconds(key) for key in (NOTICE, NOT_AVAILABLE, "q05")) + 2)
        await talking.hang_up()
        ringing = await general.next_call(timeout_s=10)
        await talk(call, ringing, AGENT_HZ)
        await call.hang_up()
    assert heard(call, NOT_AVAILABLE).is_whole
    assert heard(call, "q05").is_whole
    assert queues_of(system.record(call.sip_call_id)) == ["expert-12320", "hotline"]


async def test_who_hangs_up_while_he_is_told_has_left_and_nobody_rings_any_more(system: System) -> None:
    async with phone(system, GENERAL_SEAT) as general, carrier_caller(system) as caller:
        call = await caller.dial(LINE)
        ringing = await general.next_call(timeout_s=25)
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=3)
    record = system.record(call.sip_call_id)
    assert record["terminal_state"] == "abandoned"
    assert queues_of(record) == ["expert-12320", "hotline"]


async def test_with_no_seat_there_another_platform_is_called_and_talks_to_the_caller(
    system: System, platform_port: int
) -> None:
    async with haikou(system, platform_port) as other, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        ringing = await other.next_call(timeout_s=20)
        assert ringing.dialled_uri.startswith("sip:12345@")
        [told], [in_hexadecimal] = (ringing.received_headers(name) for name in (HEADER, USER_TO_USER))
        await talk(call, ringing, PLATFORM_HZ)
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=5)
    assert heard(call, "g01-hainan").is_whole
    record = system.record(call.sip_call_id)
    [passed_on] = record["transfers"]
    assert (passed_on["target"], passed_on["kind"], passed_on["outcome"]) == ("haikou", "plain", "joined")
    assert "platform" in {leg["role"] for leg in record["legs"]}
    context = read(told)
    assert context is not None
    assert (context.case, context.path, context.line) == (record["call_id"], ("hainan",), "12345")
    assert context.rule == record["decision"]["rule"]
    # There is no room for the rule in what ISDN carries.
    assert read_user_to_user(in_hexadecimal) in (context, context._replace(rule=None))
    assert record["terminal_state"] == "completed"


async def test_a_platform_that_refuses_is_followed_by_the_duty_phone_and_a_message(
    system: System, platform_port: int
) -> None:
    async with (
        haikou(system, platform_port) as other,
        phone(system, DUTY_PHONE, DUTY_HZ) as duty,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial("12345")
        await (await other.next_call(timeout_s=20)).reject(486)
        await duty.next_call(timeout_s=5)  # rings and is not picked up
        await asyncio.to_thread(
            eventually,
            "the caller is asked for a message",
            lambda: heard(call, "beep").is_the_prompt,
            within_s=30,
        )
        await asyncio.sleep(3)
        await call.hang_up()
        assert other.calls == ()
    record = system.record(call.sip_call_id)
    assert [one["outcome"] for one in record["transfers"]] == ["busy"]
    assert record["terminal_state"] == "voicemail"


async def test_who_hangs_up_while_the_other_platform_rings_has_left(
    system: System, platform_port: int
) -> None:
    async with haikou(system, platform_port) as other, carrier_caller(system) as caller:
        call = await caller.dial("12345")
        ringing = await other.next_call(timeout_s=20)
        await ringing.ring()
        await call.hang_up()
        await ringing.wait_for(CallState.ENDED, timeout_s=3)
    record = system.record(call.sip_call_id)
    assert [one["outcome"] for one in record["transfers"]] == ["caller_left"]
    assert record["terminal_state"] == "abandoned"


@pytest.mark.parametrize(
    ("dialled", "headers"),
    [("12345", (("X-CallRouter-Overflow", "1"),)), ("110", ())],
    ids=["sent-by-a-platform", "an-emergency"],
)
async def test_no_other_platform_is_called_for_an_emergency_nor_for_what_one_has_sent(
    system: System, platform_port: int, dialled: str, headers: tuple[tuple[str, str], ...]
) -> None:
    async with (
        haikou(system, platform_port) as other,
        phone(system, DUTY_PHONE, DUTY_HZ) as duty,
        carrier_caller(system) as caller,
    ):
        call = await caller.dial(dialled, headers=headers)
        ringing = await duty.next_call(timeout_s=20)
        await talk(call, ringing, DUTY_HZ)
        with pytest.raises(WaitExpiredError):
            await other.next_call(timeout_s=0.1)
        await call.hang_up()
    assert system.record(call.sip_call_id)["transfers"] == []


async def test_of_three_who_wait_the_most_urgent_is_answered_first_whenever_he_came(system: System) -> None:
    async with (
        phone(system, GENERAL_SEAT) as seat,
        carrier_caller(system, "13800138001") as first,
        carrier_caller(system, "13800138002") as calm,
        carrier_caller(system, "119") as handed_over,
        carrier_caller(system, "13800138003") as urgent,
    ):
        talking = await first.dial("12345")
        at_the_seat = await seat.next_call(timeout_s=5)
        await talk(talking, at_the_seat, AGENT_HZ)
        waiting = [await calm.dial("12345"), await handed_over.dial("12345"), await urgent.dial("110")]
        for call in waiting:
            await call.wait_for(CallState.UP, timeout_s=5)
        order = []
        for _ in waiting:
            await at_the_seat.hang_up()
            at_the_seat = await seat.next_call(timeout_s=12)
            order.append(re.search(r"sip:([0-9]+)@", at_the_seat.received_headers("From")[0]))
            await at_the_seat.answer()
            await at_the_seat.hears(CALLER_HZ, timeout_s=20)
        await at_the_seat.hang_up()
    assert [found[1] for found in order if found] == ["13800138003", "119", "13800138002"]


async def test_nothing_is_left_behind(system: System) -> None:
    await asyncio.to_thread(eventually, "no channel is left", lambda: system.channels() == 0)
