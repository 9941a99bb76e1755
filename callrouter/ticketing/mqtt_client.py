"""aiomqtt's client, with what it leaves out: why a PUBACK refuses, how large a packet may be, and who waits for it.

Rules:
- A QoS 1 publish ends with the broker's own answer. aiomqtt calls every PUBACK a success; here one with a reason code
  of a failure is an error.
- Whoever waits for a PUBACK hears at once that the link is gone; aiomqtt would let him wait for his whole timeout.
- Below it is paho's client, which knows reason codes, packet ids and the broker's properties. aiomqtt holds it as
  `_client`; its version is pinned, and the tests of this file fail if that name goes.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aiomqtt
from paho.mqtt.client import MQTT_ERR_SUCCESS
from paho.mqtt.properties import Properties

FAILURE_CODES = 0x80
"""MQTT 5, 2.4: reason codes from here on are failures."""


class RefusedError(aiomqtt.MqttError):
    """The broker has refused what was published. The text names its reason."""


class MqttClient(aiomqtt.Client):
    """One connection to a broker."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.largest_packet: int | None = None
        """Bytes that the broker takes; None: it has named no limit, or is not connected yet."""
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._paho = self._client
        self._then_connect: Any = self._paho.on_connect
        self._paho.on_connect = self._note_limits
        self._paho.on_publish = self._note_answer

    async def hand_over(self, topic: str, payload: bytes, properties: Properties) -> None:
        """Publish with QoS 1. Raises RefusedError for a broker's refusal, MqttError when there is no answer."""
        info = self._paho.publish(topic, payload, 1, properties=properties)
        if info.rc != MQTT_ERR_SUCCESS:
            raise aiomqtt.MqttCodeError(info.rc, "the packet could not be sent")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[info.mid] = answer
        try:
            async with asyncio.timeout(self.timeout):
                code = await answer
        except TimeoutError:
            raise aiomqtt.MqttError("the broker has not answered in time") from None
        finally:
            self._waiting.pop(info.mid, None)
        if code >= FAILURE_CODES:
            raise RefusedError(f"the broker refused it: reason code 0x{code:02x}")

    def give_up(self) -> None:
        """Tell all who wait that the link is gone."""
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(aiomqtt.MqttError("the link to the broker is gone"))

    def _note_limits(self, client: Any, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        self.largest_packet = getattr(properties, "MaximumPacketSize", None)
        self._then_connect(client, userdata, flags, code, properties)

    def _note_answer(self, _client: Any, _userdata: Any, packet: int, code: Any, _properties: Any) -> None:
        answer = self._waiting.get(packet)
        if answer is not None and not answer.done():
            answer.set_result(reason_code(code))


def reason_code(code: object) -> int:
    """Give the number of what paho calls a reason code."""
    value = getattr(code, "value", code)
    return value if isinstance(value, int) else 0
