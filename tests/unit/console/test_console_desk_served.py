"""The desk behind the probes' own server: a real socket, a body that trickles, a stream, and the server's end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callrouter.console import bodies, desk_api
from callrouter.console.metrics import FigureMetrics
from callrouter.console.probes import Readiness, probe_application, probe_server
from callrouter.vocabulary.transfer import TransferStimulus as Stimulus
from tests.unit.console.desk_parts import Desks, call_of, desks


async def _no_figures() -> Mapping[str, float]:
    return {}


@asynccontextmanager
async def served(made: Desks) -> AsyncIterator[int]:
    application = probe_application(
        lambda: Readiness({}, {}, {}), FigureMetrics(), _no_figures, desk_api.desk_routes(made.api)
    )
    server = probe_server(application, 0)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(3):
        while not server.started:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        made.api.streams.close()
        server.should_exit = True
        async with asyncio.timeout(3):
            await running


@pytest.fixture
def made(tmp_path: Path) -> Desks:
    made = desks(tmp_path)
    made.desk.begins(call_of())
    return made


def request(made: Desks, method: str, path: str, *headers: str) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: desk",
        f"Authorization: Bearer {made.tokens['1001']}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_events_come_as_they_happen_and_the_server_can_stop_meanwhile(made: Desks) -> None:
    async with served(made) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(made, "GET", "/desk/events"))
        async with asyncio.timeout(3):
            await reader.readuntil(b"retry: 2000\n\n")
            made.desk.happens("1001", Stimulus.HOLD)
            told = await reader.readuntil(b'"state":"held"')
        assert b"event: changed" in told
    # The server has ended, with the stream open until its last moment.
    async with asyncio.timeout(3):
        assert (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()


async def test_a_body_that_trickles_is_given_up_and_does_nothing(
    made: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies.read_body, "__defaults__", (0.1,))
    async with served(made) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(made, "POST", "/desk/note", "Content-Length: 20") + b'{"te')
        async with asyncio.timeout(3):
            answer = await reader.readuntil(b"}")
        assert answer.startswith(b"HTTP/1.1 408 ")
        writer.close()
    assert made.desk.said == []


async def test_an_asker_who_goes_at_once_does_not_undo_what_he_asked_for(made: Desks) -> None:
    made.desk.takes_s = 0.05
    async with served(made) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(made, "POST", "/desk/hold", "Content-Length: 0"))
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.close()
        await asyncio.sleep(0.15)
    assert len(made.desk.acts) == 1
