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
from callrouter.calls import seats as seats_module
from callrouter.calls.seats import Reconciled, Seat, keep_seats

SEAT = Seat("1001", "hotline")
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

    async def scripted(_ami: Ami, _seats: object, snapshot: Snapshot) -> Reconciled:
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
        patched.setattr(seats_module, "add_missing_seats", scripted)
        patched.setattr(seats_module, "take_snapshot", look)
        patched.setattr(asyncio, "sleep", sleep)
        await seats_module.reconcile(NoAmi(), (SEAT,), FIRST)
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
    async with AmiDouble() as asterisk:
        asterisk.queues["hotline"] = ["PJSIP/1002"]
        ami = AmiClient(
            *("127.0.0.1", asterisk.port, "callrouter", "secret"),
            boot_name=lambda: asterisk.boot_name,
            chance=random.Random(1),
            sleep=lambda _seconds: asyncio.sleep(0),
        )
        seats = tuple(Seat(name, "hotline") for name in ("1001", "1002"))
        async with asyncio.timeout(5), ami:
            keeping = asyncio.create_task(keep_seats(ami, seats))
            for link in (1, 2):
                await asterisk.until_asked("QueueAdd", link)
                assert asterisk.asked("QueueStatus") == link
                assert asterisk.queues["hotline"] == ["PJSIP/1002", "PJSIP/1001"]
                asterisk.queues["hotline"] = ["PJSIP/1002"]
                asterisk.cut()
        await keeping
