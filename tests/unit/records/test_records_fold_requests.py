"""What a caller hears, asks for and leaves, and by when that is passed on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.records.bodies import read_record, record_body
from callrouter.records.fold import explained
from callrouter.records.fold.acceptance import deadline, register_by, times_in
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import RecordedDecision
from callrouter.vocabulary.record_parts import CallBack, MenuChoice, Pause, Survey
from callrouter.vocabulary.record_words import Anomaly, TerminalState
from tests.unit.records.test_records_fold import (
    CALLER_CHANNEL,
    DECIDED,
    arrival,
    at,
    end,
    folded,
    hangup,
    normal,
    user,
)
from tests.unit.records.test_records_fold_seats import refusing


def call(*rows: CelRow, until: float = 100, by: str = CALLER_CHANNEL) -> list[CelRow]:
    return [*arrival(), user(0.01, "CR_DECIDED", **DECIDED), *rows, *hangup(until, by), *end(until)]


def scheduled(key: str = "t01", **more: str) -> CelRow:
    return user(
        1, "CR_NOTICE", **{"key": key, "state": "scheduled", "starts_ms": "200", "ends_ms": "8200"} | more
    )


@pytest.mark.parametrize(
    ("left", "played"),
    [
        (100, [(at(1.2), at(9.2))]),
        (9.2, [(at(1.2), at(9.2))]),
        (9.199, [(at(1.2), None)]),
        (1.201, [(at(1.2), None)]),
        (1.2, []),
    ],
)
def test_a_scheduled_notice_was_heard_as_far_as_the_caller_stayed(
    left: float, played: list[tuple[datetime, datetime | None]]
) -> None:
    record = folded(call(scheduled(), until=left))
    assert [(one.started_at, one.finished_at) for one in record.announcements] == played
    assert record.anomalies == ()


def test_two_scheduled_notices_follow_each_other() -> None:
    record = folded(call(scheduled(), scheduled("g04", starts_ms="8200", ends_ms="9000"), until=9.5))
    assert [(one.key, one.finished_at) for one in record.announcements] == [("t01", at(9.2)), ("g04", None)]


@pytest.mark.parametrize(
    "wrong",
    [{"starts_ms": ""}, {"ends_ms": "x"}, {"starts_ms": "-5"}, {"starts_ms": "9000", "ends_ms": "8000"}],
)
def test_a_schedule_that_is_none_is_odd_and_left_out(wrong: dict[str, str]) -> None:
    record = folded(call(scheduled(**wrong)))
    assert (record.announcements, record.anomalies) == ((), (Anomaly.UNREADABLE_FACT,))


def test_whoever_asks_to_be_called_back_is_accepted_then() -> None:
    rows = call(user(40, "CR_CALL_BACK", state="requested"), until=45, by="dialplan/builtin")
    record = folded(rows)
    assert record.terminal_state is TerminalState.CALL_BACK
    assert record.call_back == CallBack(at(40), "13800138000")
    assert (record.accepted_at, record.answered_within_15_s, record.anomalies) == (at(40), False, ())
    assert read_record(record_body(record)) == record


def test_a_request_does_not_undo_a_talk_or_a_message() -> None:
    asked = user(5.5, "CR_CALL_BACK", state="requested")
    talked = folded([*normal(), asked])
    assert (talked.terminal_state, talked.accepted_at) == (TerminalState.COMPLETED, at(8.2002))
    left = folded(call(asked, *message(10, 20)))
    assert (left.terminal_state, left.accepted_at) == (TerminalState.VOICEMAIL, at(20))
    assert left.call_back is not None


def message(start: float, finish: float, status: str = "HANGUP") -> list[CelRow]:
    finished = user(finish, "CR_VOICEMAIL", state="finished", status=status, file="a.wav")
    return [user(start, "CR_VOICEMAIL", state="started"), finished]


def test_a_message_tells_when_it_was_spoken() -> None:
    voicemail = folded(call(*message(10, 11, "SKIP"), *message(15, 42))).voicemail
    assert voicemail is not None
    assert (voicemail.started_at, voicemail.finished_at, voicemail.length_ms) == (at(15), at(42), None)
    headless = folded(call(message(15, 42)[1])).voicemail
    assert headless is not None
    assert headless.started_at is None


def menu(seconds: float, state: str, **more: str) -> CelRow:
    return user(seconds, "CR_MENU", **{"menu": "language", "state": state} | more)


@pytest.mark.parametrize(
    ("rows", "choices", "odd"),
    [
        ([menu(1, "offered"), menu(3, "chosen", key="2")], [("language", at(1), "2")], ()),
        ([menu(1, "offered"), menu(9, "given_up")], [("language", at(1), None)], ()),
        (
            [menu(1, "offered"), menu(6, "offered"), menu(9, "chosen", key="0")],
            [("language", at(1), "0")],
            (),
        ),
        ([menu(1, "offered")], [("language", at(1), None)], ()),
        (
            [
                menu(1, "offered"),
                menu(2, "offered", menu="service"),
                menu(3, "chosen", menu="service", key="1"),
            ],
            [("language", at(1), None), ("service", at(2), "1")],
            (),
        ),
        ([menu(3, "chosen", key="2")], [("language", at(3), "2")], (Anomaly.MENU_UNPAIRED,)),
        (
            [menu(1, "offered"), menu(3, "chosen", key="12")],
            [("language", at(1), None)],
            (Anomaly.UNREADABLE_FACT,),
        ),
        ([menu(1, "eaten")], [("language", at(1), None)], (Anomaly.MENU_UNPAIRED, Anomaly.UNREADABLE_FACT)),
    ],
)
def test_each_menu_is_told_with_what_came_of_it(
    rows: list[CelRow], choices: list[tuple[str, datetime, str | None]], odd: tuple[Anomaly, ...]
) -> None:
    record = folded(call(*rows))
    assert record.menu == tuple(MenuChoice(*choice) for choice in choices)
    assert record.anomalies == odd
    assert folded(call()).menu == ()


# By when what was left is passed on: 001:L54.

RULE = (time(18), time(10))


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("left", "by"),
    [
        ("2026-03-02T09:00:00", "2026-03-02T18:00:00"),
        ("2026-03-02T17:59:59.999999", "2026-03-02T18:00:00"),
        ("2026-03-02T18:00:00", "2026-03-03T10:00:00"),
        ("2026-12-31T23:59:59", "2027-01-01T10:00:00"),
        ("2027-01-01T00:00:00", "2027-01-01T18:00:00"),
    ],
)
def test_what_is_left_before_18_is_passed_on_by_then_and_all_else_by_10_the_next_day(
    left: str, by: str
) -> None:
    found = register_by(beijing(left), *RULE)
    assert (found, found.tzinfo) == (beijing(by), UTC)


@given(st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_a_deadline_lies_ahead_and_within_a_day(left: datetime) -> None:
    ahead = register_by(left, *RULE) - left
    assert 0 < ahead.total_seconds() <= 18 * 3600


@pytest.mark.parametrize(
    "rule", ["", "18:00", "18:00/10:00/", "25:00/10:00", "18:60/10:00", "1８:00/10:00", "x"]
)
def test_what_is_no_rule_gives_no_deadline(rule: str) -> None:
    assert times_in(rule) is None
    assert deadline(decision(rule), at(0)) is None


def decision(rule: str | None) -> RecordedDecision:
    made = folded(normal()).decision
    assert made is not None
    return replace(made, register_rule=rule)


def test_what_was_left_where_the_plan_has_the_rule_has_its_deadline_in_the_record() -> None:
    ruled = user(0.01, "CR_DECIDED", **DECIDED, register_rule="18:00/10:00")
    left = [*arrival(), ruled, *message(10, 20), *hangup(21, CALLER_CHANNEL), *end(21)]
    record = folded(left)
    assert record.decision is not None
    assert (record.decision.register_rule, record.register_by) == (
        "18:00/10:00",
        beijing("2021-09-30T18:00:00"),
    )
    # Two hours later it is six in the evening in Beijing.
    asked = user(7200, "CR_CALL_BACK", state="requested")
    late = folded([*arrival(), ruled, asked, *hangup(7201, "dialplan/builtin"), *end(7201)])
    assert late.register_by == beijing("2021-10-01T10:00:00")
    talked = folded([ruled if one.event == "CR_DECIDED" else one for one in (*normal(), *message(5.3, 6))])
    assert (talked.voicemail is not None, talked.register_by) == (True, None)


def test_a_call_that_took_the_safe_default_gets_its_deadline_when_it_is_explained() -> None:
    left = folded([*arrival(), *message(10, 20), *hangup(21, CALLER_CHANNEL), *end(21)])
    assert left.register_by is None
    told = explained(left, decision("18:00/10:00"))
    # 16:00 in Beijing.
    assert (told.register_by, told.decision_derived) == (beijing("2021-09-30T18:00:00"), True)
    assert explained(told, None) == left
    assert explained(left, decision(None)).register_by is None
    talked = folded([*normal(), *message(5.3, 6)])
    assert explained(talked, decision("18:00/10:00")).register_by is None


# Recordings in parts.


def recording(seconds: float, state: str, part: int, **more: str) -> CelRow:
    return user(seconds, "CR_RECORDING", file=f"node1-1.1-{part}.wav", state=state, **more)


def test_a_pause_ends_a_file_and_the_next_begins_after_it() -> None:
    record = folded(
        call(
            recording(1, "started", 1),
            recording(30, "paused", 1),
            recording(30, "finished", 1, bytes="464044"),
            recording(50, "resumed", 1),
            recording(50, "started", 2),
            recording(90, "finished", 2, bytes="640044"),
        )
    )
    first, second = record.recordings
    assert (first.started_at, first.finished_at, first.bytes) == (at(1), at(30), 464044)
    assert (first.pauses, second.pauses) == ((Pause(at(30), at(50)),), ())
    assert (second.started_at, second.finished_at, second.bytes) == (at(50), at(90), 640044)
    assert record.anomalies == ()


def test_a_pause_that_nobody_ended_has_no_end_and_no_second_file() -> None:
    rows = [recording(1, "started", 1), recording(30, "paused", 1), recording(30, "finished", 1)]
    (only,) = folded(call(*rows)).recordings
    assert (only.pauses, only.bytes) == ((Pause(at(30), None),), None)


def test_what_could_not_be_recorded_is_odd_and_no_file() -> None:
    record = folded(call(recording(1, "failed", 1)))
    assert (record.recordings, record.anomalies) == ((), (Anomaly.RECORDING_FAILED,))


def test_a_rating_that_the_agent_waived_is_told_apart_from_one_that_nobody_gave() -> None:
    waived = folded([*normal(), user(68.25, "CR_SURVEY", state="waived")])
    assert (waived.survey, waived.anomalies) == (Survey(at(68.25), None, waived=True), ())
    silent = [user(68.25, "CR_SURVEY", state="offered"), user(68.28, "CR_SURVEY", state="finished", grade="")]
    assert folded([*normal(), *silent]).survey == Survey(at(68.25), None)
    both = [silent[0], user(68.29, "CR_SURVEY", state="waived")]
    assert folded([*normal(), *both]).survey == Survey(at(68.25), None)


NEW = frozenset(
    {
        *("picked_up_ms", "call_back", "menu", "register_by", "register_rule", "bytes", "waived"),
        "length_ms",
    }
)
"""Fields that an older record does not have."""


def older(value: object) -> object:
    """A record's JSON as it was before."""
    if isinstance(value, list):
        return [older(one) for one in value]
    if not isinstance(value, dict):
        return value
    of_a_seat = {"status", "cause"} if "seat" in value else set()
    of_a_message = {"started_at", "finished_at"} if "length_ms" in value else set()
    left_out = NEW | of_a_seat | of_a_message
    return {key: older(one) for key, one in value.items() if key not in left_out}


def test_a_record_from_before_all_this_is_still_read() -> None:
    refused = folded(refusing())
    left = folded(call(*message(15, 42), recording(1, "started", 1)))
    for record in (refused, left, folded(normal())):
        body = json.dumps(older(json.loads(record_body(record))))
        read = read_record(body)
        assert (read.talks, read.picked_up_ms, read.menu) == (record.talks, None, ())
    assert "call_back" not in body
