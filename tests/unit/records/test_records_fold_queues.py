"""Which seats were rung while the caller waited, as the queue log tells."""

from __future__ import annotations

from itertools import permutations

from callrouter.records.fold import fold
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.queue_log import QueueRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import SeatTry
from callrouter.vocabulary.record_words import Anomaly
from tests.unit.records.test_records_fold import (
    CALLER,
    CALLER_CHANNEL,
    T0,
    arrival,
    at,
    end,
    hangup,
    normal,
    user,
)

START = int(T0.timestamp())


def logged(seconds: int, event: str, member: str = "NONE", *data: str, queue: str = "general") -> QueueRow:
    return QueueRow(START + seconds, CALLER, queue, member, event, data)


def with_log(rows: list[CelRow], log: list[QueueRow]) -> CallRecord:
    record = fold(rows, "node1", log)
    assert record is not None
    for order in permutations(log) if len(log) < 6 else ():
        assert fold(rows, "node1", [*order, *log]) == record
    return record


def test_the_seats_that_were_rung_are_told_in_order() -> None:
    log = [
        logged(5, "ENTERQUEUE", "NONE", "", "13800138000", "1"),
        logged(6, "RINGNOANSWER", "PJSIP/1003", "1000"),
        logged(8, "CONNECT", "PJSIP/1001", "3", "PJSIP/1001-00000002", "2"),
        logged(68, "COMPLETECALLER", "PJSIP/1001", "3", "60", "1"),
    ]
    record = with_log(normal(), log)
    assert record.queue_visits[0].tries == (
        SeatTry("1003", at(6), answered=False, rang_ms=1000),
        SeatTry("1001", at(8), answered=True, rang_ms=2000),
    )
    assert record.anomalies == ()
    without = fold(normal(), "node1")
    assert without is not None
    assert without.queue_visits[0].tries == ()


def test_other_calls_rows_are_passed_over() -> None:
    other = logged(6, "RINGNOANSWER", "PJSIP/1003", "1000")._replace(call="lab-9.9")
    assert with_log(normal(), [other]) == fold(normal(), "node1")


def two_stays(gap: float) -> list[CelRow]:
    return [
        *arrival(),
        user(1, "CR_QUEUE", queue="general", state="entered"),
        user(4.2, "CR_QUEUE", queue="general", state="left", status="CONTINUE", cause="44"),
        user(4.2 + gap, "CR_QUEUE", queue="general", state="entered"),
        *hangup(9, CALLER_CHANNEL),
        *end(9),
    ]


def test_of_two_stays_in_one_second_the_entry_tells_which() -> None:
    log = [
        logged(1, "ENTERQUEUE"),
        logged(3, "RINGNOANSWER", "PJSIP/1001", "900"),
        logged(4, "ENTERQUEUE"),
        logged(4, "RINGNOANSWER", "PJSIP/1002", "10"),
        logged(9, "RINGCANCELED", "PJSIP/1003", "4000"),
    ]
    record = with_log(two_stays(0.1), log)
    assert [[one.seat for one in visit.tries] for visit in record.queue_visits] == [
        ["1001"],
        ["1002", "1003"],
    ]
    assert [one.answered for one in record.queue_visits[1].tries] == [False, False]


def test_a_log_whose_beginning_was_not_read_is_matched_by_time() -> None:
    record = with_log(two_stays(2), [logged(8, "RINGNOANSWER", "PJSIP/1002", "10")])
    assert [len(visit.tries) for visit in record.queue_visits] == [0, 1]


def test_a_seat_that_was_rung_where_the_caller_was_not_is_odd() -> None:
    record = with_log(normal(), [logged(6, "RINGNOANSWER", "PJSIP/1003", "1000", queue="other")])
    assert record.queue_visits[0].tries == ()
    assert record.anomalies == (Anomaly.TRY_UNPAIRED,)


def test_a_time_that_is_none_is_left_out() -> None:
    for data in ((), ("",), ("-3600000",), ("x",), ("²",), ("9" * 30,)):
        record = with_log(normal(), [logged(6, "RINGNOANSWER", "PJSIP/1003", *data)])
        assert record.queue_visits[0].tries == (SeatTry("1003", at(6), answered=False, rang_ms=None),)


def test_a_clock_that_was_set_between_leaves_the_seats_with_their_stay() -> None:
    log = [logged(5, "ENTERQUEUE"), logged(3606, "RINGNOANSWER", "PJSIP/1003", "1000")]
    assert len(with_log(normal(), log).queue_visits[0].tries) == 1
