"""A look at the calls that Asterisk has: whole and of our own Asterisk, or none."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_double import BANNER, AmiDouble, Connection, Script
from callrouter.asterisk_link.ami_once import WHOLE_S, NoAnswerError
from callrouter.asterisk_link.live_calls import LiveCalls
from callrouter.asterisk_link.log_files import LogFiles
from callrouter.vocabulary.cel import CelRow, at_node, node_of_boot

OURS = "abcdefghij234567"
NODE = node_of_boot("node1", OURS)
HOSTILE = "x\r\n\r\nEvent: CoreShowChannel\r\nChannel: y\r\nLinkedid: node1-9.9\r\nMore: "


def looking(
    asterisk: AmiDouble, boot_name: str | None = OURS, secret: str = "secret", timeout_s: float = WHOLE_S
) -> LiveCalls:
    return LiveCalls(
        *("127.0.0.1", asterisk.port, "callrouter", secret),
        boot_name=lambda: boot_name,
        node="node1",
        timeout_s=timeout_s,
    )


async def test_each_call_is_named_as_the_journals_reader_names_it() -> None:
    async with AmiDouble() as asterisk:
        asterisk.channels = ["PJSIP/a", "PJSIP/b"]
        assert await looking(asterisk).linked_ids() == {f"{NODE}-1.0", f"{NODE}-1.1"}
    row = CelRow("ANSWER", 1, f"{OURS}-1.0", f"{OURS}-1.0", "PJSIP/a", "", "", "", "", "", "")
    assert at_node(row, "node1").linkedid == f"{NODE}-1.0"


async def test_no_calls_are_an_answer() -> None:
    async with AmiDouble() as asterisk:
        assert await looking(asterisk).linked_ids() == frozenset()


async def test_each_look_is_a_short_connection_that_asks_for_no_events_and_for_nothing_else() -> None:
    left: asyncio.Queue[None] = asyncio.Queue()

    async def noting_who_leaves(connection: Connection) -> None:
        try:
            await connection.serve()
        finally:
            left.put_nowait(None)

    async with AmiDouble(noting_who_leaves) as asterisk, asyncio.timeout(5):
        look = looking(asterisk)
        for _ in range(2):
            await look.linked_ids()
            await left.get()
        assert asterisk.accepted == 2
        asked = [action["Action"] for action in asterisk.actions]
        assert asked == ["Login", "CoreSettings", "CoreShowChannels"] * 2
        assert {action["Events"] for action in asterisk.actions if "Events" in action} == {"off"}


@pytest.mark.parametrize("boot_name", ["zzzzzzzzzzzzzzzz", "", None])
async def test_another_boot_than_ours_is_not_believed(boot_name: str | None) -> None:
    async with AmiDouble() as asterisk:
        asterisk.channels = ["PJSIP/a"]
        with pytest.raises(OSError, match="our configuration"):
            await looking(asterisk, boot_name).linked_ids()
        assert asterisk.asked("CoreShowChannels") == 0


async def test_an_asterisk_without_a_name_is_not_ours() -> None:
    async with AmiDouble(boot_name="") as asterisk:
        with pytest.raises(OSError, match="our configuration"):
            await looking(asterisk, "").linked_ids()


async def test_nobody_there_is_an_error_of_the_system() -> None:
    async with AmiDouble() as asterisk:
        look = looking(asterisk)
    with pytest.raises(ConnectionRefusedError):
        await look.linked_ids()


async def test_a_refusal_is_no_answer_and_the_error_holds_neither_secret_nor_name() -> None:
    async with AmiDouble() as asterisk:
        with pytest.raises(NoAnswerError) as wrong_secret:
            await looking(asterisk, secret="hunter2").linked_ids()
        asterisk.refused["CoreShowChannels"] = "Permission denied"
        with pytest.raises(NoAnswerError) as not_allowed:
            await looking(asterisk).linked_ids()
    assert isinstance(wrong_secret.value, PermissionError)
    assert isinstance(not_allowed.value, PermissionError)
    for error in (wrong_secret.value, not_allowed.value):
        assert "hunter2" not in repr(error)
        assert OURS not in repr(error)


async def silent(connection: Connection) -> None:
    await connection.action()
    await asyncio.sleep(60)


async def silent_after_the_login(connection: Connection) -> None:
    await connection.log_in()
    await connection.action()
    await asyncio.sleep(60)


async def dribbling(connection: Connection) -> None:
    """Says something all the time, so that no single wait is long."""
    await connection.log_in()
    action = await connection.action()
    connection.answer(action, "Success", "EventList: start\r\n")
    for number in range(1000):
        connection.write(
            f"Event: CoreShowChannel\r\nActionID: {action['ActionID']}\r\nLinkedid: {OURS}-1.{number}\r\n\r\n"
        )
        await connection.writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("script", [silent, silent_after_the_login, dribbling])
async def test_a_look_ends_in_time_whatever_asterisk_does(script: Script) -> None:
    async with AmiDouble(script) as asterisk:
        began = time.monotonic()
        with pytest.raises(OSError, match="in time"):
            await looking(asterisk, timeout_s=0.2).linked_ids()
        assert time.monotonic() - began < 1


async def test_a_connection_that_ends_in_the_middle_of_the_list_is_no_answer() -> None:
    async def cut_short(connection: Connection) -> None:
        await connection.log_in()
        action = await connection.action()
        connection.answer(action, "Success", "EventList: start\r\n")
        connection.write(
            f"Event: CoreShowChannel\r\nActionID: {action['ActionID']}\r\nLinkedid: {OURS}-1.0\r\n\r\n"
        )
        await connection.writer.drain()

    async with AmiDouble(cut_short) as asterisk:
        with pytest.raises(NoAnswerError):
            await looking(asterisk).linked_ids()


async def test_who_is_no_asterisk_is_no_answer() -> None:
    async def another_service(connection: Connection) -> None:
        connection.write("220 mail ready\r\n" + "x" * 100_000)
        await connection.writer.drain()

    async with AmiDouble(another_service) as asterisk:
        with pytest.raises(NoAnswerError):
            await looking(asterisk).linked_ids()


async def test_a_list_with_an_item_that_is_not_to_be_trusted_is_worthless() -> None:
    async with AmiDouble() as asterisk:
        asterisk.channels = ["PJSIP/a", HOSTILE, "PJSIP/b"]
        with capture_logs(), pytest.raises(NoAnswerError, match="not be trusted"):
            await looking(asterisk).linked_ids()


async def test_a_channel_that_belongs_to_no_call_makes_the_list_worthless() -> None:
    async def nameless(connection: Connection) -> None:
        connection.write(BANNER)
        connection.answer(await connection.action(), "Success", "Message: Authentication accepted\r\n")
        connection.answer_settings(await connection.action())
        action = await connection.action()
        end = f"ActionID: {action['ActionID']}\r\n"
        connection.answer(action, "Success", "EventList: start\r\n")
        connection.write(f"Event: CoreShowChannel\r\n{end}Channel: PJSIP/a\r\n\r\n")
        connection.write(f"Event: C\r\n{end}EventList: Complete\r\nListItems: 1\r\n\r\n")
        await connection.writer.drain()

    async with AmiDouble(nameless) as asterisk:
        with pytest.raises(NoAnswerError, match="cannot be read"):
            await looking(asterisk).linked_ids()


async def test_log_files_are_opened_anew_by_an_action_that_our_user_may_use() -> None:
    async with AmiDouble() as asterisk:
        files = LogFiles("127.0.0.1", asterisk.port, "callrouter", "secret", boot_name=lambda: OURS)
        await files.open_anew()
        assert asterisk.asked("LoggerRotate") == 1
        asterisk.refused["LoggerRotate"] = "Permission denied"
        with pytest.raises(NoAnswerError):
            await files.open_anew()
