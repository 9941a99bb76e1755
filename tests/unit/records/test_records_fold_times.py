"""What the record says of numbers, platforms, waiting and clocks."""

from __future__ import annotations

from datetime import datetime

import pytest

from callrouter.records.bodies import read_record, record_body
from callrouter.records.fold import fold
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, TerminalState
from tests.unit.records.test_records_fold import (
    AGENT,
    CALLER,
    CALLER_CHANNEL,
    DECIDED,
    arrival,
    at,
    bridge,
    end,
    folded,
    hangup,
    normal,
    row,
    user,
    waiting_in_queue,
)

HOUR = 3600


def decided(**facts: str) -> CallRecord:
    return folded(
        [*arrival(), user(0.01, "CR_DECIDED", **(DECIDED | facts)), *hangup(5, CALLER_CHANNEL), *end(5)]
    )


def answered_after(seconds: float) -> CallRecord:
    rows = [*waiting_in_queue(), *bridge(seconds - 0.0002, 90), *hangup(90.1, CALLER_CHANNEL), *end(90.1)]
    return folded(rows)


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("12315", "12315"),
        ("12345", "12345"),
        ("02812345", "028-12345"),
        ("028 12345", "028-12345"),
        ("+862812345", "028-12345"),
        ("12345;phone-context=+8628", "028-12345"),
        ("１２３１５", "12315"),
        ("96128", "96128"),
        ("0855-961288", "0855-961288"),
        ("110", "110"),
        ("86119999", "86119999"),
        ("02886112345", "+862886112345"),
        ("86112345", "86112345"),
        ("13800138000", "+8613800138000"),
        ("*1", None),
        ("anna", None),
        ("", None),
    ],
)
def test_a_called_number_has_one_spelling_whatever_the_plan_knows(raw: str, canonical: str | None) -> None:
    record = folded([*arrival(called=raw), *hangup(1, CALLER_CHANNEL), *end(1)])
    assert (record.called, record.called_raw) == (canonical, raw)


@pytest.mark.parametrize(
    ("entry", "platform", "path"),
    [
        ("chengdu", "sichuan", ("chengdu", "sichuan")),
        ("sichuan", "sichuan", ("sichuan",)),
        ("", "sichuan", ("sichuan",)),
        ("chengdu", "", ("chengdu",)),
        ("", "", ()),
    ],
)
def test_the_path_is_where_the_call_came_in_and_where_it_was_answered(
    entry: str, platform: str, path: tuple[str, ...]
) -> None:
    assert decided(entry=entry, platform=platform).platform_path == path


def test_entry_and_area_are_kept() -> None:
    decision = decided(entry="chengdu", area="028").decision
    assert decision is not None
    assert (decision.entry, decision.area) == ("chengdu", "028")


@pytest.mark.parametrize(("seconds", "in_time"), [(6, True), (15, True), (15.001, False), (80, False)])
def test_the_15_seconds_count_from_the_arrival(seconds: float, in_time: bool) -> None:
    record = answered_after(seconds)
    assert (record.waited_ms, record.answered_within_15_s) == (round(seconds * 1000), in_time)


@pytest.mark.parametrize(("seconds", "in_time"), [(14.999, None), (15, False), (60, False)])
def test_a_caller_who_left_unanswered_was_kept_waiting_from_15_seconds_on(
    seconds: float, in_time: bool | None
) -> None:
    record = folded([*waiting_in_queue(), *hangup(seconds, CALLER_CHANNEL), *end(seconds)])
    assert (record.waited_ms, record.answered_within_15_s) == (None, in_time)


def test_nobody_was_to_answer_a_call_that_the_plan_releases_or_that_was_refused() -> None:
    released = [*arrival(), user(0.01, "CR_DECIDED", **DECIDED | {"treatment": "release"})]
    refused = [*arrival(), user(0.01, "CR_REFUSED", reason="not_a_number")]
    for rows in (released, refused):
        record = folded([*rows, *hangup(40, "dialplan/builtin"), *end(40)])
        assert record.answered_within_15_s is None


def test_each_legs_talk_is_its_own_and_the_callers_counts_what_overlaps_once() -> None:
    expert, channel = "lab-1.5", "PJSIP/2001-00000005"
    joined = {"bridge_id": "b1"}
    rows = [
        *normal(),
        row(28.2, "BRIDGE_ENTER", joined, who=expert, channel=channel),
        row(48.2, "BRIDGE_EXIT", joined, who=expert, channel=channel),
    ]
    record = folded(rows)
    assert {leg.uniqueid: leg.talk_ms for leg in record.legs} == {CALLER: 59999, AGENT: 59999, expert: 20000}
    assert record.talk_ms == 59999
    assert [(talk.uniqueid, talk.starts_at) for talk in record.talks] == [
        (AGENT, at(8.2002)),
        (expert, at(28.2)),
    ]


def test_a_call_closed_by_rule_was_interrupted_and_ends_with_its_last_row() -> None:
    rows = [
        one for one in normal() if one.event not in {"HANGUP", "CHAN_END", "LINKEDID_END"} and one.at < at(9)
    ]
    record = fold(rows, "node1", closed_by=ClosedBy.RULE)
    assert record is not None
    assert (record.terminal_state, record.closed_by) == (TerminalState.INTERRUPTED, ClosedBy.RULE)
    assert record.ended_at == at(8.2002)
    assert set(record.anomalies) == {Anomaly.NO_END, Anomaly.NO_HANGUP}
    # Between a talk's beginning and its end nothing is written: it is known all the same.
    assert (record.waited_ms, record.accepted_at, record.talk_ms) == (8200, at(8.2002), 0)
    assert [(talk.starts_at, talk.ends_at) for talk in record.talks] == [(at(8.2002), at(8.2002))]


def test_a_call_closed_by_rule_whose_caller_hung_up_ended_as_usual() -> None:
    rows = [one for one in normal() if one.event != "LINKEDID_END"]
    record = fold(rows, "node1", closed_by=ClosedBy.RULE)
    assert record is not None
    assert (record.terminal_state, record.anomalies) == (TerminalState.COMPLETED, (Anomaly.NO_END,))


def set_by(rows: list[CelRow], after: float, seconds: int) -> list[CelRow]:
    """Set the clock while the call lasts: what was written later has other instants."""
    since = at(after)
    return [one if one.at < since else one._replace(at_us=one.at_us + seconds * 1_000_000) for one in rows]


def durations_of(record: CallRecord) -> list[float]:
    return [
        *(record.talk_ms, record.waited_ms or 0),
        *(leg.talk_ms for leg in record.legs),
        *(visit.wait_ms for visit in record.queue_visits),
        *((talk.ends_at - talk.starts_at).total_seconds() for talk in record.talks),
    ]


@pytest.mark.parametrize("after", sorted({(one.at - at(0)).total_seconds() for one in normal()}))
@pytest.mark.parametrize("seconds", [-HOUR, HOUR])
def test_a_clock_set_by_an_hour_at_any_step_loses_no_talk_and_gives_no_negative_duration(
    after: float, seconds: int
) -> None:
    record = folded(set_by(normal(), after, seconds))
    assert record.terminal_state is TerminalState.COMPLETED
    assert [talk.uniqueid for talk in record.talks] == [AGENT]
    assert record.agent == "1001"
    assert all(duration >= 0 for duration in durations_of(record))
    if seconds < 0 and after not in {0, 68.3}:
        assert Anomaly.TIME_RAN_BACKWARDS in record.anomalies


def test_a_clock_set_back_between_the_two_who_leave_costs_no_second_of_the_talk() -> None:
    for after in (8.2001, 68.2001):
        record = folded(set_by(normal(), after, -HOUR))
        assert abs(record.talk_ms - 60_000) <= 1


@pytest.mark.parametrize(
    ("stray", "odd"),
    [
        (row(-HOUR, "APP_START"), True),
        (row(HOUR, "APP_END"), True),
        (row(69, "APP_END"), False),
        (row(HOUR, "CHAN_END"), False),
    ],
)
def test_a_row_far_outside_its_channels_life_tells_of_a_clock(stray: CelRow, odd: bool) -> None:
    assert (Anomaly.TIME_RAN_BACKWARDS in folded([*normal(), stray]).anomalies) == odd


def test_a_call_that_ended_before_it_arrived_tells_of_a_clock() -> None:
    rows = [*arrival(arrived_at=f"{at(10).timestamp():.6f}"), *hangup(5, CALLER_CHANNEL), *end(5)]
    assert Anomaly.TIME_RAN_BACKWARDS in folded(rows).anomalies


def test_at_equal_instants_a_channel_begins_before_anything_happens_to_it() -> None:
    answer, began = row(0, "ANSWER")._replace(caller_number="anybody"), row(0, "CHAN_START")
    record = folded([answer, began, user(0.1, "CR_ARRIVED", called="12315"), *hangup(1, CALLER_CHANNEL)])
    assert record.caller_raw == began.caller_number


def test_of_two_channels_that_arrived_the_call_is_the_first_ones() -> None:
    other = user(0.0005, "CR_ARRIVED", called="12315")._replace(uniqueid=AGENT)
    record = folded([other, *normal()])
    assert record.call_id == CALLER
    assert Anomaly.SEVERAL_ARRIVALS in record.anomalies


@pytest.mark.parametrize(
    ("written", "read", "odd"),
    [
        ("2021-09-30T16:00:07+08:00", at(7), ()),
        ("2021-09-30T16:00:07", None, (Anomaly.UNREADABLE_FACT,)),
        ("0001-01-01T00:00:00+23:00", None, (Anomaly.UNREADABLE_FACT,)),
    ],
)
def test_an_older_journals_instant_of_the_decision_is_kept_in_utc(
    written: str, read: datetime | None, odd: tuple[Anomaly, ...]
) -> None:
    record = decided(decided_at=written)
    assert record.decision is not None
    assert (record.decision.decided_at, record.anomalies) == (read, odd)
    assert read is None or str(record.decision.decided_at) == str(read)


def test_half_a_character_that_json_can_spell_is_escaped() -> None:
    rows = [row(0, "CHAN_START"), row(0.1, "CR_ARRIVED", {"extra": "called=1\ud8002&caller=%ED%A0%80"})]
    record = folded([*rows, *hangup(1, CALLER_CHANNEL), *end(1)])
    assert (record.called_raw, record.caller_raw) == (r"1\ud8002", r"\xed\xa0\x80")
    assert read_record(record_body(record)) == record
