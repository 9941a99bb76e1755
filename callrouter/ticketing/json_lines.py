"""Messages as lines in files, for sites without a broker: one CloudEvent a line, a file a day.

Rules:
- A message is acknowledged when its line is on the disk; one that is in today's or yesterday's file already is
  acknowledged as a duplicate, and not written again.
- A line stands whole or not at all, also after a crash and on a full disk.
- A manifest is answered by reading the files that are there, the newest first: what is in none of them is missing,
  and comes again. So a file has to stay in the folder until the day after the next (the reconciliation of its day).
- The link is up while lines can be written. A folder that cannot be used is tried again after a wait.
- Writing happens in a thread: a slow disk stops nobody else.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import structlog

from callrouter.ticketing.cloud_event import encode_event
from callrouter.ticketing.lines_folder import LinesFolder, LinesFolderError, one_line
from callrouter.vocabulary.message import Acknowledgement, Manifest, Message, Outcome, PublishError

log = structlog.get_logger(__name__)

_Result = TypeVar("_Result")


class LinesListener(Protocol):
    """Who is told what happens."""

    def link_up(self) -> None:
        """Lines can be written."""

    def link_down(self) -> None:
        """They cannot, for now."""

    def acknowledged(self, words: Sequence[Acknowledgement]) -> None:
        """Messages are on the disk, or a manifest was compared."""


class JsonLinesPublisher:
    """Writes messages into the folder."""

    def __init__(
        self,
        folder: Path,
        *,
        instance: str,
        now: Callable[[], datetime],
        most_at_once: int = 100,
        shortest_wait: float = 0.5,
        longest_wait: float = 30.0,
    ) -> None:
        self.most_at_once = most_at_once
        self._folder = LinesFolder(folder, instance)
        self._instance = instance
        self._now = now
        self._shortest_wait = shortest_wait
        self._longest_wait = longest_wait
        self._listener: LinesListener | None = None
        self._failed = asyncio.Event()
        self._failures = 0
        """On end."""
        # A cancelled call leaves its thread behind: the next one must not write beside it.
        self._one_at_a_time = threading.Lock()

    async def run(self, listener: LinesListener) -> None:
        """Keep the folder until cancelled."""
        try:
            while True:
                if await self._open():
                    self._failed.clear()
                    self._listener = listener
                    listener.link_up()
                    await self._failed.wait()
                    self._listener = None
                    listener.link_down()
                wait = min(self._shortest_wait * (1 << min(self._failures, 16)), self._longest_wait)
                await asyncio.sleep(wait)
        finally:
            self._listener = None
            await asyncio.shield(asyncio.to_thread(self._alone, self._folder.close))
            listener.link_down()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Write messages, and say that they are acknowledged. Raises PublishError; then none of them is there."""
        listener = self._ready()
        lines = [(message.id, one_line(encode_event(message, self._instance))) for message in messages]
        try:
            there = await asyncio.to_thread(self._alone, self._folder.write, lines, self._now())
        except OSError as error:
            raise self._failure("the lines could not be written", error) from None
        self._failures = 0
        listener.acknowledged(
            [
                Acknowledgement(id_, Outcome.DUPLICATE if id_ in there else Outcome.STORED, None)
                for id_, _ in lines
            ]
        )

    async def publish_manifest(self, manifest: Manifest) -> None:
        """Look which messages are in no file, and tell. Raises PublishError when that cannot be read."""
        listener = self._ready()
        try:
            missing = await asyncio.to_thread(self._alone, self._folder.missing, manifest.ids)
        except OSError as error:
            raise self._failure("the lines could not be read", error) from None
        listener.acknowledged([Acknowledgement(manifest.id, Outcome.STORED, None, missing)])

    async def _open(self) -> bool:
        try:
            cut, damaged = await asyncio.to_thread(self._alone, self._take_folder)
        except LinesFolderError as error:
            self._failures += 1
            log.error("JSON lines: the folder cannot be used", remedy=str(error))  # noqa: TRY400 - the text is all there is to say
        except OSError as error:
            self._failures += 1
            log.error(  # noqa: TRY400 - a traceback tells no more
                "JSON lines: the folder cannot be used",
                folder=str(self._folder.path),
                error=error.strerror,
                remedy="see that the disk has room, and that the folder may be written",
            )
        else:
            if cut:
                log.warning("JSON lines: a half-written line was cut; it comes again", bytes=cut)
            if damaged:
                log.error("JSON lines: lines were damaged after they had been written", lines=damaged)
            return True
        return False

    def _take_folder(self) -> tuple[int, int]:
        return self._folder.open(), self._folder.damaged_lines()

    def _alone(self, do: Callable[..., _Result], *arguments: object) -> _Result:
        with self._one_at_a_time:
            return do(*arguments)

    def _ready(self) -> LinesListener:
        if self._listener is None:
            raise PublishError("the folder of the JSON lines cannot be used for now: it is tried again")
        return self._listener

    def _failure(self, what: str, error: OSError) -> PublishError:
        self._failures += 1
        self._failed.set()
        log.warning("JSON lines: trying again after a wait", what=what, error=error.strerror)
        return PublishError(f"{what} ({error.strerror}): see that the disk has room")
