"""The controller acts upon Asterisk while it has the control lease, and not a second longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from structlog.testing import capture_logs

from callrouter.asterisk_link.ami_errors import AmiLost
from callrouter.asterisk_link.ami_events import EventQueue, SnapshotNeeded, SnapshotReason
from callrouter.asterisk_link.ami_messages import AmiMessage, AmiResponse, Headers
from callrouter.calls.seats import Roster, Seat
from callrouter.service.control import Control, SeatKeeper
from callrouter.service.figures import Standing

SEATS = Roster((Seat("1001", "hotline"), Seat("1002", "hotline")), frozenset({"hotline"}))
HELD, STANDBY = Standing.HOLDER, Standing.STANDBY


class AnAsterisk:
    """Has one queue; its list of members is what the controller sees."""

    def __init__(self) -> None:
        self.events = EventQueue(100)
        self.members: set[str] = set()
        self.added: list[str] = []
        self.is_there = True
        self.hangs = False
        self.hung = 0
        self.other: list[str] = []
        """Whatever it was asked to do but to show itself and to add a seat."""

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        if not self.is_there:
            raise AmiLost(name)
        if name == "QueueAdd":
            interface = str(headers["Interface"])
            if self.hangs:
                self.hung += 1
                await asyncio.Event().wait()
            self.added.append(interface)
            self.members.add(interface)
        elif name not in {"QueueStatus", "Status"}:
            self.other.append(name)
        return self._answer(name)

    def _answer(self, name: str) -> AmiResponse:
        success = AmiMessage((("Response", "Success"),))
        if name != "QueueStatus":
            return AmiResponse(success)
        queue = AmiMessage((("Event", "QueueParams"), ("Queue", "hotline")))
        return AmiResponse(success, (queue, *(self._member(each) for each in sorted(self.members))))

    def _member(self, interface: str) -> AmiMessage:
        return AmiMessage(
            (
                *(("Event", "QueueMember"), ("Queue", "hotline"), ("Name", interface)),
                *(("Location", interface), ("Status", "1"), ("Paused", "0"), ("InCall", "0")),
            )
        )

    def comes_back(self) -> None:
        self.is_there = True
        self.events.put(SnapshotNeeded(SnapshotReason.LINK_READY))


@asynccontextmanager
async def kept() -> AsyncIterator[tuple[AnAsterisk, Control, SeatKeeper]]:
    asterisk, control = AnAsterisk(), Control()
    keeper = SeatKeeper(asterisk, SEATS, control)
    keeping = asyncio.create_task(keeper.run())
    yield asterisk, control, keeper
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait((keeping,))


async def until(look: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not look():  # noqa: ASYNC110 -- what is looked at has no event
            await asyncio.sleep(0.005)


async def test_without_the_lease_no_seat_is_touched_whatever_asterisk_tells() -> None:
    async with kept() as (asterisk, control, _):
        asterisk.comes_back()
        control.told(STANDBY)
        await asyncio.sleep(0.05)
        control.told(None)
        asterisk.comes_back()
        await asyncio.sleep(0.05)
        assert asterisk.added == []


async def test_who_gets_the_lease_looks_anew_and_adds_the_missing_seats() -> None:
    async with kept() as (asterisk, control, _):
        asterisk.comes_back()
        await asyncio.sleep(0.02)
        asterisk.members.add("Local/1001@seat")
        control.told(HELD)
        await until(lambda: asterisk.added)
        await asyncio.sleep(0.02)
        assert asterisk.added == ["Local/1002@seat"]


async def test_the_holder_looks_after_the_seats_whenever_asterisk_is_back() -> None:
    async with kept() as (asterisk, control, _):
        control.told(HELD)
        asterisk.comes_back()
        await until(lambda: len(asterisk.members) == 2)
        asterisk.members.clear()
        asterisk.comes_back()
        await until(lambda: len(asterisk.members) == 2)


async def test_who_loses_the_lease_stops_in_the_middle_of_it() -> None:
    async with kept() as (asterisk, control, _):
        asterisk.hangs = True
        control.told(HELD)
        asterisk.comes_back()
        await until(lambda: asterisk.hung == 1)
        control.told(None)
        asterisk.hangs = False
        await asyncio.sleep(0.05)
        assert asterisk.added == []
        control.told(HELD)
        await until(lambda: len(asterisk.members) == 2)


async def test_a_holder_without_asterisk_waits_for_its_next_link() -> None:
    async with kept() as (asterisk, control, _):
        asterisk.is_there = False
        control.told(HELD)
        await asyncio.sleep(0.05)
        asterisk.comes_back()
        await until(lambda: len(asterisk.members) == 2)


def member_event(name: str, seat: str, pause: str = "") -> AmiMessage:
    return AmiMessage(
        (
            *(
                ("Event", name),
                ("Queue", "hotline"),
                ("MemberName", seat),
                ("Interface", f"Local/{seat}@seat"),
            ),
            *(("Status", "1"), ("InCall", "0"), ("Paused", str(int(bool(pause)))), ("PausedReason", pause)),
        )
    )


def reason_is_shown(keeper: SeatKeeper, reason: str) -> bool:
    return reason in {row.reason for row in keeper.board.rows()}


async def test_a_seats_word_is_written_into_the_holders_log_alone_and_known_to_all() -> None:
    async with kept() as (asterisk, control, keeper):
        for standing, reason in ((STANDBY, "meal"), (HELD, "out")):
            control.told(standing)
            asterisk.members = {"Local/1001@seat", "Local/1002@seat"}
            asterisk.comes_back()
            await until(lambda: keeper.board.is_known and not asterisk.events.holds_break)
            await asyncio.sleep(0.02)
            with capture_logs() as logs:
                asterisk.events.put(member_event("QueueMemberPause", "1001", reason))
                await until(partial(reason_is_shown, keeper, reason))
            told = [log for log in logs if log["event"] == "seat_state"]
            assert [(log["seat"], log["reason"]) for log in told] == (
                [("1001", "out")] if standing is HELD else []
            )


async def test_a_queue_that_nobody_answers_is_told_by_the_holder_and_nobody_is_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("callrouter.service.control._WATCHED_EVERY_S", 0.01)
    monkeypatch.setattr("callrouter.calls.seat_watch.LASTS_S", 0.03)
    with capture_logs() as logs:
        async with kept() as (asterisk, control, keeper):
            asterisk.members = {"Local/1001@seat", "Local/1002@seat"}
            control.told(HELD)
            asterisk.comes_back()
            await until(lambda: keeper.board.is_known)
            for seat in ("1001", "1002"):
                asterisk.events.put(member_event("QueueMemberPause", seat, "no answer"))
            await until(lambda: [log for log in logs if log["event"] == "queue_without_ready_seat"])
            asterisk.events.put(member_event("QueueMemberPause", "1002"))
            await until(lambda: [log for log in logs if log["event"] == "queue_has_seats_again"])
            assert asterisk.other == []
