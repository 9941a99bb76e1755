"""How long the caller was on hold."""

from __future__ import annotations

import pytest

from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record_parts import Hold
from callrouter.vocabulary.record_words import Anomaly
from tests.unit.records.test_records_fold import AGENT, CALLER, CALLER_CHANNEL, at, end, folded, hangup, user
from tests.unit.records.transferred_calls import caller_hangs_up, room, talking


def hold(seconds: float, state: str) -> CelRow:
    return user(seconds, "CR_HOLD", state=state)


def back(seconds: float, name: str = "r1") -> list[CelRow]:
    """Both are in a conference from then on."""
    return [room(seconds, AGENT, name=name), room(seconds, CALLER, name=name)]


def test_a_hold_lasts_until_the_agent_ends_it_and_is_no_talk() -> None:
    record = folded([*talking(), hold(20.1, "began"), hold(30.1, "ended"), *back(30.2), *caller_hangs_up(50)])
    assert (record.holds, record.held_ms) == ((Hold(at(20.1), at(30.1)),), 10_000)
    assert record.talk_ms == 11_799 + 19_800
    assert record.anomalies == ()


def test_holds_add_up() -> None:
    rows = [*talking(), hold(20.1, "began"), hold(30.1, "ended"), *back(30.2)]
    rows += [room(40, CALLER, enters=False), room(40, AGENT, enters=False)]
    rows += [hold(40, "began"), hold(42.5, "ended"), *back(43, "r2"), *caller_hangs_up(50, "r2")]
    assert folded(rows).held_ms == 12_500


def test_who_talks_again_is_not_on_hold_whatever_was_written() -> None:
    record = folded([*talking(), hold(20.1, "began"), *back(35.1), *caller_hangs_up(50)])
    assert (record.holds, record.held_ms) == ((Hold(at(20.1), at(35.1)),), 15_000)
    late = folded([*talking(), hold(20.1, "began"), *back(35.1), hold(49, "ended"), *caller_hangs_up(50)])
    assert late.holds == record.holds


def test_a_caller_who_hangs_up_on_hold_was_on_hold_until_then() -> None:
    rows = [*talking(), hold(20.1, "began"), room(20.1, AGENT), *hangup(44.1, CALLER_CHANNEL), *end(44.2)]
    assert folded(rows).held_ms == 24_000


def test_a_hold_that_begins_again_ends_the_one_before() -> None:
    rows = [*talking(), hold(20, "began"), hold(25, "began"), hold(26, "ended"), *hangup(27, CALLER_CHANNEL)]
    assert folded([*rows, *end(27)]).holds == (Hold(at(20), at(25)), Hold(at(25), at(26)))


@pytest.mark.parametrize(
    ("state", "anomaly"), [("ended", Anomaly.HOLD_UNPAIRED), ("paused", Anomaly.UNREADABLE_FACT)]
)
def test_what_is_no_hold_is_odd_and_none(state: str, anomaly: Anomaly) -> None:
    record = folded([*talking(), hold(20.1, state), *back(20.2), *caller_hangs_up(50)])
    assert (record.holds, record.held_ms, record.anomalies) == ((), 0, (anomaly,))


def test_a_clock_that_was_set_back_makes_no_hold_negative() -> None:
    rows = [*talking(), hold(20.1, "began"), hold(30.1, "ended"), *back(30.2), *caller_hangs_up(50)]
    for by_s in (-3600, 3600):
        moved = [
            one._replace(at_us=one.at_us + by_s * 1_000_000) if "ended" in one.extra else one for one in rows
        ]
        assert folded(moved).held_ms >= 0
