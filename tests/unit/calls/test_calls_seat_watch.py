"""A queue that nobody answers is told when it lasts, again while it lasts, and once when it is over."""

from __future__ import annotations

from callrouter.calls.seat_watch import AGAIN_S, LASTS_S, Alarm, SeatWatch

NOBODY = frozenset({"hotline"})
EVERYBODY = frozenset[str]()


def test_what_lasts_a_moment_is_no_alarm() -> None:
    watch = SeatWatch()
    assert watch.look(NOBODY, 100.0) == []
    assert watch.look(NOBODY, 100.0 + LASTS_S - 0.1) == []
    assert watch.look(EVERYBODY, 105.0) == []
    # It begins anew.
    assert watch.look(NOBODY, 106.0) == []
    assert watch.look(NOBODY, 100.0 + LASTS_S + 5) == []


def test_what_lasts_is_told_once_then_after_a_while_again_and_its_end_once() -> None:
    watch = SeatWatch()
    watch.look(NOBODY, 0.0)
    assert watch.look(NOBODY, LASTS_S) == [Alarm("hotline", is_over=False, lasted_s=10)]
    assert watch.look(NOBODY, LASTS_S + 5) == []
    assert watch.look(NOBODY, LASTS_S + AGAIN_S) == [Alarm("hotline", is_over=False, lasted_s=610)]
    assert watch.look(EVERYBODY, 700.0) == [Alarm("hotline", is_over=True, lasted_s=700)]
    assert watch.look(EVERYBODY, 705.0) == []


def test_each_queue_has_its_own_alarm() -> None:
    watch = SeatWatch()
    watch.look(NOBODY, 0.0)
    watch.look(NOBODY | {"expert"}, 5.0)
    assert [alarm.queue for alarm in watch.look(NOBODY | {"expert"}, 10.0)] == ["hotline"]
    assert [alarm.queue for alarm in watch.look(NOBODY | {"expert"}, 15.0)] == ["expert"]
