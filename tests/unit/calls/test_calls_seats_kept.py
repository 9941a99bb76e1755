"""The seats are looked after until each is in its queue."""

from __future__ import annotations

import asyncio

import pytest

from callrouter.asterisk_link.ami_errors import AmiError, AmiLost, AmiTimeout
from callrouter.asterisk_link.ami_messages import AmiResponse, Headers
from callrouter.calls import seats as seats_module
from callrouter.calls.seats import Ami, Reconciled, Seat

SEAT = Seat("1001", "hotline")


class NoAmi:
    """Stands for the link; what would go over it is scripted instead."""

    async def action(self, name: str, headers: Headers) -> AmiResponse:
        raise AssertionError(name)


async def tries(monkeypatch: pytest.MonkeyPatch, *outcomes: Reconciled | AmiError) -> tuple[int, list[float]]:
    """Let the seats be looked after, with these outcomes one after another; return tries and pauses."""
    left, pauses, done = list(outcomes), list[float](), 0

    async def scripted(_ami: Ami, _seats: object) -> Reconciled:
        nonlocal done
        done += 1
        outcome = left.pop(0)
        if isinstance(outcome, AmiError):
            raise outcome
        return outcome

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(seats_module, "add_missing_seats", scripted)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    await seats_module.reconcile(NoAmi(), (SEAT,))
    return done, pauses


async def test_seats_that_are_all_there_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await tries(monkeypatch, Reconciled((SEAT,), ())) == (1, [])


async def test_a_refused_or_unanswered_seat_is_tried_again_after_growing_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = Reconciled((), (SEAT,))
    outcomes = (refused, AmiTimeout("QueueAdd"), refused, Reconciled((SEAT,), ()))
    assert await tries(monkeypatch, *outcomes) == (4, [2.0, 4.0, 8.0])


async def test_a_lost_link_ends_the_trying_for_the_next_one_begins_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await tries(monkeypatch, AmiLost("QueueStatus")) == (1, [])
