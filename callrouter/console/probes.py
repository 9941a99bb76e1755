"""Probes and metrics: `/healthz` (the process works), `/readyz` (calls are decided), `/metrics` (Prometheus).

Ready means that every part a decided call needs is there. The broker is not among them: without it records
wait in the outbox, and no caller notices. Whoever stands by for another (a lease is held there) is ready as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from callrouter.console.metrics import FigureMetrics


@dataclass(frozen=True, slots=True)
class Readiness:
    """Which parts are there."""

    needed: Mapping[str, bool]
    """Without one of these, calls take the safe default: not ready."""
    wanted: Mapping[str, bool]
    """Told, but no reason to take calls away."""
    detail: Mapping[str, str]
    """How the link to Asterisk stands, the plan in force, the clock."""

    @property
    def is_ready(self) -> bool:
        """Whether calls are decided."""
        return all(self.needed.values())


def probe_application(
    readiness: Callable[[], Readiness],
    metrics: FigureMetrics,
    figures: Callable[[], Awaitable[Mapping[str, float]]],
    more: Sequence[Route] = (),
) -> Starlette:
    """Return the application that answers the probes; `figures` are read each time somebody asks.

    `more` is what else the server answers.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        now = readiness()
        body = {
            "ready": now.is_ready,
            "needed": dict(now.needed),
            "wanted": dict(now.wanted),
            **now.detail,
        }
        return JSONResponse(body, status_code=200 if now.is_ready else 503)

    async def exported(_request: Request) -> Response:
        metrics.show(await figures())
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", exported),
            *more,
        ]
    )


def probe_server(application: Starlette, port: int) -> uvicorn.Server:
    """Return the server for the probes, on loopback; `should_exit` ends it."""
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        # A client who takes nothing of his events would keep the server up for ever.
        timeout_graceful_shutdown=2,
    )
    return _SignalFreeServer(config)


class _SignalFreeServer(uvicorn.Server):
    """A server that leaves signals to us: calls are drained before the probes go."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield
