"""Delivery goes on: silent messages, damaged rows and unforeseen errors cost only themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from callrouter.records.delivery import DeliveryListener, Outbox
from callrouter.records.outbox_rows import OutboxRows, RowState
from callrouter.records.reading import RecordReader
from callrouter.records.store import Store, message_id
from callrouter.records.tables import outbox
from callrouter.records.tail import FilePosition
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome

Rows = Callable[[int], list[CelRow]]
HERE = FilePosition(1, "00", 100)
SILENT = 150
WINDOW = 20


class TicketingSide:
    """Acknowledges at once, except the calls it is silent about; its own faults are the test's."""

    def __init__(self) -> None:
        self.silent_about: set[str] = set()
        self.failing_about: set[str] = set()
        self.link_failures = 0
        self._listener: DeliveryListener | None = None

    async def run(self, listener: DeliveryListener) -> None:
        if self.link_failures:
            self.link_failures -= 1
            raise ZeroDivisionError
        self._listener = listener
        listener.link_up()
        await asyncio.get_running_loop().create_future()

    async def publish(self, message: Message) -> None:
        if message.call_id in self.failing_about:
            raise ZeroDivisionError
        if message.call_id not in self.silent_about and self._listener is not None:
            self._listener.acknowledged(Acknowledgement(message.id, Outcome.STORED, None))


@asynccontextmanager
async def delivering(folder: Path, rows: list[CelRow], side: TicketingSide) -> AsyncIterator[Store]:
    def now() -> datetime:
        return datetime.now(UTC)

    store = await Store.open(
        f"sqlite+aiosqlite:///{folder / 'records.db'}", explain=lambda _record: None, now=now
    )
    await store.ingest("n", rows, HERE)
    delivery = Outbox(
        OutboxRows(store.database),
        side,
        now=now,
        counters=store.counters,
        window=WINDOW,
        acknowledged_within=timedelta(seconds=0.1),
        longest_wait=timedelta(seconds=0.6),
        chance=lambda: 0.0,
    )
    running = asyncio.create_task(delivery.run())
    try:
        yield store
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await store.close()


async def until(reached: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 -- a counter has no event
            await asyncio.sleep(0.01)


async def damage(store: Store, call_ids: list[str], body: str) -> None:
    async with store.database.write() as connection:
        await connection.execute(sa.update(outbox).where(outbox.c.call_id.in_(call_ids)).values(body=body))


async def test_new_records_flow_beside_any_number_that_nobody_answers(
    tmp_path: Path, call_rows: Rows
) -> None:
    side = TicketingSide()
    side.silent_about = {f"lab-{number}.1" for number in range(SILENT)}
    silent = [row for number in range(SILENT) for row in call_rows(number)]
    async with delivering(tmp_path, silent, side) as store:
        # Everything silent has been sent at least once: from now on it competes by being sent again.
        await until(lambda: store.counters.published >= SILENT + WINDOW)
        good = [row for number in range(SILENT, SILENT + 20) for row in call_rows(number)]
        await store.ingest("n", good, HERE)
        await until(lambda: store.counters.acknowledged == 20, seconds=3)
        published = store.counters.published
        # And the silent ones are still tried.
        await until(lambda: store.counters.published >= published + WINDOW)


async def test_what_is_sent_again_takes_at_most_its_share_while_new_messages_wait(
    tmp_path: Path, call_rows: Rows
) -> None:
    now = datetime(2021, 10, 1, tzinfo=UTC)
    store = await Store.open(
        f"sqlite+aiosqlite:///{tmp_path / 'records.db'}", explain=lambda _record: None, now=lambda: now
    )
    await store.ingest("n", [row for number in range(30) for row in call_rows(number)], HERE)
    rows = OutboxRows(store.database)
    await rows.mark_sent({message_id("n", f"lab-{number}.1", 1): now for number in range(25)})

    async def attempts(limit: int, again: int) -> list[int]:
        due = await rows.due(now, limit=limit, again=again, but=())
        return [one.attempts for one in due.messages]

    assert await attempts(limit=4, again=2) == [1, 1, 0, 0]
    assert await attempts(limit=4, again=0) == [0, 0, 0, 0]
    assert await attempts(limit=10, again=2) == [1] * 5 + [0] * 5
    await store.close()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "[" * 100_000])
async def test_a_damaged_outbox_row_is_a_dead_letter_and_the_others_flow(
    tmp_path: Path, call_rows: Rows, body: str
) -> None:
    side = TicketingSide()
    side.link_failures = 2
    async with delivering(
        tmp_path, [row for number in range(60) for row in call_rows(number)], side
    ) as store:
        # The link is not up yet.
        await damage(store, [f"lab-{number}.1" for number in range(30)], body)
        await until(lambda: store.counters.acknowledged == 30)
        reader = RecordReader(store.database.engine)
        await until(lambda: store.counters.rejected == 30)
        (delivery,) = await reader.deliveries("lab-0.1")
        assert delivery.state is RowState.REJECTED
        assert "cannot be read" in (delivery.reason or "")
        assert await reader.dead_letters() == 30
        assert store.counters.unforeseen_errors == 2


async def test_an_unforeseen_error_in_handing_over_costs_only_that_message(
    tmp_path: Path, call_rows: Rows
) -> None:
    side = TicketingSide()
    side.failing_about = {"lab-0.1"}
    async with delivering(tmp_path, [*call_rows(0), *call_rows(1)], side) as store:
        await until(lambda: store.counters.acknowledged == 1 and store.counters.unforeseen_errors >= 2)
        side.failing_about = set()
        await until(lambda: store.counters.acknowledged == 2)


async def test_an_unforeseen_error_in_a_step_does_not_end_delivery(
    tmp_path: Path, call_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_sent = OutboxRows.mark_sent

    async def fail_once(_rows: OutboxRows, _next: object) -> None:
        monkeypatch.setattr(OutboxRows, "mark_sent", mark_sent)
        raise ZeroDivisionError

    monkeypatch.setattr(OutboxRows, "mark_sent", fail_once)
    async with delivering(tmp_path, call_rows(1), TicketingSide()) as store:
        await until(lambda: store.counters.acknowledged == 1)
        assert store.counters.unforeseen_errors == 1
