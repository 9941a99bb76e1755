"""Hostile and broken peers of the FastAGI server, over real sockets on loopback: each in its own outcome."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.asterisk_link import agi_connection, file_limit
from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer, Outcome, RefusedFactsError
from callrouter.asterisk_link.agi_double import ACCEPTED, environment
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES, MAX_REPLY_BYTES
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.asterisk_link.arrival import FACTS

DIP = environment()
SOON_S = 5.0


def answer(request: AgiRequest) -> Answer:
    return Answer("VERDICT", request.arguments["called"])


@contextlib.asynccontextmanager
async def serving(
    handler: Callable[[AgiRequest], Answer] = answer, **settings: float
) -> AsyncIterator[AgiServer]:
    server = AgiServer(AgiService(handler, {"arrival": FACTS}, **settings))  # type: ignore[arg-type]  # counts and seconds
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        async with asyncio.timeout(SOON_S):
            await server.stop()
        assert server.open_sessions == 0


class Peer:
    """A plain socket that does exactly what it is told."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.loop = asyncio.get_running_loop()

    async def send(self, octets: bytes) -> None:
        async with asyncio.timeout(SOON_S):
            await self.loop.sock_sendall(self.socket, octets)

    async def receive(self) -> bytes:
        async with asyncio.timeout(SOON_S):
            try:
                return await self.loop.sock_recv(self.socket, 65536)
            except ConnectionResetError:
                return b""


@contextlib.asynccontextmanager
async def peer(server: AgiServer) -> AsyncIterator[Peer]:
    with socket.socket() as connection:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", server.port))
        yield Peer(connection)


async def ended(server: AgiServer, outcome: Outcome, times: int = 1) -> None:
    """Wait until so many sessions have ended that way."""
    async with asyncio.timeout(SOON_S):
        while getattr(server.counters, outcome.value) < times:  # noqa: ASYNC110 - a counter has no event
            await asyncio.sleep(0.005)


async def a_dip_is_answered(server: AgiServer) -> None:
    async with peer(server) as asterisk:
        await asterisk.send(DIP)
        assert await asterisk.receive() == b'SET VARIABLE VERDICT "12315"\n'
        await asterisk.send(ACCEPTED)
        assert await asterisk.receive() == b""


async def test_a_whole_dip_of_the_double_is_answered() -> None:
    async with serving() as server:
        await a_dip_is_answered(server)
        assert server.counters.answered == 1


async def test_an_asterisk_that_writes_its_lines_one_by_one_is_answered() -> None:
    async with serving() as server, peer(server) as asterisk:
        for line in DIP.splitlines(keepends=True):
            await asterisk.send(line)
            await asyncio.sleep(0)
        assert await asterisk.receive() == b'SET VARIABLE VERDICT "12315"\n'
        await asterisk.send(ACCEPTED)
        await ended(server, Outcome.ANSWERED)


async def test_connect_and_close_is_counted_as_left() -> None:
    async with serving() as server:
        async with peer(server):
            pass
        await ended(server, Outcome.LEFT)


async def test_half_closed_before_the_environment_is_whole_is_let_go() -> None:
    async with serving() as server, peer(server) as half:
        await half.send(DIP[:100])
        half.socket.shutdown(socket.SHUT_WR)
        assert await half.receive() == b""
        await ended(server, Outcome.LEFT)


async def test_half_closed_right_behind_the_environment_ends_as_lost() -> None:
    async with serving() as server, peer(server) as half:
        await half.send(DIP)
        half.socket.shutdown(socket.SHUT_WR)
        while await half.receive():
            pass
        await ended(server, Outcome.LOST)


async def test_one_octet_at_a_time_is_cut_at_the_environments_limit_not_the_sessions() -> None:
    async with serving(environment_limit_s=0.2, time_limit_s=30) as server, peer(server) as slow:
        began = asyncio.get_running_loop().time()
        with contextlib.suppress(ConnectionError):
            for octet in DIP:
                await slow.send(bytes([octet]))
                await asyncio.sleep(0.02)
        await ended(server, Outcome.TOO_SLOW)
        assert asyncio.get_running_loop().time() - began < 2


async def test_silence_is_cut_at_the_environments_limit() -> None:
    async with serving(environment_limit_s=0.05) as server, peer(server) as silent:
        assert await silent.receive() == b""
        await ended(server, Outcome.TOO_SLOW)


@pytest.mark.parametrize(
    "octets",
    [
        b"agi_network: " + b"x" * MAX_ENVIRONMENT_BYTES,
        b"".join(b"agi_%d: x\n" % line for line in range(200)) + b"\n",
    ],
)
async def test_more_than_an_environment_can_be_is_too_much(octets: bytes) -> None:
    async with serving() as server, peer(server) as large:
        with contextlib.suppress(ConnectionError):
            await large.send(octets)
        assert await large.receive() == b""
        await ended(server, Outcome.TOO_MUCH)


async def test_more_than_a_reply_can_be_is_too_much() -> None:
    async with serving() as server, peer(server) as large:
        await large.send(DIP)
        await large.receive()
        with contextlib.suppress(ConnectionError):
            await large.send(b"200 result=1 (" + b"x" * MAX_REPLY_BYTES)
        await ended(server, Outcome.TOO_MUCH)


@pytest.mark.parametrize(
    "octets", [b"\x16\x03\x01\x02\x00", b"\x00", b"GET / HTTP/1.1\r\n", b"SSH-2.0-x\r\n"]
)
async def test_another_protocol_is_refused_at_its_first_octets(octets: bytes) -> None:
    async with serving(environment_limit_s=30, time_limit_s=30) as server, peer(server) as stranger:
        await stranger.send(octets)
        assert await stranger.receive() == b""
        await ended(server, Outcome.VIOLATION)


async def test_a_name_that_is_not_utf8_is_no_reason_to_leave_a_caller_alone() -> None:
    async with serving() as server, peer(server) as asterisk:
        await asterisk.send(environment(agi_calleridname='\xd5\xc5\xc8\xfd (") HANGUP hangup'))
        assert (await asterisk.receive()).startswith(b"SET VARIABLE")


async def test_facts_that_the_handler_refuses_are_a_violation_and_said_within_the_limit_of_lines() -> None:
    def refuse(_request: AgiRequest) -> Answer:
        raise RefusedFactsError("trunk: malformed")

    with capture_logs() as logs:
        async with serving(refuse, lines_a_minute=2) as server:
            for times in range(1, 6):
                async with peer(server) as asterisk:
                    await asterisk.send(DIP)
                    await ended(server, Outcome.VIOLATION, times)
    assert [entry["reason"] for entry in logs] == ["trunk: malformed"] * 2


# An end of the environment that somebody else wrote: what of it shows, and when.


async def forged_end(server: AgiServer, rest: bytes, *, in_one_write: bool) -> bytes:
    """Send a whole environment with something behind it; return what the server says."""
    async with peer(server) as asterisk:
        if in_one_write:
            await asterisk.send(DIP + rest)
        else:
            await asterisk.send(DIP)
            await asterisk.send(rest)
        return await asterisk.receive()


REST = b"agi_callingpres: 0\nagi_arg_1: called=110\n\n"


@pytest.mark.parametrize("rest", [REST, b"200 result=1\n", b"\n", b"520-x\n"])
async def test_octets_in_the_same_read_make_the_environment_worthless(rest: bytes) -> None:
    async with serving() as server:
        assert await forged_end(server, rest, in_one_write=True) == b""
        await ended(server, Outcome.VIOLATION)


async def arriving_meanwhile(rest: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[bytes, AgiServer]:
    """Let `rest` reach us after the read that ended the environment and before our answer is written."""
    more_is_there = agi_connection.AgiConnection._more_is_there
    forger: list[Peer] = []

    def later(connection: agi_connection.AgiConnection) -> bool:
        if rest and forger:
            forger.pop().socket.sendall(rest)
        return more_is_there(connection)

    monkeypatch.setattr(agi_connection.AgiConnection, "_more_is_there", later)
    async with serving(time_limit_s=0.5) as server, peer(server) as asterisk:
        forger.append(asterisk)
        await asterisk.send(DIP)
        said = await asterisk.receive()
        return said, server


@pytest.mark.parametrize("rest", [REST, b"200 result=1\n", b"\n", b"agi"])
async def test_octets_that_come_between_the_read_and_the_answer_make_it_worthless_too(
    rest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, server = await arriving_meanwhile(rest, monkeypatch)
    assert said == b""
    assert server.counters.answered == 0


@pytest.mark.parametrize("rest", [b"HANGUP\n", b"HANGUP\nHANGUP\n"])
async def test_a_hangup_that_comes_in_between_does_not_cost_the_call_its_answer(
    rest: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, _ = await arriving_meanwhile(rest, monkeypatch)
    assert said == b'SET VARIABLE VERDICT "12315"\n'


async def test_half_a_hangup_is_waited_for() -> None:
    async with serving() as server, peer(server) as asterisk:
        await asterisk.send(DIP + b"HANG")
        await asyncio.sleep(0.02)
        assert server.counters.violations == 0
        await asterisk.send(b"UP\n")
        assert await asterisk.receive() == b'SET VARIABLE VERDICT "12315"\n'


async def test_lines_that_come_after_the_answer_had_gone_end_the_session_and_the_log_says_so() -> None:
    with capture_logs() as logs:
        async with serving() as server, peer(server) as asterisk:
            await asterisk.send(DIP)
            assert await asterisk.receive()
            await asterisk.send(REST)
            await ended(server, Outcome.VIOLATION)
    assert [entry["answer_had_gone"] for entry in logs] == [True]


async def test_two_replies_at_once_are_a_violation() -> None:
    async with serving() as server, peer(server) as asterisk:
        await asterisk.send(DIP)
        await asterisk.receive()
        await asterisk.send(ACCEPTED + ACCEPTED)
        await ended(server, Outcome.VIOLATION)


# Too many of them.


async def test_when_it_is_full_the_oldest_that_says_nothing_makes_room() -> None:
    async with (
        serving(max_sessions=3, environment_limit_s=30) as server,
        contextlib.AsyncExitStack() as open_,
    ):
        oldest, *_ = [await open_.enter_async_context(peer(server)) for _ in range(3)]
        await a_dip_is_answered(server)
        assert await oldest.receive() == b""
        assert server.counters.crowded_out == 1


async def test_when_all_are_calls_the_newcomer_is_refused() -> None:
    async with serving(max_sessions=2) as server, contextlib.AsyncExitStack() as open_:
        for _ in range(2):
            call = await open_.enter_async_context(peer(server))
            await call.send(DIP)
            assert await call.receive()
        newcomer = await open_.enter_async_context(peer(server))
        assert await newcomer.receive() == b""
        assert (server.counters.refused_full, server.counters.crowded_out) == (1, 0)


async def test_a_peer_from_elsewhere_makes_nobody_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(max_sessions=1, environment_limit_s=30) as server, peer(server) as waiting:
        await waiting.send(DIP[:50])
        async with asyncio.timeout(SOON_S):
            while server.open_sessions < 1:  # noqa: ASYNC110 - a counter has no event
                await asyncio.sleep(0.005)
        monkeypatch.setattr(server, "_is_allowed", lambda _host: False)
        async with peer(server) as stranger:
            assert await stranger.receive() == b""
        assert (server.counters.refused_peer, server.counters.crowded_out) == (1, 0)
        await waiting.send(DIP[50:])
        assert await waiting.receive() == b'SET VARIABLE VERDICT "12315"\n'


def test_three_thousand_idle_connections_do_not_keep_a_dip_waiting() -> None:
    # Both ends are in this process.
    if file_limit.room_for(6500) < 6500:
        pytest.skip("the system allows too few open files")

    async def idle() -> None:
        async with (
            serving(environment_limit_s=60, time_limit_s=60) as server,
            contextlib.AsyncExitStack() as open_,
        ):
            for _ in range(3000):
                await open_.enter_async_context(peer(server))
            took = []
            for _ in range(50):
                began = asyncio.get_running_loop().time()
                await a_dip_is_answered(server)
                took.append(asyncio.get_running_loop().time() - began)
            assert server.counters.answered == 50
            assert sorted(took)[25] < 0.1
            assert server.open_sessions >= 3000

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(idle())


async def test_complaints_are_summed_up_when_the_minute_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callrouter.asterisk_link.quiet._MINUTE_S", 0.1)
    with capture_logs() as logs:
        async with serving(lines_a_minute=1, environment_limit_s=0.1) as server:
            for times in range(1, 5):
                async with peer(server) as stranger:
                    await stranger.send(b"GET /\n")
                    await ended(server, Outcome.VIOLATION, times)
            async with asyncio.timeout(SOON_S):
                while not any("lines_left_out" in entry for entry in logs):  # noqa: ASYNC110 - a list has no event
                    await asyncio.sleep(0.01)
    assert (
        sum(entry.get("lines_left_out", 0) for entry in logs) + sum("reason" in entry for entry in logs) == 4
    )


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "room", "raised_to"),
    [
        (1024, 524288, 4096, 4096, 4352),
        (1024, 1024, 4096, 768, None),
        (1024, 2048, 4096, 1792, 2048),
        (65536, 65536, 4096, 4096, None),
        (100, 100, 4096, 1, None),
        (-1, -1, 4096, 4096, None),
        (1024, -1, 4096, 4096, 4352),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_is_needed_and_allowed(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, wanted: int, room: int, raised_to: int | None
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, limits: raised.append(limits))
    assert file_limit.room_for(wanted) == room
    assert [limit for limit, _ in raised if limit != soft] == ([] if raised_to is None else [raised_to])


FLOODS = {
    "close": (b"", Outcome.LEFT),
    "silent": (None, Outcome.TOO_SLOW),
    "garbage": (b"\x16\x03\x01" * 50, Outcome.VIOLATION),
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_does_not_keep_the_dips_of_a_steady_rate_waiting(kind: str) -> None:
    # The whole size is in benchmarks/floods.py; here both ends share one thread, so the bound is a generous one.
    octets, outcome = FLOODS[kind]
    sessions = 600

    async def flood(server: AgiServer) -> None:
        async with contextlib.AsyncExitStack() as silent:
            for _ in range(sessions):
                if octets is None:
                    await silent.enter_async_context(peer(server))
                    continue
                async with peer(server) as stranger:
                    if octets:
                        with contextlib.suppress(ConnectionError):
                            await stranger.send(octets)
            await ended(server, outcome, sessions)

    async def dips_meanwhile() -> None:
        async with serving(environment_limit_s=0.3) as server:
            flooding, took = asyncio.create_task(flood(server)), []
            while not flooding.done():
                began = asyncio.get_running_loop().time()
                await a_dip_is_answered(server)
                took.append(asyncio.get_running_loop().time() - began)
                await asyncio.sleep(0.01)
            await flooding
            assert server.counters.answered == len(took)
            assert getattr(server.counters, outcome.value) == sessions
            assert server.counters.sessions == sessions + len(took)
            assert len(took) >= 5
            assert max(took) < 1.0

    with capture_logs() as logs, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(dips_meanwhile())
    assert len(logs) <= 60
