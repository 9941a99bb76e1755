"""A seat takes no calls while its agent finishes a ticket, and another pause of his is nobody's to end."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from callrouter.calls.desk_protocol import AsteriskAwayError, AsteriskRefusedError, AsteriskSilentError
from callrouter.calls.seat_board import SeatBoard
from callrouter.calls.seat_desk import UnknownSeat
from callrouter.calls.wrap_up import WrapUp
from callrouter.vocabulary.seat_state import NO_ANSWER, OUT, PauseReason
from tests.unit.calls.desk_on_double import ROSTER, Scene, scene

FIRST, SECOND = "Local/1001@seat", "Local/1002@seat"
PAPERWORK = PauseReason.PAPERWORK.value
OTHERS = [OUT, *(reason.value for reason in PauseReason if reason is not PauseReason.PAPERWORK)]


async def is_paused(on: Scene, reason: str) -> None:
    """Pause the seat by its phone, and wait until that is known."""
    for queue in ("hotline", "expert"):
        on.asterisk.paused[queue, FIRST] = reason
    on.asterisk.cut()
    while next(row.reason for row in on.seats.rows() if row.seat == "1001") != reason:  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    while not on.asterisk._connections:  # noqa: ASYNC110
        await asyncio.sleep(0.002)


async def test_it_is_the_pause_for_paperwork_in_all_of_the_seats_queues_and_no_call_is_needed() -> None:
    async with scene("0|queued||") as on:
        assert await on.desk.wrap_up("1001", True) == PAPERWORK
        assert on.asterisk.paused == {("hotline", FIRST): PAPERWORK, ("expert", FIRST): PAPERWORK}
        assert await on.desk.wrap_up("1001", False) is None
        assert on.asterisk.paused == {}


async def test_the_next_word_is_judged_by_the_one_before_however_late_that_is_told() -> None:
    async with scene() as on:
        tell, loop = on.asterisk.tell, asyncio.get_running_loop()

        def tell_later(event: str, **headers: str) -> None:
            loop.call_later(0.02, partial(tell, event, **headers))

        on.asterisk.tell = tell_later  # type: ignore[assignment]  # a test's
        for _ in range(3):
            assert await on.desk.wrap_up("1001", True) == PAPERWORK
            assert await on.desk.wrap_up("1001", False) is None
            assert on.asterisk.paused == {}
        assert on.asterisk.asked("QueuePause") == 6


async def test_said_twice_it_is_said_to_asterisk_once() -> None:
    async with scene() as on:
        assert await on.desk.wrap_up("1001", False) is None
        for _ in range(2):
            assert await on.desk.wrap_up("1001", True) == PAPERWORK
        assert on.asterisk.asked("QueuePause") == 1


@pytest.mark.parametrize("reason", OTHERS)
@pytest.mark.parametrize("on_or_off", [True, False])
async def test_another_pause_stands_and_is_told(reason: str, on_or_off: bool) -> None:
    async with scene() as on:
        await is_paused(on, reason)
        assert await on.desk.wrap_up("1001", on_or_off) == reason
        assert on.asterisk.asked("QueuePause") == 0
        assert set(on.asterisk.paused.values()) == {reason}


async def test_whoever_let_it_ring_may_say_that_he_finishes_a_ticket_but_is_not_brought_back_by_its_end() -> (
    None
):
    async with scene() as on:
        await is_paused(on, NO_ANSWER)
        assert await on.desk.wrap_up("1001", False) == NO_ANSWER
        assert await on.desk.wrap_up("1001", True) == PAPERWORK
        assert on.asterisk.paused["hotline", FIRST] == PAPERWORK
        assert await on.desk.wrap_up("1001", False) is None


async def test_nobody_elses_seat_is_paused() -> None:
    async with scene() as on:
        assert await on.desk.wrap_up("1002", True) == PAPERWORK
        assert await on.desk.wrap_up("1001", False) is None
        assert on.asterisk.paused == {("hotline", SECOND): PAPERWORK}


async def test_a_seat_that_is_none_is_refused() -> None:
    async with scene() as on:
        for name in ("9999", "2001", "", "1001@seat"):
            for on_or_off in (True, False):
                with pytest.raises(UnknownSeat):
                    await on.desk.wrap_up(name, on_or_off)
        assert on.asterisk.asked("QueuePause") == 0


async def test_asterisks_refusal_and_silence_are_the_askers_to_hear_in_the_time_that_a_request_may_take() -> (
    None
):
    async with scene(within_s=0.2) as on:
        on.asterisk.refused["QueuePause"] = "Permission denied"
        with pytest.raises(AsteriskRefusedError):
            await on.desk.wrap_up("1001", True)
        on.asterisk.silent.add("QueuePause")
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        with pytest.raises(AsteriskSilentError):
            await on.desk.wrap_up("1001", True)
        assert loop.time() - began_s < 0.6


async def test_a_link_that_goes_before_the_answer_leaves_it_open_whether_it_was_done() -> None:
    async with scene() as on:
        on.asterisk.silent.add("QueuePause")
        asked = asyncio.create_task(on.desk.wrap_up("1001", True))
        await on.asterisk.until_asked("QueuePause")
        on.asterisk.cut()
        with pytest.raises(AsteriskSilentError):
            await asked


async def test_what_was_done_and_is_not_told_is_done() -> None:
    async with scene(within_s=0.2) as on:
        on.asterisk.tell = lambda *_told, **_headers: None  # type: ignore[method-assign]  # it tells nothing
        assert await on.desk.wrap_up("1001", True) == PAPERWORK
        assert on.asterisk.paused["hotline", FIRST] == PAPERWORK


async def test_before_asterisk_has_told_anything_it_is_away() -> None:
    class Nobody:
        async def set_pause(self, _seat: str, _reason: str | None) -> None:
            raise AssertionError

    with pytest.raises(AsteriskAwayError):
        await WrapUp(Nobody(), SeatBoard(ROSTER), 0.1).set("1001", on=True)
