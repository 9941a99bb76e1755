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
from typing import Final, cast

import uvloop
from panoramisk import fast_agi

from benchmarks.deciding import PLAN
from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments
from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Outcome
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


async def callrouter() -> int:
    """Start our server as the controller does, logging included; return its port."""
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


async def panoramisk() -> int:
    """Start panoramisk's server, deciding as ours does; return its port."""
    _, decider = _decider()

    async def arrival(request: fast_agi.Request) -> None:
        facts = agi_arguments(request.headers, FACTS)
        assert not isinstance(facts, ArgumentFault)
        answer = decider.answer(AgiRequest("arrival", facts, request.headers))
        await request.send_command(f'SET VARIABLE {answer.variable} "{answer.value}"')

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
    return metrics, Decider(plan, plan.short_codes, metrics.decided)


SERVERS: Final[dict[str, tuple[Callable[[], Awaitable[int]], str]]] = {
    "callrouter": (callrouter, "warning"),
    "callrouter, logging": (callrouter, "info"),
    "protocol": (protocol, "warning"),
    "panoramisk": (panoramisk, "warning"),
}
"""Every server with its log level."""


async def _serve(name: str) -> None:
    start, level = SERVERS[name]
    # To nowhere: what is measured is making the lines, not somebody's disk.
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: ASYNC230, PTH123 - opened once, at the start
        configure_logging(level, nowhere)
        print(await start(), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
