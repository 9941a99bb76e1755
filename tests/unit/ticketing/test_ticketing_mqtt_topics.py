"""What is on the wire: which topic, which content type, and what whoever answers needs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from callrouter.ticketing.mqtt_client import MqttClient, RefusedError
from callrouter.ticketing.mqtt_publisher import Broker, MqttPublisher
from callrouter.vocabulary.message import Kind, Manifest, PublishError
from tests.unit.ticketing.test_ticketing_cloud_event import MESSAGE

if TYPE_CHECKING:
    from tests.unit.ticketing.conftest import RunningBroker


new_properties: Callable[[int], Properties] = Properties


class Listener:
    def __init__(self) -> None:
        self.up = asyncio.Event()

    def link_up(self) -> None:
        self.up.set()

    def link_down(self) -> None:
        self.up.clear()

    def acknowledged(self, words: object) -> None:
        raise AssertionError(words)


@asynccontextmanager
async def linked(broker: RunningBroker) -> AsyncIterator[MqttPublisher]:
    publisher = MqttPublisher(
        Broker("127.0.0.1", broker.port, "ours"), topic_prefix="callrouter", instance="test"
    )
    listener = Listener()
    task = asyncio.create_task(publisher.run(listener))
    try:
        async with asyncio.timeout(10):
            await listener.up.wait()
            yield publisher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def listening(broker: RunningBroker) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5)


def read(message: aiomqtt.Message) -> tuple[str, str, bytes, Any]:
    properties: Any = message.properties
    assert properties.ResponseTopic == "callrouter/test/acks"
    assert 0 < properties.MessageExpiryInterval <= 600
    value = json.loads(bytes(message.payload))
    ids = [event["id"] for event in value] if isinstance(value, list) else value["id"]
    return str(message.topic), properties.ContentType, properties.CorrelationData, ids


async def test_records_live_events_and_manifests_have_topics_of_their_own(broker: RunningBroker) -> None:
    live = replace(MESSAGE, id="live", kind=Kind.ARRIVED)
    other = replace(MESSAGE, id="m-2", call_id="lab-2.1")
    async with linked(broker) as publisher, listening(broker) as client:
        await client.subscribe("callrouter/test/+", qos=1)
        await publisher.publish([MESSAGE, replace(live, call_id="lab-3.1"), other])
        await publisher.publish_manifest(Manifest("r-1", 0, 2, ("m-1", "m-2")))
        heard = sorted([read(await anext(client.messages)) for _ in range(3)])
    single, several = "application/cloudevents+json", "application/cloudevents-batch+json"
    assert heard == [
        ("callrouter/test/live", single, b"live", "live"),
        ("callrouter/test/reconcile", single, b"r-1", "r-1"),
        ("callrouter/test/records", several, b"batch:m-1", ["m-1", "m-2"]),
    ]


async def test_without_a_link_nothing_is_handed_over() -> None:
    publisher = MqttPublisher(Broker("127.0.0.1", 1, "ours"), topic_prefix="p", instance="i")
    with pytest.raises(PublishError):
        await publisher.publish([MESSAGE])
    with pytest.raises(PublishError):
        await publisher.publish_manifest(Manifest("r-1", 0, 2, ()))


async def test_a_refusal_is_told_with_its_reason_code(broker: RunningBroker) -> None:
    broker.kill()
    broker.forbid_everyone_to_write()
    broker.start()
    client = MqttClient("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5)
    async with client:
        with pytest.raises(RefusedError, match="0x87"):
            await client.hand_over("t", b"{}", new_properties(PacketTypes.PUBLISH))


async def test_who_waits_for_the_broker_hears_at_once_that_the_link_is_gone(broker: RunningBroker) -> None:
    async with linked(broker) as publisher:
        broker.pause()
        handing_over = asyncio.create_task(publisher.publish([MESSAGE]))
        await asyncio.sleep(0.1)
        broker.kill()
        async with asyncio.timeout(2):
            with pytest.raises(PublishError):
                await handing_over
