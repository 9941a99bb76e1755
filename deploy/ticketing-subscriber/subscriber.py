#!/usr/bin/env python3
"""A reference ticketing side: stores CallRouter's records once each, and says so.

Needs Python 3.11 and aiomqtt. Copy this folder; it imports nothing of CallRouter.

Rules:
- A message is known by its source and its id together (CloudEvents 1.0, `id`): two installations may give the same
  id to different calls.
- A message is acknowledged after it has been committed to disk, never before.
- A message that is there already is acknowledged as `duplicate`; it comes again whenever an answer got lost.
- A message that can never be stored is acknowledged as `rejected`, with the reason: a person looks at it.
- A failure of our own (disk full, database locked) is not acknowledged at all: the message will come again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import aiomqtt
from inbox import Answer, Event, Inbox, OldInboxError, RejectedError, read_event
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

log = logging.getLogger("ticketing")

_SESSION_SECONDS = 7 * 24 * 3600
"""How long the broker keeps our session, and what arrives for it, while we are away."""
_AT_ONCE = 200
"""Messages in one transaction, if so many are waiting: one fsync for all of them."""
_LONGEST_WAIT = 15.0
_properties: Callable[[int], Properties] = Properties


def mask(number: object) -> str:
    """Give 138****8000 for 13800138000: what a log may show."""
    digits = re.sub(r"[^0-9]", "", str(number or ""))
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "****"


class Subscriber:
    """Takes messages from the broker and answers them."""

    def __init__(self, inbox: Inbox, options: argparse.Namespace, password: str | None) -> None:
        self._inbox = inbox
        self._options = options
        self._password = password
        self._failures = 0

    async def run(self) -> None:
        """Serve until cancelled, over as many connections as it takes."""
        while True:
            try:
                await self._serve()
            except (aiomqtt.MqttError, sqlite3.Error, OSError) as error:
                # What was not answered comes again: CallRouter repeats it.
                self._failures = min(self._failures + 1, 8)
                log.warning("not serving, connecting again: %s", error)
            await asyncio.sleep(random.uniform(0.5, 1.0) * min(0.2 * (1 << self._failures), _LONGEST_WAIT))  # noqa: S311 -- no secret

    async def _serve(self) -> None:
        options = self._options
        session = _properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = _SESSION_SECONDS
        client = aiomqtt.Client(
            options.host,
            options.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            identifier=options.client_id,
            username=options.username,
            password=self._password,
            clean_start=False,
            properties=session,
            timeout=5.0,
            keepalive=15,
            # Small packets must not wait for the broker's TCP acknowledgement: that costs 40 ms each.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )
        client.pending_calls_threshold = _AT_ONCE
        async with client:
            await client.subscribe(options.topic, qos=1)
            self._failures = 0
            log.info("listening on %s at %s:%s", options.topic, options.host, options.port)
            messages = client.messages
            async for first in messages:
                waiting = [first]
                while len(messages) and len(waiting) < _AT_ONCE:
                    waiting.append(await anext(messages))
                await self._take(client, waiting)

    async def _take(self, client: aiomqtt.Client, messages: list[aiomqtt.Message]) -> None:
        taken: list[tuple[aiomqtt.Message, Event]] = []
        answers: list[tuple[aiomqtt.Message, Answer]] = []
        for message in messages:
            try:
                taken.append((message, read_event(bytes(message.payload))))
            except RejectedError as error:
                answers.append((message, Answer(_correlation(message), "rejected", str(error))))
                log.warning("rejected: %s", error)
        outcomes = self._inbox.store(event for _, event in taken)
        for (message, event), outcome in zip(taken, outcomes, strict=True):
            answers.append((message, Answer(event.id, outcome)))
            _tell(event, outcome)
        await asyncio.gather(*(self._answer(client, message, answer) for message, answer in answers))

    async def _answer(self, client: aiomqtt.Client, message: aiomqtt.Message, answer: Answer) -> None:
        topic = getattr(message.properties, "ResponseTopic", "")
        if not topic or "#" in topic or "+" in topic:
            log.warning("a message asks for no answer")
            return
        properties = _properties(PacketTypes.PUBLISH)
        correlation = getattr(message.properties, "CorrelationData", None)
        if correlation is not None:
            properties.CorrelationData = correlation
        await client.publish(topic, answer.payload(), qos=1, properties=properties)


def _tell(event: Event, outcome: str) -> None:
    decision = event.data.get("decision")
    line = decision.get("line") if isinstance(decision, dict) else None
    log.info(
        "%s id=%s call=%s line=%s state=%s caller=%s rehearsal=%s",
        *(
            outcome,
            _plain(event.id),
            _plain(event.subject),
            _plain(line),
            _plain(event.data.get("terminal_state")),
        ),
        *(mask(event.data.get("caller_raw")), event.rehearsal),
    )


def _plain(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[\w.:-]{1,64}", value) else "?"


def _correlation(message: aiomqtt.Message) -> str:
    data = getattr(message.properties, "CorrelationData", b"")
    return bytes(data).decode("ascii", "replace")[:64]


def parse_options(arguments: list[str]) -> argparse.Namespace:
    """Read flags; each has an environment variable as its default."""
    parser = argparse.ArgumentParser(
        description="Stores CallRouter's records once each and acknowledges them."
    )
    environment = os.environ.get
    parser.add_argument("--host", default=environment("TICKETING_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=environment("TICKETING_PORT", "1883"))
    parser.add_argument("--username", default=environment("TICKETING_USERNAME"))
    parser.add_argument("--password-file", type=Path, default=environment("TICKETING_PASSWORD_FILE"))
    parser.add_argument("--topic", default=environment("TICKETING_TOPIC", "callrouter/+/records"))
    parser.add_argument("--client-id", default=environment("TICKETING_CLIENT_ID", "ticketing-subscriber"))
    parser.add_argument("--database", type=Path, default=environment("TICKETING_DATABASE", "ticketing.db"))
    return parser.parse_args(arguments)


async def main(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    password = options.password_file.read_text().strip() if options.password_file else None
    try:
        inbox = Inbox(options.database)
    except OldInboxError as error:
        sys.exit(str(error))
    serving = asyncio.create_task(Subscriber(inbox, options, password).run())
    for stop in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(stop, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    inbox.close()
    log.info("stopped")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(main(parse_options(sys.argv[1:])))
