"""Calls that were passed on at a real Asterisk 22.10.1, without a controller: journal and queue log, byte for byte.

The numbers of callers are other ones. Each was played by parties that send tones, and who heard whom was listened to.
"""

from __future__ import annotations

import random

import pytest

from callrouter.records.fold import fold, milestones
from callrouter.vocabulary.live import Ended, Transferred
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_words import HungUpBy, LegRole, TransferKind, TransferOutcome
from tests.unit.records.test_records_real_queue_log import real_call, real_rows

NAMES = (
    *("three_and_left", "plain", "busy_then_three_then_held", "agent_died_in_consult", "agent_died_in_three"),
    *("agent_died_holding", "seats_together"),
)


def called(name: str) -> CallRecord:
    return real_call(f"transfer_{name}")


def times(record: CallRecord) -> list[tuple[LegRole, str, int, int]]:
    """Of each leg but the caller's: with the caller, and with each other."""
    return [(leg.role, leg.endpoint, leg.talk_ms, leg.consult_ms) for leg in record.legs[1:]]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_happened_nothing_of_it_is_odd_and_its_parts_fit_together(name: str) -> None:
    record = called(name)
    assert record.anomalies == ()
    caller, *others = record.legs
    assert caller.role is LegRole.CALLER
    assert record.talk_ms == caller.talk_ms <= sum(leg.talk_ms + 1 for leg in others)
    legs = {leg.uniqueid: leg for leg in record.legs}
    for transfer in record.transfers:
        steps = [transfer.requested_at, transfer.answered_at, transfer.accepted_at, transfer.joined_at]
        steps += [transfer.left_by_agent_at, transfer.ended_at]
        known = [step for step in steps if step is not None]
        assert known == sorted(known)
        assert transfer.leg in legs
        assert (transfer.joined_at is not None) == (transfer.outcome is TransferOutcome.JOINED)
    for talk in record.talks:
        # Nobody consults about a caller who hears it.
        assert not any(
            one.starts_at < talk.ends_at and talk.starts_at < one.ends_at for one in record.consults
        )
    # The recording is one, over everything.
    (recording,) = record.recordings
    assert recording.finished_at is not None
    assert recording.started_at < record.talks[0].starts_at
    assert recording.finished_at >= record.talks[-1].ends_at
    assert recording.pauses == ()


@pytest.mark.parametrize("name", NAMES)
def test_its_rows_in_any_order_and_twice_give_the_same_record(name: str) -> None:
    rows, queue = real_rows(f"transfer_{name}")
    for seed in range(3):
        mixed = [*rows, *rows[::7]]
        random.Random(seed).shuffle(mixed)
        assert fold(mixed, "node1", queue) == called(name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_told_live_is_what_the_record_says(name: str) -> None:
    rows, _ = real_rows(f"transfer_{name}")
    told = {one.name: one.event for one in milestones(rows)}
    record = called(name)
    for transfer in record.transfers:
        event = told[f"transferred:{transfer.id}"]
        assert event == Transferred(
            *(transfer.joined_at or transfer.ended_at or transfer.requested_at, transfer.id, transfer.kind),
            *(transfer.target, transfer.outcome),
        )
    ended = told["ended"]
    assert isinstance(ended, Ended)
    assert (ended.at, ended.hangup_cause) == (record.ended_at, record.hangup_cause)


def test_three_talked_then_two_and_each_has_his_time() -> None:
    record = called("three_and_left")
    (transfer,) = record.transfers
    assert (transfer.kind, transfer.outcome, transfer.cause) == (
        *(TransferKind.THREE_WAY, TransferOutcome.JOINED),
        16,
    )
    assert times(record) == [(LegRole.AGENT, "1002", 507, 526), (LegRole.COLLEAGUE, "2001", 854, 526)]
    assert record.talk_ms == 911
    assert (record.agent, record.hung_up_by) == ("1002", HungUpBy.TARGET)
    assert transfer.left_by_agent_at == record.talks[1].ends_at


def test_passed_plainly_the_agent_is_free_and_the_talk_is_the_targets() -> None:
    record = called("plain")
    (transfer,) = record.transfers
    assert (transfer.kind, transfer.left_by_agent_at) == (TransferKind.PLAIN, transfer.joined_at)
    assert times(record) == [(LegRole.AGENT, "1004", 58, 0), (LegRole.COLLEAGUE, "2003", 2343, 0)]
    assert (record.consults, record.hung_up_by) == ((), HungUpBy.CALLER)


def test_a_busy_target_then_three_then_a_hold_then_another_consult_are_all_told() -> None:
    record = called("busy_then_three_then_held")
    assert [(one.id, one.outcome, one.cause) for one in record.transfers] == [
        ("1", TransferOutcome.BUSY, 17),
        ("2", TransferOutcome.JOINED, 16),
        ("3", TransferOutcome.CALLER_LEFT, 16),
    ]
    assert [one.left_by_agent_at for one in record.transfers] == [None, None, None]
    assert record.held_ms == 405
    assert len(record.consults) == 2
    assert times(record) == [
        (LegRole.AGENT, "1001", 1380, 1049),
        (LegRole.COLLEAGUE, "2005", 0, 0),
        (LegRole.COLLEAGUE, "2005", 455, 523),
        (LegRole.COLLEAGUE, "2005", 0, 526),
    ]


@pytest.mark.parametrize("name", ["agent_died_in_consult", "agent_died_in_three"])
def test_an_agent_whose_device_died_has_left_the_caller_with_the_target(name: str) -> None:
    record = called(name)
    (transfer,) = record.transfers
    agent = record.legs[1]
    assert (agent.hangup_cause, agent.hung_up_by_us) == (44, None)
    assert transfer.outcome is TransferOutcome.JOINED
    assert transfer.left_by_agent_at is not None
    assert agent.ended_at is not None
    assert abs((transfer.left_by_agent_at - agent.ended_at).total_seconds()) < 0.1
    assert record.hung_up_by is HungUpBy.CALLER


def test_a_caller_whose_agent_died_while_he_held_waits_again_and_has_both_agents() -> None:
    record = called("agent_died_holding")
    assert [visit.agent for visit in record.queue_visits] == ["1012", "1001"]
    assert [[(one.seat, one.answered) for one in visit.tries] for visit in record.queue_visits] == [
        [("1012", True)],
        [("1001", True)],
    ]
    assert (record.agents, record.agent, record.transfers) == (("1012", "1001"), "1001", ())
    assert record.held_ms == 14_606
    assert record.holds[0].ends_at == record.queue_visits[1].entered_at


def test_of_seats_that_answer_together_the_one_who_took_the_call_is_the_target() -> None:
    record = called("seats_together")
    (transfer,) = record.transfers
    declined, took = record.legs[2:]
    assert (transfer.target, transfer.leg) == ("expert-12348", took.uniqueid)
    assert (declined.talk_ms, declined.consult_ms) == (0, 0)
    assert (took.role, took.talk_ms, took.consult_ms) == (LegRole.EXPERT, 864, 509)
    # Behind two pairs of Local channels, and still it is the target who hung up.
    assert record.hung_up_by is HungUpBy.TARGET
    assert [[one.seat for one in visit.tries] for visit in record.queue_visits] == [["1004"]]
