"""Who else was brought into a call, what was recorded of it, and what the caller thought of it."""

from __future__ import annotations

from itertools import permutations

import pytest

from callrouter.vocabulary.cel import CelRow
from callrouter.vocabulary.record import CallRecord
from callrouter.vocabulary.record_parts import Emergency, Pause, Survey
from callrouter.vocabulary.record_words import (
    Anomaly,
    EmergencyDirection,
    LegRole,
    TransferKind,
    TransferOutcome,
)
from tests.unit.records.test_records_fold import AGENT, CALLER, DECIDED, at, folded, normal, row, user

EXPERT, EXPERT_CHANNEL = "lab-1.5", "PJSIP/2001-00000005"


def attempt(**states: dict[str, str]) -> list[CelRow]:
    """An attempt whose states were written down in this order, a second apart."""
    return [
        user(20 + place, "CR_TRANSFER", **{"id": "t1", "state": state, **facts})
        for place, (state, facts) in enumerate(states.items())
    ]


def joined_attempt(**more: str) -> list[CelRow]:
    asked = {"kind": "three_way", "target": "expert-tax", "by": "1001"} | more
    return attempt(
        requested=asked,
        ringing={"leg": EXPERT},
        answered={},
        joined={},
        ended={"outcome": "joined", "cause": "16"},
    )


def with_rows(*rows: CelRow, **facts: str) -> CallRecord:
    decided = user(0.01, "CR_DECIDED", **(DECIDED | facts))
    return folded([*(one for one in normal() if one.event != "CR_DECIDED"), decided, *rows])


def on_leg(seconds: float, who: str, channel: str, **facts: str) -> CelRow:
    return user(seconds, "CR_LEG", **facts)._replace(uniqueid=who, channel=channel)


def test_an_attempt_has_its_whole_story() -> None:
    record = with_rows(*joined_attempt())
    (transfer,) = record.transfers
    assert (transfer.id, transfer.kind, transfer.target, transfer.by) == (
        "t1",
        TransferKind.THREE_WAY,
        "expert-tax",
        "1001",
    )
    assert (transfer.requested_at, transfer.answered_at, transfer.joined_at) == (at(20), at(22), at(23))
    assert (transfer.ended_at, transfer.outcome, transfer.cause) == (at(24), TransferOutcome.JOINED, 16)
    assert transfer.leg == EXPERT
    assert record.emergency is None
    assert record.anomalies == ()


def test_an_attempt_that_nobody_ended_was_interrupted() -> None:
    (transfer,) = with_rows(*joined_attempt()[:4]).transfers
    assert (transfer.outcome, transfer.ended_at, transfer.joined_at) == (
        TransferOutcome.INTERRUPTED,
        None,
        at(23),
    )


def test_an_attempt_that_was_never_requested_is_odd_and_kept() -> None:
    record = with_rows(*joined_attempt()[2:])
    (transfer,) = record.transfers
    assert (transfer.requested_at, transfer.kind) == (at(22), None)
    assert record.anomalies == (Anomaly.TRANSFER_UNPAIRED,)


def test_states_of_the_same_instant_are_taken_in_their_order() -> None:
    at_once = [one._replace(at_us=joined_attempt()[0].at_us) for one in joined_attempt()]
    (whole,) = with_rows(*at_once).transfers
    assert (whole.outcome, whole.target) == (TransferOutcome.JOINED, "expert-tax")
    assert whole.requested_at == whole.joined_at == whole.ended_at
    for order in permutations(at_once):
        assert with_rows(*order).transfers == (whole,)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [({"outcome": "busy"}, "busy"), ({"outcome": "eaten"}, "interrupted"), ({}, "interrupted")],
)
def test_an_end_that_is_no_word_of_the_contract_is_odd(facts: dict[str, str], outcome: str) -> None:
    record = with_rows(*attempt(requested={"kind": "plain"}, ended=facts))
    assert record.transfers[0].outcome == outcome
    assert (Anomaly.UNREADABLE_FACT in record.anomalies) == (outcome == "interrupted")


def test_an_attempt_that_went_on_before_it_was_requested_tells_of_a_clock() -> None:
    requested, *others = joined_attempt()
    record = with_rows(requested._replace(at_us=requested.at_us + 20_000_000), *others)
    assert (record.transfers[0].requested_at, record.transfers[0].target) == (at(40), "expert-tax")
    assert record.anomalies == (Anomaly.TIME_RAN_BACKWARDS,)


def test_attempts_are_told_apart_by_their_ids() -> None:
    second = [
        one._replace(extra=one.extra.replace("id=t1", "id=t2"))
        for one in attempt(requested={"kind": "plain"})
    ]
    assert [
        one.id
        for one in with_rows(
            *attempt(requested={"kind": "plain"}), *(one._replace(at_us=one.at_us + 1) for one in second)
        ).transfers
    ] == ["t1", "t2"]


def test_an_emergency_that_we_handed_over_has_its_result() -> None:
    record = with_rows(*joined_attempt(service="120"))
    assert record.emergency == Emergency(EmergencyDirection.OUT, "120", TransferOutcome.JOINED)


def test_of_several_attempts_at_an_emergency_service_the_one_that_reached_it_counts() -> None:
    busy = [
        user(50 + place, "CR_TRANSFER", id="t2", **facts)
        for place, facts in enumerate(
            [{"state": "requested", "service": "110"}, {"state": "ended", "outcome": "busy"}]
        )
    ]
    assert with_rows(*joined_attempt(service="120"), *busy).emergency == Emergency(
        EmergencyDirection.OUT, "120", TransferOutcome.JOINED
    )
    assert with_rows(*busy).emergency == Emergency(EmergencyDirection.OUT, "110", TransferOutcome.BUSY)


@pytest.mark.parametrize(
    ("decision", "first"),
    [
        ({"source": "emergency:119", "entry": "chengdu"}, "119"),
        ({"source": "platform:x", "path": "x+y", "entry": "chengdu"}, "x"),
        ({"entry": "chengdu"}, "chengdu"),
    ],
)
def test_who_received_a_call_first_is_told_as_he_accepts_it_if_nobody_is_clearly_responsible(
    decision: dict[str, str], first: str
) -> None:
    emergency = with_rows(*joined_attempt(service="110"), **decision).emergency
    assert emergency is not None
    assert emergency.received_first_by == first


def test_an_emergency_that_was_handed_to_us_is_the_call_itself() -> None:
    assert with_rows(source="emergency:119").emergency == Emergency(EmergencyDirection.IN, "119", None, "119")
    assert with_rows(source="platform:x").emergency is None


@pytest.mark.parametrize("service", ["999", "1100", "x"])
def test_a_service_that_is_none_is_odd_and_no_emergency(service: str) -> None:
    for record in (with_rows(source=f"emergency:{service}"), with_rows(*joined_attempt(service=service))):
        assert record.emergency is None
        assert record.anomalies == (Anomaly.UNREADABLE_FACT,)


def test_a_leg_is_whose_the_dialplan_says_and_has_its_own_sip_call_id() -> None:
    record = with_rows(
        on_leg(5.41, AGENT, "PJSIP/1001-00000002", party="agent", sip_call_id="leg@us"),
        row(30, "CHAN_START", who=EXPERT, channel=EXPERT_CHANNEL),
        on_leg(30.1, EXPERT, EXPERT_CHANNEL, party="expert", sip_call_id="x%y"),
    )
    assert [(leg.uniqueid, leg.role, leg.sip_call_id) for leg in record.legs] == [
        (CALLER, LegRole.CALLER, "a@b"),
        (AGENT, LegRole.AGENT, "leg@us"),
        (EXPERT, LegRole.EXPERT, "x%y"),
    ]
    assert record.anomalies == ()


@pytest.mark.parametrize("party", ["stranger", "caller"])
def test_a_party_that_a_leg_cannot_be_is_odd_and_the_leg_an_agents(party: str) -> None:
    record = with_rows(on_leg(5.41, AGENT, "PJSIP/1001-00000002", party=party))
    assert record.legs[1].role is LegRole.AGENT
    assert record.anomalies == (Anomaly.UNREADABLE_FACT,)


def recording(*states: str, file: str = "lab-1.1.wav") -> list[CelRow]:
    return [user(9 + place, "CR_RECORDING", file=file, state=state) for place, state in enumerate(states)]


def test_a_recording_has_its_pauses() -> None:
    (made,) = with_rows(*recording("started", "paused", "resumed", "paused", "finished")).recordings
    assert (made.file, made.started_at, made.finished_at) == ("lab-1.1.wav", at(9), at(13))
    assert made.pauses == (Pause(at(10), at(11)), Pause(at(12), None))
    assert made.proof is None


def test_a_recording_that_is_paused_already_is_not_paused_again() -> None:
    (made,) = with_rows(*recording("started", "paused", "paused", "resumed")).recordings
    assert made.pauses == (Pause(at(10), at(12)),)


def test_two_files_are_two_recordings() -> None:
    record = with_rows(*recording("started"), *recording("paused", "started", file="second.wav")[1:])
    assert [(one.file, one.finished_at) for one in record.recordings] == [
        ("lab-1.1.wav", None),
        ("second.wav", None),
    ]


@pytest.mark.parametrize("states", [("finished",), ("started", "resumed"), ("paused", "started")])
def test_a_recording_out_of_step_is_odd_and_kept(states: tuple[str, ...]) -> None:
    record = with_rows(*recording(*states))
    assert record.recordings[0].started_at == at(10 if states[-1] == "started" else 9)
    assert record.anomalies == (Anomaly.RECORDING_UNPAIRED,)


def test_a_file_that_leads_out_of_its_folder_is_odd_and_only_its_name_kept() -> None:
    record = with_rows(*recording("started", file="../../etc/passwd"))
    assert record.recordings[0].file == "passwd"
    assert record.anomalies == (Anomaly.UNREADABLE_FACT,)


@pytest.mark.parametrize(
    ("finished", "grade", "odd"),
    [
        ({"grade": "5"}, 5, ()),
        ({"grade": ""}, None, ()),
        (None, None, ()),
        ({"grade": "6"}, None, (Anomaly.SURVEY_UNREADABLE,)),
        ({"grade": "５"}, None, (Anomaly.SURVEY_UNREADABLE,)),
    ],
)
def test_a_grade_is_one_to_five(
    finished: dict[str, str] | None, grade: int | None, odd: tuple[Anomaly, ...]
) -> None:
    rows = [user(60, "CR_SURVEY", state="offered")]
    if finished is not None:
        rows.append(user(66, "CR_SURVEY", state="finished", **finished))
    record = with_rows(*rows)
    assert (record.survey, record.anomalies) == (Survey(at(60), grade), odd)


def test_a_call_without_these_has_none_of_them() -> None:
    record = with_rows()
    assert (record.transfers, record.recordings, record.survey, record.emergency) == ((), (), None, None)
