"""A word for a seat, on an Asterisk of the tests' own: it holds in all of the seat's queues."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from callrouter.asterisk_link.ami_client import AmiClient, AmiState
from callrouter.asterisk_link.ami_double import AmiDouble
from callrouter.asterisk_link.ami_errors import AmiLost, AmiRefused
from callrouter.calls.seat_desk import SeatDesk, UnknownSeat
from callrouter.calls.seats import Roster, Seat

ROSTER = Roster(
    (Seat("1001", "hotline"), Seat("1002", "hotline"), Seat("1001", "expert")),
    frozenset({"hotline", "expert"}),
)
FIRST, SECOND = "Local/1001@seat", "Local/1002@seat"


@asynccontextmanager
async def desk_at(asterisk: AmiDouble) -> AsyncIterator[SeatDesk]:
    ami = AmiClient(
        *("127.0.0.1", asterisk.port, "callrouter", "secret"),
        boot_name=lambda: asterisk.boot_name,
        chance=random.Random(1),
    )
    async with asyncio.timeout(5), ami:
        while ami.state is not AmiState.READY:  # noqa: ASYNC110 -- its change has no event of its own
            await asyncio.sleep(0.005)
        yield SeatDesk(ami, ROSTER)


async def test_a_pause_and_its_end_hold_in_all_of_the_seats_queues_and_in_nobody_elses() -> None:
    async with AmiDouble() as asterisk:
        asterisk.queues |= {"hotline": [FIRST, SECOND], "expert": [FIRST]}
        async with desk_at(asterisk) as desk:
            for _ in range(2):
                await desk.set_pause("1001", "out")
                assert asterisk.paused == {("hotline", FIRST): "out", ("expert", FIRST): "out"}
            await desk.set_pause("1001", "meal")
            assert asterisk.paused == {("hotline", FIRST): "meal", ("expert", FIRST): "meal"}
            for _ in range(2):
                await desk.set_pause("1001", None)
                assert asterisk.paused == {}


@pytest.mark.parametrize("reason", ["out", None])
async def test_a_seat_that_no_queue_has_is_added_in_the_very_state_that_was_asked_for(
    reason: str | None,
) -> None:
    async with AmiDouble() as asterisk:
        asterisk.queues |= {"hotline": [SECOND], "expert": []}
        async with desk_at(asterisk) as desk:
            await desk.set_pause("1001", reason)
        assert asterisk.queues == {"hotline": [SECOND, FIRST], "expert": [FIRST]}
        assert asterisk.paused == (
            {} if reason is None else dict.fromkeys([("hotline", FIRST), ("expert", FIRST)], reason)
        )
        # It was never in a queue unpaused.
        assert asterisk.asked("QueuePause") == 1


async def test_a_seat_that_is_none_is_refused_without_asking_asterisk() -> None:
    async with AmiDouble() as asterisk, desk_at(asterisk) as desk:
        for name in ("1003", "", "1001@seat\r\nAction: Logoff", "../1001"):
            with pytest.raises(UnknownSeat):
                await desk.set_pause(name, "out")
        assert asterisk.asked("QueuePause") == 0


async def test_asterisks_refusal_and_absence_are_the_askers_to_hear() -> None:
    async with AmiDouble() as asterisk:
        asterisk.refused["QueuePause"] = "Permission denied"
        async with desk_at(asterisk) as desk:
            with pytest.raises(AmiRefused):
                await desk.set_pause("1001", "out")
            asterisk.cut()
            with pytest.raises(AmiLost):
                await desk.set_pause("1001", "out")
