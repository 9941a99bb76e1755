"""What panoramisk's FastAGI server gets wrong, against ours, with the same octets from Asterisk's side."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from panoramisk.fast_agi import Application

from callrouter.asterisk_link.agi_command import AgiCommandError, SetVariable
from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer, Outcome
from callrouter.asterisk_link.agi_protocol import AgiSession, HangupReceived, ReplyReceived
from callrouter.asterisk_link.agi_server import AgiServer

SOON_S = 5.0
ENVIRONMENT = b"agi_network: yes\nagi_network_script: arrival\nagi_callerid: 13800138000\n\n"
THEIR_SERVER = """
import asyncio, resource
from panoramisk.fast_agi import Application

async def serve():
    application = Application()
    async def arrival(request):
        await request.send_command('SET VARIABLE VERDICT "x"')
    application.add_route("arrival", arrival)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(serve())
"""


@contextlib.asynccontextmanager
async def our_server(answer: str) -> AsyncIterator[tuple[AgiServer, asyncio.Queue[Outcome]]]:
    outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    def handler(_request: AgiRequest) -> Answer:
        return Answer("VERDICT", answer)

    def finished(outcome: Outcome, _duration_s: float) -> None:
        outcomes.put_nowait(outcome)

    server = AgiServer(AgiService(handler, {"arrival": ()}, finished))
    await server.start("127.0.0.1", 0)
    try:
        async with asyncio.timeout(SOON_S):
            yield server, outcomes
    finally:
        await server.stop()


async def dip(port: int, *later: bytes) -> list[bytes]:
    """Play Asterisk: the environment, then each of ``later`` after a line has come; the lines that came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = []
    try:
        writer.write(ENVIRONMENT)
        for octets in later:
            lines.append(await reader.readline())
            writer.write(octets)
        with contextlib.suppress(ConnectionError):
            lines += (await reader.read()).splitlines(keepends=True)
        return lines
    finally:
        writer.close()


async def test_ours_answers_the_next_dip_after_a_connect_and_close() -> None:
    async with our_server("x") as (server, outcomes):
        for _ in range(50):
            socket.create_connection(("127.0.0.1", server.port), timeout=SOON_S).close()
            assert await outcomes.get() is Outcome.LEFT
        assert await dip(server.port, b"200 result=1\n") == [b'SET VARIABLE VERDICT "x"\n']
        assert await outcomes.get() is Outcome.ANSWERED
        assert server.open_sessions == 0


def test_theirs_loops_for_ever_on_one_connect_and_close() -> None:
    server = subprocess.Popen([sys.executable, "-c", THEIR_SERVER], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        socket.create_connection(("127.0.0.1", port), timeout=SOON_S).close()
        with socket.create_connection(("127.0.0.1", port), timeout=SOON_S) as caller:
            caller.sendall(ENVIRONMENT)
            # With nothing left to do it burns its two seconds of processor time, and the kernel ends it.
            assert server.wait(30) == -signal.SIGXCPU
            with contextlib.suppress(ConnectionResetError):
                assert caller.recv(1024) == b""
    finally:
        server.kill()
        server.wait()
        assert server.stdout is not None
        server.stdout.close()


# What Asterisk 22 sends for three commands when the caller hangs up during the first.
REPLIES = (b"HANGUP\n200 result=1\n", b"200 result=1 (second)\n", b"200 result=1 (third)\n")


def test_ours_pairs_every_reply_with_its_command_when_the_caller_hangs_up() -> None:
    session, paired = AgiSession(), list[str | None]()
    session.receive_data(ENVIRONMENT)
    for place, octets in enumerate(REPLIES):
        session.send_command(SetVariable("VERDICT", str(place)))
        events = session.receive_data(octets)
        assert [event for event in events if isinstance(event, HangupReceived)] == [HangupReceived()] * (
            place == 0
        )
        (reply,) = [event for event in events if isinstance(event, ReplyReceived)]
        paired.append(reply.value)
    assert paired == [None, "second", "third"]


async def test_ours_counts_a_dip_as_answered_though_the_caller_hung_up_in_it() -> None:
    async with our_server("x") as (server, outcomes):
        assert len(await dip(server.port, REPLIES[0])) == 1
        assert await outcomes.get() is Outcome.ANSWERED


async def test_theirs_takes_the_hangup_for_a_reply_and_pairs_every_later_one_wrongly() -> None:
    seen: list[dict[str, object]] = []

    async def route(request: "TheirRequest") -> None:
        variables = ("FIRST", "SECOND", "THIRD")
        seen.extend([await request.send_command(f"GET VARIABLE {variable}") for variable in variables])

    async with their_server(route) as port:
        assert len(await dip(port, *REPLIES)) == 3
    assert seen[0]["error"] == "AGIResultHangup"
    assert seen[1]["result"] == ("1", "")  # the answer to the first
    assert seen[2]["result"] == ("1", "second")


INJECTION = 'x"\nEXEC System "reboot'


async def test_ours_sends_nothing_when_a_value_would_end_the_command() -> None:
    with pytest.raises(AgiCommandError):
        SetVariable("VERDICT", INJECTION).encode()
    async with our_server(INJECTION) as (server, outcomes):
        assert await dip(server.port) == []
        assert await outcomes.get() is Outcome.HANDLER_FAILED


async def test_theirs_sends_the_rest_of_the_value_as_a_second_command() -> None:
    async def route(request: "TheirRequest") -> None:
        await request.send_command(f'SET VARIABLE VERDICT "{INJECTION}"')

    async with their_server(route) as port:
        lines = await dip(port, b"200 result=1\n")
    assert lines == [b'SET VARIABLE VERDICT "x"\n', b'EXEC System "reboot"\n']


class TheirRequest:
    """How panoramisk's request looks to a route."""

    send_command: Callable[[str], Awaitable[dict[str, object]]]


@contextlib.asynccontextmanager
async def their_server(route: Callable[[TheirRequest], Awaitable[None]]) -> AsyncIterator[int]:
    application = Application(loop=asyncio.get_running_loop())
    application.add_route("arrival", route)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    try:
        async with asyncio.timeout(SOON_S):
            yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
