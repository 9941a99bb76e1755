"""The FastAGI server over real sockets on loopback."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import fields

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.asterisk_link.agi_dip import (
    AgiCounters,
    AgiRequest,
    AgiService,
    Answer,
    Outcome,
)
from callrouter.asterisk_link.agi_server import AgiServer
from tests.unit.asterisk_link.agi_bench import (
    ENVIRONMENT,
    SCRIPTS,
    SOON_S,
    dip,
    route,
    serving,
)


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


async def test_an_answer_that_must_not_be_sent_is_not_sent() -> None:
    async with serving(lambda _: Answer("VERDICT", "a\r\nHANGUP")) as bench, dip(bench) as asterisk:
        asterisk.send(ENVIRONMENT)
        assert await asterisk.is_closed()
        assert await bench.outcome() is Outcome.HANDLER_FAILED


async def test_a_peer_that_never_reads_nor_replies_is_cut_off_at_the_time_limit() -> None:
    async with serving(time_limit_s=0.3) as bench, dip(bench) as asterisk:
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
