"""A snapshot first, the events behind it, and a snapshot again wherever something was missed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from functools import partial

import pytest

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiRefused, AmiTimeout
from callrouter.asterisk_link.ami_events import EventQueue, SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_follow import follow
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import CALL_VARIABLES, Snapshot

SUCCESS = AmiMessage((("Response", "Success"),))
NEW_LINK, OVERFLOW, DISTRUST = (
    SnapshotNeeded(reason)
    for reason in (SnapshotReason.LINK_READY, SnapshotReason.OVERFLOW, SnapshotReason.DISTRUST)
)


def event(name: str) -> AmiMessage:
    return AmiMessage((("Event", name),))


class ScriptedAmi:
    """Answers with a channel that is named after how often it was asked, after what the test has put in between."""

    def __init__(self, capacity: int = 100) -> None:
        self.events = EventQueue(capacity)
        self.asked = 0
        self.meanwhile: dict[int, Callable[[], None]] = {}
        self.fails: dict[int, AmiError] = {}
        self.waits: list[float] = []

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        if name == "QueueStatus":
            assert headers == {}
            return AmiResponse(SUCCESS)
        assert (name, headers) == ("Status", {"Variables": ",".join(CALL_VARIABLES)})
        self.asked += 1
        self.meanwhile.get(self.asked, lambda: None)()
        if failure := self.fails.get(self.asked):
            raise failure
        headers_of = ("Event", "Status"), ("Channel", str(self.asked))
        more = ("Uniqueid", "u"), ("Linkedid", "l"), ("ChannelStateDesc", "Up")
        return AmiResponse(SUCCESS, (AmiMessage((*headers_of, *more)),))

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)

    def put(self, *news: AmiMessage | SnapshotNeeded | str) -> None:
        for each in news:
            self.events.put(event(each) if isinstance(each, str) else each)

    async def all(self) -> list[str]:
        """Everything that is yielded until the end, snapshots as their number."""
        self.events.close()
        return [brief(each) async for each in follow(self, sleep=self.sleep)]


def brief(news: Snapshot | AmiMessage) -> str:
    return f"snapshot {news.channels[0].name}" if isinstance(news, Snapshot) else news.name


async def test_a_snapshot_comes_first_and_drops_what_was_queued_before_it_was_asked_for() -> None:
    ami = ScriptedAmi()
    ami.put("too early", NEW_LINK, "older", "older")
    ami.meanwhile[1] = lambda: ami.put("during", "during too")
    assert await ami.all() == ["snapshot 1", "during", "during too"]
    assert ami.waits == []


@pytest.mark.parametrize("gap", [NEW_LINK, OVERFLOW, DISTRUST])
async def test_after_every_gap_comes_a_snapshot_and_nothing_from_before_it(gap: SnapshotNeeded) -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    following = follow(ami, sleep=ami.sleep)
    seen = [brief(await anext(following))]
    ami.put("a", "b", gap, "c")
    ami.meanwhile[2] = lambda: ami.put("d")
    ami.events.close()
    seen += [brief(each) async for each in following]
    assert seen == ["snapshot 1", "a", "b", "snapshot 2", "d"]
    assert len(ami.waits) == (gap is not NEW_LINK)


@pytest.mark.parametrize("gap", [NEW_LINK, OVERFLOW])
async def test_a_break_during_a_snapshot_makes_it_begin_again(gap: SnapshotNeeded) -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    ami.meanwhile[1] = lambda: ami.put("a", gap, "b")
    ami.meanwhile[2] = lambda: ami.put("c", gap)
    ami.meanwhile[3] = lambda: ami.put("d")
    assert await ami.all() == ["snapshot 3", "d"]
    assert ami.waits == [0.25, 0.5]


async def test_a_real_overflow_during_a_snapshot_makes_it_begin_again() -> None:
    ami = ScriptedAmi(capacity=3)
    ami.put(NEW_LINK)
    ami.meanwhile[1] = lambda: ami.put(*"abcdef")
    ami.meanwhile[2] = lambda: ami.put("g")
    assert await ami.all() == ["snapshot 2", "g"]


async def test_forgeries_during_every_snapshot_stop_none_and_cause_one_a_second_at_most() -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    for number in range(1, 4):
        ami.meanwhile[number] = partial(ami.put, f"event {number}", DISTRUST)
    assert await ami.all() == [
        "snapshot 1",
        "event 1",
        "snapshot 2",
        "event 2",
        "snapshot 3",
        "event 3",
        "snapshot 4",
    ]
    assert len(ami.waits) == 3
    assert all(0.9 < wait <= 1 for wait in ami.waits)


@pytest.mark.parametrize("failure", [AmiTimeout("Status"), AmiRefused("Status", SUCCESS)])
async def test_no_good_answer_is_asked_again_after_growing_waits(failure: AmiError) -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    ami.fails = dict.fromkeys(range(1, 5), failure)
    ami.meanwhile[4] = lambda: ami.put("older")
    ami.meanwhile[5] = lambda: ami.put("newer")
    assert await ami.all() == ["snapshot 5", "newer"]
    assert ami.waits == [0.25, 0.5, 1, 2]


async def test_without_a_link_the_next_ones_mark_is_waited_for() -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    ami.fails[1] = AmiLost("Status")
    ami.meanwhile[1] = lambda: ami.put("of the old link", NEW_LINK, "older")
    ami.meanwhile[2] = lambda: ami.put("newer")
    assert await ami.all() == ["snapshot 2", "newer"]
    assert ami.waits == []


async def test_after_a_lost_link_no_event_comes_before_the_next_snapshot() -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    ami.meanwhile[1] = lambda: ami.put("a", DISTRUST)
    ami.fails[2] = AmiLost("Status")
    ami.meanwhile[2] = lambda: ami.put("b", NEW_LINK, "c")
    assert await ami.all() == ["snapshot 1", "a", "snapshot 3"]


async def test_a_link_that_is_never_there_ends_with_the_client() -> None:
    ami = ScriptedAmi()
    ami.fails = dict.fromkeys(range(1, 10), AmiLost("Status"))
    ami.put(NEW_LINK, "a")
    assert await ami.all() == []


async def test_giving_up_following_leaves_nothing_running() -> None:
    ami = ScriptedAmi()
    ami.put(NEW_LINK)
    following = follow(ami, sleep=ami.sleep)
    assert isinstance(await anext(following), Snapshot)
    waiting = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert isinstance(following, AsyncGenerator)
    assert asyncio.all_tasks() == {asyncio.current_task()}
