"""Seats that are reached through a Local channel: its halves are plumbing, and the record is what it was without."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from callrouter.records.cel_csv import cut
from callrouter.records.fold import fold, milestones
from callrouter.records.queue_log_lines import cut_queue_log
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.live import Answered
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import SeatTry
from callrouter.vocabulary.record_words import Anomaly, HungUpBy, TerminalState
from tests.unit.records.test_records_fold import (
    AGENT,
    AGENT_CHANNEL,
    CALLER,
    CALLER_CHANNEL,
    DECIDED,
    arrival,
    at,
    end,
    folded,
    hangup,
    row,
    user,
)
from tests.unit.records.test_records_fold_queues import logged, with_log

NEAR, FAR = "lab-1.7", "lab-1.8"
NEAR_CHANNEL, FAR_CHANNEL = "Local/1001@seat-00000000;1", "Local/1001@seat-00000000;2"
NAMES = {NEAR: NEAR_CHANNEL, FAR: FAR_CHANNEL, AGENT: AGENT_CHANNEL, CALLER: CALLER_CHANNEL}


def bridged(seconds: float, who: str, name: str, *, enters: bool = True) -> CelRow:
    event = "BRIDGE_ENTER" if enters else "BRIDGE_EXIT"
    return row(seconds, event, {"bridge_id": name}, who=who, channel=NAMES[who])


def waiting() -> list[CelRow]:
    """The caller hears the notice; the seat is rung meanwhile, and picked up at 8 s."""
    return [
        *arrival(),
        user(0.01, "CR_DECIDED", **DECIDED),
        user(0.02, "CR_NOTICE", key="t01-12315", state="scheduled", starts_ms="200", ends_ms="20000"),
        row(0.02, "ANSWER"),
        user(0.03, "CR_QUEUE", queue="general", state="entered"),
        row(0.04, "CHAN_START", who=NEAR, channel=NEAR_CHANNEL),
        row(0.05, "CHAN_START", who=FAR, channel=FAR_CHANNEL),
        row(0.06, "CHAN_START", who=AGENT),
        user(0.07, "CR_LEG", party="agent", sip_call_id="leg")._replace(
            uniqueid=AGENT, channel=AGENT_CHANNEL
        ),
        row(8, "ANSWER", who=AGENT),
    ]


def connected() -> list[CelRow]:
    """At 20.3 s half of the Local channel stands in for the seat, until Asterisk puts the seat in its place."""
    return [
        row(20.29, "ANSWER", who=NEAR, channel=NEAR_CHANNEL),
        row(20.291, "ANSWER", who=FAR, channel=FAR_CHANNEL),
        bridged(20.292, AGENT, "behind"),
        bridged(20.293, FAR, "behind"),
        bridged(20.299, NEAR, "front"),
        bridged(20.3, CALLER, "front"),
    ]


def swapped() -> list[CelRow]:
    return [
        bridged(20.32, AGENT, "behind", enters=False),
        bridged(20.321, NEAR, "front", enters=False),
        bridged(20.322, AGENT, "front"),
        bridged(20.323, FAR, "behind", enters=False),
        *hangup(20.324, "", who=NEAR, channel=NEAR_CHANNEL),
        *hangup(20.325, "", who=FAR, channel=FAR_CHANNEL),
    ]


def ended() -> list[CelRow]:
    return [
        bridged(80.3, AGENT, "front", enters=False),
        bridged(80.301, CALLER, "front", enters=False),
        *hangup(80.31, CALLER_CHANNEL),
        *hangup(80.31, CALLER_CHANNEL, who=AGENT),
        *end(80.31),
    ]


def through_a_local() -> list[CelRow]:
    return [*waiting(), *connected(), *swapped(), *ended()]


def plain() -> list[CelRow]:
    """The same call by a plain member."""
    local = {NEAR, FAR}
    rows = [one for one in (*waiting(), *ended()) if one.uniqueid not in local]
    return [*rows, bridged(20.299, AGENT, "front"), bridged(20.3, CALLER, "front")]


def left_waiting() -> list[CelRow]:
    """The seat was picked up and waits for the notice's end; the caller leaves before."""
    return [
        *waiting(),
        *hangup(11, "", 0, who=NEAR, channel=NEAR_CHANNEL),
        *hangup(11, CALLER_CHANNEL, 0),
        *hangup(11.1, "dialplan/builtin", 26, who=AGENT),
        *hangup(11.1, "", 16, who=FAR, channel=FAR_CHANNEL),
        *end(11.1),
    ]


def test_a_seat_behind_a_local_channel_gives_the_record_of_a_plain_one() -> None:
    record, simple = folded(through_a_local()), folded(plain())
    assert replace(record, cel_ids=()) == replace(simple, cel_ids=())
    assert record.anomalies == ()
    (talk,) = record.talks
    assert (talk.starts_at, talk.ends_at, talk.uniqueid) == (at(20.3), at(80.3), AGENT)
    assert (record.talk_ms, [leg.endpoint for leg in record.legs]) == (60_000, ["trunk", "1001"])


def test_the_15_seconds_end_with_the_pick_up_and_the_wait_with_the_connection() -> None:
    record = folded(through_a_local())
    assert (record.picked_up_ms, record.waited_ms) == (8000, 20_300)
    assert record.answered_within_15_s is True
    late = [
        one._replace(at_us=one.at_us + 8_000_000) if (one.event, one.uniqueid) == ("ANSWER", AGENT) else one
        for one in through_a_local()
    ]
    assert (folded(late).picked_up_ms, folded(late).answered_within_15_s) == (16_000, False)


def test_a_pick_up_that_nobody_wrote_down_was_at_the_connection() -> None:
    rows = [one for one in through_a_local() if (one.event, one.uniqueid) != ("ANSWER", AGENT)]
    assert (folded(rows).picked_up_ms, folded(rows).answered_within_15_s) == (20_300, False)


def test_a_caller_who_leaves_while_the_half_stands_in_has_talked() -> None:
    rows = [*waiting(), *connected(), *hangup(20.31, CALLER_CHANNEL), *end(20.31)]
    record = folded(rows)
    assert (record.terminal_state, record.talk_ms, record.agent) == (TerminalState.COMPLETED, 10, "1001")


def never_swapped() -> list[CelRow]:
    leaving = [(80.3, AGENT, "behind"), (80.3, FAR, "behind"), (80.3, NEAR, "front"), (80.3, CALLER, "front")]
    return [
        *waiting(),
        *connected(),
        *[bridged(*one, enters=False) for one in leaving],
        *hangup(80.305, AGENT_CHANNEL, who=AGENT),
        *hangup(80.306, "", who=FAR, channel=FAR_CHANNEL),
        *hangup(80.306, "", who=NEAR, channel=NEAR_CHANNEL),
        *hangup(80.31, NEAR_CHANNEL),
        *end(80.31),
    ]


def test_a_clock_set_back_while_a_local_channel_carries_the_talk_loses_no_talk() -> None:
    rows = [
        one._replace(at_us=one.at_us - 3_600_000_000) if one.at > at(21) else one for one in never_swapped()
    ]
    record = folded(rows)
    assert [talk.uniqueid for talk in record.talks] == [AGENT]
    assert (record.talk_ms, record.terminal_state) == (0, TerminalState.COMPLETED)
    assert Anomaly.TIME_RAN_BACKWARDS in record.anomalies


def test_a_local_channel_that_asterisk_never_takes_away_carries_the_whole_talk() -> None:
    record = folded(never_swapped())
    assert [(talk.starts_at, talk.ends_at) for talk in record.talks] == [(at(20.3), at(80.3))]
    assert record.hung_up_by is HungUpBy.AGENT


def test_a_seat_behind_another_callers_local_channel_has_not_talked() -> None:
    others = [one for one in connected() if one.uniqueid != NEAR]
    record = folded([*waiting(), *others, *hangup(21, CALLER_CHANNEL), *end(21)])
    assert (record.terminal_state, record.talks) == (TerminalState.ABANDONED, ())


def test_a_seat_that_waited_for_the_notice_while_its_caller_left_has_not_talked() -> None:
    record = folded(left_waiting())
    assert (record.terminal_state, record.hung_up_by) == (TerminalState.ABANDONED, HungUpBy.CALLER)
    assert (record.talks, record.agent, record.accepted_at, record.picked_up_ms) == ((), None, None, None)
    assert record.legs[1].answered_at == at(8)
    assert record.answered_within_15_s is None
    assert [one.name for one in milestones(left_waiting())] == ["arrived", "ended"]


@pytest.mark.parametrize("rows", [through_a_local(), [*waiting(), *connected()]], ids=["swapped", "not yet"])
def test_the_caller_is_told_to_be_answered_at_the_connection_as_the_record_says(rows: list[CelRow]) -> None:
    (answered,) = [one.event for one in milestones(rows) if one.name == "answered"]
    assert answered == Answered(at(20.3), "1001", 20_300)
    record = folded(rows)
    assert (record.accepted_at, record.waited_ms) == (answered.at, answered.waited_ms)


def test_whoever_is_in_a_bridge_of_their_own_is_stood_in_for_by_nobody() -> None:
    colleague, channel = "lab-1.9", "PJSIP/1009-00000009"
    elsewhere = [row(20, "BRIDGE_ENTER", {"bridge_id": "elsewhere"}, who=colleague, channel=channel)]
    record = folded([*through_a_local(), *elsewhere])
    assert {talk.uniqueid for talk in record.talks} == {AGENT}
    (answered,) = [one.event for one in milestones([*waiting(), *elsewhere, *connected()])[1:]]
    assert isinstance(answered, Answered)
    assert answered.endpoint == "1001"


def test_a_half_that_left_the_seat_stands_in_for_nobody() -> None:
    agent, far, near, caller = connected()[2:]
    left = bridged(20.295, FAR, "behind", enters=False)
    rows = [*waiting(), agent, far, left, near, caller]
    assert "answered" not in [one.name for one in milestones(rows)]
    assert folded([*rows, *hangup(21, CALLER_CHANNEL), *end(21)]).talks == ()


def test_a_half_that_left_the_caller_stands_in_for_nobody() -> None:
    rows = [*waiting(), *connected()[:2], bridged(20.1, NEAR, "front"), bridged(20.2, CALLER, "front")]
    rows += [bridged(20.25, NEAR, "front", enters=False), *connected()[2:4]]
    assert "answered" not in [one.name for one in milestones(rows)]
    assert folded(rows).talks == ()


@pytest.mark.parametrize("place", range(len(through_a_local())))
@pytest.mark.parametrize("by_us", [-3_600_000_000, 3_600_000_000])
def test_a_clock_that_is_set_at_any_step_leaves_the_talk_with_the_seat(place: int, by_us: int) -> None:
    whole = through_a_local()
    rows = [*whole[:place], *(one._replace(at_us=one.at_us + by_us) for one in whole[place:])]
    record = folded(rows)
    assert {talk.uniqueid for talk in record.talks} == {AGENT}
    assert record.terminal_state is TerminalState.COMPLETED
    assert min(record.talk_ms, record.waited_ms or 0, record.picked_up_ms or 0) >= 0
    assert all(talk.starts_at <= talk.ends_at for talk in record.talks)


def test_the_rows_may_come_in_any_order() -> None:
    rows, expected = through_a_local(), folded(through_a_local())
    for seed in range(10):
        assert folded(random.Random(seed).sample(rows, len(rows))) == expected


# Which seats were rung.


def refused(seconds: float, **facts: str) -> CelRow:
    return user(seconds, "CR_SEAT", **facts)._replace(uniqueid=FAR, channel=FAR_CHANNEL)


def refusing() -> list[CelRow]:
    """1001 rings for three seconds, and is busy then."""
    return [
        *arrival(),
        user(1, "CR_QUEUE", queue="general", state="entered"),
        row(1.1, "CHAN_START", who=NEAR, channel=NEAR_CHANNEL),
        row(1.2, "CHAN_START", who=FAR, channel=FAR_CHANNEL),
        row(1.3, "CHAN_START", who=AGENT),
        refused(4.2, seat="1001", status="BUSY", cause="17"),
        *hangup(9, CALLER_CHANNEL),
        *end(9),
    ]


BUSY = SeatTry("1001", at(4.2), answered=False, rang_ms=3000, status="BUSY", cause=17)


def tries(rows: list[CelRow], log: list[QueueRow]) -> tuple[SeatTry, ...]:
    (visit,) = with_log(rows, log).queue_visits
    return visit.tries


@pytest.mark.parametrize("member", ["1001", "PJSIP/1001", "Local/1001@seat"])
def test_what_journal_and_queue_log_tell_of_a_seat_is_one_try(member: str) -> None:
    log = [logged(1, "ENTERQUEUE"), logged(4, "RINGNOANSWER", member, "3000")]
    assert tries(refusing(), log) == (BUSY,)
    assert tries(refusing(), []) == (BUSY,)
    (only_logged,) = tries([one for one in refusing() if one.event != "CR_SEAT"], log)
    assert only_logged == SeatTry("1001", at(4), answered=False, rang_ms=3000)


def test_a_seat_that_was_rung_twice_was_tried_twice_in_order() -> None:
    rows = [*refusing(), refused(6.2, seat="1001", status="CHANUNAVAIL", cause="0")]
    log = [
        logged(4, "RINGNOANSWER", "1001", "3000"),
        logged(6, "RINGNOANSWER", "1001", "1000"),
        logged(8, "RINGCANCELED", "1002", "1500"),
    ]
    assert [(one.seat, one.at, one.status, one.cause) for one in tries(rows, log)] == [
        ("1001", at(4.2), "BUSY", 17),
        ("1001", at(6.2), "CHANUNAVAIL", None),
        ("1002", at(8), None, None),
    ]


def test_a_seat_that_refused_twice_in_a_second_was_tried_twice() -> None:
    rows = [*refusing(), refused(4.6, seat="1001", status="CHANUNAVAIL", cause="20")]
    log = [logged(4, "RINGNOANSWER", "1001", "0"), logged(4, "RINGNOANSWER", "1001", "1")]
    assert [(one.at, one.status) for one in tries(rows, log)] == [(at(4.2), "BUSY"), (at(4.6), "CHANUNAVAIL")]


def test_what_lies_seconds_apart_is_not_one_try() -> None:
    log = [logged(8, "RINGNOANSWER", "1001", "10")]
    assert [one.at for one in tries(refusing(), log)] == [at(4.2), at(8)]


def test_the_seat_that_rang_when_the_caller_left_was_the_last() -> None:
    log = [logged(4, "RINGCANCELED", "1000", "10"), logged(4, "RINGNOANSWER", "1001", "0")]
    assert [one.seat for one in tries(refusing(), log)] == ["1001", "1000"]


def test_a_seat_that_left_its_wait_rang_until_it_was_picked_up() -> None:
    (one,) = tries([*refusing(), row(2.2, "ANSWER", who=AGENT)], [])
    assert (one.rang_ms, one.at, one.answered) == (1000, at(4.2), False)


def test_a_connected_seat_answered_at_its_pick_up() -> None:
    log = [logged(0, "ENTERQUEUE"), logged(20, "CONNECT", "1001", "20", NEAR, "20")]
    assert tries(through_a_local(), log) == (SeatTry("1001", at(8), answered=True, rang_ms=7940),)
    # By a plain member the queue log has it.
    assert tries(plain(), log) == (SeatTry("1001", at(20), answered=True, rang_ms=20_000),)


def test_a_seat_that_was_rung_in_no_queue_or_has_no_name_is_odd() -> None:
    early = [*arrival(), refused(0.5, seat="1001", status="BUSY", cause="17"), *hangup(9, CALLER_CHANNEL)]
    assert Anomaly.TRY_UNPAIRED in folded([*early, *end(9)]).anomalies
    nameless = [one._replace(extra='{"extra":"status=BUSY&cause=x"}') if one.event == "CR_SEAT" else one
                for one in refusing()]  # fmt: skip
    assert Anomaly.UNREADABLE_FACT in folded(nameless).anomalies


def test_an_agent_is_named_by_the_seat_whose_channel_was_the_member() -> None:
    for interface in ("Local/1001@seat", "PJSIP/1001"):
        left = user(12, "CR_QUEUE", queue="general", state="left", status="CONTINUE", agent=interface)
        rows = [*arrival(), user(1, "CR_QUEUE", queue="general", state="entered"), left]
        assert folded([*rows, *hangup(13, CALLER_CHANNEL), *end(13)]).queue_visits[0].agent == "1001"


# What Asterisk wrote, byte for byte.


def real_rows(name: str) -> tuple[tuple[CelRow, ...], tuple[QueueRow, ...]]:
    sample = Path(__file__).parent / f"asterisk_22_10_1_{name}"
    rows = cut(sample.with_suffix(".csv").read_bytes())
    queue = cut_queue_log(sample.with_suffix(".queue_log").read_bytes())
    assert (rows.unreadable, queue.unreadable) == (0, 0)
    return rows.rows, queue.rows


def real_call(name: str) -> CallRecord:
    rows, queue = real_rows(name)
    record = fold(rows, "node1", queue)
    assert record is not None
    assert record.anomalies == ()
    return record


def test_a_real_call_whose_seat_was_picked_up_in_the_notice() -> None:
    record = real_call("seat_picked_up_in_the_notice")
    assert (record.terminal_state, record.hung_up_by) == (TerminalState.COMPLETED, HungUpBy.CALLER)
    assert (record.picked_up_ms, record.waited_ms, record.answered_within_15_s) == (411, 8401, True)
    assert [leg.endpoint for leg in record.legs] == ["carrier", "1001"]
    assert len(record.talks) == 1
    (notice,) = record.announcements
    assert notice.finished_at is not None
    assert (notice.finished_at - notice.started_at).total_seconds() == 7.993
    assert notice.finished_at < record.talks[0].starts_at
    ((seat,),) = [visit.tries for visit in record.queue_visits]
    assert (seat.seat, seat.answered, seat.at) == ("1001", True, record.legs[1].answered_at)


def test_a_real_call_whose_first_seat_was_busy() -> None:
    record = real_call("seat_busy_then_another")
    assert (record.agent, record.hung_up_by) == ("1002", HungUpBy.AGENT)
    ((busy, other),) = [visit.tries for visit in record.queue_visits]
    assert (busy.seat, busy.answered, busy.rang_ms, busy.status, busy.cause) == (
        "1001",
        False,
        205,
        "BUSY",
        17,
    )
    assert (other.seat, other.answered) == ("1002", True)
    assert [leg.talk_ms for leg in record.legs] == [record.talk_ms, 0, record.talk_ms]


def test_a_real_call_whose_caller_left_while_the_seat_waited() -> None:
    record = real_call("seat_waited_and_caller_left")
    assert (record.terminal_state, record.talks, record.agent) == (TerminalState.ABANDONED, (), None)
    assert [one.finished_at for one in record.announcements] == [None]
    ((seat,),) = [visit.tries for visit in record.queue_visits]
    assert (seat.seat, seat.answered) == ("1001", False)


@pytest.mark.parametrize("name", ["seat_picked_up_in_the_notice", "seat_busy_then_another"])
def test_a_real_callers_answer_is_told_live_as_the_record_says(name: str) -> None:
    rows, _ = real_rows(name)
    record = real_call(name)
    (answered,) = [one.event for one in milestones(rows) if one.name == "answered"]
    assert answered == Answered(record.talks[0].starts_at, record.agent or "", record.waited_ms or 0)


def ended_in_asterisks_own_name(agents_source: str) -> CallRecord:
    """The agent's channel ends first; then the dialplan ends the caller's, and names itself."""
    rows = [
        *waiting(),
        *connected(),
        *swapped(),
        bridged(80.3, AGENT, "front", enters=False),
        bridged(80.301, CALLER, "front", enters=False),
        *hangup(80.31, agents_source, who=AGENT),
        *hangup(80.4, "dialplan/builtin"),
        *end(80.4),
    ]
    return folded(rows)


def test_who_hung_up_on_the_caller_ended_the_call_though_asterisk_ended_his_channel() -> None:
    assert ended_in_asterisks_own_name(AGENT_CHANNEL).hung_up_by is HungUpBy.AGENT


def test_a_call_that_we_end_over_a_person_is_ended_by_us() -> None:
    assert ended_in_asterisks_own_name("").hung_up_by is HungUpBy.SYSTEM
