"""What the FastAGI server logs of a dip: its call id, nothing personal, nothing that a peer made up."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.agi_dip import (
    AgiRequest,
    AgiService,
    Answer,
    Outcome,
)
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.log import call_in_hand
from tests.unit.asterisk_link.agi_bench import (
    CALL,
    CALL_ID,
    ENVIRONMENT,
    SCRIPTS,
    SOON_S,
    dip,
    serving,
)


async def test_a_failing_handler_ends_the_session_without_an_answer_and_without_personal_data() -> None:
    def fail(request: AgiRequest) -> Answer:
        raise KeyError(request.arguments["called"])

    with capture_logs() as logs:
        async with serving(fail) as bench, dip(bench) as asterisk:
            asterisk.send(ENVIRONMENT)
            assert await asterisk.is_closed()
            assert await bench.outcome() is Outcome.HANDLER_FAILED
    (entry,) = logs
    assert entry["error"] == "KeyError"
    assert entry["at"].startswith(f"{__name__}:")
    assert "8612315" not in repr(logs)


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
        limit_s = 0.2 if outcome is Outcome.TIMED_OUT else SOON_S
        async with serving(time_limit_s=limit_s) as bench, dip(bench) as asterisk:
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
        async with serving(time_limit_s=0.3) as bench, dip(bench) as asterisk:
            asterisk.send(CALL.replace(CALL_ID.encode(), call_id.encode()))
            assert await bench.outcome() in (Outcome.TIMED_OUT, Outcome.VIOLATION)
    assert [entry["call_id"] for entry in logs] == [None]


async def test_a_dip_without_a_call_id_is_logged_without_one() -> None:
    with capture_logs() as logs:
        async with serving(time_limit_s=0.3) as bench, dip(bench) as asterisk:
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
