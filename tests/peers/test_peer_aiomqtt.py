"""What aiomqtt gets wrong, and that our outbox above it loses nothing by it, on a scripted broker."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest
from our_outbox import ACKS, our_system
from scripted_broker import Link, Published, ScriptedBroker, drop, refuse, take


def their_client(port: int) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5, identifier="theirs")


def acknowledge(link: Link, published: Published) -> None:
    """Be the broker, and behind it the ticketing side that has stored the message."""
    link.take(published)
    word = {"id": json.loads(published.payload)["id"], "outcome": "stored"}
    link.deliver(ACKS, json.dumps(word).encode())


def in_turn(*scripts: Callable[[Link, Published], None]) -> Callable[[Link, Published], None]:
    """What becomes of the first message, the second, …; the last again and again."""
    seen = 0

    def script(link: Link, published: Published) -> None:
        nonlocal seen
        seen += 1
        scripts[min(seen, len(scripts)) - 1](link, published)

    return script


def ids(broker: ScriptedBroker) -> list[tuple[int, str]]:
    return [(one.connection, json.loads(one.payload)["id"]) for one in broker.published]


async def test_ours_is_woken_by_a_broker_that_drops_and_sends_the_message_on_the_next_link(
    tmp_path: Path,
) -> None:
    broker = ScriptedBroker(in_turn(drop, acknowledge))
    async with broker.listening(), our_system(tmp_path, broker.port) as system:
        await system.write(range(1))
        await system.until(lambda: system.counters.acknowledged == 1)
        assert await system.depth() == 0
    (first, message), (second, again) = ids(broker)
    assert (first, second) == (1, 2)
    assert message == again  # the receiver dedupes by it


async def test_theirs_is_not_woken_and_waits_its_whole_timeout() -> None:
    broker = ScriptedBroker(drop)
    async with broker.listening():
        client = their_client(broker.port)
        with contextlib.suppress(aiomqtt.MqttError):
            async with client:
                began = time.monotonic()
                publishing = asyncio.create_task(client.publish("t", b"{}", qos=1, timeout=2.0))
                with pytest.raises(aiomqtt.MqttError, match="Disconnected"):
                    await anext(client.messages)
                assert time.monotonic() - began < 1.9  # the client knows, the publisher does not
                assert not publishing.done()
                with pytest.raises(aiomqtt.MqttError, match="timed out"):
                    await publishing
                assert time.monotonic() - began >= 1.99


async def test_a_new_client_of_theirs_has_lost_what_the_old_one_had_in_flight() -> None:
    broker = ScriptedBroker(in_turn(drop, take))
    async with broker.listening():
        with contextlib.suppress(aiomqtt.MqttError):
            async with their_client(broker.port) as old:
                with pytest.raises(aiomqtt.MqttError):
                    await old.publish("t", b'{"n":1}', qos=1, timeout=0.2)
        async with their_client(broker.port) as new:
            await new.publish("t", b'{"n":2}', qos=1)
    assert [(one.connection, one.payload) for one in broker.published] == [(1, b'{"n":1}'), (2, b'{"n":2}')]


async def test_ours_keeps_a_message_open_when_the_puback_says_not_authorised(tmp_path: Path) -> None:
    broker = ScriptedBroker(in_turn(refuse, refuse, acknowledge))
    async with broker.listening(), our_system(tmp_path, broker.port) as system:
        await system.write(range(1))
        await broker.until(lambda: len(broker.published) == 2)
        assert await system.depth() == 1
        await system.until(lambda: system.counters.acknowledged == 1)
        assert await system.depth() == 0
        assert (system.counters.publish_failures, system.counters.published) == (
            2,
            1,
        )  # and it is told as a failure
    assert len({message for _, message in ids(broker)}) == 1


async def test_theirs_reports_a_puback_that_says_not_authorised_as_success() -> None:
    broker = ScriptedBroker(refuse)
    async with broker.listening(), their_client(broker.port) as client:
        await client.publish("t", b"{}", qos=1)  # returns, and raises nothing
    assert len(broker.published) == 1


async def test_ours_keeps_a_message_open_after_its_puback_until_the_ticketing_side_has_spoken(
    tmp_path: Path,
) -> None:
    broker = ScriptedBroker(in_turn(take, take, acknowledge))
    async with broker.listening(), our_system(tmp_path, broker.port) as system:
        await system.write(range(1))
        await broker.until(lambda: len(broker.published) == 2)
        assert system.counters.published >= 1
        assert await system.depth() == 1
        await system.until(lambda: system.counters.acknowledged == 1)
        assert await system.depth() == 0
