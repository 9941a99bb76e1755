"""How record-making is looked at where no controller runs: over HTTP.

Rules:
- There is one set of probes a host, on `http.port`, like a controller's: ready means that the database is there, for
  all of the work. Who stands by for another is ready too, and says so.
- It runs until SIGTERM or Ctrl-C. Its log goes to stderr.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import structlog

from callrouter.console.metrics import FigureMetrics
from callrouter.console.probes import Readiness, probe_application, probe_server
from callrouter.service.figures import Told
from callrouter.service.records_process import until_done
from callrouter.service.roles import Role, spell
from callrouter.service.standing import records_wanted, standing_detail, works_of

_log = structlog.get_logger(__name__)


async def with_probes(
    work: Coroutine[None, None, None],
    roles: frozenset[Role],
    port: int,
    *,
    told: Callable[[], Told],
    gauges: Callable[[], Awaitable[tuple[Mapping[str, float], Told]]],
) -> None:
    """Work, with probes on this port, until SIGTERM or Ctrl-C. Raises OSError for a port that is taken.

    `told` is from memory, `gauges` after asking the database.
    """
    metrics = FigureMetrics()

    async def figures() -> Mapping[str, float]:
        shown, now = await gauges()
        metrics.calls(now.figures.database.calls if now.figures and now.figures.database else ())
        return shown

    probes = probe_server(probe_application(lambda: readiness(told(), roles), metrics, figures), port)
    _log.info("records_started", roles=spell(roles))
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(probes.serve(), name="probes")
        await until_done(work, _signalled())
        _log.info("records_stopping")
        probes.should_exit = True
        await serving


def readiness(told: Told, roles: frozenset[Role]) -> Readiness:
    """Say which parts are there: a work stands somewhere from the moment on when its process has the database."""
    standing = told.figures.standing if told.figures else {}
    return Readiness(
        needed={"database": works_of(roles) <= standing.keys()},
        wanted=records_wanted(told.figures, roles, told.silent),
        detail={"roles": spell(roles), **standing_detail(told.figures, told.silent)},
    )


async def _signalled() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
