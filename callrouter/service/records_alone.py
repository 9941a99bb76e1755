"""How the process that makes records is looked at where it runs alone: over HTTP.

Rules:
- It has the probes of a controller, on `http.port`: ready means that the database is there. Who stands by for another
  is ready too, and says so.
- It runs until SIGTERM or Ctrl-C. Its log goes to stderr.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping

import structlog

from callrouter.console.metrics import FigureMetrics
from callrouter.console.probes import Readiness, probe_application, probe_server
from callrouter.service.figures import as_gauges
from callrouter.service.records import RecordsService
from callrouter.service.records_process import until_done
from callrouter.service.roles import Role, spell
from callrouter.service.standing import records_wanted, standing_detail

_log = structlog.get_logger(__name__)


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
        await until_done(service.run(), _signalled())
        _log.info("records_stopping")
        probes.should_exit = True
        await serving


async def _signalled() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
