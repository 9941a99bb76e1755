"""From a stored record to the ticketing side's acknowledgement, over a real broker that is mistreated."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from callrouter.records.delivery import Outbox
from callrouter.records.outbox_rows import OutboxRows
from callrouter.records.reading import RecordReader
from callrouter.records.store import Store
from callrouter.records.tail import FilePosition
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from callrouter.vocabulary.cel import CelRow

if TYPE_CHECKING:
    from tests.unit.ticketing.conftest import RunningBroker, RunningSubscriber

new_properties: Callable[[int], Properties] = Properties
T0 = datetime(2021, 9, 30, 8, 0, tzinfo=UTC)


def abandoned_call(number: int) -> list[CelRow]:
    call_id = f"lab-{number}.1"
    arrived = '{"extra":"called=12315&caller=13800138000&clock_offset=0"}'
    return [
        CelRow(
            event, T0 + timedelta(seconds=number), call_id, call_id, "PJSIP/t-1", "", "", "", "", "", extra
        )
        for event, extra in (
            ("CHAN_START", ""),
            ("CR_ARRIVED", arrived),
            ("HANGUP", ""),
            ("LINKEDID_END", ""),
        )
    ]


class System:
    """A store, its outbox and the publisher, running."""

    def __init__(self, store: Store, delivery: Outbox, publisher: MqttPublisher) -> None:
        self.store = store
        self.delivery = delivery
        self.publisher = publisher
        self.counters = store.counters
        self.reader = RecordReader(store.database.engine)

    async def write(self, numbers: range) -> list[str]:
        rows = [row for number in numbers for row in abandoned_call(number)]
        ingested = await self.store.ingest("n", rows, FilePosition(1, "00", 100))
        self.delivery.wake()
        return [record.call_id for record in ingested.records]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():  # noqa: ASYNC110 -- a counter has no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(folder: Path, broker: RunningBroker) -> AsyncIterator[System]:
    def now() -> datetime:
        return datetime.now(UTC)

    url = f"sqlite+aiosqlite:///{folder / 'records.db'}"
    store = await Store.open(url, explain=lambda _record: None, now=now)
    publisher = MqttPublisher(
        Broker("127.0.0.1", broker.port, "callrouter-test"),
        topic_prefix="callrouter",
        instance="test",
        timeout=2,
        longest_wait=0.3,
    )
    delivery = Outbox(
        OutboxRows(store.database),
        publisher,
        now=now,
        counters=store.counters,
        acknowledged_within=timedelta(seconds=0.5),
        longest_wait=timedelta(seconds=0.5),
    )
    task = asyncio.create_task(delivery.run())
    system = System(store, delivery, publisher)
    await system.until(lambda: system.counters.broker_connected)
    try:
        yield system
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.close()


async def test_a_record_is_stored_and_acknowledged(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    async with running(tmp_path, broker) as system:
        expected = await system.write(range(30))
        await system.until(lambda: system.counters.acknowledged == 30)
        assert await system.reader.outbox_depth() == 0
    assert Counter(subscriber.calls()) == Counter(expected)
    assert subscriber.stop() == 0
    assert "13800138000" not in subscriber.log()
    assert "138****8000" in subscriber.log()


async def test_a_subscriber_that_was_away_gets_everything_once(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    subscriber.stop()
    async with running(tmp_path, broker) as system:
        expected = await system.write(range(50))
        # Sent, taken by the broker and sent again, and still open.
        await system.until(lambda: system.counters.published > 50)
        assert await system.reader.outbox_depth() == 50
        subscriber.start()
        await system.until(lambda: system.counters.acknowledged == 50)
    assert Counter(subscriber.calls()) == Counter(expected)


async def test_a_broker_killed_after_its_puback_loses_nothing(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    subscriber.stop()
    async with running(tmp_path, broker) as system:
        expected = await system.write(range(20))
        await system.until(lambda: system.counters.published >= 20)
        broker.kill()
        await system.until(lambda: not system.counters.broker_connected)
        expected += await system.write(range(20, 30))
        broker.start()
        subscriber.start()
        await system.until(lambda: system.counters.acknowledged == 30)
        assert system.publisher.counters.connects == 2
    assert Counter(subscriber.calls()) == Counter(expected)


async def test_the_link_survives_a_broker_that_keeps_restarting(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    expected: list[str] = []
    async with running(tmp_path, broker) as system:
        for turn in range(3):
            expected += await system.write(range(turn * 5, turn * 5 + 5))
            broker.kill()
            await system.until(lambda: not system.counters.broker_connected)
            broker.start()
            await system.until(lambda: system.counters.broker_connected)
        await system.until(lambda: system.counters.acknowledged == 15)
    assert Counter(subscriber.calls()) == Counter(expected)


async def test_a_puback_that_says_not_authorised_closes_nothing(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    broker.kill()
    broker.forbid_everyone_to_write()
    broker.start()
    subscriber.start()
    async with running(tmp_path, broker) as system:
        await system.write(range(1))
        await system.until(lambda: system.counters.published >= 2)
        assert await system.reader.outbox_depth() == 1
        broker.allow_everything()
        await system.until(lambda: system.counters.acknowledged == 1)
    assert subscriber.calls() == ["lab-0.1"]


async def test_forged_acknowledgements_close_nothing_and_are_counted(
    tmp_path: Path, broker: RunningBroker
) -> None:
    async with running(tmp_path, broker) as system:
        await system.write(range(1))
        async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as forger:
            for payload in (b"\xff", b"{}", b'{"id":"nobody","outcome":"stored"}'):
                await forger.publish("callrouter/test/acks", payload, qos=1)
        await system.until(lambda: system.counters.unknown_acknowledgements == 1)
        assert system.publisher.counters.malformed_acknowledgements == 2
        assert await system.reader.outbox_depth() == 1


async def test_the_subscriber_rejects_what_it_can_never_store(
    broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe("callrouter/x/acks", qos=1)
        for payload in (b"\xff", b"{}", b'{"specversion":"1.0","id":"\\ud800","source":"s","type":"t"}'):
            properties = new_properties(PacketTypes.PUBLISH)
            properties.ResponseTopic = "callrouter/x/acks"
            properties.CorrelationData = b"m-1"
            await client.publish("callrouter/x/records", payload, qos=1, properties=properties)
        async with asyncio.timeout(10):
            answers = [await anext(client.messages) for _ in range(3)]
    assert all(b'"id": "m-1", "outcome": "rejected"' in bytes(one.payload) for one in answers)
    assert subscriber.calls() == []


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0.5), (1.0, 1.0)])
@pytest.mark.parametrize("failures", [0, 1, 5, 1000])
def test_reconnecting_waits_a_bounded_random_time(failures: int, chance: float, share: float) -> None:
    publisher = MqttPublisher(
        Broker("127.0.0.1", 1, "x"),
        topic_prefix="p",
        instance="i",
        shortest_wait=0.2,
        longest_wait=15.0,
        chance=lambda: chance,
    )
    assert publisher._reconnect_wait(failures) == pytest.approx(min(0.2 * 2**failures, 15.0) * share)
