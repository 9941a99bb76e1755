"""Changes are told in order, to whom they concern; who misses some is told that, and nobody waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta

import pytest

from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls.desk_changes import KEPT, WAITING, DeskChanges
from callrouter.calls.desk_protocol import DeskChange, DeskNews
from callrouter.calls.transfer_board import TransferBoard
from callrouter.vocabulary.transfer import TransferState
from tests.unit.calls.test_calls_transfer_board import AT, CALL, step, talk

BEGAN, CHANGED, ENDED, RESYNC = DeskNews.BEGAN, DeskNews.CHANGED, DeskNews.ENDED, DeskNews.RESYNC


class Told:
    """Changes as the board makes them of Asterisk's events."""

    def __init__(self, at: datetime = AT) -> None:
        self.changes = DeskChanges(lambda: at)
        self._board = TransferBoard()
        self._board.see(Snapshot((), ()))
        self._at = at

    def hear(self, *events: AmiMessage) -> None:
        for event in events:
            change = self._board.hear(event, self._at)
            assert change is not None
            self.changes.tell(change)

    def many(self, count: int) -> None:
        """As many steps of one call, after its beginning."""
        self.hear(talk("began"), *(step(attempt, "calling") for attempt in range(1, count)))

    def last_number(self) -> int:
        return self.changes._number


async def heard(changes: AsyncGenerator[DeskChange, None]) -> list[DeskChange]:
    """Whatever waits for a listener, who then goes."""
    found: list[DeskChange] = []
    async with aclosing(changes):
        try:
            while True:
                async with asyncio.timeout(0.03):
                    found.append(await anext(changes))
        except TimeoutError:
            return found


async def listens(
    changes: DeskChanges, seat: str | None, after: int | None = None
) -> asyncio.Task[list[DeskChange]]:
    """Somebody who listens already."""
    task = asyncio.create_task(heard(changes.subscribe(seat, after)))
    await asyncio.sleep(0)
    return task


async def test_a_change_says_whose_call_it_is_and_where_it_stands() -> None:
    told = Told()
    listener = await listens(told.changes, "1001")
    told.hear(talk("began"), step(1, "calling"), step(1, "talk", "failed", Outcome="busy"))
    first, second, third = await listener
    assert (first.what, first.at, first.call_id, first.seat) == (BEGAN, AT, CALL, "1001")
    assert (first.state, first.attempt, first.stimulus) == (TransferState.TALK, 0, None)
    assert (second.what, second.state, second.attempt, second.target, second.stimulus) == (
        *(CHANGED, TransferState.CALLING, 1),
        *("tax", "consult"),
    )
    assert (third.state, third.stimulus, third.outcome) == (TransferState.TALK, "failed", "busy")
    assert [first.number + 1, second.number + 1] == [second.number, third.number]


async def test_a_seat_hears_of_its_own_calls_and_a_supervisor_of_all() -> None:
    told = Told()
    mine, other, all_of_them = [await listens(told.changes, seat) for seat in ("1001", "1002", None)]
    second = {"Call": "node1-2.0", "Agent": "1002", "AgentChannel": "PJSIP/1002-00000005"}
    told.hear(talk("began"), talk("began", **second))
    assert [change.seat for change in await mine] == ["1001"]
    assert [change.seat for change in await other] == ["1002"]
    assert [change.seat for change in await all_of_them] == ["1001", "1002"]


async def test_whose_agent_has_left_hears_that_and_of_the_caller_no_more() -> None:
    told = Told()
    mine, all_of_them = [await listens(told.changes, seat) for seat in ("1001", None)]
    told.hear(
        *(talk("began"), step(1, "consult"), step(1, "handed", "leave"), talk("ended")),
        step(1, "ended", "target_gone"),
    )
    assert [change.what for change in await mine] == [BEGAN, CHANGED, CHANGED, ENDED]
    *_, left, over = await all_of_them
    assert (left.what, left.seat, left.state) == (ENDED, "1001", TransferState.HANDED)
    assert (over.what, over.seat, over.call_id, over.state) == (ENDED, None, CALL, TransferState.ENDED)


async def test_who_comes_back_with_the_last_number_misses_nothing_and_hears_nothing_twice() -> None:
    told = Told()
    told.many(3)
    last = told.last_number()
    told.hear(step(3, "calling"), step(3, "asking"))
    again = await heard(told.changes.subscribe("1001", last))
    assert [change.state for change in again] == [TransferState.CALLING, TransferState.ASKING]
    assert [change.number for change in again] == [last + 1, last + 2]
    assert await heard(told.changes.subscribe("1001", told.last_number())) == []


async def test_who_begins_to_listen_hears_only_what_comes() -> None:
    told = Told()
    told.many(3)
    assert await heard(told.changes.subscribe(None)) == []


@pytest.mark.parametrize("away", [-KEPT - 2, 1, 10**9])
async def test_a_number_too_old_or_of_nobodys_is_answered_by_one_resync(away: int) -> None:
    told = Told()
    told.many(KEPT + 5)
    (only,) = await heard(told.changes.subscribe(None, told.last_number() + away))
    assert (only.what, only.number, only.call_id, only.seat, only.state) == (
        *(RESYNC, told.last_number()),
        *(None, None, None),
    )


async def test_the_oldest_number_that_is_kept_still_counts() -> None:
    told = Told()
    told.many(KEPT + 5)
    told.hear(talk("began", Agent="1002", AgentChannel="PJSIP/1002-00000005"))
    (only,) = await heard(told.changes.subscribe("1002", told.last_number() - KEPT))
    assert only.what is BEGAN
    (only,) = await heard(told.changes.subscribe("1002", told.last_number() - KEPT - 1))
    assert only.what is RESYNC


async def test_another_runs_number_is_never_taken_for_ours() -> None:
    before = Told()
    before.many(3)
    after = Told(AT + timedelta(seconds=2))
    after.many(5)
    (only,) = await heard(after.changes.subscribe(None, before.last_number()))
    assert only.what is RESYNC


async def test_numbers_rise_even_where_more_was_missed_than_may_wait() -> None:
    told = Told()
    told.many(3)
    last = told.last_number()
    told.hear(*(step(attempt, "calling") for attempt in range(3, WAITING + 10)))
    listener = await listens(told.changes, None, last)
    told.hear(step(WAITING + 10, "asking"))
    resync, change = await listener
    assert (resync.what, change.what) == (RESYNC, CHANGED)
    assert resync.number + 1 == change.number


async def test_many_changes_of_others_are_no_gap_for_a_seat() -> None:
    told = Told()
    told.many(WAITING * 2)
    assert await heard(told.changes.subscribe("1002", told.last_number() - WAITING - 10)) == []


async def test_a_slow_listener_is_told_to_look_again_and_the_others_miss_nothing() -> None:
    told = Told()
    slow, quick = told.changes.subscribe(None), told.changes.subscribe(None)
    waits = [asyncio.create_task(anext(one)) for one in (slow, quick)]
    await asyncio.sleep(0)
    told.hear(talk("began"))
    assert [(await wait).what for wait in waits] == [BEGAN, BEGAN]
    for attempt in range(1, WAITING + 2):
        told.hear(step(attempt, "calling"))
        assert (await anext(quick)).attempt == attempt
    told.hear(step(WAITING + 2, "calling"))
    resync, change = await heard(slow)
    assert (resync.what, change.what, change.attempt) == (RESYNC, CHANGED, WAITING + 2)
    assert resync.number + 1 == change.number
    assert len(await heard(quick)) == 1


async def test_after_a_gap_everybody_is_told_and_nobody_goes_on_from_before_it() -> None:
    told = Told()
    told.many(3)
    before = told.last_number()
    mine, all_of_them = [await listens(told.changes, seat) for seat in ("1001", None)]
    told.changes.resync()
    told.hear(step(3, "calling"))
    for listener in (mine, all_of_them):
        assert [change.what for change in await listener] == [RESYNC, CHANGED]
    assert [change.what for change in await heard(told.changes.subscribe(None, before))] == [RESYNC]
    (change,) = await heard(told.changes.subscribe(None, before + 1))
    assert (change.what, change.number) == (CHANGED, before + 2)


async def test_right_after_a_gap_there_is_nothing_to_go_on_from() -> None:
    told = Told()
    told.many(3)
    before = told.last_number()
    told.changes.resync()
    assert [change.what for change in await heard(told.changes.subscribe(None, before))] == [RESYNC]
    assert await heard(told.changes.subscribe(None, before + 1)) == []


async def test_who_has_gone_is_no_listener_any_more() -> None:
    told = Told()
    await heard(told.changes.subscribe("1001"))
    assert told.changes._listeners == set()


async def test_whoever_waits_for_a_change_is_woken_by_each() -> None:
    told = Told()
    for event in (talk("began"), step(1, "calling")):
        waits = [asyncio.create_task(told.changes.another()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(wait.done() for wait in waits)
        told.hear(event)
        async with asyncio.timeout(1):
            await asyncio.gather(*waits)
