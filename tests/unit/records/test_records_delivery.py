"""Delivery: closed by the ticketing side's word alone, in order, again and again until then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records.counters import RecordCounters
from callrouter.records.delivery import DeliveryListener, Outbox
from callrouter.records.outbox_rows import Closing, OutboxRows, RowState
from callrouter.records.reading import RecordReader
from callrouter.records.store import Store, message_id
from callrouter.records.tables import outbox
from callrouter.records.tail import FilePosition
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome, PublishError

Rows = Callable[[int], list[CelRow]]
HERE = FilePosition(1, "00", 100)


class ListenedTo:
    """A link that takes messages and shows them; acknowledgements are the test's."""

    def __init__(self) -> None:
        self.listener: asyncio.Future[DeliveryListener] = asyncio.get_running_loop().create_future()
        self.published: asyncio.Queue[Message] = asyncio.Queue()
        self.refuse = False

    async def run(self, listener: DeliveryListener) -> None:
        listener.link_up()
        self.listener.set_result(listener)
        await asyncio.get_running_loop().create_future()

    async def publish(self, message: Message) -> None:
        if self.refuse:
            raise PublishError("refused")
        self.published.put_nowait(message)

    async def next(self) -> Message:
        async with asyncio.timeout(5):
            return await self.published.get()

    def nothing_more(self) -> bool:
        return self.published.empty()


class System:
    """A store, an outbox that runs, and the link it uses."""

    def __init__(self, store: Store, link: ListenedTo, delivery: Outbox) -> None:
        self.store = store
        self.link = link
        self.delivery = delivery
        self.reader = RecordReader(store.database.engine)

    @property
    def counters(self) -> RecordCounters:
        return self.store.counters

    async def acknowledge(
        self, *ids: str, outcome: Outcome = Outcome.STORED, reason: str | None = None
    ) -> None:
        listener = await self.link.listener
        done = self._spoken()
        for id_ in ids:
            listener.acknowledged(Acknowledgement(id_, outcome, reason))
        async with asyncio.timeout(5):
            while self._spoken() < done + len(ids):  # noqa: ASYNC110 -- a counter has no event
                await asyncio.sleep(0.005)

    def _spoken(self) -> int:
        counters = self.counters
        return (
            counters.acknowledged
            + counters.rejected
            + counters.repeated_acknowledgements
            + counters.unknown_acknowledgements
        )


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    def now() -> datetime:
        return datetime.now(UTC)

    url = f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"
    store = await Store.open(url, explain=lambda _record: None, now=now)
    link = ListenedTo()
    delivery = Outbox(
        OutboxRows(store.database),
        link,
        now=now,
        counters=store.counters,
        window=5,
        acknowledged_within=timedelta(seconds=0.15),
        longest_wait=timedelta(seconds=0.3),
        chance=lambda: 0.0,
    )
    running = asyncio.create_task(delivery.run())
    await link.listener
    yield System(store, link, delivery)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


async def write(system: System, rows: list[CelRow]) -> None:
    await system.store.ingest("n", rows, HERE)
    system.delivery.wake()


async def state(system: System, call_id: str) -> RowState:
    return (await system.reader.deliveries(call_id))[0].state


async def test_handing_over_does_not_close_a_message(system: System, call_rows: Rows) -> None:
    await write(system, call_rows(1))
    message = await system.link.next()
    assert (message.id, message.sequence) == (message_id("n", "lab-1.1", 1), 1)
    assert message.body["call_id"] == "lab-1.1"
    assert await state(system, "lab-1.1") is RowState.SENT
    assert await system.reader.outbox_depth() == 1


@pytest.mark.parametrize("outcome", [Outcome.STORED, Outcome.DUPLICATE])
async def test_the_ticketing_sides_word_closes_a_message_once(
    system: System, call_rows: Rows, outcome: Outcome
) -> None:
    await write(system, call_rows(1))
    message = await system.link.next()
    await system.acknowledge(message.id, outcome=outcome)
    assert await state(system, "lab-1.1") is RowState.ACKNOWLEDGED
    await system.acknowledge(message.id, outcome=Outcome.REJECTED)
    assert await state(system, "lab-1.1") is RowState.ACKNOWLEDGED
    assert (system.counters.acknowledged, system.counters.repeated_acknowledgements) == (1, 1)
    assert await system.reader.outbox_depth() == 0


async def test_a_rejected_message_is_kept_as_a_dead_letter(system: System, call_rows: Rows) -> None:
    await write(system, call_rows(1))
    message = await system.link.next()
    await system.acknowledge(message.id, outcome=Outcome.REJECTED, reason="no such line")
    (delivery,) = await system.reader.deliveries("lab-1.1")
    assert (delivery.state, delivery.reason) == (RowState.REJECTED, "no such line")
    assert await system.reader.dead_letters() == 1
    assert await system.reader.outbox_depth() == 0


async def test_an_unknown_id_is_counted_and_nothing_else(system: System, call_rows: Rows) -> None:
    await write(system, call_rows(1))
    await system.link.next()
    await system.acknowledge("not-ours")
    assert system.counters.unknown_acknowledgements == 1
    assert await state(system, "lab-1.1") is RowState.SENT


async def test_what_is_not_acknowledged_is_sent_again_with_the_same_id(
    system: System, call_rows: Rows
) -> None:
    await write(system, call_rows(1))
    sent = [await system.link.next() for _ in range(3)]
    assert len({message.id for message in sent}) == 1
    assert (await system.reader.deliveries("lab-1.1"))[0].attempts >= 3


async def test_a_refused_hand_over_is_tried_again(system: System, call_rows: Rows) -> None:
    system.link.refuse = True
    await write(system, call_rows(1))
    async with asyncio.timeout(5):
        while not system.counters.publish_failures:  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.005)
    system.link.refuse = False
    assert (await system.link.next()).call_id == "lab-1.1"


async def test_a_new_link_sends_again_what_was_in_flight(system: System, call_rows: Rows) -> None:
    await write(system, call_rows(1))
    listener = await system.link.listener
    await system.link.next()
    listener.link_down()
    assert not system.counters.broker_connected
    await write(system, call_rows(2))
    listener.link_up()
    again = {(await system.link.next()).call_id for _ in range(2)}
    assert again == {"lab-1.1", "lab-2.1"}


async def test_the_second_message_of_a_call_waits_for_the_first(system: System, call_rows: Rows) -> None:
    listener = await system.link.listener
    listener.link_down()
    await write(system, call_rows(1))
    async with system.store.database.engine.begin() as connection:
        first = (await connection.execute(sa.select(outbox))).mappings().one()
        second = {**first, "position": first["position"] + 1, "id": "second", "seq": 2}
        await connection.execute(sa.insert(outbox), second)
    listener.link_up()
    assert [(await system.link.next()).sequence for _ in range(3)] == [1, 1, 1]
    await system.acknowledge(message_id("n", "lab-1.1", 1))
    async with asyncio.timeout(5):
        while (await system.link.next()).sequence != 2:
            pass


async def test_no_more_than_the_window_is_in_flight_and_the_silent_ones_do_not_stop_the_rest(
    system: System, call_rows: Rows
) -> None:
    await write(system, [row for number in range(20) for row in call_rows(number)])
    first = [await system.link.next() for _ in range(5)]
    assert [message.call_id for message in first] == [f"lab-{number}.1" for number in range(5)]
    assert system.link.nothing_more()
    seen = {message.id for message in first}
    async with asyncio.timeout(10):
        while len(seen) < 20:
            message = await system.link.next()
            if message.id not in {one.id for one in first}:
                await system.acknowledge(message.id)
                seen.add(message.id)
    assert await system.reader.outbox_depth() == 5


async def test_acknowledgements_are_closed_together(
    system: System, call_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []
    really = OutboxRows.close

    async def counted(rows: OutboxRows, words: Sequence[Acknowledgement], now: datetime) -> Closing:
        closed.append(len(words))
        return await really(rows, words, now)

    monkeypatch.setattr(OutboxRows, "close", counted)
    monkeypatch.setattr(system.delivery, "_acknowledged_within", timedelta(seconds=30))
    await write(system, [row for number in range(5) for row in call_rows(number)])
    messages = [await system.link.next() for _ in range(5)]
    listener = await system.link.listener
    listener.acknowledged(Acknowledgement(messages[0].id, Outcome.STORED, None))
    await asyncio.sleep(0)
    listener.acknowledged(Acknowledgement(messages[1].id, Outcome.STORED, None))
    await system.acknowledge(messages[2].id)
    assert closed == [3]
    await system.acknowledge(messages[3].id)
    await system.acknowledge(messages[4].id)
    assert closed == [3, 1, 1]


async def test_a_single_acknowledgement_waits_for_others_only_a_moment(
    system: System, call_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system.delivery, "_acknowledged_within", timedelta(seconds=30))
    await write(system, [row for number in range(5) for row in call_rows(number)])
    messages = [await system.link.next() for _ in range(5)]
    async with asyncio.timeout(0.7):
        await system.acknowledge(messages[0].id)


async def test_a_restart_sends_at_once_what_the_last_process_had_sent(
    tmp_path: Path, call_rows: Rows
) -> None:
    clock = datetime(2021, 10, 1, tzinfo=UTC)
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"
    store = await Store.open(url, explain=lambda _record: None, now=lambda: clock)
    await store.ingest("n", call_rows(1), HERE)
    rows = OutboxRows(store.database)
    await rows.mark_sent({message_id("n", "lab-1.1", 1): clock + timedelta(hours=1)})
    link = ListenedTo()
    delivery = Outbox(rows, link, now=lambda: clock, counters=store.counters)
    running = asyncio.create_task(delivery.run())
    assert (await link.next()).call_id == "lab-1.1"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()


async def test_what_was_planned_by_a_clock_that_is_set_back_is_sent_all_the_same(
    tmp_path: Path, call_rows: Rows
) -> None:
    clock = datetime(2021, 10, 1, tzinfo=UTC)
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"
    store = await Store.open(url, explain=lambda _record: None, now=lambda: clock)
    await store.ingest("n", call_rows(1), HERE)
    link = ListenedTo()
    delivery = Outbox(
        OutboxRows(store.database),
        link,
        now=lambda: clock,
        counters=store.counters,
        acknowledged_within=timedelta(seconds=0.05),
    )
    running = asyncio.create_task(delivery.run())
    await link.next()
    clock -= timedelta(hours=1)
    assert (await link.next()).call_id == "lab-1.1"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()
