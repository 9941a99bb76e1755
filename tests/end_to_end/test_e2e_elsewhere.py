"""Callers whom another house answers: a branch center, another platform, as the plan says; our seats if it cannot."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from changed_plan import changed_plan
from parties import AGENT_HZ, CALLER_HZ, carrier_caller, heard, phone
from running_system import MakeSystem, System, eventually, free_port
from transfer_plays import nothing_is_left
from transfer_scene import has_ended

from callrouter.sip_party.call_state import CallState
from callrouter.sip_party.incoming import IncomingCall
from callrouter.sip_party.party import SipParty

TAX, MIANYANG = "12366", "081612345"
HOUSES = {"tax": ("192.0.2.11", "127.0.0.11"), "mianyang": ("192.0.2.32", "127.0.0.32")}
HOUSE_HZ = 1150
NOTICE = "g05-12366-sichuan"
SILENT_S = 10
RING_S = 5
OTHERS = 2
"""Calls that may go out by the tax office's trunk."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def system(make_system: MakeSystem, port: int, tmp_path_factory: pytest.TempPathFactory) -> System:
    made = make_system(
        plan=str(plan_with_houses(tmp_path_factory.mktemp("dialplans"), port)),
        sip={"seats": ["1001"], "silent_trunk_s": SILENT_S},
        queue={"ring_s": 15, "wrap_up_s": 0, "transfer_ring_s": RING_S},
    )
    made.start()
    return made


def plan_with_houses(folder: Path, port: int) -> Path:
    here = ((rf"sip:{re.escape(old)}:5060", f"sip:{new}:{port}") for old, new in HOUSES.values())
    # A trunk that ambulances share with the tax office.
    shared = (
        (r"(  - id: tax\n    uri: .*\n)", rf"\1    others_at_most: {OTHERS}\n"),
        (r"peer: medical-120, alternates", "peer: tax, alternates"),
    )
    return changed_plan("sichuan", folder, operator=(*here, *shared))


@dataclass
class Door:
    """A caller's telephone, the house that he is to come to, and a seat of ours."""

    system: System
    caller: SipParty
    house: SipParty
    seat: SipParty

    async def comes(self, dialled: str) -> tuple[Any, IncomingCall]:
        call = await self.caller.dial(dialled)
        return call, await self.house.next_call(timeout_s=20)

    async def is_answered_here(self, call: Any) -> None:
        """At once or after a while a seat of ours does."""
        taken = await self.seat.next_call(timeout_s=SILENT_S + 15)
        await taken.answer()
        await call.hears(AGENT_HZ, timeout_s=15)
        await taken.hears(CALLER_HZ, timeout_s=5)
        await call.hang_up()
        await has_ended(taken)

    async def record(self, call: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self.system.record, call.sip_call_id)


@asynccontextmanager
async def at_the_door(system: System, port: int, name: str) -> AsyncIterator[Door]:
    host = HOUSES[name][1]
    async with (
        phone(system, "1001") as seat,
        carrier_caller(system) as caller,
        SipParty.open(host=host, port=port, user=name, server=system.sip, tone_hz=HOUSE_HZ) as house,
    ):
        await asyncio.to_thread(
            eventually, f"{name} is reachable", lambda: system.trunk_is_up(f"peer-{name}")
        )
        yield Door(system, caller, house, seat)
    await asyncio.to_thread(nothing_is_left, system)


async def test_whoever_dials_a_branch_center_is_told_so_and_answered_by_it(system: System, port: int) -> None:
    async with at_the_door(system, port, "tax") as door:
        call, invite = await door.comes(TAX)
        assert heard(call, NOTICE).is_whole
        assert any(f"sip:{TAX}@" in value for value in invite.received_headers("To"))
        assert any("line=12366" in value for value in invite.received_headers("X-CallRouter-Context"))
        await invite.answer()
        await call.hears(HOUSE_HZ, timeout_s=5)
        await invite.hears(CALLER_HZ, timeout_s=5)
        await invite.hang_up()
        await has_ended(call)
        record = await door.record(call)
    assert (record["decision"]["treatment"], record["decision"]["landing"]) == ("dial", "branch")
    assert record["terminal_state"] == "completed"
    assert [leg["role"] for leg in record["legs"]] == ["caller", "branch"]
    assert [one["key"] for one in record["announcements"]] == [NOTICE]
    assert [(one["target"], one["outcome"]) for one in record["transfers"]] == [("tax", "joined")]
    assert record["anomalies"] == []


async def test_another_platform_answers_its_own_and_greets_them_itself(system: System, port: int) -> None:
    async with at_the_door(system, port, "mianyang") as door:
        call, invite = await door.comes(MIANYANG)
        assert any("sip:12345@" in value for value in invite.received_headers("To"))
        (told,) = invite.received_headers("X-CallRouter-Context")
        # Mianyang has not had it yet.
        assert "path=sichuan&" in told
        assert call.state is not CallState.UP
        await invite.ring()
        await invite.answer()
        await call.hears(HOUSE_HZ, timeout_s=5)
        await call.hang_up()
        await has_ended(invite)
        record = await door.record(call)
    assert record["announcements"] == []
    assert record["platform_path"] == ["sichuan", "mianyang"]
    assert [leg["role"] for leg in record["legs"]] == ["caller", "platform"]
    assert record["terminal_state"] == "completed"


@pytest.mark.parametrize("status", [486, 503, 404])
async def test_who_is_refused_there_is_answered_here(system: System, port: int, status: int) -> None:
    async with at_the_door(system, port, "mianyang") as door:
        call, invite = await door.comes(MIANYANG)
        await invite.reject(status)
        await door.is_answered_here(call)
        record = await door.record(call)
    outcome = {486: "busy"}.get(status, "unreachable")
    assert [(one["target"], one["outcome"]) for one in record["transfers"]] == [("mianyang", outcome)]
    assert [one["key"] for one in record["announcements"]] == ["g01-sichuan"]
    assert record["terminal_state"] == "completed"


async def test_who_is_not_answered_there_or_loses_the_line_is_answered_here(
    system: System, port: int
) -> None:
    async with at_the_door(system, port, "tax") as door:
        call, invite = await door.comes(TAX)
        await invite.ring()
        await door.is_answered_here(call)
        await has_ended(invite)
        call, invite = await door.comes(TAX)
        await invite.answer()
        await call.hears(HOUSE_HZ, timeout_s=5)
        invite.vanish()
        await door.is_answered_here(call)
        record = await door.record(call)
    assert [leg["role"] for leg in record["legs"]] == ["caller", "branch", "agent"]
    assert record["terminal_state"] == "completed"


async def test_a_full_trunk_is_kept_for_emergencies_and_others_are_answered_here(
    system: System, port: int
) -> None:
    async with at_the_door(system, port, "tax") as door:
        calls = [await door.caller.dial(TAX, caller_number=f"1380000000{n}") for n in range(OTHERS)]
        for _ in calls:
            await (await door.house.next_call(timeout_s=20)).answer()
        one_more = await door.caller.dial(TAX, caller_number="13800000009")
        taken = await door.seat.next_call(timeout_s=15)
        await taken.answer()
        await one_more.hears(AGENT_HZ, timeout_s=15)
        await taken.hears(CALLER_HZ, timeout_s=5)
        await asyncio.sleep(1)
        await taken.press("*0120#")
        emergency = await door.house.next_call(timeout_s=5)
        assert any("13800000009" in value for value in emergency.received_headers("P-Asserted-Identity"))
        await emergency.answer()
        await emergency.hears(CALLER_HZ, timeout_s=10)
        for call in (*calls, one_more):
            await call.hang_up()
        await has_ended(taken, emergency)
        record = await door.record(one_more)
    assert [(one["target"], one["outcome"]) for one in record["transfers"]] == [
        ("tax", "busy"),
        ("120", "joined"),
    ]


async def test_a_caller_who_hangs_up_meanwhile_leaves_nobody_ringing(system: System, port: int) -> None:
    async with at_the_door(system, port, "mianyang") as door:
        call, invite = await door.comes(MIANYANG)
        await invite.ring()
        await call.hang_up()
        await has_ended(invite)
        record = await door.record(call)
    assert [one["outcome"] for one in record["transfers"]] == ["caller_left"]
    assert record["terminal_state"] == "abandoned"


async def test_a_house_that_is_known_to_be_away_costs_nothing(system: System) -> None:
    async with phone(system, "1001") as seat, carrier_caller(system) as caller:
        await asyncio.to_thread(eventually, "it is known", lambda: not system.trunk_is_up("peer-mianyang"))
        call = await caller.dial(MIANYANG)
        taken = await seat.next_call(timeout_s=2)
        await taken.answer()
        await call.hears(AGENT_HZ, timeout_s=15)
        await call.hang_up()
        await has_ended(taken)
