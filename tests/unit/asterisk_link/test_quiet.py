"""So many lines a minute, and then one that says how many there were."""

from __future__ import annotations

from callrouter.asterisk_link.quiet import Quiet


def test_so_many_lines_are_written_and_the_others_only_counted() -> None:
    quiet = Quiet(3)
    assert [quiet.may_write(now) for now in (0.0, 1.0, 2.0, 3.0, 59.9)] == [True, True, True, False, False]
    assert quiet.owes_a_summary


def test_a_minute_that_is_over_is_summed_up_once() -> None:
    quiet = Quiet(1)
    for now in (10.0, 11.0, 12.0):
        quiet.may_write(now)
    assert quiet.summary(69.9) == 0
    assert quiet.summary(70.0) == 2
    assert quiet.summary(70.0) == 0
    assert not quiet.owes_a_summary


def test_the_next_minute_begins_with_the_next_line() -> None:
    quiet = Quiet(1)
    assert quiet.may_write(0.0)
    assert not quiet.may_write(30.0)
    assert quiet.may_write(61.0)
    assert not quiet.may_write(120.0)
    assert quiet.may_write(121.0)


def test_who_wrote_little_owes_nothing() -> None:
    quiet = Quiet(2)
    assert quiet.may_write(0.0)
    assert quiet.summary(1000.0) == 0
    assert not quiet.owes_a_summary


def test_what_was_left_out_is_not_lost_when_the_summary_comes_late() -> None:
    quiet = Quiet(1)
    for now in (0.0, 1.0, 61.0, 62.0):
        quiet.may_write(now)
    assert quiet.summary(121.0) == 2
