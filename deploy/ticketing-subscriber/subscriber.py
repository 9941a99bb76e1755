#!/usr/bin/env python3
"""A reference ticketing side: stores CallRouter's events once each, and says so.

Needs Python 3.11 and aiomqtt. Copy this folder; it imports nothing of CallRouter.

Rules:
- An event is known by its source and its id together (CloudEvents 1.0, `id`): two installations may give the same
  id to different calls.
- An event is acknowledged after it has been committed to disk, never before.
- An event that is there already is acknowledged as `duplicate`; it comes again whenever an answer got lost.
- An event that can never be stored is acknowledged as `rejected`, with the reason: a person looks at it. The others
  of its batch are stored all the same.
- A batch is answered with one message, in the order of its events.
- A manifest names events that should be here; the answer names those that are not, and they come again.
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
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
from events import Answer, Event, Item, Manifest, Refused, RejectedError, read_payload, write_answers
from inbox import Inbox, OldInboxError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

log = logging.getLogger("ticketing")

_SESSION_SECONDS = 7 * 24 * 3600
"""How long the broker keeps our session, and what arrives for it, while we are away."""
_EVENTS_AT_ONCE = 2000
"""In one transaction, if so many are waiting: one fsync for all of them."""
_TOLD_ONE_BY_ONE = 50
"""Of more events at once only the count is logged."""
_TOPICS = ("records", "live", "reconcile")
_LONGEST_WAIT = 15.0
_properties: Callable[[int], Properties] = Properties


def mask(number: object) -> str:
    """Give 138****8000 for 13800138000: what a log may show."""
    digits = re.sub(r"[^0-9]", "", str(number or ""))
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "****"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message, and what was in it."""

    message: aiomqtt.Message
    items: list[Item]
    is_batch: bool


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
        client.pending_calls_threshold = 1000
        async with client:
            await client.subscribe([(f"{options.topic}/{name}", 1) for name in _TOPICS])
            self._failures = 0
            log.info("listening on %s at %s:%s", options.topic, options.host, options.port)
            messages = client.messages
            async for first in messages:
                taken = [_read(first)]
                events = len(taken[0].items)
                while len(messages) and events < _EVENTS_AT_ONCE:
                    taken.append(_read(await anext(messages)))
                    events += len(taken[-1].items)
                await self._take(client, taken)

    async def _take(self, client: aiomqtt.Client, taken: list[Taken]) -> None:
        events = [item for one in taken for item in one.items if isinstance(item, Event)]
        outcomes = self._inbox.store(events)
        _tell(events, outcomes)
        left = iter(outcomes)
        answers = [(one, list(self._answers(one, left))) for one in taken]
        await asyncio.gather(*(_answer(client, one, its) for one, its in answers if its))

    def _answers(self, taken: Taken, outcomes: Iterator[str]) -> Iterator[Answer]:
        for item in taken.items:
            match item:
                case Event():
                    yield Answer(item.id, next(outcomes))
                case Manifest():
                    missing = self._inbox.missing(item)
                    log.log(
                        logging.WARNING if missing else logging.INFO,
                        "a manifest names %d events, missing here: %d",
                        *(len(item.ids), len(missing)),
                    )
                    yield Answer(item.id, "stored", missing=missing)
                case Refused():
                    log.warning("rejected: %s", item.reason)
                    # Whose id cannot be read is known by the message that it came with, if it came alone.
                    id_ = item.id if taken.is_batch else _correlation(taken.message) or item.id
                    if id_:
                        yield Answer(id_, "rejected", item.reason)


async def _answer(client: aiomqtt.Client, taken: Taken, answers: list[Answer]) -> None:
    topic = getattr(taken.message.properties, "ResponseTopic", "")
    if not topic or "#" in topic or "+" in topic:
        log.warning("a message asks for no answer")
        return
    properties = _properties(PacketTypes.PUBLISH)
    correlation = getattr(taken.message.properties, "CorrelationData", None)
    if correlation is not None:
        properties.CorrelationData = correlation
    for payload in write_answers(answers, as_batch=taken.is_batch):
        await client.publish(topic, payload, qos=1, properties=properties)


def _read(message: aiomqtt.Message) -> Taken:
    payload = bytes(message.payload)
    try:
        return Taken(message, read_payload(payload), is_batch=payload.lstrip()[:1] == b"[")
    except RejectedError as error:
        return Taken(message, [Refused(None, str(error))], is_batch=False)


def _tell(events: list[Event], outcomes: list[str]) -> None:
    if len(events) > _TOLD_ONE_BY_ONE:
        log.info("%s", ", ".join(f"{outcome}: {count}" for outcome, count in Counter(outcomes).items()))
        return
    for event, outcome in zip(events, outcomes, strict=True):
        data = event.data()
        decision = data.get("decision")
        line = decision.get("line") if isinstance(decision, dict) else data.get("line")
        log.info(
            "%s type=%s id=%s call=%s line=%s state=%s caller=%s rehearsal=%s",
            *(outcome, _plain(event.type), _plain(event.id), _plain(event.subject), _plain(line)),
            *(_plain(data.get("terminal_state")), mask(data.get("caller_raw")), event.rehearsal),
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
    parser.add_argument("--topic", default=environment("TICKETING_TOPIC", "callrouter/+"))
    parser.add_argument("--client-id", default=environment("TICKETING_CLIENT_ID", "ticketing-subscriber"))
    parser.add_argument("--database", type=Path, default=environment("TICKETING_DATABASE", "ticketing.db"))
    options = parser.parse_args(arguments)
    # As it was called when there was one topic only.
    options.topic = options.topic.removesuffix("/records")
    return options


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
