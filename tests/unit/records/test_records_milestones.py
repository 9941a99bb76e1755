"""What is told of a call while it lasts: each thing once, when it is known, and nothing that has to be taken back."""

from __future__ import annotations

import pytest

from callrouter.records.fold import fold, milestones
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, Fallback
from callrouter.vocabulary.live import Answered, Arrived, Ended, Milestone, Transferred
from callrouter.vocabulary.record_words import ClosedBy, HungUpBy, TransferKind, TransferOutcome
from tests.unit.records.eventful_call import EVENTFUL
from tests.unit.records.test_records_fold import (
    AGENT,
    AGENT_CHANNEL,
    CALLER_CHANNEL,
    DECIDED,
    arrival,
    at,
    bridge,
    hangup,
    normal,
    row,
    user,
    waiting_in_queue,
)


def in_order(rows: list[CelRow]) -> list[CelRow]:
    return sorted(rows, key=lambda one: one.at_us)


def told(rows: list[CelRow]) -> list[str]:
    return [one.name for one in milestones(rows)]


def test_a_normal_call_is_told_of_in_three_steps() -> None:
    facts = DECIDED | {"platform": "sichuan", "source": "emergency:110"}
    rows = [
        user(0.01, "CR_DECIDED", **facts) if one.event == "CR_DECIDED" else one for one in in_order(normal())
    ]
    assert milestones(rows) == (
        Milestone(
            "arrived",
            Arrived(
                at=at(0),
                sip_call_id="a@b",
                called_raw="12315",
                caller_raw="13800138000",
                line="12315",
                mode="dual",
                phase="in_force",
                platform="sichuan",
                source="emergency:110",
                fallback=None,
            ),
        ),
        Milestone("answered", Answered(at(8.2002), "1001", 8200)),
        Milestone("ended", Ended(at(68.3), HungUpBy.CALLER, 16)),
    )


def test_a_call_is_not_told_of_before_its_decision_is_known() -> None:
    rows = in_order(normal())
    assert told(rows[:2]) == []
    assert told(rows[:3]) == ["arrived"]


def test_an_instant_that_the_dialplan_names_is_that_of_the_arrival() -> None:
    instant = f"{at(-0.25).timestamp():.6f}"
    arrived, answered = milestones([*arrival(arrived_at=instant), user(1, "CR_DECIDED"), *bridge(2, 9)])
    assert arrived.event.at == at(-0.25)
    assert isinstance(answered.event, Answered)
    assert answered.event.waited_ms == 2250


def test_a_fallback_is_told_as_one() -> None:
    (arrived,) = milestones([*arrival(), user(3, "CR_DECIDED", fallback="no_verdict")])
    assert isinstance(arrived.event, Arrived)
    assert (arrived.event.fallback, arrived.event.line) == (Fallback.NO_VERDICT, None)


def test_a_refused_call_is_told_of() -> None:
    rows = [
        row(0, "CHAN_START"),
        user(0.1, "CR_REFUSED", called="*1"),
        *hangup(0.2, "dialplan/builtin", cause=28),
    ]
    arrived, ended = milestones(rows)
    assert isinstance(arrived.event, Arrived)
    assert arrived.event.called_raw == "*1"
    assert ended.event == Ended(at(0.2), HungUpBy.SYSTEM, 28)


def test_a_caller_who_leaves_before_anything_is_decided_is_told_of_all_the_same() -> None:
    began = row(0, "CHAN_START")._replace(context=ARRIVAL_CONTEXT)
    assert told([began]) == []
    assert told([began, *hangup(0.1, CALLER_CHANNEL)]) == ["arrived", "ended"]


def test_a_call_that_is_not_ours_is_not_told_of() -> None:
    assert milestones([row(0, "CHAN_START"), *bridge(1, 2), *hangup(3, CALLER_CHANNEL)]) == ()
    assert milestones([]) == ()


def test_only_the_callers_hang_up_ends_the_call() -> None:
    rows = [*waiting_in_queue(), *hangup(9, "", who=AGENT)]
    assert told(rows) == ["arrived"]
    assert told([*rows, *hangup(10, CALLER_CHANNEL)]) == ["arrived", "ended"]


def test_an_agent_who_hangs_up_is_named() -> None:
    rows = [*in_order(normal())[:13], *hangup(68.3, AGENT_CHANNEL)]
    ended = milestones(rows)[-1].event
    assert isinstance(ended, Ended)
    assert ended.hung_up_by is HungUpBy.AGENT


@pytest.mark.parametrize(
    "rows",
    [
        bridge(8, 9)[:1],
        [bridge(8, 9)[0], bridge(8, 9)[2], bridge(8, 9)[1]],
        bridge(8, 9, "lab-1.7", "Local/x@y-00000000;1"),
        [row(8, "ANSWER", who=AGENT)],
    ],
)
def test_the_caller_is_answered_only_when_bridged_with_a_person(rows: list[CelRow]) -> None:
    assert told([*waiting_in_queue(), *rows]) == ["arrived"]


def test_a_second_agent_is_not_a_second_answer() -> None:
    rows = [*waiting_in_queue(), *bridge(8, 9), *bridge(10, 11, "lab-1.3", "PJSIP/1002-00000003")]
    assert told(rows) == ["arrived", "answered"]


def test_each_attempt_that_ended_is_told_of_once() -> None:
    rows = [
        *waiting_in_queue(),
        user(20, "CR_TRANSFER", id="t1", state="requested", kind="plain", target="x"),
        user(21, "CR_TRANSFER", id="t2", state="requested"),
        user(24, "CR_TRANSFER", id="t1", state="ended", outcome="busy"),
        user(25, "CR_TRANSFER", id="t1", state="ended", outcome="joined"),
        user(26, "CR_TRANSFER", id="t3", state="ended", outcome="eaten"),
    ]
    transfers = milestones(rows)[1:]
    assert [one.name for one in transfers] == ["transferred:t1", "transferred:t3"]
    assert transfers[0].event == Transferred(at(24), "t1", TransferKind.PLAIN, "x", TransferOutcome.BUSY)
    assert transfers[1].event == Transferred(at(26), "t3", None, None, TransferOutcome.INTERRUPTED)


def test_rows_that_are_read_again_tell_nothing_new() -> None:
    assert milestones(EVENTFUL * 2) == milestones(EVENTFUL)


def test_a_clock_that_is_set_back_takes_nothing_back_and_makes_no_wait_negative() -> None:
    for place in range(len(EVENTFUL)):
        set_back = [one._replace(at_us=one.at_us - 3_600_000_000) for one in EVENTFUL[place:]]
        found = milestones([*EVENTFUL[:place], *set_back])
        assert [one.name for one in found] == ["arrived", "answered", "transferred:t1", "ended"]
        assert isinstance(found[1].event, Answered)
        assert found[1].event.waited_ms >= 0


@pytest.mark.parametrize("rows", [in_order(normal()), EVENTFUL])
def test_what_is_told_is_what_the_record_says(rows: list[CelRow]) -> None:
    record = fold(rows, "n")
    assert record is not None
    found = {one.name: one.event for one in milestones(rows)}
    arrived, answered, ended = found["arrived"], found["answered"], found["ended"]
    assert isinstance(arrived, Arrived)
    assert isinstance(answered, Answered)
    assert isinstance(ended, Ended)
    assert record.decision is not None
    assert (arrived.at, arrived.called_raw, arrived.caller_raw, arrived.sip_call_id, arrived.line) == (
        *(record.arrived_at, record.called_raw, record.caller_raw, record.sip_call_id),
        record.decision.line,
    )
    assert (answered.at, answered.endpoint, answered.waited_ms) == (
        record.accepted_at,
        record.agent,
        record.waited_ms,
    )
    assert (ended.at, ended.hung_up_by, ended.hangup_cause) == (
        *(record.ended_at, record.hung_up_by),
        record.hangup_cause,
    )


def test_a_call_that_is_over_has_ended_though_nobody_wrote_that_down() -> None:
    rows = in_order(normal())[:5]
    assert told(rows)[-1] != "ended"
    last = milestones(rows, is_over=True)[-1]
    record = fold(rows, "n", closed_by=ClosedBy.RULE)
    assert record is not None
    assert last == Milestone("ended", Ended(record.ended_at, None, None))
    assert milestones(rows, is_over=True)[:-1] == milestones(rows)
    assert milestones(in_order(normal()), is_over=True) == milestones(in_order(normal()))
    assert milestones([], is_over=True) == ()


def test_a_call_whose_hang_up_was_not_written_ended_with_its_channel() -> None:
    rows = [one for one in in_order(normal()) if one.event != "HANGUP"]
    record = fold(rows, "n")
    assert record is not None
    assert milestones(rows, is_over=True)[-1].event.at == record.ended_at
