"""Calls as Asterisk 22.10.1 wrote them down, and the records they become."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.records.bodies import record_body
from callrouter.records.fold import fold
from callrouter.vocabulary.cel import CelRow, microseconds_of
from callrouter.vocabulary.journal import ARRIVAL_CONTEXT, Fallback
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import Voicemail
from callrouter.vocabulary.record_words import Anomaly, ClosedBy, HungUpBy, LegRole, TerminalState

T0 = datetime(2021, 9, 30, 8, 0, tzinfo=UTC)
CALLER = "lab-1.1"
CALLER_CHANNEL = "PJSIP/trunk-00000001"
AGENT = "lab-1.2"
AGENT_CHANNEL = "PJSIP/1001-00000002"
DECIDED = {
    "line": "12315",
    "mode": "dual",
    "phase": "in_force",
    "rule": "dialplans/sichuan/lines.yaml:14",
    "reason": "line_in_phase",
    "plan": "sichuan",
    "plan_version": "2021-10-01",
    "plan_hash": "abc",
    "found_by": "request_uri",
    "treatment": "connect",
    "notice": "t01-12315",
    "queue": "general",
    "priority": "5",
}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def row(seconds: float, event: str, extra: object = None, *, who: str = CALLER, channel: str = "") -> CelRow:
    name = channel or {CALLER: CALLER_CHANNEL, AGENT: AGENT_CHANNEL}[who]
    text = "" if extra is None else json.dumps(extra)
    return CelRow(
        event,
        microseconds_of(at(seconds)),
        who,
        CALLER,
        name,
        "from-trunk",
        "12315",
        "",
        "13800138000",
        "",
        text,
    )


def user(seconds: float, event: str, **facts: str) -> CelRow:
    pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in facts.items())
    return row(seconds, event, {"extra": pairs})


def hangup(
    seconds: float, source: str, cause: int = 16, who: str = CALLER, channel: str = ""
) -> list[CelRow]:
    extra = {"hangupcause": cause, "hangupsource": source, "dialstatus": ""}
    return [
        row(seconds, "HANGUP", extra, who=who, channel=channel),
        row(seconds, "CHAN_END", who=who, channel=channel),
    ]


def arrival(**more: str) -> list[CelRow]:
    facts = {
        "called": "12315",
        "caller": "13800138000",
        "presentation": "allowed",
        "trunk": "carrier",
        "sip_call_id": "a@b",
        "clock_offset": "0",
    }
    return [row(0, "CHAN_START"), user(0.001, "CR_ARRIVED", **(facts | more))]


def notice(start: float, end: float | None, key: str = "t01-12315") -> list[CelRow]:
    played = [user(start, "CR_NOTICE", key=key, state="started")]
    return played if end is None else [*played, user(end, "CR_NOTICE", key=key, state="finished")]


def bridge(start: float, end: float, who: str = AGENT, channel: str = "") -> list[CelRow]:
    extra = {"bridge_id": "b1", "bridge_technology": "simple_bridge"}
    return [
        row(start, "BRIDGE_ENTER", extra, who=who, channel=channel),
        row(start + 0.0002, "BRIDGE_ENTER", extra),
        row(end, "BRIDGE_EXIT", extra, who=who, channel=channel),
        row(end + 0.0002, "BRIDGE_EXIT", extra),
    ]


def end(seconds: float) -> list[CelRow]:
    return [row(seconds, "LINKEDID_END")]


def normal() -> list[CelRow]:
    return [
        *arrival(),
        user(0.01, "CR_DECIDED", **DECIDED),
        *notice(0.02, 5),
        row(5.1, "ANSWER"),
        user(5.2, "CR_QUEUE", queue="general", state="entered"),
        row(5.3, "APP_START"),
        row(5.4, "CHAN_START", who=AGENT),
        row(8, "ANSWER", who=AGENT),
        *bridge(8.2, 68.2),
        *hangup(68.3, CALLER_CHANNEL),
        *hangup(68.3, "", who=AGENT),
        *end(68.3),
    ]


def waiting_in_queue() -> list[CelRow]:
    return [
        *arrival(),
        user(0.01, "CR_DECIDED", **DECIDED),
        *notice(0.02, 5),
        user(5, "CR_QUEUE", queue="general", state="entered"),
        row(5.4, "CHAN_START", who=AGENT),
    ]


def empty_queue() -> list[CelRow]:
    return [
        *arrival(),
        user(0.01, "CR_DECIDED", **DECIDED),
        row(5, "ANSWER"),
        user(5, "CR_QUEUE", queue="general", state="entered"),
        user(5.0001, "CR_QUEUE", queue="general", state="left", status="JOINEMPTY", agent="", cause="0"),
    ]


def folded(rows: list[CelRow], *, closed_by: ClosedBy = ClosedBy.END) -> CallRecord:
    record = fold(rows, "node1", closed_by=closed_by)
    assert record is not None
    return record


@pytest.mark.parametrize("offset_s", [0, -86_400])
def test_a_decision_was_asked_about_the_arrivals_instant_in_the_rehearsal_clock(offset_s: int) -> None:
    written = at(-0.25)
    arrived = f"{written.timestamp():.6f}"
    rows = [
        user(0.1, "CR_ARRIVED", called="12315", arrived_at=arrived, clock_offset=str(offset_s))
        if one.event == "CR_ARRIVED"
        else one
        for one in normal()
    ]
    record = folded(rows)
    assert record.decision is not None
    assert record.decision.decided_at == written + timedelta(seconds=offset_s)
    assert record.decision.decided_at == record.arrived_at_rehearsal or record.arrived_at


def test_a_decision_that_says_its_own_instant_is_believed() -> None:
    rows = [
        user(0.2, "CR_DECIDED", **DECIDED, decided_at="2021-09-30T16:00:07+08:00")
        if one.event == "CR_DECIDED"
        else one
        for one in normal()
    ]
    decision = folded(rows).decision
    assert decision is not None
    assert decision.decided_at == at(7)


def test_a_normal_call_has_its_whole_story() -> None:
    record = folded(normal())
    assert record.terminal_state is TerminalState.COMPLETED
    assert (record.call_id, record.node, record.sip_call_id, record.trunk) == (
        CALLER,
        "node1",
        "a@b",
        "carrier",
    )
    assert (record.called_raw, record.caller_raw, record.presentation) == ("12315", "13800138000", "allowed")
    assert record.decision is not None
    assert (record.decision.line, record.decision.mode, record.decision.priority) == ("12315", "dual", 5)
    assert record.decision.decided_at == at(0)
    assert [(one.key, one.finished_at) for one in record.announcements] == [("t01-12315", at(5))]
    (visit,) = record.queue_visits
    assert (visit.queue, visit.wait_ms, visit.agent, visit.status) == ("general", 3000, "1001", None)
    assert (record.agent, record.talk_ms) == ("1001", 59999)
    assert record.accepted_at == at(8.2002)
    assert (record.hangup_cause, record.hung_up_by) == (16, HungUpBy.CALLER)
    assert record.ended_at == at(68.3)
    assert [leg.role for leg in record.legs] == [LegRole.CALLER, LegRole.AGENT]
    assert (record.legs[1].endpoint, record.legs[1].answered_at) == ("1001", at(8))
    assert record.cel_ids == (CALLER, AGENT)
    assert record.anomalies == ()
    assert not record.rehearsal
    assert record.arrived_at_rehearsal is None


def test_an_agent_who_hangs_up_first_is_named_and_the_queue_is_left() -> None:
    rows = [one for one in normal() if one.event not in {"HANGUP", "CHAN_END"}]
    rows += [user(68.25, "CR_QUEUE", queue="general", state="left", status="CONTINUE", agent="", cause="16")]
    rows += hangup(68.3, AGENT_CHANNEL) + hangup(68.3, AGENT_CHANNEL, who=AGENT)
    record = folded(rows)
    assert record.hung_up_by is HungUpBy.AGENT
    assert record.queue_visits[0].status == "CONTINUE"
    assert record.legs[1].hung_up_by_us is False
    assert record.terminal_state is TerminalState.COMPLETED


def test_a_caller_who_leaves_during_the_notice_has_abandoned() -> None:
    rows = [*arrival(), user(0.01, "CR_DECIDED", **DECIDED), *notice(0.02, None)]
    record = folded(rows + hangup(2, CALLER_CHANNEL, cause=0) + end(2))
    assert record.terminal_state is TerminalState.ABANDONED
    assert record.announcements[0].finished_at is None
    assert record.hangup_cause is None
    assert record.accepted_at is None


def test_a_caller_who_leaves_the_queue_has_abandoned_and_the_wait_ends_with_the_call() -> None:
    record = folded(waiting_in_queue() + hangup(25, "", who=AGENT) + hangup(25, CALLER_CHANNEL) + end(25))
    assert record.terminal_state is TerminalState.ABANDONED
    assert record.queue_visits[0].wait_ms == 20000
    assert record.queue_visits[0].left_at == at(25)
    assert record.agent is None
    assert record.talk_ms == 0


def test_an_answered_agent_who_was_never_bridged_is_no_talk() -> None:
    rows = [*waiting_in_queue(), row(6, "ANSWER", who=AGENT), *hangup(6.1, CALLER_CHANNEL), *end(6.2)]
    assert folded(rows).terminal_state is TerminalState.ABANDONED


@pytest.mark.parametrize(
    ("written", "read", "odd"),
    [
        ("no_verdict", Fallback.NO_VERDICT, ()),
        ("bad_verdict", Fallback.BAD_VERDICT, ()),
        ("something_else", Fallback.BAD_VERDICT, (Anomaly.UNREADABLE_FACT,)),
    ],
)
def test_a_fallback_is_recorded_as_one(written: str, read: Fallback, odd: tuple[Anomaly, ...]) -> None:
    rows = [one for one in normal() if one.event != "CR_DECIDED"]
    record = folded([*rows, user(3, "CR_DECIDED", fallback=written)])
    assert (record.fallback, record.decision, record.decision_derived) == (read, None, False)
    assert record.terminal_state is TerminalState.COMPLETED
    assert record.anomalies == odd


def test_a_person_at_the_last_resort_completes_the_call() -> None:
    who, channel = "lab-1.9", "PJSIP/duty-room-00000009"
    rows = [
        *empty_queue(),
        user(5.1, "CR_LAST_RESORT", target="duty", state="dialled"),
        row(5.2, "CHAN_START", who=who, channel=channel),
        row(7, "ANSWER", who=who, channel=channel),
        *bridge(7.1, 17.1, who, channel),
        *hangup(17.2, CALLER_CHANNEL),
        *hangup(17.2, "", who=who, channel=channel),
        *end(17.2),
    ]
    record = folded(rows)
    assert record.terminal_state is TerminalState.COMPLETED
    assert (record.legs[1].role, record.legs[1].endpoint) == (LegRole.LAST_RESORT, "duty-room")
    assert (record.agent, record.queue_visits[0].status) == (None, "JOINEMPTY")
    assert record.accepted_at == at(7.1002)
    assert record.anomalies == ()


def test_a_message_left_makes_a_voicemail_and_is_accepted_when_finished() -> None:
    rows = [
        *empty_queue(),
        user(5.1, "CR_LAST_RESORT", target="duty", state="dialled"),
        user(15.1, "CR_LAST_RESORT", target="duty", state="left", status="NOANSWER", cause="0"),
        user(15.2, "CR_VOICEMAIL", state="started"),
        user(40, "CR_VOICEMAIL", state="finished", status="HANGUP", file="lab-1.1"),
        *hangup(40, CALLER_CHANNEL),
        *end(40),
    ]
    record = folded(rows)
    assert record.terminal_state is TerminalState.VOICEMAIL
    assert record.voicemail is not None
    assert (record.voicemail.file, record.voicemail.status) == ("lab-1.1", "HANGUP")
    assert record.accepted_at == at(40)


def test_a_message_in_which_the_exchange_died_is_kept_and_makes_no_call_accepted() -> None:
    rows = [
        *empty_queue(),
        user(15.2, "CR_VOICEMAIL", state="started", file="lab-1.1.wav"),
        user(16.2, "CR_VOICEMAIL", state="finished", status="SKIP"),
        user(20.2, "CR_VOICEMAIL", state="started", file="lab-1.1.wav"),
    ]
    record = folded(rows, closed_by=ClosedBy.RULE)
    assert record.terminal_state is TerminalState.INTERRUPTED
    assert record.voicemail == Voicemail("lab-1.1.wav", None, started_at=at(20.2))
    assert (record.accepted_at, record.register_by) == (None, None)
    assert set(record.anomalies) == {Anomaly.NO_END, Anomaly.NO_HANGUP}


def test_a_notice_that_could_not_be_played_is_odd_and_not_finished() -> None:
    failed = user(0.03, "CR_NOTICE", key="t01-12315", state="failed")
    rows = [one for one in normal() if one.event != "CR_NOTICE"]
    record = folded([*rows, *notice(0.02, None), failed])
    assert [one.finished_at for one in record.announcements] == [None]
    assert record.anomalies == (Anomaly.NOTICE_FAILED,)


def test_an_agent_whose_phone_died_and_the_next_one_are_two_visits() -> None:
    second, channel = "lab-1.3", "PJSIP/1002-00000003"
    rows = [one for one in normal() if one.event not in {"HANGUP", "CHAN_END", "LINKEDID_END"}]
    rows += [
        user(
            68.3, "CR_QUEUE", queue="general", state="left", status="CONTINUE", agent="PJSIP/1001", cause="44"
        ),
        user(68.4, "CR_QUEUE", queue="general", state="entered"),
        row(68.5, "CHAN_START", who=second, channel=channel),
        *bridge(70.4, 80.4, second, channel),
        *hangup(80.5, CALLER_CHANNEL),
        *end(80.5),
    ]
    record = folded(rows)
    assert [(visit.agent, visit.wait_ms) for visit in record.queue_visits] == [("1001", 3000), ("1002", 2000)]
    assert (record.agent, record.talk_ms) == ("1002", 69999)


def test_a_caller_who_left_before_the_recording_began_left_no_message() -> None:
    rows = [
        *empty_queue(),
        user(15.2, "CR_VOICEMAIL", state="started"),
        user(15.3, "CR_VOICEMAIL", state="finished", status="", file="x"),
        *hangup(15.3, CALLER_CHANNEL),
        *end(15.4),
    ]
    record = folded(rows)
    assert (record.terminal_state, record.anomalies) == (TerminalState.ABANDONED, (Anomaly.VOICEMAIL_FAILED,))


def test_a_voicemail_that_could_not_be_recorded_is_none() -> None:
    rows = [
        *empty_queue(),
        user(15.2, "CR_VOICEMAIL", state="started"),
        user(15.3, "CR_VOICEMAIL", state="finished", status="ERROR", file="x"),
        *hangup(15.4, "dialplan/builtin"),
        *end(15.4),
    ]
    record = folded(rows)
    assert (record.terminal_state, record.voicemail) == (TerminalState.RELEASED, None)
    assert set(record.anomalies) == {Anomaly.VOICEMAIL_FAILED, Anomaly.ENDED_WITHOUT_A_PERSON}


def test_a_release_by_plan_is_released_and_nothing_is_odd() -> None:
    decided = DECIDED | {"treatment": "release", "phase": "ended", "queue": "", "priority": ""}
    rows = [*arrival(), user(0.01, "CR_DECIDED", **decided), *notice(0.02, 5), *notice(5.0001, 10)]
    record = folded(rows + hangup(10.1, "dialplan/builtin", cause=22) + end(10.1))
    assert (record.terminal_state, record.hangup_cause) == (TerminalState.RELEASED, 22)
    assert record.hung_up_by is HungUpBy.SYSTEM
    assert record.legs[0].hung_up_by_us is True
    assert [one.finished_at for one in record.announcements] == [at(5), at(10)]
    assert record.decision is not None
    assert (record.decision.queue, record.decision.priority) == (None, None)
    assert record.anomalies == ()


def test_a_refused_call_has_a_record() -> None:
    rows = [row(0, "CHAN_START"), user(0.1, "CR_REFUSED", called="*1", reason="not_a_number")]
    record = folded(rows + hangup(0.2, "dialplan/builtin", cause=1) + end(0.2))
    assert (record.terminal_state, record.called_raw) == (TerminalState.REFUSED, "*1")
    assert record.caller_raw == "13800138000"
    assert record.anomalies == ()


def test_a_refused_calls_numbers_are_those_of_its_arrival() -> None:
    rows = [*arrival(called="anna"), user(0.2, "CR_REFUSED", reason="not_a_number")]
    record = folded(rows + hangup(0.3, "dialplan/builtin", cause=28) + end(0.3))
    assert (record.terminal_state, record.called_raw) == (TerminalState.REFUSED, "anna")
    assert record.sip_call_id == folded(normal()).sip_call_id
    assert record.anomalies == ()


def test_a_caller_who_left_before_the_first_step_has_a_record_of_what_the_channel_tells() -> None:
    began = row(0, "CHAN_START")._replace(context=ARRIVAL_CONTEXT, exten="123\n15", caller_number="138\x00\r")
    record = folded([began, *hangup(0.1, CALLER_CHANNEL), *end(0.1)])
    assert (record.called_raw, record.caller_raw, record.trunk) == ("123\\x0a15", "138\\x00\\x0d", "trunk")
    assert (record.arrived_at, record.terminal_state) == (at(0), TerminalState.ABANDONED)
    assert record.anomalies == (Anomaly.NO_DECISION,)


def test_a_leg_of_ours_that_starts_where_callers_do_is_no_call() -> None:
    leg = row(0, "CHAN_START", who=AGENT)._replace(context=ARRIVAL_CONTEXT)
    assert fold([leg, *end(1)], "node1") is None


def test_control_characters_and_octets_that_are_no_text_are_kept_escaped() -> None:
    raw = "called=12%0A%22315&caller=%C4%E3%00%7F%C2%85&sip_call_id=a%0D%0Ab"
    rows = [row(0, "CHAN_START"), row(0.1, "CR_ARRIVED", {"extra": raw}), *hangup(1, CALLER_CHANNEL), *end(1)]
    record = folded(rows)
    assert record.called_raw == '12\\x0a"315'
    assert record.caller_raw == "\\xc4\\xe3\\x00\\x7f\\x85"
    assert record.sip_call_id == "a\\x0d\\x0ab"


def test_a_rehearsal_carries_both_clocks() -> None:
    rows = [*arrival(clock_offset="-86400"), *hangup(1, CALLER_CHANNEL), *end(1)]
    record = folded(rows)
    assert record.rehearsal
    assert (record.arrived_at, record.arrived_at_rehearsal) == (at(0), at(-86400))


def test_a_call_that_is_not_ours_has_no_record() -> None:
    assert fold([row(0, "CHAN_START"), *hangup(1, CALLER_CHANNEL), *end(1)], "node1") is None
    assert fold([], "node1") is None


def test_an_arrival_alone_makes_a_record() -> None:
    record = folded([user(1, "CR_ARRIVED", called="12315")])
    assert record.terminal_state is TerminalState.ABANDONED
    assert set(record.anomalies) == {Anomaly.NO_CHANNEL_START, Anomaly.NO_HANGUP, Anomaly.NO_DECISION}


def test_a_clock_set_back_during_the_call_gives_no_negative_duration() -> None:
    rows = [*waiting_in_queue(), *hangup(-3600, CALLER_CHANNEL), *end(-3600)]
    record = folded(rows)
    assert record.queue_visits[0].wait_ms == 0
    assert Anomaly.TIME_RAN_BACKWARDS in record.anomalies


def test_local_channels_are_plumbing_and_no_legs() -> None:
    local = row(5.4, "CHAN_START", who="lab-1.7", channel="Local/110@emergency-00000000;1")
    record = folded([*normal(), local])
    assert len(record.legs) == 2
    assert "lab-1.7" in record.cel_ids


def test_a_plus_and_a_separator_in_a_number_survive() -> None:
    record = folded([*arrival(caller="+86 138&called=110"), *hangup(1, CALLER_CHANNEL), *end(1)])
    assert (record.caller_raw, record.called_raw) == ("+86 138&called=110", "12315")


def test_rows_of_the_same_instant_may_come_in_any_order() -> None:
    rows = [one._replace(at_us=one.at_us // 1_000_000 * 1_000_000) for one in normal()]
    expected = folded(rows)
    for seed in range(20):
        shuffled = random.Random(seed).sample(rows, len(rows))
        assert folded(shuffled) == expected
    assert expected.announcements[0].finished_at is not None
    assert expected.queue_visits[0].agent == "1001"


def test_doubled_rows_change_nothing() -> None:
    assert folded(normal() * 2) == folded(normal())


def test_a_record_is_plain_json() -> None:
    value = json.loads(record_body(folded(normal())))
    assert value["schema_version"] == 2
    assert value["terminal_state"] == "completed"
    assert value["arrived_at"] == "2021-09-30T08:00:00Z"
    assert value["legs"][1]["role"] == "agent"


_NAMES = sorted({one.event for one in normal()} | {"CR_LAST_RESORT", "CR_VOICEMAIL", "CR_REFUSED", "PICKUP"})
_FACTS = st.dictionaries(
    st.sampled_from(
        [
            *("state", "key", "queue", "fallback", "priority", "decided_at", "clock_offset", "status"),
            *("agent", "called", "caller", "treatment"),
        ]
    ),
    st.sampled_from(
        [
            *("started", "finished", "entered", "left", "dialled", "no_verdict", "release", "general"),
            *("9" * 12, "-5", "9" * 5000, "2021-10-01", "2021-10-01T00:00:00+08:00", "\0", "%FF"),
        ]
    )
    | st.text(max_size=20),
    max_size=6,
)
_EXTRAS = st.one_of(
    _FACTS.map(
        lambda facts: json.dumps(
            {"extra": "&".join(f"{k}={quote(v, safe='', errors='replace')}" for k, v in facts.items())}
        )
    ),
    st.sampled_from(
        [
            *("", "[]", "{", '{"hangupcause":"x","hangupsource":7}', '{"hangupcause":true}', "[" * 5000),
            *(
                '{"bridge_id":"b1"}',
                '{"bridge_id":["x"]}',
                '{"hangupcause":16,"hangupsource":"PJSIP/a-00000001"}',
            ),
        ]
    ),
    st.text(max_size=20),
)
_ROWS = st.lists(
    st.builds(
        CelRow,
        event=st.sampled_from(_NAMES),
        at_us=st.integers(0, 5),
        uniqueid=st.sampled_from(["1.1", "1.2", "1.3"]),
        linkedid=st.just("1.1"),
        channel=st.sampled_from(["PJSIP/a-00000001", "PJSIP/b", "Local/x@y-00000001;1", "", "/"]),
        context=st.just(""),
        exten=st.just(""),
        app=st.just(""),
        caller_number=st.just("1"),
        peer=st.just(""),
        extra=_EXTRAS,
    ),
    max_size=25,
)


@given(_ROWS, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_whatever_was_written_down_a_record_comes_out_and_order_and_repetition_do_not_matter(
    rows: list[CelRow], chance: random.Random
) -> None:
    record = fold(rows, "n")
    ours = any(one.event in {"CR_ARRIVED", "CR_REFUSED"} for one in rows)
    assert (record is not None) == ours
    shuffled = rows + rows[: len(rows) // 2]
    chance.shuffle(shuffled)
    assert fold(shuffled, "n") == record
    if record is not None:
        record_body(record)
        assert record.talk_ms >= 0
        assert all(visit.wait_ms >= 0 for visit in record.queue_visits)


def test_two_steps_in_one_microsecond_are_both_in_the_record() -> None:
    rows = [*arrival(), user(1, "CR_NOTICE", key="a", state="started")]
    rows += [user(2, "CR_NOTICE", key=key, state="finished") for key in "ab"]
    rows += [user(1, "CR_NOTICE", key="b", state="started"), *end(3)]
    record = folded(rows + rows)
    assert [(one.key, one.finished_at) for one in record.announcements] == [("a", at(2)), ("b", at(2))]
