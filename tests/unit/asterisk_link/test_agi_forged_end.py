"""An end of the environment that somebody else wrote: what of it shows, and when."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link import agi_connection
from callrouter.asterisk_link.agi_dip import Outcome
from callrouter.asterisk_link.agi_double import ACCEPTED
from callrouter.asterisk_link.agi_server import AgiServer
from tests.unit.asterisk_link.agi_peers import (
    DIP,
    Peer,
    ended,
    peer,
    serving,
)


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
