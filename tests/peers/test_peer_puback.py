"""A PUBACK is not delivery: what a real Mosquitto throws away after it, and that our outbox delivers all the same."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest
from our_outbox import ACKS, RECORDS, SOON_S, events_in, our_system
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from callrouter.settings import PROJECT_ROOT

new_properties: Callable[[int], Properties] = Properties


class Mosquitto:
    """A real broker of its own, killed by its process id."""

    def __init__(self, folder: Path) -> None:
        places = [PROJECT_ROOT / ".local" / "bin", *map(Path, os.environ.get("PATH", "").split(os.pathsep))]
        programs = [place / "mosquitto" for place in (*places, Path("/usr/sbin"))]
        self.program = next((one for one in programs if one.is_file()), None)
        if self.program is None:
            pytest.fail("mosquitto is not set up: make setup")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.configuration = folder / "mosquitto.conf"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        # Started by root it would take on another user's rights, who cannot read the folder.
        lines = ("user root", f"listener {self.port} 127.0.0.1", "allow_anonymous true", *more)
        self.configuration.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            [str(self.program), "-c", str(self.configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + SOON_S
        while not self._accepts():
            assert time.monotonic() < deadline, "mosquitto does not start"
            time.sleep(0.02)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def _accepts(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def durable_subscriber(port: int) -> aiomqtt.Client:
    """A subscriber whose session the broker keeps while it is away."""
    lasting = new_properties(PacketTypes.CONNECT)
    lasting.SessionExpiryInterval = 3600
    return aiomqtt.Client(
        *("127.0.0.1", port),
        protocol=aiomqtt.ProtocolVersion.V5,
        identifier="subscriber",
        clean_start=False,
        properties=lasting,
        max_inflight_messages=1000,
    )


def publisher(port: int) -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5, identifier="theirs", max_inflight_messages=100
    )


async def leave_a_subscription(port: int, topic: str = "t") -> None:
    async with durable_subscriber(port) as subscriber:
        await subscriber.subscribe(topic, qos=1)


async def publish_all(port: int, count: int) -> None:
    """Publish ``count`` messages; returns when the broker has sent a PUBACK for each."""
    async with publisher(port) as client:
        client.pending_calls_threshold = count
        await asyncio.gather(*(client.publish("t", b"%d" % n, qos=1, timeout=SOON_S) for n in range(count)))


async def delivered(port: int) -> int:
    """How many messages the returned subscriber gets in front of one that is sent now."""
    count = 0
    async with durable_subscriber(port) as subscriber, publisher(port) as marker:
        await subscriber.subscribe("t", qos=1)
        await marker.publish("t", b"last", qos=1)
        async with asyncio.timeout(SOON_S):
            async for message in subscriber.messages:
                if message.payload == b"last":
                    break
                count += 1
    return count


async def test_a_broker_killed_after_its_pubacks_delivers_none_of_the_messages(mosquitto: Mosquitto) -> None:
    await leave_a_subscription(mosquitto.port)
    await publish_all(mosquitto.port, 300)
    mosquitto.kill()
    mosquitto.start()
    assert await delivered(mosquitto.port) == 0


async def test_a_broker_gives_pubacks_for_more_than_the_thousand_that_it_queues(mosquitto: Mosquitto) -> None:
    await leave_a_subscription(mosquitto.port)
    await publish_all(mosquitto.port, 1100)
    assert await delivered(mosquitto.port) == 1000


@contextlib.asynccontextmanager
async def ticketing_side(port: int) -> AsyncIterator[set[str]]:
    """Store every message and say so; the ids that are stored."""
    stored: set[str] = set()

    async def serve(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            words = []
            for event in events_in(bytes(message.payload)):
                words.append(
                    {"id": event["id"], "outcome": "duplicate" if event["id"] in stored else "stored"}
                )
                stored.add(event["id"])
            await client.publish(ACKS, json.dumps({"acknowledgements": words}), qos=1)

    async with durable_subscriber(port) as client:
        await client.subscribe(RECORDS, qos=1)
        serving = asyncio.create_task(serve(client))
        try:
            yield stored
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def test_ours_delivers_what_a_killed_broker_had_given_pubacks_for(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    await leave_a_subscription(mosquitto.port, RECORDS)
    async with our_system(tmp_path, mosquitto.port) as system:
        await system.write(range(12))
        await system.until(lambda: system.counters.published >= 12)
        mosquitto.kill()
        mosquitto.start()
        assert await system.depth() == 12
        async with ticketing_side(mosquitto.port) as stored:
            await system.until(lambda: system.counters.acknowledged == 12)
        assert (len(stored), await system.depth()) == (12, 0)


async def test_ours_delivers_what_a_broker_did_not_queue(tmp_path: Path, mosquitto: Mosquitto) -> None:
    mosquitto.kill()
    mosquitto.start("max_queued_messages 5")
    await leave_a_subscription(mosquitto.port, RECORDS)
    async with our_system(tmp_path, mosquitto.port) as system:
        await system.write(range(40))
        await system.until(lambda: system.counters.published >= 40)
        assert await system.depth() == 40
        async with ticketing_side(mosquitto.port) as stored:
            await system.until(lambda: system.counters.acknowledged == 40)
        assert (len(stored), await system.depth()) == (40, 0)
