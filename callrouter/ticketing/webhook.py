"""The way to the ticketing side over HTTP: each request signed, and closed by its 2xx.

Rules:
- One message is one CloudEvent; several are a batch, in order. A 2xx says that all of them are stored.
- `webhook-id` is the message's id, and for a batch it is made from its messages' ids: it stays the same when the
  same is sent again.
- What an answer means is in `webhook_answer`. A batch that is refused closes nothing: the outbox sends each alone.
  One that is too large also makes the next ones smaller.
- The link is up until there is no connection, the other side wants a pause, or a person has to mend something;
  also after three failures on end. It comes up again after a wait that doubles to `longest_wait`, or that the other
  side asked for: then the next messages try it.
- The address, the secret and what was sent come into no log and no error. Host and port do.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NoReturn, Protocol

import httpx
import structlog

from callrouter.ticketing.cloud_event import (
    BATCH_CONTENT_TYPE,
    CONTENT_TYPE,
    encode_batch,
    encode_event,
    encode_manifest,
)
from callrouter.ticketing.web_request import Answer, UnansweredError, UnreachableError, new_client, post
from callrouter.ticketing.webhook_answer import Meaning, meaning_of, missing_in, refusal, wait_asked_for
from callrouter.ticketing.webhook_signature import WebhookKeys
from callrouter.vocabulary.message import Acknowledgement, Manifest, Message, Outcome, PublishError
from callrouter.vocabulary.web_address import web_address

log = structlog.get_logger(__name__)

_BATCHES: Final = uuid.UUID("6d3f1c8e-0b1e-5a57-9d0a-3f2f0c6b7a11")
"""The namespace of the ids of batches."""
_TOO_LARGE = 413
_FAILURES_ON_END = 3
_REMEDIES: Final = {
    401: "the signature is not accepted: compare both sides' secrets, and their clocks",
    403: "the signature is not accepted: compare both sides' secrets, and their clocks",
    404: "nothing is at that address: correct ticketing.webhook_url",
    405: "that address takes no POST: correct ticketing.webhook_url",
    410: "that address was given up: ask the ticketing side for the new one",
}
_ANOTHER_REMEDY = "ask the ticketing side what it means; nothing is delivered until then"


class WebhookListener(Protocol):
    """Who is told what happens on the link."""

    def link_up(self) -> None:
        """Messages can be sent."""

    def link_down(self) -> None:
        """Nothing can be sent for now."""

    def acknowledged(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        """The ticketing side has spoken about messages."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long what may take. Seconds."""

    answered_within: float = 10.0
    shortest: float = 0.5
    longest: float = 60.0
    longest_asked: float = 600.0
    """Of what a Retry-After may ask for."""


@dataclass(slots=True)
class WebhookCounters:
    """Counts since the start."""

    requests: int = 0
    failures: int = 0
    """Requests that closed nothing."""
    links_lost: int = 0


class WebhookPublisher:
    """Posts messages to one address. Raises WebAddressError for one that cannot be used."""

    def __init__(
        self,
        url: str,
        keys: WebhookKeys,
        *,
        instance: str,
        now: Callable[[], datetime],
        most_at_once: int = 100,
        plain_http: bool = False,
        tls: ssl.SSLContext | None = None,
        connections: int = 4,
        waits: Waits | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        parts = web_address(url, plain_http=plain_http)
        self.most_at_once = most_at_once
        self.counters = WebhookCounters()
        self._url = url
        self._host = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        self._keys = keys
        self._instance = instance
        self._now = now
        self._tls = tls
        self._connections = connections
        self._waits = waits or Waits()
        self._chance = chance
        self._client: httpx.AsyncClient | None = None
        self._listener: WebhookListener | None = None
        self._lost = asyncio.Event()
        self._pause = 0.0
        """Seconds: at least so long the link stays down."""
        self._failures = 0
        """On end."""

    async def run(self, listener: WebhookListener) -> None:
        """Keep the link until cancelled: it is down only for a while."""
        async with new_client(self._connections, self._tls) as client:
            self._client, self._listener = client, listener
            try:
                while True:
                    self._lost.clear()
                    listener.link_up()
                    await self._lost.wait()
                    listener.link_down()
                    await asyncio.sleep(self._wait())
            finally:
                self._client = self._listener = None
                listener.link_down()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Send messages, and say that they are acknowledged. Raises PublishError when nothing was closed."""
        if not messages:
            return
        if len(messages) == 1:
            message_id, kind = messages[0].id, CONTENT_TYPE
            body = encode_event(messages[0], self._instance)
        else:
            message_id, kind = _batch_id(messages), BATCH_CONTENT_TYPE
            body = encode_batch(messages, self._instance)
        answer = await self._ask(message_id, kind, body)
        meaning = meaning_of(answer.status)
        if meaning is Meaning.REFUSED and len(messages) > 1:
            if answer.status == _TOO_LARGE:
                self.most_at_once = max(1, min(self.most_at_once, len(messages)) // 2)
            self._works()
            self.counters.failures += 1
            raise PublishError(f"the batch was refused with HTTP {answer.status}: each is to be sent alone")
        if meaning not in (Meaning.TAKEN, Meaning.REFUSED):
            self._failed(answer, meaning)
        self._works()
        outcome, reason = Outcome.STORED, None
        if meaning is Meaning.REFUSED:
            outcome, reason = Outcome.REJECTED, refusal(answer.status, answer.body)
        self._tell([Acknowledgement(message.id, outcome, reason) for message in messages])

    async def publish_manifest(self, manifest: Manifest) -> None:
        """Ask which messages are missing, and tell the answer. Raises PublishError when there is none."""
        answer = await self._ask(manifest.id, CONTENT_TYPE, encode_manifest(manifest, self._instance))
        meaning = meaning_of(answer.status)
        if meaning is Meaning.REFUSED:
            self._works()
            self._not_reconciled(answer.status)
        if meaning is not Meaning.TAKEN:
            self._failed(answer, meaning)
        self._works()
        try:
            missing = missing_in(answer.body, manifest.ids)
        except ValueError:
            self._not_reconciled(answer.status)
        self._tell([Acknowledgement(manifest.id, Outcome.STORED, None, missing)])

    async def _ask(self, message_id: str, kind: str, body: bytes) -> Answer:
        client = self._client
        if client is None or self._lost.is_set():
            raise PublishError("the ticketing side cannot be asked for now: it is tried again after a wait")
        self.counters.requests += 1
        # Each attempt has its own instant: the receiver refuses an old one.
        headers = self._keys.headers(message_id, int(self._now().timestamp()), body)
        headers["content-type"] = kind
        try:
            return await post(client, self._url, body, headers, within=self._waits.answered_within)
        except UnreachableError as error:
            self._lose_link(f"{error}")
            raise PublishError(f"the ticketing side was not reached: {error}") from None
        except UnansweredError as error:
            self._fail_once(f"{error}")
            raise PublishError(f"the ticketing side did not answer: {error}") from None

    def _failed(self, answer: Answer, meaning: Meaning) -> NoReturn:
        if meaning is Meaning.LATER:
            self._fail_once(f"HTTP {answer.status}")
        elif meaning is Meaning.BUSY:
            asked = wait_asked_for(answer.retry_after, self._now(), longest=self._waits.longest_asked)
            self._lose_link(f"HTTP {answer.status}", pause=asked)
        else:
            remedy = _REMEDIES.get(answer.status, _ANOTHER_REMEDY)
            self._lose_link(f"HTTP {answer.status}", remedy=remedy)
        raise PublishError(f"the ticketing side answered HTTP {answer.status}")

    def _not_reconciled(self, status: int) -> NoReturn:
        self.counters.failures += 1
        log.error(
            "the ticketing side did not say which messages are missing",
            host=self._host,
            status=status,
            remedy='it has to answer a list of ids with {"missing": […]}: see docs/records.md',
        )
        raise PublishError(f"the ticketing side did not compare: HTTP {status}")

    def _works(self) -> None:
        self._failures = 0

    def _fail_once(self, why: str) -> None:
        """Count a failure that may be about its own messages alone."""
        if self._failures + 1 >= _FAILURES_ON_END:
            self._lose_link(why)
        else:
            self._failures += 1
            self.counters.failures += 1

    def _lose_link(self, why: str, *, pause: float = 0.0, remedy: str | None = None) -> None:
        self.counters.failures += 1
        if self._lost.is_set():
            self._pause = max(self._pause, pause)
            return
        self._failures += 1
        self.counters.links_lost += 1
        self._pause = pause
        self._lost.set()
        if remedy:
            log.error("the ticketing side takes nothing", host=self._host, reason=why, remedy=remedy)
        else:
            log.warning(
                "no link to the ticketing side, trying again after a wait", host=self._host, reason=why
            )

    def _wait(self) -> float:
        longest = min(self._waits.shortest * (1 << min(self._failures, 16)), self._waits.longest)
        return max(self._pause, longest * (0.5 + 0.5 * self._chance()))

    def _tell(self, acknowledgements: Sequence[Acknowledgement]) -> None:
        if self._listener is not None:
            self._listener.acknowledged(acknowledgements)


def _batch_id(messages: Sequence[Message]) -> str:
    return str(uuid.uuid5(_BATCHES, " ".join(message.id for message in messages)))
