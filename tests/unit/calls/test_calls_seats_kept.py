"""The seats are looked after until each is in its queue."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable

import pytest

from callrouter.asterisk_link.ami_client import AmiClient
from callrouter.asterisk_link.ami_double import AmiDouble
from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiTimeout
from callrouter.asterisk_link.ami_follow import Ami
from callrouter.asterisk_link.ami_messages import AmiResponse, Headers
from callrouter.asterisk_link.ami_snapshot import Snapshot
from callrouter.calls import seat_members
from callrouter.calls.seat_members import Reconciled
from callrouter.calls.seats import Roster, Seat
from callrouter.service.control import Control, SeatKeeper
from callrouter.service.figures import Standing

SEAT = Seat("1001", "hotline")
ROSTER = Roster((SEAT,), frozenset({"hotline"}))
FIRST, LATER = Snapshot((), ()), Snapshot((), (), missing=1)


class NoAmi:
    """Stands for the link; what would go over it is scripted instead."""

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        raise AssertionError(name)


async def tries(
    monkeypatch: pytest.MonkeyPatch,
    *outcomes: Reconciled | AmiError,
    snapshots: Iterable[Snapshot | AmiError] = (LATER,) * 9,
) -> tuple[list[Snapshot], list[float]]:
    """Let the seats be looked after, with these outcomes one after another; return what was gone by, and pauses."""
    left, seen = list(outcomes), iter(snapshots)
    gone_by, pauses = list[Snapshot](), list[float]()

    async def scripted(_ami: Ami, _roster: object, snapshot: Snapshot, _told: object) -> Reconciled:
        gone_by.append(snapshot)
        outcome = left.pop(0)
        if isinstance(outcome, AmiError):
            raise outcome
        return outcome

    async def look(_ami: Ami) -> Snapshot:
        snapshot = next(seen)
        if isinstance(snapshot, AmiError):
            raise snapshot
        return snapshot

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    with monkeypatch.context() as patched:
        patched.setattr(seat_members, "put_in_order", scripted)
        patched.setattr(seat_members, "take_snapshot", look)
        patched.setattr(asyncio, "sleep", sleep)
        await seat_members.reconcile(NoAmi(), ROSTER, FIRST)
    return gone_by, pauses


async def test_seats_that_are_all_there_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await tries(monkeypatch, Reconciled((SEAT,), ())) == ([FIRST], [])


async def test_a_refused_or_unanswered_seat_is_tried_again_after_growing_pauses_and_a_new_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = Reconciled((), (SEAT,))
    outcomes = (refused, AmiTimeout("QueueAdd"), refused, Reconciled((SEAT,), ()))
    assert await tries(monkeypatch, *outcomes) == ([FIRST, LATER, LATER, LATER], [2.0, 4.0, 8.0])


async def test_without_a_new_look_the_old_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = (Reconciled((), (SEAT,)), Reconciled((SEAT,), ()))
    unseen = (AmiTimeout("QueueStatus"),)
    assert await tries(monkeypatch, *outcomes, snapshots=unseen) == ([FIRST, FIRST], [2.0])


async def test_a_lost_link_ends_the_trying_for_the_next_one_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await tries(monkeypatch, AmiLost("QueueAdd")) == ([FIRST], [])
    lost = (AmiLost("QueueStatus"),)
    assert await tries(monkeypatch, Reconciled((), (SEAT,)), snapshots=lost) == ([FIRST], [2.0])


async def test_the_seats_are_there_after_every_new_link_and_added_by_one_look_each() -> None:
    there, missing = "Local/1002@seat", SEAT.interface
    async with AmiDouble() as asterisk:
        asterisk.queues["hotline"] = [there]
        ami = AmiClient(
            *("127.0.0.1", asterisk.port, "callrouter", "secret"),
            boot_name=lambda: asterisk.boot_name,
            chance=random.Random(1),
            sleep=lambda _seconds: asyncio.sleep(0),
        )
        roster = Roster((SEAT, Seat("1002", "hotline")), frozenset({"hotline"}))
        control = Control()
        control.told(Standing.HOLDER)
        async with asyncio.timeout(5), ami:
            keeping = asyncio.create_task(SeatKeeper(ami, roster, control).run())
            for link in (1, 2):
                await asterisk.until_asked("QueueAdd", link)
                assert asterisk.asked("QueueStatus") == link
                assert asterisk.queues["hotline"] == [there, missing]
                asterisk.queues["hotline"] = [there]
                asterisk.cut()
            keeping.cancel()
        await asyncio.wait((keeping,))
