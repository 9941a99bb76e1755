"""FastAGI servers to be measured, each a process of its own: ours and its peers.

    python -m benchmarks.dip_servers callrouter

Prints the port it listens on, and serves until it is ended. All but `protocol` decide the call, by the same plan
and the same code; `protocol` answers every dip with the same octets: what asyncio on uvloop costs by itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, cast

import uvloop
from panoramisk import fast_agi

from benchmarks.deciding import PLAN
from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments
from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer, Outcome
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.asterisk_link.arrival import FACTS
from callrouter.calls.arrivals import Decider
from callrouter.console.metrics import ControllerMetrics
from callrouter.log import configure_logging
from callrouter.plans.load import load_plan

_CONSTANT_ANSWER: Final = (
    b'SET VARIABLE CR_VERDICT "v1|connect|g02-12315|hotline|0|line=12315&mode=dual&phase=in_force'
    b'&rule=dialplans%2Fsichuan%2Flines.yaml%3A297&reason=line_in_phase&plan=sichuan&plan_version=1.0"\n'
)
_PARTS: Final = ("CR_VERSION", "CR_ORDER", "CR_NOTICE", "CR_QUEUE", "QUEUE_PRIO", "CR_FACTS")
"""The variables that somebody would set one by one who has not heard of one verdict."""


async def callrouter() -> int:
    """Start our server as the controller does; return its port."""
    metrics, decider = _decider()

    def on_finished(outcome: Outcome, seconds: float) -> None:
        metrics.dip(outcome.value, seconds)

    server = AgiServer(AgiService(decider.answer, scripts={"arrival": FACTS}, on_finished=on_finished))
    await server.start("127.0.0.1", 0)
    return server.port


async def protocol() -> int:
    """Start the least that a dip needs; return its port."""
    server = await asyncio.get_running_loop().create_server(_Constant, "127.0.0.1", 0)
    return int(server.sockets[0].getsockname()[1])


async def panoramisk_one() -> int:
    """Start panoramisk's server, deciding as ours does and answering with one command; return its port."""

    async def answer(request: fast_agi.Request, verdict: Answer) -> None:
        await request.send_command(f'SET VARIABLE {verdict.variable} "{verdict.value}"')

    return await _panoramisk(answer)


async def panoramisk_six() -> int:
    """Start panoramisk's server as its documentation leads one to write it, a command a variable."""

    async def answer(request: fast_agi.Request, verdict: Answer) -> None:
        for name, value in zip(_PARTS, verdict.value.split("|"), strict=True):
            await request.send_command(f'SET VARIABLE {name} "{value}"')

    return await _panoramisk(answer)


async def _panoramisk(answer: Callable[[fast_agi.Request, Answer], Awaitable[None]]) -> int:
    _, decider = _decider()

    async def arrival(request: fast_agi.Request) -> None:
        facts = agi_arguments(request.headers, FACTS)
        assert not isinstance(facts, ArgumentFault)
        await answer(request, decider.answer(AgiRequest("arrival", facts)))

    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("arrival", arrival)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    return int(server.sockets[0].getsockname()[1])


class _Constant(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""
        self._asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._asked:
            self._transport.close()
        elif self._received.endswith(b"\n\n"):
            self._asked = True
            self._transport.write(_CONSTANT_ANSWER)


def _decider() -> tuple[ControllerMetrics, Decider]:
    plan, metrics = load_plan(PLAN), ControllerMetrics()
    return metrics, Decider(plan, metrics.decided)


@dataclass(frozen=True, slots=True)
class Server:
    """A server of this module."""

    start: Callable[[], Awaitable[int]]
    level: str = "warning"
    """Of its log."""
    commands: int = 1
    """How many commands it sends a dip."""


SERVERS: Final = {
    "callrouter": Server(callrouter),
    "callrouter, logging": Server(callrouter, level="info"),
    "protocol": Server(protocol),
    "panoramisk": Server(panoramisk_one),
    "panoramisk, six": Server(panoramisk_six, commands=6),
}


async def _serve(server: Server) -> None:
    # To nowhere: what is measured is making the lines, not somebody's disk.
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - opened once, at the start
        configure_logging(server.level, nowhere)
        print(await server.start(), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(SERVERS[sys.argv[1]]))
