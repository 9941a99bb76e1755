"""Which Asterisk is ours, and which of its messages: the client against a double with another name, and forgeries."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_client import FOLLOWED_CLASSES, AmiClient, AmiState
from callrouter.asterisk_link.ami_counters import AmiCounters
from callrouter.asterisk_link.ami_double import BANNER, FULLY_BOOTED, AmiDouble, Connection
from callrouter.asterisk_link.ami_errors import AmiLost
from callrouter.asterisk_link.ami_events import AmiNews, SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_messages import AmiMessage
from callrouter.asterisk_link.ami_trust import Distrust

OURS, ANOTHER = "abcdefghij234567", "zzzzzzzzzzzzzzzz"
NEW_LINK = SnapshotNeeded(SnapshotReason.LINK_READY)
DISTRUST = SnapshotNeeded(SnapshotReason.DISTRUST)


@contextlib.asynccontextmanager
async def client(
    asterisk: AmiDouble,
    boot_name: Callable[[], str | None] = lambda: OURS,
    sleep: Callable[[float], Awaitable[None]] = lambda _seconds: asyncio.sleep(0),
) -> AsyncIterator[AmiClient]:
    async with asterisk:
        ami = AmiClient(
            *("127.0.0.1", asterisk.port, "callrouter", "secret"),
            boot_name=boot_name,
            chance=random.Random(1),
            sleep=sleep,
        )
        async with asyncio.timeout(5), ami:
            yield ami


async def news_until_pong(ami: AmiClient) -> list[AmiNews]:
    """What was handed on of all that was told before; the mark of the new link is checked and left out."""
    await ami.action("Ping")
    first = await anext(ami.events)
    assert first == NEW_LINK
    ami.events.close()
    return [news async for news in ami.events]


async def test_only_the_followed_classes_of_events_are_asked_for() -> None:
    asterisk = AmiDouble()
    async with client(asterisk) as ami:
        await ami.wait_ready()
    assert [action["Events"] for action in asterisk.actions if action["Action"] == "Login"] == [
        FOLLOWED_CLASSES
    ]


@pytest.mark.parametrize("expected", [ANOTHER, "", None, OURS[:-1], OURS.upper()])
async def test_an_asterisk_with_another_name_is_never_ready_and_tried_again_after_bounded_waits(
    expected: str | None,
) -> None:
    waits: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 8:
            enough.set()
        await asyncio.sleep(0 if len(waits) < 8 else 60)

    with capture_logs() as logs:
        async with client(AmiDouble(), lambda: expected, sleep) as ami:
            await enough.wait()
            assert ami.state is AmiState.WRONG_BOOT_NAME
            with pytest.raises(AmiLost):
                await ami.action("QueueStatus")
            ami.events.close()
            assert [news async for news in ami.events] == []
    for wait, whole in zip(waits, (1, 2, 4, 8, 16, 30, 30, 30), strict=True):
        assert whole / 2 <= wait <= whole
    (told,) = {log["reason"] for log in logs if log["log_level"] == "error"}
    assert "restart Asterisk after rendering" in told
    assert OURS not in repr(logs)
    assert ANOTHER not in repr(logs)


async def test_an_asterisk_that_does_not_tell_its_name_is_not_ours() -> None:
    asterisk = AmiDouble()
    asterisk.refused["CoreSettings"] = "Permission denied"
    tried = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        tried.set()
        await asyncio.sleep(60)

    async with client(asterisk, sleep=sleep) as ami:
        await tried.wait()
        assert ami.state is AmiState.WRONG_BOOT_NAME


@pytest.mark.parametrize("boot_name", ["", None])
async def test_no_name_on_either_side_is_no_match(boot_name: str | None) -> None:
    tried = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        tried.set()
        await asyncio.sleep(60)

    async with client(AmiDouble(boot_name=""), lambda: boot_name, sleep) as ami:
        await tried.wait()
        assert ami.state is AmiState.WRONG_BOOT_NAME


async def test_the_name_is_asked_for_at_each_connection_so_that_a_restart_mends_it() -> None:
    names = iter([None, ANOTHER, OURS])
    async with client(AmiDouble(), lambda: next(names)) as ami:
        await ami.wait_ready()
        assert ami.state is AmiState.READY


async def test_what_is_told_before_the_link_is_ready_is_not_handed_on() -> None:
    async def early(connection: Connection) -> None:
        connection.write(BANNER)
        login = await connection.action()
        connection.is_logged_in = True
        connection.asterisk.tell("Early")
        connection.answer(login, "Success")
        connection.write(FULLY_BOOTED)
        settings = await connection.action()
        connection.asterisk.tell("Early")
        connection.answer_settings(settings)
        await connection.action()

    async with client(AmiDouble(early)) as ami:
        await ami.wait_ready()
        assert await news_until_pong(ami) == []


@pytest.mark.parametrize(
    "forged",
    [
        "Event: Hangup\r\nChannel: PJSIP/13800138000\r\n\r\n",
        f"Event: Hangup\r\nPrivilege: call,all\r\nSystemName: {ANOTHER}\r\nChannel: x\r\n\r\n",
        FULLY_BOOTED,
        "Response: Success\r\nActionID: 1\r\n\r\n",
    ],
)
async def test_a_forged_message_is_counted_and_leaves_a_gap_but_is_never_handed_on(forged: str) -> None:
    asterisk = AmiDouble()
    async with client(asterisk) as ami:
        await ami.wait_ready()
        asterisk.tell("QueueCallerJoin")
        await ami.action("Ping")
        asterisk.write(forged)
        asterisk.tell("QueueCallerLeave")
        told = await news_until_pong(ami)
    assert [each.name if isinstance(each, AmiMessage) else each for each in told] == [
        "QueueCallerJoin",
        DISTRUST,
        "QueueCallerLeave",
    ]
    # It stands where only a half of the pong could stand.
    assert ami.counters.by_fault == {Distrust.CUT_BEFORE: 1, Distrust.FORGED: 1}


async def test_an_event_with_a_header_twice_is_dropped_whole_and_leaves_a_gap() -> None:
    asterisk = AmiDouble()
    async with client(asterisk) as ami:
        await ami.wait_ready()
        asterisk.tell("QueueCallerJoin", CallerIDNum="1\r\nUniqueid: 2", Uniqueid="3")
        assert await news_until_pong(ami) == [DISTRUST]
    assert ami.counters.by_fault == {Distrust.REPEATED_HEADER: 1}


async def test_a_storm_of_forgeries_is_one_gap_and_one_line_of_log_without_what_they_hold() -> None:
    asterisk = AmiDouble()
    with capture_logs() as logs:
        async with client(asterisk) as ami:
            await ami.wait_ready()
            asterisk.write("Event: Hangup\r\nChannel: PJSIP/13800138000\r\n\r\n" * 1000)
            assert await news_until_pong(ami) == [DISTRUST]
    (line,) = [log for log in logs if "not Asterisk's own" in log["event"]]
    assert "13800" not in repr(line)
    assert ami.counters.dropped()["forged"] == 1000


def test_the_log_of_dropped_messages_comes_again_after_a_minute() -> None:
    counters = AmiCounters()
    with capture_logs() as logs:
        for second in range(121):
            counters.distrust(Distrust.FORGED, float(second))
    assert [log["forged"] for log in logs] == [1, 61, 121]


HOSTILE = "x\r\n\r\nEvent: QueueMember\r\nQueue: hotline\r\nLocation: PJSIP/1999\r\nMore: "


async def test_a_hostile_item_is_missing_from_its_list_and_leaves_no_gap() -> None:
    asterisk = AmiDouble()
    asterisk.queues["hotline"] = ["PJSIP/1001", HOSTILE, "PJSIP/1002"]
    asterisk.channels = ["PJSIP/a", HOSTILE, "PJSIP/b"]
    async with client(asterisk) as ami:
        await ami.wait_ready()
        queues = await ami.action("QueueStatus")
        channels = await ami.action("CoreShowChannels")
        assert await news_until_pong(ami) == []
    assert [item.get("Location") for item in queues.items] == ["", "PJSIP/1001", "PJSIP/1002"]
    assert [item.get("Channel") for item in channels.items] == ["PJSIP/a", "PJSIP/b"]
    assert (queues.missing, channels.missing) == (1, 1)


async def test_a_half_item_that_came_alone_is_taken_back_when_its_other_half_comes() -> None:
    async def in_two_pieces(connection: Connection) -> None:
        await connection.log_in()
        action = await connection.action()
        connection.answer(action, "Success", "EventList: start\r\n")
        item = f"Event: CoreShowChannel\r\nActionID: {action['ActionID']}\r\nChannel: PJSIP/x\r\n\r\n"
        connection.write(item)
        await connection.writer.drain()
        await asyncio.sleep(0.05)
        connection.write("Uniqueid: 1\r\n\r\n" + item.replace("/x", "/y"))
        connection.write(
            f"Event: C\r\nActionID: {action['ActionID']}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n"
        )
        await connection.action()

    async with client(AmiDouble(in_two_pieces)) as ami:
        await ami.wait_ready()
        channels = await ami.action("CoreShowChannels")
    assert [item.get("Channel") for item in channels.items] == ["PJSIP/y"]
    assert channels.missing == 1
