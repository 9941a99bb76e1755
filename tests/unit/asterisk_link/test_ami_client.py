"""The AMI client against a double of Asterisk on loopback."""

import asyncio

import pytest
import uvloop
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_client import AmiState
from callrouter.asterisk_link.ami_double import BANNER, FULLY_BOOTED, Action, AmiDouble, Connection
from callrouter.asterisk_link.ami_errors import (
    AmiAuthenticationFailed,
    AmiLost,
    AmiRefused,
    AmiTimeout,
)
from callrouter.asterisk_link.ami_events import SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_messages import AmiActionError, AmiMessage
from tests.unit.asterisk_link.observed_ami import SOON_S, Observed, answering, idle, observed_client


async def test_ready_means_logged_in_and_booted() -> None:
    booted = asyncio.Event()

    async def boot_slowly(connection: Connection) -> None:
        connection.write(BANNER)
        connection.answer(await connection.action(), "Success")
        await booted.wait()
        connection.write(FULLY_BOOTED)
        connection.answer_settings(await connection.action())
        await connection.action()

    async with observed_client(AmiDouble(boot_slowly)) as observed:
        await observed.until(AmiState.CONNECTED)
        with pytest.raises(AmiLost):
            await observed.ami.action("QueueStatus")
        booted.set()
        await observed.ami.wait_ready()
        assert observed.states == [AmiState.CONNECTED, AmiState.READY]
    assert observed.states[-1] is AmiState.CLOSED


def test_the_client_runs_on_uvloop_too() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_ready_means_logged_in_and_booted())
        runner.run(test_an_unanswered_action_is_not_sent_again_after_a_reconnect())
        runner.run(test_nobody_listening_is_a_lost_link())


async def test_an_asterisk_that_never_boots_is_tried_again() -> None:
    async def never(connection: Connection) -> None:
        connection.write(BANNER)
        connection.answer(await connection.action(), "Success")
        await connection.action()

    async with observed_client(AmiDouble(never, idle), booted_s=0.05) as observed:
        await observed.ami.wait_ready()
        assert AmiState.LOST in observed.states


async def test_an_action_returns_its_answer() -> None:
    async with observed_client(
        AmiDouble(answering("Success", "Output: a\r\nOutput: \r\nOutput: 值\r\n"))
    ) as observed:
        await observed.ami.wait_ready()
        response = await observed.ami.action("Command", {"Command": "queue show"})
        assert response.output == ("a", "", "值")


async def test_a_list_action_returns_its_items() -> None:
    member = "Event: QueueMember\r\nActionID: MINE\r\nName: {}\r\n\r\n"
    complete = "Event: QueueStatusComplete\r\nActionID: MINE\r\nEventList: Complete\r\n\r\n"
    items = member.format("一") + member.format("二") + complete
    async with observed_client(AmiDouble(answering("Success", "EventList: start\r\n", items))) as observed:
        await observed.ami.wait_ready()
        response = await observed.ami.action("QueueStatus", {"Queue": "hotline"})
        assert [item.get("Name") for item in response.items] == ["一", "二"]


async def test_a_refused_action_says_so_and_its_text_holds_no_value() -> None:
    async with observed_client(AmiDouble(answering("Error", "Message: No such 13800138000\r\n"))) as observed:
        await observed.ami.wait_ready()
        with pytest.raises(AmiRefused) as raised:
            await observed.ami.action("Hangup", {"Channel": "PJSIP/13800138000"})
        assert raised.value.response.get("Message") == "No such 13800138000"
        assert "13800" not in str(raised.value)


async def test_an_injection_is_refused_before_anything_is_sent() -> None:
    seen: list[Action] = []

    async def watch(connection: Connection) -> None:
        await connection.log_in()
        while True:
            seen.append(await connection.action())
            connection.answer(seen[-1], "Success")

    async with observed_client(AmiDouble(watch)) as observed:
        await observed.ami.wait_ready()
        with pytest.raises(AmiActionError):
            await observed.ami.action("Hangup", {"Channel": "x\r\nAction: Originate\r\n"})
        await observed.ami.action("Status")
    assert [action["Action"] for action in seen] == ["Status"]


async def test_an_unanswered_action_times_out_and_its_late_answer_fits_no_other() -> None:
    async def late(connection: Connection) -> None:
        await connection.log_in()
        first = await connection.action()
        second = await connection.action()
        connection.answer(first, "Error")
        connection.answer(second, "Success", "Mine: yes\r\n")
        await connection.action()

    async with observed_client(AmiDouble(late)) as observed:
        await observed.ami.wait_ready()
        with pytest.raises(AmiTimeout):
            await observed.ami.action("Originate", timeout_s=0.05)
        assert (await observed.ami.action("Status")).get("Mine") == "yes"


async def test_an_unanswered_action_is_not_sent_again_after_a_reconnect() -> None:
    originates: list[Action] = []

    async def die(connection: Connection) -> None:
        await connection.log_in()
        originates.append(await connection.action())

    async def live(connection: Connection) -> None:
        await connection.log_in()
        while True:
            action = await connection.action()
            if action["Action"] == "Originate":
                originates.append(action)
            connection.answer(action, "Success")

    async with observed_client(AmiDouble(die, live)) as observed:
        await observed.ami.wait_ready()
        with pytest.raises(AmiLost):
            await observed.ami.action("Originate", {"Channel": "Local/1@x"})
        await observed.until(AmiState.READY, 2)
        await observed.ami.action("Status")
        assert len(originates) == 1


async def test_a_half_open_link_is_noticed_and_replaced() -> None:
    async def fall_silent(connection: Connection) -> None:
        await connection.log_in()
        while await connection.reader.read(1024):
            pass

    async with observed_client(AmiDouble(fall_silent, idle), ping_every_s=0.05) as observed:
        await observed.until(AmiState.READY, 2)
        assert observed.states[:3] == [AmiState.CONNECTED, AmiState.READY, AmiState.LOST]


async def test_a_wrong_password_is_a_clear_state_with_long_bounded_waits() -> None:
    async def refuse(connection: Connection) -> None:
        connection.write(BANNER)
        connection.answer(await connection.action(), "Error", "Message: Authentication failed\r\n")

    asterisk = AmiDouble(refuse)
    with capture_logs() as logs:
        async with observed_client(asterisk, "hunter2") as observed:
            with pytest.raises(AmiAuthenticationFailed):
                await observed.ami.wait_ready()
            await observed.until(AmiState.AUTHENTICATION_FAILED, 5)
            with pytest.raises(AmiLost):
                await observed.ami.action("Status")
    assert asterisk.accepted == len(observed.waits) == 5
    for wait, whole in zip(observed.waits, (30, 60, 120, 240, 480), strict=True):
        assert whole / 2 <= wait <= whole
    assert {log["state"] for log in logs if log["log_level"] == "error"} == {"authentication_failed"}
    assert "hunter2" not in repr(logs) + repr(observed.ami)


@pytest.mark.parametrize("greeting", ["HTTP/1.1 400 Bad Request\r\n\r\n", ""])
async def test_a_peer_that_is_no_asterisk_is_tried_again_later_and_later(greeting: str) -> None:
    async def strange(connection: Connection) -> None:
        connection.write(greeting)

    async with observed_client(AmiDouble(strange)) as observed:
        await observed.until(AmiState.LOST, 5)
        assert AmiState.READY not in observed.states
    for wait, whole in zip(observed.waits, (0.25, 0.5, 1, 2, 4), strict=True):
        assert whole / 2 <= wait <= whole


async def test_nobody_listening_is_a_lost_link() -> None:
    probe = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    observed = Observed(port)
    async with asyncio.timeout(SOON_S), observed.ami:
        await observed.until(AmiState.LOST)


async def test_events_arrive_in_order_with_a_mark_where_some_are_missing() -> None:
    async def burst(connection: Connection) -> None:
        await connection.log_in()
        await connection.action()
        for number in range(20):
            connection.asterisk.tell("E", N=str(number))
            connection.asterisk.tell("TestEvent", State="x", Data="y")

    async with observed_client(AmiDouble(burst, idle)) as observed:
        await observed.ami.wait_ready()
        with pytest.raises(AmiLost):
            await observed.ami.action("Status")
        await observed.until(AmiState.READY, 2)
    news = [each async for each in observed.ami.events]
    numbers = [each.get("N") for each in news if isinstance(each, AmiMessage) and each.name == "E"]
    marks = [place for place, each in enumerate(news) if each == SnapshotNeeded(SnapshotReason.LINK_READY)]
    assert numbers == [str(n) for n in range(20)]
    assert len(marks) == 2
    assert marks[1] == len(news) - 1
    assert not any(isinstance(each, AmiMessage) and each.name == "TestEvent" for each in news)


async def test_a_follower_that_does_not_read_stalls_neither_the_link_nor_its_answers() -> None:
    told = f"Privilege: agent,all\r\nSystemName: {AmiDouble().boot_name}\r\n"
    flood = "".join(f"Event: E\r\n{told}N: {n}\r\n\r\n" for n in range(5000))
    async with observed_client(AmiDouble(answering("Success", behind=flood)), ping_every_s=0.02) as observed:
        await observed.ami.wait_ready()
        for _ in range(3):
            await observed.ami.action("Status")
        assert observed.states == [AmiState.CONNECTED, AmiState.READY]
        assert observed.ami.events.dropped > 4000


async def test_a_cancelled_action_leaves_nothing_behind() -> None:
    async with observed_client(AmiDouble(idle)) as observed:
        await observed.ami.wait_ready()
        waiting = asyncio.create_task(observed.ami.action("Status"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        link = observed.ami._link
        assert link is not None
        assert link._futures == {}


async def test_closing_fails_what_waits_and_ends_the_events() -> None:
    async with observed_client(AmiDouble(idle)) as observed:
        await observed.ami.wait_ready()
        waiting = asyncio.create_task(observed.ami.action("Status"))
        await asyncio.sleep(0)
    with pytest.raises(AmiLost):
        await waiting
    with pytest.raises(AmiLost):
        await observed.ami.wait_ready()
