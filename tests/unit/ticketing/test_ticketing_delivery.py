"""From a stored record to the ticketing side's acknowledgement, over a real broker that is mistreated."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from callrouter.records.counters import RecordCounters
from callrouter.records.database import Database
from callrouter.records.delivery import Outbox
from callrouter.records.outbox_rows import OutboxRows, RowState
from callrouter.records.reconcile import Reconciler
from callrouter.records.reconcile_cursor import CursorRow
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from tests.unit.records.written_outbox import Row, opened, records, states, story, write

if TYPE_CHECKING:
    from tests.unit.ticketing.conftest import RunningBroker, RunningSubscriber

new_properties: Callable[[int], Properties] = Properties
BODY = '{"caller_raw":"13800138000","decision":{"line":"12315"},"revision":1,"terminal_state":"completed"}'


def calls(numbers: range) -> list[Row]:
    return [Row(row.call_id, body=BODY) for row in records(numbers)]


class System:
    """An outbox and its publisher, running."""

    def __init__(
        self, database: Database, outbox: Outbox, publisher: MqttPublisher, counters: RecordCounters
    ) -> None:
        self.database = database
        self.outbox = outbox
        self.publisher = publisher
        self.counters = counters

    async def write(self, rows: Sequence[Row]) -> list[str]:
        await write(self.database, rows)
        self.outbox.wake()
        return [row.call_id for row in rows]

    async def depth(self) -> int:
        return Counter((await states(self.database)).values())[RowState.OPEN]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not reached():  # noqa: ASYNC110 -- a counter has no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def running(folder: Path, broker: RunningBroker, most_at_once: int = 100) -> AsyncIterator[System]:
    async with opened(f"sqlite:///{folder / 'records.db'}") as database:
        counters = RecordCounters()
        publisher = MqttPublisher(
            Broker("127.0.0.1", broker.port, "callrouter-test"),
            topic_prefix="callrouter",
            instance="test",
            most_at_once=most_at_once,
            timeout=2,
            longest_wait=0.3,
        )
        outbox = Outbox(
            *(OutboxRows(database), publisher),
            now=lambda: datetime.now(UTC),
            counters=counters,
            acknowledged_within=timedelta(seconds=0.5),
            longest_wait=timedelta(seconds=0.5),
        )
        task = asyncio.create_task(outbox.run())
        system = System(database, outbox, publisher, counters)
        await system.until(lambda: counters.broker_connected)
        try:
            yield system
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_a_record_is_stored_and_acknowledged(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    async with running(tmp_path, broker) as system:
        expected = await system.write(calls(range(30)))
        await system.until(lambda: system.counters.acknowledged == 30)
        assert await system.depth() == 0
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
        expected = await system.write(calls(range(50)))
        # Sent, taken by the broker and sent again, and still open.
        await system.until(lambda: system.counters.published > 50)
        assert await system.depth() == 50
        subscriber.start()
        await system.until(lambda: system.counters.acknowledged == 50)
    assert Counter(subscriber.calls()) == Counter(expected)


async def test_a_broker_killed_after_its_puback_loses_nothing(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    subscriber.stop()
    async with running(tmp_path, broker) as system:
        expected = await system.write(calls(range(20)))
        await system.until(lambda: system.counters.published >= 20)
        broker.kill()
        await system.until(lambda: not system.counters.broker_connected)
        expected += await system.write(calls(range(20, 30)))
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
            expected += await system.write(calls(range(turn * 5, turn * 5 + 5)))
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
        await system.write(calls(range(1)))
        await system.until(lambda: system.publisher.counters.refusals >= 2)
        assert (system.counters.published, await system.depth()) == (0, 1)
        broker.allow_everything()
        await system.until(lambda: system.counters.acknowledged == 1)
    assert subscriber.calls() == ["call-0"]


async def test_forged_acknowledgements_close_nothing_and_are_counted(
    tmp_path: Path, broker: RunningBroker
) -> None:
    async with running(tmp_path, broker) as system:
        await system.write(calls(range(1)))
        async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as forger:
            for payload in (b"\xff", b"{}", b'{"id":"nobody","outcome":"stored"}'):
                await forger.publish("callrouter/test/acks", payload, qos=1)
        await system.until(lambda: system.counters.unknown_acknowledgements == 1)
        assert system.publisher.counters.malformed_acknowledgements == 2
        assert await system.depth() == 1


async def test_all_messages_of_a_call_are_stored_in_their_order_over_all_topics(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    rows = [row for number in range(8) for row in story(number, 4)]
    async with running(tmp_path, broker, most_at_once=5) as system:
        await system.write(rows)
        await system.until(lambda: system.counters.acknowledged == len(rows))
    arrived: dict[str, list[int]] = {}
    for subject, sequence in subscriber.ask("SELECT subject, sequence FROM inbox ORDER BY rowid"):
        arrived.setdefault(str(subject), []).append(int(str(sequence)))
    assert arrived == {f"call-{number}": [1, 2, 3, 4] for number in range(8)}


async def test_poison_in_a_batch_is_rejected_and_the_others_are_stored(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    async with running(tmp_path, broker) as system:
        poison = Row("x" * 2000, body=BODY, name="poison")
        await system.write([*calls(range(5)), poison, *calls(range(5, 9))])
        await system.until(lambda: system.counters.acknowledged == 9 and system.counters.rejected == 1)
        (dead,) = await OutboxRows(system.database).listing([RowState.DEAD], limit=9)
        assert (dead.call_id, dead.attempts) == (poison.call_id, 0)
        assert "`subject`" in (dead.reason or "")
    assert Counter(subscriber.calls()) == Counter(row.call_id for row in calls(range(9)))


async def test_what_the_subscriber_has_lost_is_found_by_its_manifest_and_stored_again(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    async with running(tmp_path, broker) as system:
        await system.write(calls(range(30)))
        await system.until(lambda: system.counters.acknowledged == 30)
        subscriber.lose("subject IN ('call-3', 'call-17')")
        cursor = CursorRow(system.database, "publish:test")
        reconciler = Reconciler(
            *(OutboxRows(system.database), cursor, system.outbox),
            at=None,
            now=lambda: datetime.now(UTC),
            counters=system.counters,
            page=12,
            looked_at_every=0.05,
        )
        task = asyncio.create_task(reconciler.run())
        await cursor.want()
        await system.until(lambda: system.counters.acknowledged == 32)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert system.counters.missing_found == 2
    assert len(subscriber.calls()) == len(set(subscriber.calls())) == 30


async def test_a_message_that_the_broker_cannot_take_is_rejected_and_costs_no_link(
    tmp_path: Path, broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    broker.kill()
    broker.take_at_most(20_000)
    broker.start()
    subscriber.start()
    async with running(tmp_path, broker) as system:
        large = Row("large", body='{"text":"' + "x" * 30_000 + '"}')
        await system.write([*calls(range(100)), large])
        await system.until(lambda: system.counters.acknowledged == 100 and system.counters.rejected == 1)
        assert system.publisher.counters.connects == 1
        (dead,) = await OutboxRows(system.database).listing([RowState.DEAD], limit=9)
        assert dead.call_id == "large"


async def test_the_subscriber_rejects_what_it_can_never_store(
    broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    payloads = (b"\xff", b"{}", b'{"specversion":"1.0","id":"\\ud800","source":"s","type":"t"}')
    answers = [await ask(broker, payload) for payload in payloads]
    assert all(b'"id": "m-1", "outcome": "rejected"' in answer for answer in answers)
    assert subscriber.calls() == []


async def test_the_subscriber_answers_a_batch_with_one_message_event_by_event(
    broker: RunningBroker, subscriber: RunningSubscriber
) -> None:
    subscriber.start()
    whole = {"specversion": "1.0", "source": "/s", "type": "t", "subject": "c", "data": {}}
    batch = [{**whole, "id": "m-1"}, {"id": "m-2"}, 7, {**whole, "id": "m-3"}, {**whole, "id": "m-1"}]
    answer = json.loads(await ask(broker, json.dumps(batch).encode()))
    assert [(one["id"], one["outcome"]) for one in answer["acknowledgements"]] == [
        ("m-1", "stored"),
        ("m-2", "rejected"),
        ("m-3", "stored"),
        ("m-1", "duplicate"),
    ]


async def ask(broker: RunningBroker, payload: bytes) -> bytes:
    async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe("callrouter/x/acks", qos=1)
        properties = new_properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = "callrouter/x/acks"
        properties.CorrelationData = b"m-1"
        await client.publish("callrouter/x/records", payload, qos=1, properties=properties)
        async with asyncio.timeout(10):
            return bytes((await anext(client.messages)).payload)


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
