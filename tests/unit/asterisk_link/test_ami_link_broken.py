"""The client against an Asterisk that breaks off, hangs or does not read, and against itself, cancelled half-way."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator

import pytest

from callrouter.asterisk_link.ami_client import AmiClient, AmiState, AmiTimings
from callrouter.asterisk_link.ami_double import BANNER, AmiDouble, Connection
from callrouter.asterisk_link.ami_errors import AmiError, AmiLost
from callrouter.asterisk_link.ami_events import SnapshotNeeded
from callrouter.asterisk_link.ami_link import MAX_UNSENT_BYTES
from callrouter.asterisk_link.ami_messages import AmiMessage


class Watched(AmiClient):
    """A client whose waits take no time, but for the sixth, and which says when it is LOST."""

    waits: list[float]
    lost: asyncio.Event


@contextlib.asynccontextmanager
async def client(
    asterisk: AmiDouble,
    *,
    chance: random.Random | None = None,
    login_s: float = 5,
    ping_every_s: float = 60,
    settled_s: float = 60,
) -> AsyncIterator[Watched]:
    waits: list[float] = []
    lost = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0 if len(waits) < 6 else 60)

    async with asterisk:
        ami = Watched(
            *("127.0.0.1", asterisk.port, "callrouter", "secret"),
            boot_name=lambda: asterisk.boot_name,
            chance=chance or random.Random(1),
            sleep=sleep,
            on_state=lambda state: lost.set() if state is AmiState.LOST else None,
            timings=AmiTimings(
                login_s=login_s, ping_every_s=ping_every_s, ping_answer_s=0.25, settled_s=settled_s
            ),
        )
        ami.waits, ami.lost = waits, lost
        async with asyncio.timeout(10), ami:
            yield ami


async def never(connection: Connection) -> None:
    """Take everything and say nothing."""
    while await connection.reader.read(65536):
        pass


async def only_a_banner(connection: Connection) -> None:
    connection.write(BANNER)
    await never(connection)


async def logged_in_but_unnamed(connection: Connection) -> None:
    connection.asterisk.refused.clear()
    connection.write(BANNER)
    connection.answer(await connection.action(), "Success")
    connection.write("Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
    await never(connection)


@pytest.mark.parametrize("script", [never, only_a_banner, logged_in_but_unnamed])
async def test_a_login_that_is_never_answered_is_given_up_and_tried_again(script: object) -> None:
    async with client(AmiDouble(script, Connection.serve), login_s=0.05) as ami:  # type: ignore[arg-type]  # one of three
        await ami.lost.wait()
        await ami.wait_ready()


@pytest.mark.parametrize("message", ["Asterisk is shutting down", "Login Already In Use"])
async def test_a_login_refused_for_a_passing_reason_is_no_wrong_password(message: str) -> None:
    asterisk = AmiDouble()
    asterisk.refused["Login"] = message
    async with client(asterisk) as ami:
        await ami.lost.wait()
        asterisk.refused.clear()
        await ami.wait_ready()
        assert max(ami.waits) <= 10


async def test_an_asterisk_that_closes_in_the_middle_of_a_list_leaves_nobody_waiting() -> None:
    async def break_off(connection: Connection) -> None:
        await connection.log_in()
        action = await connection.action()
        connection.answer(action, "Success", "EventList: start\r\n")
        connection.write(
            f"Event: QueueMember\r\nQueue: x\r\nActionID: {action['ActionID']}\r\n\r\nEvent: Queue"
        )
        await connection.writer.drain()

    async with client(AmiDouble(break_off, Connection.serve)) as ami:
        await ami.wait_ready()
        with pytest.raises(AmiLost):
            await ami.action("QueueStatus")
        await ami.lost.wait()
        await ami.wait_ready()
        assert (await ami.action("QueueStatus")).items == ()


@pytest.mark.parametrize(
    ("settled_s", "wholes"), [(60, (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)), (0, (0.1, 0.1, 0.1, 0.1, 0.1, 0.1))]
)
async def test_a_link_that_is_lost_as_soon_as_it_is_ready_is_tried_more_and_more_seldom(
    settled_s: float, wholes: tuple[float, ...]
) -> None:
    async def flap(connection: Connection) -> None:
        await connection.log_in()
        connection.writer.transport.abort()

    async with client(AmiDouble(flap), settled_s=settled_s) as ami:
        while len(ami.waits) < len(wholes):
            ami.lost.clear()
            await ami.lost.wait()
            await asyncio.sleep(0)
    for wait, whole in zip(ami.waits, wholes, strict=True):
        assert whole / 2 <= wait <= whole


async def test_what_asterisk_does_not_read_is_kept_up_to_a_bound_and_then_the_link_is_given_up() -> None:
    async def read_no_more(connection: Connection) -> None:
        await connection.log_in()
        connection.reader._transport.pause_reading()  # type: ignore[attr-defined]  # a StreamReader has no such method
        await asyncio.sleep(60)

    async with client(AmiDouble(read_no_more, Connection.serve)) as ami:
        await ami.wait_ready()
        link = ami._link
        assert link is not None
        assert link._transport is not None
        big = {"Variable": ("x" * 1000,) * 100}
        waiting: list[asyncio.Task[object]] = []
        most = 0
        while not link.lost.done():
            waiting.append(asyncio.create_task(ami.action("Setvar", big)))
            await asyncio.sleep(0)
            most = max(most, link._transport.get_write_buffer_size())
        assert link.lost.result() == "Asterisk does not read"
        assert MAX_UNSENT_BYTES < most < MAX_UNSENT_BYTES + 110_000
        done = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(each, AmiLost) for each in done)
        await ami.lost.wait()
        await ami.wait_ready()


async def test_what_comes_late_for_a_cancelled_list_is_neither_news_nor_another_actions_answer() -> None:
    half_told = asyncio.Event()
    go_on = asyncio.Event()

    async def slow(connection: Connection) -> None:
        await connection.log_in()
        first = await connection.action()
        item = f"Event: QueueMember\r\nQueue: late\r\nActionID: {first['ActionID']}\r\n\r\n"
        connection.answer(first, "Success", "EventList: start\r\n")
        connection.write(item)
        half_told.set()
        second = await connection.action()
        await go_on.wait()
        connection.answer(second, "Success", "EventList: start\r\n")
        connection.write(item)
        connection.write(
            f"Event: C\r\nActionID: {first['ActionID']}\r\nEventList: Complete\r\nListItems: 2\r\n\r\n"
        )
        connection.write(item.replace(first["ActionID"], second["ActionID"]).replace("late", "mine"))
        connection.write(
            f"Event: C\r\nActionID: {second['ActionID']}\r\nEventList: Complete\r\nListItems: 1\r\n\r\n"
        )
        connection.answer(first, "Error")
        await connection.action()

    async with client(AmiDouble(slow)) as ami:
        await ami.wait_ready()
        first = asyncio.create_task(ami.action("QueueStatus"))
        await half_told.wait()
        await asyncio.sleep(0.02)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(ami.action("QueueStatus"))
        await asyncio.sleep(0)
        go_on.set()
        answer = await second
        await ami.action("Ping")
        assert [item.get("Queue") for item in answer.items] == ["mine"]
        assert ami.counters.unmatched == 3
        assert not any(isinstance(news, AmiMessage) for news in ami.events._queue)


async def test_a_jump_of_the_clock_costs_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    asterisk = AmiDouble()
    async with client(asterisk, ping_every_s=0.02) as ami:
        await ami.wait_ready()
        for jump_s in (1e9, -1e9):
            now = time.time() + jump_s
            monkeypatch.setattr(time, "time", lambda now=now: now)
            pinged = asterisk.asked("Ping")
            while asterisk.asked("Ping") < pinged + 2:
                await ami.action("QueueStatus")
        assert not ami.lost.is_set()
        assert asterisk.accepted == 1


class Stuck(random.Random):
    """A source of chance that has stopped."""

    def getrandbits(self, bits: int, /) -> int:
        return 7

    def random(self) -> float:
        return 0.5


async def test_the_same_word_on_every_link_pairs_no_answer_wrongly() -> None:
    asked: list[str] = []

    async def one_and_out(connection: Connection) -> None:
        await connection.log_in()
        asked.append((await connection.action())["ActionID"])

    async with client(AmiDouble(one_and_out, Connection.serve), chance=Stuck()) as ami:
        await ami.wait_ready()
        with pytest.raises(AmiLost):
            await ami.action("QueueStatus")
        await ami.lost.wait()
        await ami.wait_ready()
        assert (await ami.action("CoreSettings")).get("AMIversion")
        assert asked == ["0000000000000007-3"]


async def test_an_asterisk_that_falls_silent_and_then_answers_is_believed_on_its_next_link_only() -> None:
    asterisk = AmiDouble()
    async with client(asterisk, ping_every_s=0.02) as ami:
        await ami.wait_ready()
        asterisk.answers_pings = False
        await ami.lost.wait()
        asterisk.answers_pings = True
        await ami.wait_ready()
        assert asterisk.accepted >= 2
        marks = [news for news in ami.events._queue if isinstance(news, SnapshotNeeded)]
        assert len(marks) >= 2
        with contextlib.suppress(AmiError):
            await ami.action("Ping")
