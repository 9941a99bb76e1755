"""What users of other systems complain about in records and transfers, and what ours says of the same call.

Each names where it was reported.
"""

from __future__ import annotations

from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import Leg, Pause
from callrouter.vocabulary.record_words import HungUpBy, LegRole, TerminalState, TransferOutcome
from tests.unit.records.test_records_fold import CALLER, at, folded, hangup, user
from tests.unit.records.test_records_real_queue_log import real_call
from tests.unit.records.transferred_calls import (
    TARGET,
    TARGET_CHANNEL,
    accepted,
    agent_leaves,
    asked_for,
    caller_hangs_up,
    consulted_joined_and_left,
    made_three,
    room,
    talking,
    target_fails,
    target_hangs_up,
    told,
)


def leg_of(record: CallRecord, role: LegRole) -> Leg:
    (found,) = [leg for leg in record.legs if leg.role is role]
    return found


def test_mikopbx_1100_a_talk_of_19_minutes_behind_a_seat_that_did_not_answer_is_one_of_19_minutes() -> None:
    """Stored there as a NOANSWER of one second: the leg that rang in vain stood for the call."""
    rows = [
        *talking(),
        *asked_for(),
        *target_fails(21, "no_answer", 19),
        *caller_hangs_up(21.04 + 19 * 60, "r2"),
    ]
    record = folded(rows)
    assert record.terminal_state is TerminalState.COMPLETED
    assert record.talk_ms == 11_799 + 19 * 60_000
    assert leg_of(record, LegRole.AGENT).talk_ms == record.talk_ms
    assert (leg_of(record, LegRole.BRANCH).talk_ms, record.transfers[0].outcome) == (
        *(0,),
        TransferOutcome.NO_ANSWER,
    )


def test_mikopbx_1100_and_so_is_one_with_whom_the_caller_was_passed_to() -> None:
    record = folded(consulted_joined_and_left(over=50 + 19 * 60))
    assert record.talk_ms == 11_799 + 10_000 + 19 * 60_000
    assert leg_of(record, LegRole.BRANCH).talk_ms == 10_000 + 19 * 60_000


def test_mikopbx_1084_one_leg_that_fails_closes_no_other() -> None:
    record = folded([*talking(), *asked_for(), *target_fails(21, "busy", 17), *caller_hangs_up(90, "r2")])
    failed, agent = leg_of(record, LegRole.BRANCH), leg_of(record, LegRole.AGENT)
    assert (failed.ended_at, failed.hangup_cause) == (at(21), 17)
    assert (agent.ended_at, agent.hangup_cause) == (at(90.02), 16)
    assert (record.ended_at, record.hung_up_by, record.hangup_cause) == (at(90.01), HungUpBy.CALLER, 16)
    assert record.talks[-1].ends_at == at(90)


def test_mikopbx_1084_nor_does_it_at_a_real_exchange() -> None:
    record = real_call("transfer_busy_then_three_then_held")
    failed = record.legs[2]
    assert failed.hangup_cause == 17
    assert failed.ended_at is not None
    assert all(leg.ended_at is not None and leg.ended_at > failed.ended_at for leg in record.legs[:2])


def test_sipgate_io_140_the_first_calls_id_is_the_records_whoever_the_caller_is_passed_to() -> None:
    record = folded(consulted_joined_and_left())
    assert (record.call_id, record.sip_call_id) == (CALLER, "a@b")
    assert [leg.sip_call_id for leg in record.legs] == ["a@b", "agents@us", "targets@us"]
    assert record.transfers[0].leg == leg_of(record, LegRole.BRANCH).uniqueid == TARGET


def test_siphon_ai_331_each_leg_and_each_attempt_says_when_it_was_answered() -> None:
    record = folded(consulted_joined_and_left())
    assert [leg.answered_at for leg in record.legs] == [at(5.1), at(8), at(25)]
    (transfer,) = record.transfers
    assert (transfer.answered_at, transfer.accepted_at, transfer.joined_at) == (at(25.01), at(28), at(40))
    assert (record.accepted_at, record.picked_up_ms) == (at(8.2002), 8000)


def test_asterisk_759_the_agent_who_answered_is_the_agent_though_another_took_the_call_over() -> None:
    """There an attended transfer put the talk on the account of whoever was last in it."""
    rows = [*talking(), *asked_for(party="colleague"), *accepted(), *made_three(), *agent_leaves()]
    record = folded([*rows, *target_hangs_up(60)])
    assert (record.agent, record.agents, record.queue_visits[0].agent) == ("1001", ("1001",), "1001")
    agent, colleague = leg_of(record, LegRole.AGENT), leg_of(record, LegRole.COLLEAGUE)
    assert (agent.talk_ms, agent.consult_ms) == (11_799 + 10_000, 12_000)
    assert (colleague.talk_ms, colleague.consult_ms) == (20_000, 12_000)


def test_mikopbx_1125_a_consult_that_failed_leaves_the_recording_as_it_was() -> None:
    """There it never went on after the agent was back with the caller."""
    failed = [
        *accepted(),
        room(35, TARGET, enters=False),
        told(35.01, "ended", who=TARGET, outcome="declined", cause="21"),
        *hangup(35.02, TARGET_CHANNEL, who=TARGET, channel=TARGET_CHANNEL),
    ]
    record = folded([*talking(), *asked_for(), *failed, room(35.1, CALLER), *caller_hangs_up(90)])
    (recording,) = record.recordings
    assert (recording.started_at, recording.finished_at, recording.pauses) == (at(5.15), at(90.005), ())
    assert record.talks[-1].ends_at == at(90)


def test_mikopbx_1125_and_one_that_was_paused_before_the_consult_goes_on_when_the_agent_says_so() -> None:
    first, second = "lab-1.1-1.wav", "lab-1.1-2.wav"
    paused = [
        user(15, "CR_RECORDING", file=first, state="paused"),
        user(15, "CR_RECORDING", file=first, state="finished"),
        user(40, "CR_RECORDING", file=first, state="resumed"),
        user(40, "CR_RECORDING", file=second, state="started"),
    ]
    rows = [*talking(), *paused, *asked_for(), *target_fails(30, "busy", 17), *caller_hangs_up(90, "r2")]
    rows = [one for one in rows if not ("finished" in one.extra and one.at_us > paused[1].at_us)]
    record = folded([*rows, user(90, "CR_RECORDING", file=second, state="finished")])
    assert [(one.file, one.finished_at) for one in record.recordings] == [(first, at(15)), (second, at(90))]
    assert record.recordings[0].pauses == (Pause(at(15), at(40)),)


def test_mikopbx_1125_at_a_real_exchange_the_recording_is_one_over_a_consult_that_failed() -> None:
    record = real_call("transfer_busy_then_three_then_held")
    (recording,) = record.recordings
    assert recording.finished_at is not None
    assert recording.finished_at >= record.talks[-1].ends_at
