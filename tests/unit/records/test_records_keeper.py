"""The whole path of a node, from the journal's bytes to the acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partialmethod
from pathlib import Path

import pytest

from callrouter.records.collect import Collector
from callrouter.records.delivery import DeliveryListener
from callrouter.records.keeper import RecordKeeper
from callrouter.records.store import Store
from callrouter.records.tail import JournalTail
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.message import Acknowledgement, Message, Outcome, PublishError

NOW = datetime(2021, 10, 1, tzinfo=UTC)


class TicketingSide:
    """Acknowledges every message at once."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.everything_came = asyncio.Event()
        self._listener: DeliveryListener | None = None

    async def run(self, listener: DeliveryListener) -> None:
        self._listener = listener
        listener.link_up()
        await asyncio.get_running_loop().create_future()

    async def publish(self, message: Message) -> None:
        if self._listener is None:
            raise PublishError("no link")
        self.messages.append(message)
        self._listener.acknowledged(Acknowledgement(message.id, Outcome.STORED, None))
        if len(self.messages) == 100:
            self.everything_came.set()


async def test_a_journal_becomes_acknowledged_records_and_a_restart_repeats_nothing(
    tmp_path: Path,
    call_rows: Callable[[int], list[CelRow]],
    csv_bytes: Callable[[Iterable[CelRow]], bytes],
) -> None:
    journal = tmp_path / "cel.csv"
    url = f"sqlite+aiosqlite:///{tmp_path / 'records.db'}"
    for start in (0, 100):
        with journal.open("ab") as file:
            file.write(csv_bytes(row for number in range(start, start + 100) for row in call_rows(number)))
        store = await Store.open(url, explain=lambda _record: None, now=lambda: NOW)
        ticketing = TicketingSide()
        keeper = RecordKeeper(store, journal, "n", ticketing, now=lambda: NOW, poll_seconds=0.02)
        running = asyncio.create_task(keeper.run())
        async with asyncio.timeout(10):
            await ticketing.everything_came.wait()
            while keeper.counters.acknowledged < 100:  # noqa: ASYNC110 -- a counter has no event
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert [one.call_id for one in ticketing.messages] == [
            f"lab-{n}.1" for n in range(start, start + 100)
        ]
        assert (keeper.counters.rows_collected, keeper.counters.records_written) == (600, 100)
        assert await keeper.reader.outbox_depth() == 0
        await store.close()


async def test_rows_that_keep_coming_gather_and_a_backlog_does_not_wait(
    tmp_path: Path,
    call_rows: Callable[[int], list[CelRow]],
    csv_bytes: Callable[[Iterable[CelRow]], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = await Store.open(
        f"sqlite+aiosqlite:///{tmp_path / 'records.db'}", explain=lambda _record: None, now=lambda: NOW
    )
    journal = tmp_path / "cel.csv"
    journal.write_bytes(csv_bytes(row for number in range(20) for row in call_rows(number)))
    pauses: list[int] = []
    paused = asyncio.Event()

    async def pause(seconds: float) -> None:
        assert seconds == 30
        pauses.append(store.counters.records_written)
        paused.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(JournalTail, "__init__", partialmethod(JournalTail.__init__, limit=4096))
    collector = Collector(store, journal, "n", on_records=lambda: None, poll_seconds=30)
    monkeypatch.setattr("callrouter.records.collect.asyncio.sleep", pause)
    running = asyncio.create_task(collector.run())
    async with asyncio.timeout(10):
        await paused.wait()
    assert pauses == [20]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await store.close()
