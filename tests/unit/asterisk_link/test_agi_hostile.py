"""Slow, large, strange and half-closed peers of the FastAGI server, over real sockets: each in its own outcome."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.asterisk_link.agi_dip import AgiRequest, Answer, Outcome, RefusedFactsError
from callrouter.asterisk_link.agi_double import ACCEPTED, environment
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES, MAX_REPLY_BYTES
from tests.unit.asterisk_link.agi_peers import (
    DIP,
    a_dip_is_answered,
    ended,
    peer,
    serving,
)


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


def test_a_peer_that_resets_before_it_is_accepted_has_left_and_is_no_stranger() -> None:
    async def reset() -> None:
        async with serving() as server:
            with socket.create_connection(("127.0.0.1", server.port)) as gone:
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await ended(server, Outcome.LEFT)
            assert server.counters.refused_peer == 0

    # On uvloop, which asks for the peer's address after it has accepted.
    with capture_logs() as logs, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(reset())
    assert logs == []
