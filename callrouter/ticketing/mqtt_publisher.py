"""The way to the ticketing side over MQTT 5.

Rules:
- Records go to `<prefix>/<instance>/records`, live events to `…/live`, manifests to `…/reconcile`; what the ticketing
  side says comes on `…/acks`, which every message names as its response topic.
- What is published together travels as one batch for each topic, in its order. Who publishes gives no call's messages
  for both topics at once: nothing would keep their order.
- One client at a time, which lives as long as its link. Each link begins clean: what the last one had in
  flight is the outbox's to send again, and an acknowledgement missed meanwhile comes again as `duplicate`.
- The link counts as up only when the broker has granted the subscription to the acknowledgements.
- A PUBACK closes nothing. One that refuses is a PublishError, and told with what a person can do.
- What is larger than the broker takes can never be sent: it is rejected here, and does not cost the link.
- Reconnecting waits a random time that grows to `longest_wait` and begins anew after a link that held.
"""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import aiomqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from callrouter.ticketing.cloud_event import (
    BATCH_CONTENT_TYPE,
    CONTENT_TYPE,
    AcknowledgementError,
    correlation_of,
    decode_acknowledgements,
    encode_batch,
    encode_event,
    encode_manifest,
)
from callrouter.ticketing.mqtt_client import FAILURE_CODES, MqttClient, RefusedError, reason_code
from callrouter.vocabulary.message import LIVE, Acknowledgement, Manifest, Message, Outcome, PublishError

log = structlog.get_logger(__name__)

_properties: Callable[[int], Properties] = Properties
"""paho does not type its constructor."""
_AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Small packets must not wait for the broker's TCP acknowledgement: that costs 40 ms each."""
_EXPIRY_SECONDS = 600
"""How long the broker keeps a message for a receiver who is away. It is sent again anyway: without an end,
a receiver who is away for days would find thousands of repetitions."""
_PACKET_HEAD = 1024
"""Octets of a packet that are not its payload, at most: topics, ids and properties."""
_REFUSED_REMEDY = "let this user write to the topic in the broker's list of permissions; see the broker's log"
_TOO_LARGE = "larger than the broker takes; raise its largest packet size and retry this message"


class LinkListener(Protocol):
    """Who is told what happens on the link."""

    def link_up(self) -> None:
        """The link stands and acknowledgements can be received."""

    def link_down(self) -> None:
        """The link is gone, and with it perhaps what was in flight."""

    def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
        """The ticketing side has spoken about messages, or about a manifest."""


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
    refusals: int = 0
    """Messages that the broker refused: its PUBACK said so."""
    malformed_acknowledgements: int = 0


class MqttPublisher:
    """Publishes messages to a broker, and hears what the ticketing side says."""

    def __init__(
        self,
        broker: Broker,
        *,
        topic_prefix: str,
        instance: str,
        most_at_once: int = 100,
        timeout: float = 10.0,
        keepalive: int = 15,
        shortest_wait: float = 0.2,
        longest_wait: float = 15.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.most_at_once = most_at_once
        topics = f"{topic_prefix}/{instance}"
        self._records, self._live, self._reconcile, self._acks = (
            f"{topics}/{name}" for name in ("records", "live", "reconcile", "acks")
        )
        self.counters = LinkCounters()
        self._broker = broker
        self._instance = instance
        self._timeout = timeout
        self._keepalive = keepalive
        self._shortest_wait = shortest_wait
        self._longest_wait = longest_wait
        self._chance = chance
        self._client: MqttClient | None = None
        self._listener: LinkListener | None = None

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

    async def publish(self, messages: Sequence[Message]) -> None:
        """Hand messages to the broker. Raises PublishError; returning proves nothing."""
        live = [one for one in messages if one.kind in LIVE]
        records = [one for one in messages if one.kind not in LIVE]
        ways = [(topic, those) for topic, those in ((self._live, live), (self._records, records)) if those]
        ends = await asyncio.gather(
            *(self._publish_to(topic, those) for topic, those in ways), return_exceptions=True
        )
        for end in ends:
            if end is not None:
                raise end

    async def publish_manifest(self, manifest: Manifest) -> None:
        """Hand a manifest to the broker. Raises PublishError."""
        payload = encode_manifest(manifest, self._instance)
        await self._hand_over(self._reconcile, payload, CONTENT_TYPE, manifest.id.encode())

    async def _publish_to(self, topic: str, messages: Sequence[Message]) -> None:
        single = len(messages) == 1
        payload = (
            encode_event(messages[0], self._instance) if single else encode_batch(messages, self._instance)
        )
        if not self._fits(payload):
            if not single:
                raise PublishError("together they are larger than the broker takes")
            return self._reject(messages[0])
        kind = CONTENT_TYPE if single else BATCH_CONTENT_TYPE
        return await self._hand_over(topic, payload, kind, correlation_of(messages))

    async def _hand_over(self, topic: str, payload: bytes, kind: str, correlation: bytes) -> None:
        client = self._client
        if client is None:
            raise PublishError("there is no link to the broker: it is being connected again")
        properties = _properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self._acks
        properties.CorrelationData = correlation
        properties.ContentType = kind
        properties.PayloadFormatIndicator = 1
        properties.MessageExpiryInterval = _EXPIRY_SECONDS
        try:
            await client.hand_over(topic, payload, properties)
        except RefusedError as error:
            self.counters.refusals += 1
            log.error(  # noqa: TRY400 - a traceback tells no more
                "the broker refuses what we publish", topic=topic, reason=str(error), remedy=_REFUSED_REMEDY
            )
            raise PublishError("the broker refused it") from error
        except (aiomqtt.MqttError, ValueError) as error:
            raise PublishError("the broker did not take it") from error

    def _fits(self, payload: bytes) -> bool:
        largest = self._client.largest_packet if self._client else None
        return largest is None or len(payload) + _PACKET_HEAD <= largest

    def _reject(self, message: Message) -> None:
        if self._listener is not None:
            self._listener.acknowledged([Acknowledgement(message.id, Outcome.REJECTED, _TOO_LARGE)])

    async def _keep_link(self, listener: LinkListener) -> None:
        client = MqttClient(
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
        async with client:
            await self._subscribe(client)
            self._client, self._listener = client, listener
            self.counters.connects += 1
            log.info("link to the broker is up", host=self._broker.host, port=self._broker.port)
            listener.link_up()
            try:
                async for received in client.messages:
                    self._receive(received, listener)
            finally:
                self._client = None
                client.give_up()
                listener.link_down()

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        granted = await client.subscribe(self._acks, options=SubscribeOptions(qos=1))
        if any(reason_code(one) >= FAILURE_CODES for one in granted):
            raise aiomqtt.MqttError(
                f"subscribing to {self._acks} was refused: grant this client access to it"
            )

    def _receive(self, received: aiomqtt.Message, listener: LinkListener) -> None:
        correlation = getattr(received.properties, "CorrelationData", None)
        try:
            words = decode_acknowledgements(bytes(received.payload), correlation)
        except AcknowledgementError as error:
            self.counters.malformed_acknowledgements += 1
            log.warning("what came as an acknowledgement is none", reason=str(error))
            return
        listener.acknowledged(words)

    def _reconnect_wait(self, failures: int) -> float:
        longest = min(self._shortest_wait * (1 << min(failures, 16)), self._longest_wait)
        return longest * (0.5 + 0.5 * self._chance())
