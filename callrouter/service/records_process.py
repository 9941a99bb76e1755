"""How a process that makes or delivers records is talked to by the one that started it: over pipes.

Rules:
- It runs until its input ends or it gets SIGTERM; its output holds answers alone (`figures`).
- Its log goes to stderr.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING

from callrouter.service.figures import FIGURES, NO_ANSWER, STATE, write_answer

if TYPE_CHECKING:
    # `until_done` is for those as well who have no database.
    from callrouter.service.records import RecordsService


async def on_pipes(service: RecordsService) -> None:
    """Work, and answer what is asked on the pipes, until there is nobody to ask."""
    await until_done(service.run(), _until_told_to_stop(lambda word: answer(word, service)))


async def answer(word: bytes, service: RecordsService) -> bytes:
    """Answer one of the words of `figures`; whoever asks lives."""
    service.controller.now()
    if word == STATE:
        return write_answer(service.state())
    if word == FIGURES:
        return write_answer(await service.figures())
    return NO_ANSWER


async def until_done(work: Coroutine[None, None, None], end: Coroutine[None, None, None]) -> None:
    """Work until the end comes."""
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(work, name="records")
        await end
        working.cancel()


async def _until_told_to_stop(reply: Callable[[bytes], Awaitable[bytes]]) -> None:
    """Answer what is asked until there is nobody to ask, or SIGTERM. A Ctrl-C is the controller's to pass on."""
    loop = asyncio.get_running_loop()
    questions = asyncio.StreamReader()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    loop.add_signal_handler(signal.SIGTERM, questions.feed_eof)
    loop.add_signal_handler(signal.SIGINT, questions.feed_eof)
    try:
        while word := await questions.readline():
            # In a thread: whoever has asked may stand still, and records must not.
            with suppress(BrokenPipeError):
                await asyncio.to_thread(_write, await reply(word))
    finally:
        pipe.close()


def _write(reply: bytes) -> None:
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()
