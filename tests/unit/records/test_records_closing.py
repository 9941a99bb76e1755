"""A call whose end was not written down is closed when it is certain, and not before."""

from __future__ import annotations

import pytest

from callrouter.records.closing import Look, Looks, calls_over, look_is_due
from callrouter.records.open_calls import OpenCall

SEEN = 100.0
OPEN = OpenCall("n-1.1", seen_at=SEEN)
ENDED = OpenCall("n-1.1", seen_at=SEEN, ended=True)


def over(
    call: OpenCall, looks: Looks, read_at: float, *, heard_at: float = SEEN, earlier_boot: bool = False
) -> bool:
    closed = calls_over(
        [call], looks, read_at=read_at, heard_at=heard_at, is_of_earlier_boot=lambda _call: earlier_boot
    )
    assert closed in {(), (call.linkedid,)}
    return bool(closed)


def answered(began_at: float, ended_at: float, *linkedids: str) -> Looks:
    return Looks().answered(Look(began_at, ended_at, frozenset(linkedids)))


@pytest.mark.parametrize(
    ("looks", "read_at", "closed"),
    [
        pytest.param(answered(105, 106), 106, True, id="quiet, not there, and read to the end after that"),
        pytest.param(answered(104.9, 106), 200, False, id="the look began too soon"),
        pytest.param(answered(105, 106), 105.9, False, id="the end was read before the answer came"),
        pytest.param(answered(105, 106, "n-1.1"), 1e6, False, id="it is there, however long it is quiet"),
        pytest.param(answered(105, 106, "n-1.2"), 106, True, id="only another is there"),
        pytest.param(Looks(), 1e6, False, id="nobody looked"),
    ],
)
def test_a_call_that_asterisk_does_not_have_is_over(looks: Looks, read_at: float, closed: bool) -> None:
    assert over(OPEN, looks, read_at) is closed


def test_a_row_after_the_look_keeps_the_call_open() -> None:
    looks = answered(105, 106)
    assert over(OPEN, looks, 120)
    assert not over(OpenCall("n-1.1", seen_at=107.0), looks, 120)


@pytest.mark.parametrize(
    ("since", "read_at", "closed"),
    [(105, 134.9, False), (105, 135, True), (50, 129.9, False), (50, 130, True)],
)
def test_half_a_minute_without_an_answer_is_enough(since: float, read_at: float, closed: bool) -> None:
    assert over(OPEN, Looks().failed(since).failed(since + 10), read_at) is closed


def test_who_still_writes_is_not_silent() -> None:
    looks = Looks().failed(105)
    assert not over(OPEN, looks, 149.9, heard_at=120)
    assert over(OPEN, looks, 150, heard_at=120)


def test_an_answer_ends_the_silence() -> None:
    looks = Looks().failed(105).answered(Look(115, 116, frozenset({"n-1.1"})))
    assert looks.unanswered_since is None
    assert not over(OPEN, looks, 200)
    assert over(OPEN, looks.failed(126), 156)


def test_a_call_of_an_earlier_boot_is_over_at_once() -> None:
    assert over(OPEN, Looks(), SEEN, earlier_boot=True)


def test_a_call_that_has_ended_settles_whatever_is_known_of_asterisk() -> None:
    assert not over(ENDED, Looks(), 104.9, earlier_boot=True)
    assert over(ENDED, answered(105, 105, "n-1.1"), 105)


def test_asterisk_is_looked_at_only_while_a_call_is_quiet_and_not_all_the_time() -> None:
    assert not look_is_due([], Looks(), 1e6)
    assert not look_is_due([OPEN], Looks(), 104.9)
    assert look_is_due([OpenCall("n-1.2", seen_at=104), OPEN], Looks(), 105)
    for looks in (answered(105, 106), Looks().failed(105)):
        assert not look_is_due([OPEN], looks, 114.9)
        assert look_is_due([OPEN], looks, 115)
