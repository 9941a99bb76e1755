"""A ticketing side for tests: takes what is published, and answers as it is told. No network, no time of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from callrouter.vocabulary.message import Acknowledgement, Manifest, Message, Outcome


class Listener(Protocol):
    """Who is told what happens."""

    def link_up(self) -> None:
        """See the publishers."""

    def link_down(self) -> None:
        """See the publishers."""

    def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
        """See the publishers."""


Answer = Callable[[Message], Outcome | None]
"""What it says about a message; None: nothing. What it raises, `publish` raises."""


def store_all(_message: Message) -> Outcome | None:
    """Answer as one who stores everything."""
    return Outcome.STORED


def say_nothing(_message: Message) -> Outcome | None:
    """Answer as one who is away."""
    return None


class PublisherDouble:
    """Keeps every batch in order. Its link comes up with `run`, and is the test's then."""

    def __init__(self, answer: Answer = store_all, *, most_at_once: int = 100) -> None:
        self.most_at_once = most_at_once
        self.answer = answer
        self.link_failures = 0
        """So often `run` fails before there is a link."""
        self.published: asyncio.Queue[tuple[Message, ...]] = asyncio.Queue()
        """The batches, in the order in which they came."""
        self.manifests: list[Manifest] = []
        self.missing: Callable[[Manifest], Sequence[str] | None] = lambda _manifest: ()
        """What it does not have of a manifest; None: it does not answer."""
        self.listener: asyncio.Future[Listener] = asyncio.get_running_loop().create_future()

    async def run(self, listener: Listener) -> None:
        """Bring the link up, until cancelled."""
        if self.link_failures:
            self.link_failures -= 1
            raise ZeroDivisionError
        if not self.listener.done():
            self.listener.set_result(listener)
        listener.link_up()
        await asyncio.get_running_loop().create_future()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Take messages, and answer them with one word for each that has one."""
        answers = [(message, self.answer(message)) for message in messages]
        self.published.put_nowait(tuple(messages))
        await self.say(
            *(Acknowledgement(one.id, outcome, None) for one, outcome in answers if outcome is not None)
        )

    async def publish_manifest(self, manifest: Manifest) -> None:
        """Take a manifest, and say what is missing."""
        self.manifests.append(manifest)
        missing = self.missing(manifest)
        if missing is not None:
            await self.say(Acknowledgement(manifest.id, Outcome.STORED, None, tuple(missing)))

    async def say(self, *words: Acknowledgement) -> None:
        """Acknowledge."""
        if words:
            (await self.listener).acknowledged(words)

    async def next(self) -> tuple[Message, ...]:
        """Give the next batch. Raises TimeoutError after 5 s."""
        async with asyncio.timeout(5):
            return await self.published.get()
