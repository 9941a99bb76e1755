"""Delivery: closed by the ticketing side's word alone, in order, again and again until then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from callrouter.records.leases import Fence
from callrouter.records.outbox_rows import Closing, OutboxRows, RowState
from callrouter.ticketing.publisher_double import PublisherDouble, say_nothing
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome, PublishError
from tests.unit.records.running_outbox import System, running, until
from tests.unit.records.written_outbox import attempts, records, states, story


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """A side that says nothing by itself, and a window of 5."""
    async with running(tmp_path, PublisherDouble(say_nothing), window=5) as system:
        await system.link()
        yield system


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[System]:
    """The same, but nothing is sent again within the test."""
    async with running(tmp_path, PublisherDouble(say_nothing), window=5, within=30) as system:
        await system.link()
        yield system


async def test_handing_over_does_not_close_a_message(patient: System) -> None:
    (row,) = records([1])
    await patient.write([row])
    (message,) = await patient.side.next()
    assert (message.id, message.sequence, message.body) == (row.id, 1, row.body)
    await until(lambda: patient.counters.published == 1)
    assert await patient.state(row) == RowState.OPEN


async def test_a_first_attempt_writes_nothing(patient: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await until(lambda: patient.outbox._again_from is None)  # what a start costs is over
    written: list[object] = []
    really = OutboxRows._write

    def noted(rows: OutboxRows, fence: Fence | None) -> AbstractAsyncContextManager[AsyncConnection]:
        written.append(fence)
        return really(rows, fence)

    monkeypatch.setattr(OutboxRows, "_write", noted)
    await patient.write(records([1, 2]))
    first, second = await patient.next_messages(2)
    await until(lambda: patient.counters.published == 2)
    assert written == []
    await patient.acknowledge(first.id, second.id)
    assert len(written) == 1


@pytest.mark.parametrize("outcome", [Outcome.STORED, Outcome.DUPLICATE])
async def test_the_ticketing_sides_word_closes_a_message_once(system: System, outcome: Outcome) -> None:
    (row,) = records([1])
    await system.write([row])
    await system.side.next()
    await system.acknowledge(row.id, outcome=outcome)
    assert await system.state(row) == RowState.ACKNOWLEDGED
    await system.acknowledge(row.id, outcome=Outcome.REJECTED)
    assert await system.state(row) == RowState.ACKNOWLEDGED
    assert (system.counters.acknowledged, system.counters.repeated_acknowledgements) == (1, 1)


async def test_a_rejected_message_is_kept_as_a_dead_letter(system: System) -> None:
    (row,) = records([1])
    await system.write([row])
    await system.side.next()
    await system.acknowledge(row.id, outcome=Outcome.REJECTED, reason="no such line")
    (dead,) = await system.rows.listing([RowState.DEAD], limit=2)
    assert (dead.id, dead.reason) == (row.id, "no such line")


async def test_an_unknown_id_is_counted_and_nothing_else(system: System) -> None:
    (row,) = records([1])
    await system.write([row])
    await system.side.next()
    await system.acknowledge("not-ours")
    assert system.counters.unknown_acknowledgements == 1
    assert await system.state(row) == RowState.OPEN


async def test_what_waits_goes_together_for_the_first_time_and_alone_when_nobody_answers(
    system: System,
) -> None:
    await system.write(records(range(5)))
    assert len(await system.side.next()) == 5
    again = [await system.side.next() for _ in range(5)]
    assert [len(batch) for batch in again] == [1] * 5
    assert {batch[0].call_id for batch in again} == {f"call-{number}" for number in range(5)}
    await until(lambda: system.counters.published >= 10)
    assert set((await attempts(system.database)).values()) <= {1, 2}


async def test_a_refused_hand_over_is_tried_again_alone(system: System) -> None:
    def refuse(_message: Message) -> Outcome | None:
        raise PublishError("refused")

    system.side.answer = refuse
    await system.write(records([1, 2]))
    await until(lambda: system.counters.publish_failures >= 1)
    system.side.answer = say_nothing
    assert {len(await system.side.next()), len(await system.side.next())} == {1}


async def test_what_was_not_handed_over_makes_room_at_once(patient: System) -> None:
    def refuse(message: Message) -> Outcome | None:
        if message.call_id < "call-5":
            raise PublishError("refused")
        return Outcome.STORED

    patient.side.answer = refuse
    await patient.write(records(range(9)))
    await until(lambda: patient.counters.acknowledged == 4, seconds=5)


async def test_a_new_link_sends_again_together_what_was_on_the_way(patient: System) -> None:
    link = await patient.link()
    await patient.write(records([1]))
    await patient.side.next()
    link.link_down()
    assert not patient.counters.broker_connected
    await patient.write(records([2]))
    await asyncio.sleep(0.05)
    assert patient.side.published.empty()
    link.link_up()
    (both,) = [await patient.side.next()]
    assert [message.call_id for message in both] == ["call-1", "call-2"]
    assert set((await attempts(patient.database)).values()) == {0}


async def test_a_new_link_ends_every_wait(tmp_path: Path) -> None:
    side = PublisherDouble(say_nothing)
    async with running(tmp_path, side, within=0.05, longest_wait=60, before=records([1])) as system:
        link = await system.link()
        for _ in range(3):
            await side.next()
        link.link_down()
        link.link_up()
        async with asyncio.timeout(0.15):
            await side.published.get()


async def test_the_second_message_of_a_call_is_sent_when_the_first_was_acknowledged(patient: System) -> None:
    first, second = story(1, 2)
    await patient.write([first])
    await patient.side.next()
    await patient.write([second, *records([2])])
    assert [message.call_id for message in await patient.side.next()] == ["call-2"]
    await patient.acknowledge(first.id)
    assert [message.id for message in await patient.side.next()] == [second.id]


async def test_live_events_of_a_call_travel_together_and_its_record_after_them(patient: System) -> None:
    rows = story(1, 4)
    await patient.write(rows)
    assert [message.sequence for message in await patient.side.next()] == [1, 2, 3]
    await patient.acknowledge(*(row.id for row in rows[:3]))
    assert [message.sequence for message in await patient.side.next()] == [4]


async def test_no_more_than_the_window_is_on_the_way_and_the_silent_ones_do_not_stop_the_rest(
    system: System,
) -> None:
    await system.write(records(range(20)))
    first = await system.next_messages(5)
    assert [message.call_id for message in first] == [f"call-{number}" for number in range(5)]
    assert system.side.published.empty()
    silent = {message.id for message in first}
    system.side.answer = lambda message: None if message.id in silent else Outcome.STORED
    await until(lambda: system.counters.acknowledged == 15)
    assert {id_ for id_, state in (await states(system.database)).items() if state == "open"} == silent


async def test_acknowledgements_are_closed_together(patient: System, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    really = OutboxRows.close

    async def counted(
        rows: OutboxRows, words: Sequence[Acknowledgement], now: datetime, fence: Fence | None
    ) -> Closing:
        closed.append(len(words))
        return await really(rows, words, now, fence)

    monkeypatch.setattr(OutboxRows, "close", counted)
    await patient.write(records(range(5)))
    messages = await patient.next_messages(5)
    for message in messages[:2]:
        await patient.side.say(Acknowledgement(message.id, Outcome.STORED, None))
        for _ in range(5):
            await asyncio.sleep(0)
    assert closed == []
    await patient.acknowledge(messages[2].id)
    assert closed == [3]
    await patient.acknowledge(messages[3].id)
    await patient.acknowledge(messages[4].id)
    assert closed == [3, 1, 1]


async def test_while_there_is_always_something_to_do_steps_keep_their_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    for step in ("close", "due"):
        _note_calls(monkeypatch, step, steps)
    async with running(tmp_path, PublisherDouble(), pace=0.25) as system:
        await until(lambda: system.counters.broker_connected)
        steps.clear()
        began = asyncio.get_running_loop().time()
        for number in range(40):
            await system.write(records([number]))
        await until(lambda: system.counters.acknowledged == 40)
        paces = (asyncio.get_running_loop().time() - began) / 0.25
    # One more: nothing waits after a pause.
    assert steps.count("close") <= paces + 1
    assert steps.count("due") <= paces + 2


async def test_a_pace_holds_up_nobody_who_waits_for_a_place(tmp_path: Path) -> None:
    async with running(tmp_path, PublisherDouble(), window=4, pace=60, before=records(range(40))) as system:
        await until(lambda: system.counters.acknowledged == 40)


def _note_calls(monkeypatch: pytest.MonkeyPatch, name: str, calls: list[str]) -> None:
    really = getattr(OutboxRows, name)

    def noted(*arguments: object, **options: object) -> object:
        calls.append(name)
        return really(*arguments, **options)

    monkeypatch.setattr(OutboxRows, name, noted)


async def test_a_single_acknowledgement_waits_for_others_only_a_moment(patient: System) -> None:
    await patient.write(records(range(5)))
    messages = await patient.next_messages(5)
    async with asyncio.timeout(0.7):
        await patient.acknowledge(messages[0].id)


async def test_a_restart_sends_at_once_what_the_last_process_had_given_time(tmp_path: Path) -> None:
    clock = datetime(2021, 10, 1, tzinfo=UTC)
    row = records([1])
    async with running(tmp_path, PublisherDouble(say_nothing), now=lambda: clock, before=row) as system:
        (message,) = await system.side.next()
        due = await system.rows.due(clock, limit=1)
        await system.rows.retry_later({due.messages[0].position: clock + timedelta(hours=1)})
    async with running(tmp_path, PublisherDouble(say_nothing), now=lambda: clock) as system:
        assert await system.side.next() == (message,)


async def test_what_was_planned_by_a_clock_that_is_set_back_is_sent_all_the_same(tmp_path: Path) -> None:
    shift = timedelta()
    side = PublisherDouble(say_nothing)
    async with running(
        *(tmp_path, side),
        now=lambda: datetime.now(UTC) + shift,
        within=0.05,
        longest_wait=2,
        before=records([1]),
    ) as system:
        for _ in range(4):
            await side.next()
        await until(lambda: len(system.outbox._way) == 0)  # the next attempt has its time
        shift = -timedelta(hours=1)
        await side.next()
