"""More peers of the FastAGI server than there is room for, and more trouble than there should be lines of it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.asterisk_link import file_limit
from callrouter.asterisk_link.agi_dip import Outcome
from callrouter.asterisk_link.agi_server import AgiServer
from tests.unit.asterisk_link.agi_peers import (
    DIP,
    SOON_S,
    a_dip_is_answered,
    ended,
    peer,
    serving,
)


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


async def test_answers_that_are_not_taken_are_said_within_the_limit_of_lines() -> None:
    with capture_logs() as logs:
        async with serving(lines_a_minute=2) as server:
            for times in range(1, 6):
                async with peer(server) as asterisk:
                    await asterisk.send(DIP)
                    await asterisk.receive()
                    await asterisk.send(b"511 Command Not Permitted\n")
                    await ended(server, Outcome.NOT_ACCEPTED, times)
    assert [entry["code"] for entry in logs] == [511] * 2


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
