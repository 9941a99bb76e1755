"""A call with several persons: who talked with whom, from when to when, and whose time it was."""

from __future__ import annotations

import pytest

from callrouter.records.fold import fold, milestones
from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.live import Ended, Transferred
from callrouter.vocabulary.record_parts import Consult, Hold
from callrouter.vocabulary.record_words import (
    Anomaly,
    ClosedBy,
    HungUpBy,
    LegRole,
    TransferKind,
    TransferOutcome,
)
from callrouter.vocabulary.transfer import RefusedTarget
from tests.unit.records.test_records_fold import (
    AGENT,
    AGENT_CHANNEL,
    CALLER,
    CALLER_CHANNEL,
    at,
    end,
    folded,
    hangup,
    row,
    user,
)
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

SECOND, SECOND_CHANNEL = "lab-1.9", "PJSIP/1002-00000009"


def seconds_of_talk(rows: list[CelRow]) -> dict[LegRole, tuple[float, float]]:
    """By role: with the caller, and without."""
    return {leg.role: (leg.talk_ms / 1000, leg.consult_ms / 1000) for leg in folded(rows).legs}


def test_each_has_the_time_that_was_his() -> None:
    assert seconds_of_talk(consulted_joined_and_left()) == {
        LegRole.CALLER: (11.799 + 20, 0),
        LegRole.AGENT: (11.799 + 10, 12),
        LegRole.BRANCH: (20, 12),
    }


def test_an_attempt_tells_every_step_from_the_request_to_the_end() -> None:
    record = folded(consulted_joined_and_left())
    (transfer,) = record.transfers
    assert (transfer.requested_at, transfer.answered_at, transfer.accepted_at) == (
        at(20.1),
        at(25.01),
        at(28),
    )
    assert (transfer.joined_at, transfer.left_by_agent_at, transfer.ended_at) == (at(40), at(50), at(60.01))
    assert (transfer.outcome, transfer.cause, transfer.leg) == (TransferOutcome.JOINED, 16, TARGET)
    assert record.consults == (Consult(at(28), at(40), AGENT, TARGET),)
    assert (record.hung_up_by, record.agent, record.agents) == (HungUpBy.TARGET, "1001", ("1001",))
    assert record.anomalies == ()


def test_an_agent_who_stays_has_not_left() -> None:
    rows = [*talking(), *asked_for(), *accepted(), *made_three()]
    gone = [
        room(50, TARGET, enters=False),
        told(50.01, "ended", who=TARGET, outcome="joined", left=""),
        *hangup(50.02, TARGET_CHANNEL, who=TARGET, channel=TARGET_CHANNEL),
    ]
    record = folded([*rows, *gone, *caller_hangs_up(70)])
    assert record.transfers[0].left_by_agent_at is None
    assert {leg.role: leg.talk_ms for leg in record.legs}[LegRole.AGENT] == 11_799 + 30_000
    assert record.hung_up_by is HungUpBy.CALLER


def test_a_caller_who_hangs_up_on_both_leaves_nobody_as_the_one_who_left() -> None:
    rows = [*talking(), *asked_for(), *accepted(), *made_three(), *caller_hangs_up(70)]
    gone = [
        room(70.02, TARGET, enters=False),
        told(70.03, "ended", who=TARGET, outcome="joined", left=""),
        *hangup(70.04, "", who=TARGET, channel=TARGET_CHANNEL),
    ]
    record = folded([*rows, *gone])
    assert record.transfers[0].left_by_agent_at is None
    assert record.consults == (Consult(at(28), at(40), AGENT, TARGET),)


def test_an_agent_who_vanished_in_three_has_left_though_the_caller_hung_up_later() -> None:
    rows = [*talking(), *asked_for(), *accepted(), *made_three(), *agent_leaves(50)]
    gone = [
        room(60, CALLER, enters=False),
        *hangup(60.01, CALLER_CHANNEL),
        told(60.02, "ended", who=TARGET, outcome="joined", left=""),
        *end(60.1),
    ]
    assert folded([*rows, *gone]).transfers[0].left_by_agent_at == at(50)


def test_in_a_plain_transfer_the_caller_is_the_targets_from_the_beginning() -> None:
    rows = [
        *talking(),
        *asked_for(kind="plain"),
        row(25, "ANSWER", who=TARGET, channel=TARGET_CHANNEL),
        told(25, "answered", who=TARGET, leg=TARGET),
        told(28, "accepted", who=TARGET),
        room(28, TARGET, name="r2"),
        told(28.01, "joined", left="agent"),
        room(28.02, CALLER, name="r2"),
        room(28.03, AGENT, enters=False),
        *hangup(29, "dialplan/builtin", who=AGENT),
        room(58.02, TARGET, enters=False, name="r2"),
        *target_hangs_up(58.02)[2:],
    ]
    record = folded(rows)
    (transfer,) = record.transfers
    assert (transfer.kind, transfer.joined_at, transfer.left_by_agent_at) == (
        *(TransferKind.PLAIN, at(28.01)),
        at(28.01),
    )
    assert seconds_of_talk(rows)[LegRole.AGENT] == (11.799, 0)
    assert seconds_of_talk(rows)[LegRole.BRANCH] == (30, 0)
    assert record.consults == ()


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [("busy", 17), ("declined", 21), ("no_answer", 19), ("unreachable", 1), ("unreachable", 44)],
)
def test_a_target_that_was_not_had_is_told_with_its_cause_and_its_leg(outcome: str, cause: int) -> None:
    record = folded([*talking(), *asked_for(), *target_fails(30, outcome, cause), *caller_hangs_up(50, "r2")])
    (transfer,) = record.transfers
    assert (transfer.outcome, transfer.cause, transfer.leg) == (outcome, cause, TARGET)
    assert (transfer.answered_at, transfer.joined_at, transfer.left_by_agent_at) == (None, None, None)
    assert record.talk_ms == 11_799 + 19_960
    assert record.anomalies == ()


def test_two_channels_that_were_called_in_vain_are_nobodys_leg_in_particular() -> None:
    other = row(22, "CHAN_START", who="lab-1.6", channel="PJSIP/2002-00000006")
    leg = user(22, "CR_LEG", party="branch")._replace(uniqueid="lab-1.6", channel="PJSIP/2002-00000006")
    rows = [*talking(), *asked_for(), other, leg, *target_fails(30, "busy", 17), *caller_hangs_up(50, "r2")]
    assert folded(rows).transfers[0].leg is None


def test_of_seats_that_are_asked_one_by_one_the_one_who_came_is_the_target() -> None:
    first, channel = "lab-1.4", "PJSIP/2001-00000004"
    asked = [
        row(21, "CHAN_START", who=first, channel=channel),
        told(22, "answered", leg=first)._replace(uniqueid=first, channel=channel),
        *hangup(24, "", who=first, channel=channel),
    ]
    rows = [*talking(), *asked_for(party="expert"), *asked, *accepted(), *made_three(), *caller_hangs_up(70)]
    assert folded(rows).transfers[0].leg == TARGET
    late = told(26, "answered", leg=first)._replace(uniqueid=first, channel=channel)
    (transfer,) = folded([*rows, late]).transfers
    assert (transfer.leg, transfer.answered_at) == (TARGET, at(25.01))


def test_a_seat_that_is_rung_as_a_target_was_not_rung_for_the_queue() -> None:
    refused = user(29, "CR_SEAT", seat="2001", status="BUSY", cause="17")
    rows = [*talking(), *asked_for(), refused, *target_fails(30, "busy", 17), *caller_hangs_up(50, "r2")]
    record = folded(rows)
    assert [visit.tries for visit in record.queue_visits] == [()]
    assert record.anomalies == ()


@pytest.mark.parametrize(
    ("why", "outcome"),
    [
        ("ticket_only", TransferOutcome.REFUSED),
        ("unknown", TransferOutcome.REFUSED),
        ("loop", TransferOutcome.REFUSED),
        ("closed", TransferOutcome.CLOSED),
        ("hours_unstated", TransferOutcome.CLOSED),
        ("not_yet", TransferOutcome.CLOSED),
    ],
)
def test_what_the_plan_does_not_allow_is_told_and_is_nothing_odd(why: str, outcome: TransferOutcome) -> None:
    asked = told(15, "refused", kind="plain", target="tax", by="1001", why=why)
    record = folded([*talking(), asked, room(20.1, AGENT), room(20.1, CALLER), *caller_hangs_up(50)])
    (transfer,) = record.transfers
    assert (transfer.refused, transfer.outcome) == (RefusedTarget(why), outcome)
    assert transfer.requested_at == transfer.ended_at == at(15)
    assert record.anomalies == ()


def test_what_the_desk_was_refused_stands_where_it_was_asked_for_though_it_was_written_at_the_end() -> None:
    asked = f"{at(15).timestamp():.6f}"
    late = told(49.9, "refused", id_="r-1", kind="plain", target="tax", by="1001", why="closed", at=asked)
    record = folded(
        [*talking(), *asked_for(), *target_fails(30, "busy", 17), late, *caller_hangs_up(50, "r2")]
    )
    first, second = record.transfers
    assert (first.id, first.requested_at, first.ended_at) == ("r-1", at(15), at(15))
    assert second.outcome is TransferOutcome.BUSY
    assert record.anomalies == ()


def test_a_refusal_without_a_reason_that_is_known_is_odd() -> None:
    for why in ({"why": "mood"}, {}):
        record = folded([*talking(), told(15, "refused", **why), *caller_hangs_up(50)])
        assert (record.transfers[0].refused, record.transfers[0].outcome) == (None, TransferOutcome.REFUSED)
        assert record.anomalies == (Anomaly.UNREADABLE_FACT,)


def test_an_attempt_in_which_asterisk_died_was_interrupted_and_keeps_what_was() -> None:
    rows = [*talking(), *asked_for(), *accepted(), *made_three(), *agent_leaves(50), row(59, "APP_START")]
    record = fold(rows, "n", closed_by=ClosedBy.RULE)
    assert record is not None
    (transfer,) = record.transfers
    assert (transfer.outcome, transfer.joined_at, transfer.ended_at) == (
        *(TransferOutcome.INTERRUPTED, at(40)),
        None,
    )
    assert transfer.left_by_agent_at == at(50)
    consulting = fold(
        [*talking(), *asked_for(), *accepted(), row(35, "APP_START")], "n", closed_by=ClosedBy.RULE
    )
    assert consulting is not None
    assert consulting.transfers[0].outcome is TransferOutcome.INTERRUPTED
    assert consulting.consults == (Consult(at(28), at(35), AGENT, TARGET),)


def test_a_caller_whose_agent_vanished_is_in_the_queue_a_second_time() -> None:
    rows = [
        *talking(),
        user(20.1, "CR_HOLD", state="began"),
        room(20.1, AGENT),
        *hangup(35, "", cause=44, who=AGENT),
        user(36, "CR_QUEUE", queue="general", state="entered"),
        row(36.1, "CHAN_START", who=SECOND, channel=SECOND_CHANNEL),
        row(38, "BRIDGE_ENTER", {"bridge_id": "b9"}, who=SECOND, channel=SECOND_CHANNEL),
        row(38, "BRIDGE_ENTER", {"bridge_id": "b9"}),
        *hangup(48, CALLER_CHANNEL),
        *hangup(48, "", who=SECOND, channel=SECOND_CHANNEL),
        *end(48.1),
    ]
    record = folded(rows)
    assert [(visit.agent, visit.wait_ms) for visit in record.queue_visits] == [("1001", 3000), ("1002", 2000)]
    assert (record.agents, record.agent) == (("1001", "1002"), "1002")
    assert (record.holds, record.held_ms) == ((Hold(at(20.1), at(36)),), 15_900)
    assert record.anomalies == ()


def test_the_same_agent_twice_is_named_once() -> None:
    rows = [*talking(), *asked_for(), *target_fails(30, "busy", 17), *caller_hangs_up(50, "r2")]
    assert folded(rows).agents == ("1001",)


@pytest.mark.parametrize(
    ("source", "by"),
    [(TARGET_CHANNEL, HungUpBy.TARGET), (AGENT_CHANNEL, HungUpBy.AGENT), (CALLER_CHANNEL, HungUpBy.CALLER)],
)
def test_whoever_asterisk_names_ended_the_call(source: str, by: HungUpBy) -> None:
    rows = [one for one in consulted_joined_and_left() if one.uniqueid != CALLER or one.event != "HANGUP"]
    rows += hangup(60.04, source)[:1]
    assert folded(rows).hung_up_by is by
    ended = {one.name: one.event for one in milestones(sorted(rows, key=lambda one: one.at_us))}["ended"]
    assert isinstance(ended, Ended)
    assert ended.hung_up_by is by


def test_the_last_to_talk_ended_the_call_and_not_the_last_to_come() -> None:
    rows = [*talking(), *asked_for(), *accepted(), *made_three()]
    rows += [
        room(50, TARGET, enters=False),
        *hangup(50.1, TARGET_CHANNEL, who=TARGET, channel=TARGET_CHANNEL),
    ]
    rows += [told(50.01, "ended", outcome="joined"), room(60, AGENT, enters=False)]
    rows += [room(60, CALLER, enters=False), *hangup(60.1, AGENT_CHANNEL, who=AGENT)]
    assert folded([*rows, *hangup(60.2, "dialplan/builtin"), *end(60.3)]).hung_up_by is HungUpBy.AGENT


def test_a_joined_attempt_is_told_when_it_is_joined_and_not_when_the_talk_is_over() -> None:
    rows = consulted_joined_and_left()
    joined = next(place for place, one in enumerate(rows) if "state=joined" in one.extra)
    before, after, whole = (milestones(rows[:length]) for length in (joined, joined + 1, len(rows)))
    assert [one.name for one in before] == ["arrived", "answered"]
    assert after[-1].name == "transferred:1"
    assert after[-1].event == Transferred(at(40), "1", TransferKind.THREE_WAY, "tax", TransferOutcome.JOINED)
    assert [one.name for one in whole] == ["arrived", "answered", "transferred:1", "ended"]


def test_a_refused_attempt_is_told_too() -> None:
    asked = told(15, "refused", kind="plain", target="tax", by="1001", why="closed")
    assert milestones([*talking(), asked])[-1].event == Transferred(
        at(15), "1", TransferKind.PLAIN, "tax", TransferOutcome.CLOSED
    )


def test_whoever_overflow_brought_in_was_not_left_by_an_agent() -> None:
    rows = [one for one in consulted_joined_and_left() if "state=requested" not in one.extra]
    asked = told(20.1, "requested", kind="plain", target="tax")
    assert folded([*rows, asked]).transfers[0].left_by_agent_at is None
