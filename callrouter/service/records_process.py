"""How the process that makes records is talked to: over pipes by its controller, or over HTTP where it runs alone.

Rules:
- Beside a controller it runs until its input ends or it gets SIGTERM; its output holds answers alone (`figures`).
- Alone it has the probes of a controller, on `http.port`: ready means that the database is there. Who stands by for
  another is ready too, and says so.
- Its log goes to stderr.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress

import structlog

from callrouter.console.metrics import FigureMetrics
from callrouter.console.probes import Readiness, probe_application, probe_server
from callrouter.service.figures import FIGURES, NO_ANSWER, STATE, as_gauges, write_answer
from callrouter.service.records import RecordsService
from callrouter.service.roles import Role, spell
from callrouter.service.standing import records_wanted, standing_detail

_log = structlog.get_logger(__name__)


async def beside_a_controller(service: RecordsService) -> None:
    """Work, and answer what is asked on the pipes, until there is nobody to ask."""
    await _until_done(service.run(), _until_told_to_stop(lambda word: answer(word, service)))


async def alone(service: RecordsService, roles: frozenset[Role], port: int) -> None:
    """Work, with probes on this port, until SIGTERM or Ctrl-C. Raises OSError for a port that is taken."""
    metrics = FigureMetrics()

    def readiness() -> Readiness:
        state = service.state()
        return Readiness(
            needed={"database": service.has_database},
            wanted=records_wanted(state, roles),
            detail={"roles": spell(roles), **standing_detail(state)},
        )

    async def figures() -> Mapping[str, float]:
        told = await service.figures()
        metrics.calls(told.database.calls if told.database else ())
        return as_gauges(told)

    probes = probe_server(probe_application(readiness, metrics, figures), port)
    _log.info("records_started", roles=spell(roles))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(probes.serve(), name="probes")
        await _until_done(service.run(), _signalled())
        _log.info("records_stopping")
        probes.should_exit = True
        await serving


async def answer(word: bytes, service: RecordsService) -> bytes:
    """Answer one of the words of `figures`; whoever asks lives."""
    service.controller.now()
    if word == STATE:
        return write_answer(service.state())
    if word == FIGURES:
        return write_answer(await service.figures())
    return NO_ANSWER


async def _until_done(work: Coroutine[None, None, None], end: Coroutine[None, None, None]) -> None:
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(work, name="records")
        await end
        working.cancel()


async def _signalled() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


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
