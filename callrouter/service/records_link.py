"""The controller's end of the pipes to a records process.

Rules:
- One question at a time, and never a second one before the first is answered: a process that stands still owes one
  answer when it goes on, not thousands.
- Who does not answer in time is told as missing. Nothing waits for it, least of all a dip.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from callrouter.service.figures import STATE, NoAnswerError, RecordFigures, Silence, read_answer

_log = structlog.get_logger(__name__)
_ANSWERS_WITHIN_S: Final = 1.0
_ASKED_EVERY_S: Final = 1.0
_ASKED_AGAIN_AFTER_S: Final = 0.1
"""After no answer: it may be starting."""
_STARTED_AGAIN_AFTER_S: Final = 2.0


class RecordsProcess(Protocol):
    """A process on pipes that somebody else keeps running."""

    starts: int

    @property
    def process(self) -> asyncio.subprocess.Process | None:
        """The one that runs now, or that died last."""

    async def start(self) -> None:
        """Start it and keep it running. Raises OSError."""

    async def stop(self) -> None:
        """End it."""


class RecordsLink:
    """Asks a records process how it stands."""

    def __init__(
        self,
        records: RecordsProcess,
        on_state: Callable[[RecordFigures | None], None] = lambda _state: None,
        name: str = "records",
    ) -> None:
        self.state: RecordFigures | None = None
        """As it was a moment ago; None while it does not answer."""
        self._records = records
        self._on_state = on_state
        self._name = name
        self._asking = asyncio.Lock()
        self._asked: asyncio.subprocess.Process | None = None
        self._owes_an_answer = False
        self._has_answered: asyncio.subprocess.Process | None = None

    @property
    def silence(self) -> Silence:
        """Why it does not answer, as far as it does not."""
        process = self._records.process
        if process is None or process.returncode is not None:
            return Silence.GONE
        return Silence.HUNG if process is self._has_answered else Silence.STARTING

    @property
    def starts(self) -> int:
        """How often it was started: more than once means that it died."""
        return self._records.starts

    async def run(self) -> None:
        """Keep the process and its state, until cancelled; it is ended then."""
        try:
            await self._start()
            while True:
                self.state = await self.ask(STATE)
                self._on_state(self.state)
                await asyncio.sleep(_ASKED_EVERY_S if self.state else _ASKED_AGAIN_AFTER_S)
        finally:
            self._on_state(None)
            await self._records.stop()

    async def ask(self, word: bytes) -> RecordFigures | None:
        """Ask one of the words of `figures`; None when there is no answer in time."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN_S), self._asking:
                return await self._answer(word)
        except (TimeoutError, OSError, NoAnswerError):
            return None
        except Exception as error:
            # Calls are decided whatever happens here.
            _log.error(
                "the records process could not be asked", process=self._name, error=type(error).__name__
            )
            return None

    async def _start(self) -> None:
        while True:
            try:
                return await self._records.start()
            except Exception as error:
                _log.error(
                    "the records process cannot be started, trying again",
                    process=self._name,
                    error=type(error).__name__,
                )
                await asyncio.sleep(_STARTED_AGAIN_AFTER_S)

    async def _answer(self, word: bytes) -> RecordFigures:
        process = self._records.process
        if process is None or process.stdin is None or process.stdout is None:
            raise NoAnswerError("it was not started on pipes")
        if process.returncode is not None or process.stdin.is_closing():
            raise NoAnswerError("it has ended")  # writing to it would be a RuntimeError of uvloop's
        if process is not self._asked:
            self._asked, self._owes_an_answer = process, False
        if self._owes_an_answer:
            await self._line(process.stdout)
        process.stdin.write(word)
        self._owes_an_answer = True
        await process.stdin.drain()
        told = read_answer(await self._line(process.stdout))
        self._has_answered = process
        return told

    async def _line(self, answers: asyncio.StreamReader) -> bytes:
        try:
            line = await answers.readline()
        except ValueError as error:
            raise NoAnswerError("its line has no end") from error
        self._owes_an_answer = False
        return line
