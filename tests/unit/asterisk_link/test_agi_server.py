"""The FastAGI server over real sockets on loopback."""

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import fields

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.asterisk_link.agi_dip import (
    LOOPBACK,
    TIME_LIMIT_S,
    AgiCounters,
    AgiRequest,
    AgiService,
    Answer,
    Handler,
    Network,
    Outcome,
)
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.log import call_in_hand

ENVIRONMENT = (
    b"agi_network: yes\nagi_network_script: arrival\nagi_callerid: 13800138000\n"
    b"agi_arg_1: called=%2B8612315\n\n"
)
SCRIPTS = {"arrival": ("called", "call_id")}
CALL_ID = "node1-1795339777.2"
CALL = ENVIRONMENT.replace(b"\n\n", f"\nagi_arg_2: call_id={CALL_ID}\n\n".encode())
SOON_S = 5.0


def route(request: AgiRequest) -> Answer:
    return Answer("VERDICT", f"{request.script}:{request.arguments['called']}")


class Bench:
    """A running server and its outcomes in order."""

    def __init__(self, handler: Handler, time_limit_s: float, allowed_peers: tuple[Network, ...]) -> None:
        self.outcomes: asyncio.Queue[tuple[Outcome, float]] = asyncio.Queue()
        self.server = AgiServer(
            AgiService(
                handler, SCRIPTS, self.finished, allowed_peers=allowed_peers, time_limit_s=time_limit_s
            )
        )

    def finished(self, outcome: Outcome, duration_s: float) -> None:
        self.outcomes.put_nowait((outcome, duration_s))

    async def outcome(self) -> Outcome:
        async with asyncio.timeout(SOON_S):
            outcome, duration_s = await self.outcomes.get()
        assert 0 <= duration_s < SOON_S
        return outcome


@contextlib.asynccontextmanager
async def serving(
    handler: Handler = route,
    *,
    time_limit_s: float = TIME_LIMIT_S,
    allowed_peers: tuple[Network, ...] = LOOPBACK,
) -> AsyncIterator[Bench]:
    bench = Bench(handler, time_limit_s, allowed_peers)
    await bench.server.start("127.0.0.1", 0)
    try:
        yield bench
    finally:
        async with asyncio.timeout(SOON_S):
            await bench.server.stop()
        assert bench.server.open_sessions == 0


class Asterisk:
    """The other end of one dip."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def read_line(self) -> bytes:
        async with asyncio.timeout(SOON_S):
            return await self.reader.readline()

    async def is_closed(self) -> bool:
        with contextlib.suppress(ConnectionResetError):
            async with asyncio.timeout(SOON_S):
                return await self.reader.read() == b""
        return True


@contextlib.asynccontextmanager
async def dip(bench: Bench) -> AsyncIterator[Asterisk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.server.port)
    try:
        yield Asterisk(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def test_a_dip_is_one_command_one_reply_and_a_close() -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        assert await asterisk.read_line() == b'SET VARIABLE VERDICT "arrival:+8612315"\n'
        asterisk.send(b"200 result=1\n")
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.ANSWERED
        assert bench.server.counters == AgiCounters(sessions=1, answered=1)


def test_a_dip_runs_on_uvloop_too() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_a_dip_is_one_command_one_reply_and_a_close())
        runner.run(test_draining_cuts_off_what_does_not_end())


async def test_connect_and_close_does_not_loop_or_leak() -> None:
    calls: list[AgiRequest] = []

    def remember(request: AgiRequest) -> Answer:
        calls.append(request)
        return route(request)

    async with serving(remember) as bench:
        for _ in range(20):
            async with dip(bench):
                pass
            assert await bench.outcome() is Outcome.LEFT
        assert bench.server.counters == AgiCounters(sessions=20, left=20)
        assert calls == []


async def test_a_peer_that_closes_only_its_own_end_is_let_go() -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT[:20])
        asterisk.writer.write_eof()
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.LEFT


async def test_a_hangup_before_the_reply_still_waits_for_the_reply() -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        await asterisk.read_line()
        asterisk.send(b"HANGUP\n")
        asterisk.send(b"200 result=1\n")
        assert await bench.outcome() is Outcome.ANSWERED


async def test_a_hangup_and_the_end_is_a_caller_who_went() -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT + b"HANGUP\nHANGUP\n")
        asterisk.writer.write_eof()
        assert await bench.outcome() is Outcome.HUNG_UP


@pytest.mark.parametrize("reply", [b"511 Command Not Permitted\n", b"200 result=0\n", b"520-x\n520 End\n"])
async def test_an_answer_that_asterisk_does_not_take_is_told_apart(reply: bytes) -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        await asterisk.read_line()
        asterisk.send(reply)
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.NOT_ACCEPTED


@pytest.mark.parametrize(
    "octets",
    [
        b"GET / HTTP/1.1\r\n\n\n",
        ENVIRONMENT.replace(b"arrival", b"nowhere"),
        ENVIRONMENT.replace(b"called=", b"evil="),
        ENVIRONMENT + b"200 result=1\n",
        b"\xff",
        b"agi_network: yes\nno\n\n",
    ],
)
async def test_what_our_dialplan_does_not_send_gets_no_answer(octets: bytes) -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(octets)
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.VIOLATION


async def test_a_failing_handler_ends_the_session_without_an_answer_and_without_personal_data() -> None:
    def fail(request: AgiRequest) -> Answer:
        raise KeyError(request.environment["agi_callerid"])

    with capture_logs() as logs:
        async with serving(fail) as bench, dip(bench) as asterisk:
            asterisk.send(ENVIRONMENT)
            assert await asterisk.is_closed()
            assert await bench.outcome() is Outcome.HANDLER_FAILED
    (entry,) = logs
    assert entry["error"] == "KeyError"
    assert entry["at"].startswith(f"{__name__}:")
    assert "13800138000" not in repr(logs)


@pytest.mark.parametrize(
    ("octets", "reply", "outcome"),
    [
        (CALL, b"", Outcome.TIMED_OUT),
        (CALL, b"511 Command Not Permitted\n", Outcome.NOT_ACCEPTED),
        (CALL, b"GET / HTTP/1.1\n", Outcome.VIOLATION),
        (CALL.replace(b"arrival", b"nowhere"), b"", Outcome.VIOLATION),
        (CALL.replace(b"called=", b"evil="), b"", Outcome.VIOLATION),
        (CALL.replace(b"%2B", b"\xff"), b"", Outcome.VIOLATION),
    ],
)
async def test_a_dip_that_gets_no_further_is_logged_with_its_call_id(
    octets: bytes, reply: bytes, outcome: Outcome
) -> None:
    with capture_logs() as logs:
        async with serving(time_limit_s=0.2) as bench, dip(bench) as asterisk:
            asterisk.send(octets)
            if reply:
                await asterisk.read_line()
                asterisk.send(reply)
            assert await bench.outcome() is outcome
    assert [entry["call_id"] for entry in logs] == [CALL_ID]


async def test_a_failed_handlers_log_carries_the_call_id() -> None:
    def fail(_request: AgiRequest) -> Answer:
        raise RuntimeError

    with capture_logs() as logs:
        async with serving(fail) as bench, dip(bench) as asterisk:
            asterisk.send(CALL)
            assert await bench.outcome() is Outcome.HANDLER_FAILED
    assert [entry["call_id"] for entry in logs] == [CALL_ID]


@pytest.mark.parametrize("call_id", ["", "%0Aforged", "138+", "x" * 81, "a=b", "呼".encode().hex("%")])
async def test_a_call_id_that_ours_cannot_be_is_not_logged(call_id: str) -> None:
    with capture_logs() as logs:
        async with serving(time_limit_s=0.05) as bench, dip(bench) as asterisk:
            asterisk.send(CALL.replace(CALL_ID.encode(), call_id.encode()))
            assert await bench.outcome() in (Outcome.TIMED_OUT, Outcome.VIOLATION)
    assert [entry["call_id"] for entry in logs] == [None]


async def test_a_dip_without_a_call_id_is_logged_without_one() -> None:
    with capture_logs() as logs:
        async with serving(time_limit_s=0.05) as bench, dip(bench) as asterisk:
            asterisk.send(ENVIRONMENT)
            assert await bench.outcome() is Outcome.TIMED_OUT
    assert [entry["call_id"] for entry in logs] == [None]


@pytest.mark.parametrize("fails", [False, True])
async def test_what_the_handler_logs_has_the_call_id_and_what_comes_after_has_not(fails: bool) -> None:
    contexts: list[str | None] = []

    def handler(_request: AgiRequest) -> Answer:
        contexts.append(call_in_hand.get())
        if fails:
            raise RuntimeError
        return Answer("VERDICT", "x")

    def finished(_outcome: Outcome, _duration_s: float) -> None:
        contexts.append(call_in_hand.get())
        over.set()

    over = asyncio.Event()
    server = AgiServer(AgiService(handler, SCRIPTS, finished))
    await server.start("127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(CALL)
        async with asyncio.timeout(SOON_S):
            if await reader.readline():
                writer.write(b"200 result=1\n")
            await over.wait()
        writer.close()
    finally:
        await server.stop()
    assert contexts == [CALL_ID, None]


async def test_an_answer_that_must_not_be_sent_is_not_sent() -> None:
    async with serving(lambda _: Answer("VERDICT", "a\r\nHANGUP")) as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.HANDLER_FAILED


async def test_a_peer_that_never_reads_nor_replies_is_cut_off_at_the_time_limit() -> None:
    async with serving(time_limit_s=0.05) as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        assert await bench.outcome() is Outcome.TIMED_OUT
        await asterisk.is_closed()


async def test_an_answered_dip_leaves_no_alarm_behind() -> None:
    limit_s = 0.2
    with capture_logs() as logs:
        async with serving(time_limit_s=limit_s) as bench, dip(bench) as asterisk:
            asterisk.send(ENVIRONMENT)
            await asterisk.read_line()
            asterisk.send(b"200 result=1\n")
            assert await bench.outcome() is Outcome.ANSWERED
            await asyncio.sleep(limit_s)  # past the moment at which the alarm would have gone off
    assert logs == []


async def test_a_peer_from_elsewhere_is_refused() -> None:
    elsewhere = (ipaddress.ip_network("192.0.2.0/24"),)
    async with serving(allowed_peers=elsewhere) as bench, dip(bench) as asterisk:
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.REFUSED_PEER


async def test_draining_lets_an_open_dip_finish_and_takes_no_new_one() -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        await asterisk.read_line()
        port = bench.server.port
        draining = asyncio.create_task(bench.server.drain(SOON_S))
        await asyncio.sleep(0)
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.1", port)
        assert not draining.done()
        asterisk.send(b"200 result=1\n")
        await draining
        assert await bench.outcome() is Outcome.ANSWERED


async def test_draining_cuts_off_what_does_not_end() -> None:
    async with serving() as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        await asterisk.read_line()
        await bench.server.drain(0.05)
        assert await bench.outcome() is Outcome.CUT_OFF
        assert await asterisk.is_closed()


def test_every_outcome_has_its_counter() -> None:
    assert {outcome.value for outcome in Outcome} | {"sessions"} == {
        field.name for field in fields(AgiCounters)
    }


async def test_a_server_that_does_not_listen_has_no_port() -> None:
    with pytest.raises(RuntimeError, match="start"):
        _ = AgiServer(AgiService(route, SCRIPTS)).port
