"""The way to the ticketing side over MQTT 5.

Rules:
- One client at a time, which lives as long as its link. Each link begins clean: what the last one had in
  flight is the outbox's to send again, and an acknowledgement missed meanwhile comes again as `duplicate`.
- The link counts as up only when the broker has granted the subscription to the acknowledgements.
- A PUBACK closes nothing. MQTT 5 lets it say "not authorised" and aiomqtt reports that as success; the
  message then stays unacknowledged and is sent again.
- Reconnecting waits a random time that grows to `longest_wait` and begins anew after a link that held.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import aiomqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from callrouter.ticketing.cloud_event import (
    CONTENT_TYPE,
    AcknowledgementError,
    decode_acknowledgement,
    encode_event,
)
from callrouter.vocabulary.message import Acknowledgement, Message, PublishError

log = structlog.get_logger(__name__)

_properties: Callable[[int], Properties] = Properties
"""paho does not type its constructor."""
_AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Small packets must not wait for the broker's TCP acknowledgement: that costs 40 ms each."""
_EXPIRY_SECONDS = 600
"""How long the broker keeps a message for a receiver who is away. It is sent again anyway: without an end,
a receiver who is away for days would find thousands of repetitions."""
_FAILURE_CODES = 0x80
"""MQTT 5, 2.4: reason codes from here on are failures."""


class LinkListener(Protocol):
    """Who is told what happens on the link."""

    def link_up(self) -> None:
        """The link stands and acknowledgements can be received."""

    def link_down(self) -> None:
        """The link is gone, and with it perhaps what was in flight."""

    def acknowledged(self, acknowledgement: Acknowledgement) -> None:
        """The ticketing side has spoken about a message."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and who we are to it."""

    host: str
    port: int
    client_id: str
    """Unique among all clients: the broker throws out the older of two of the same name."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(slots=True)
class LinkCounters:
    """Counts since the start."""

    connects: int = 0
    failures: int = 0
    malformed_acknowledgements: int = 0


class MqttPublisher:
    """Publishes messages on `<prefix>/<instance>/records` and hears acknowledgements on `…/acks`."""

    def __init__(
        self,
        broker: Broker,
        *,
        topic_prefix: str,
        instance: str,
        timeout: float = 10.0,
        keepalive: int = 15,
        shortest_wait: float = 0.2,
        longest_wait: float = 15.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.topic = f"{topic_prefix}/{instance}/records"
        self.acknowledgement_topic = f"{topic_prefix}/{instance}/acks"
        self.counters = LinkCounters()
        self._broker = broker
        self._instance = instance
        self._timeout = timeout
        self._keepalive = keepalive
        self._shortest_wait = shortest_wait
        self._longest_wait = longest_wait
        self._chance = chance
        self._client: aiomqtt.Client | None = None

    async def run(self, listener: LinkListener) -> None:
        """Keep the link up until cancelled."""
        failures = 0
        while True:
            connects = self.counters.connects
            try:
                await self._keep_link(listener)
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                failures = 1 if self.counters.connects > connects else failures + 1
                self.counters.failures += 1
                log.warning(
                    "no link to the broker, connecting again",
                    host=self._broker.host,
                    port=self._broker.port,
                    error=str(error),
                )
            await asyncio.sleep(self._reconnect_wait(failures))

    async def publish(self, message: Message) -> None:
        """Hand a message to the broker. Raises PublishError; returning proves nothing."""
        client = self._client
        if client is None:
            raise PublishError("there is no link to the broker: it is being connected again")
        properties = _properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self.acknowledgement_topic
        properties.CorrelationData = message.id.encode()
        properties.ContentType = CONTENT_TYPE
        properties.PayloadFormatIndicator = 1
        properties.MessageExpiryInterval = _EXPIRY_SECONDS
        payload = encode_event(message, self._instance)
        try:
            await client.publish(self.topic, payload, qos=1, properties=properties)
        except (aiomqtt.MqttError, ValueError) as error:
            raise PublishError("the broker did not take the message") from error

    async def _keep_link(self, listener: LinkListener) -> None:
        client = aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            identifier=self._broker.client_id,
            username=self._broker.username,
            password=self._broker.password,
            tls_context=self._broker.tls,
            clean_start=True,
            timeout=self._timeout,
            keepalive=self._keepalive,
            socket_options=_AT_ONCE,
        )
        # aiomqtt warns above 10; the outbox's window is the limit here.
        client.pending_calls_threshold = 1000
        async with client:
            await self._subscribe(client)
            self._client = client
            self.counters.connects += 1
            log.info("link to the broker is up", host=self._broker.host, port=self._broker.port)
            listener.link_up()
            try:
                async for received in client.messages:
                    self._receive(received, listener)
            finally:
                self._client = None
                listener.link_down()

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        granted = await client.subscribe(self.acknowledgement_topic, options=SubscribeOptions(qos=1))
        if any(_code(one) >= _FAILURE_CODES for one in granted):
            raise aiomqtt.MqttError(
                f"subscribing to {self.acknowledgement_topic} was refused: grant this client access to it"
            )

    def _receive(self, received: aiomqtt.Message, listener: LinkListener) -> None:
        correlation = getattr(received.properties, "CorrelationData", None)
        try:
            acknowledgement = decode_acknowledgement(received.payload, correlation)
        except AcknowledgementError as error:
            self.counters.malformed_acknowledgements += 1
            log.warning("what came as an acknowledgement is none", reason=str(error))
            return
        listener.acknowledged(acknowledgement)

    def _reconnect_wait(self, failures: int) -> float:
        longest = min(self._shortest_wait * (1 << min(failures, 16)), self._longest_wait)
        return longest * (0.5 + 0.5 * self._chance())


def _code(granted: object) -> int:
    value = getattr(granted, "value", granted)
    return value if isinstance(value, int) else 0
