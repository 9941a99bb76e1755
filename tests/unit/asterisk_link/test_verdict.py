"""The verdict: what the dialplan and the record read is what was decided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_command import MAX_COMMAND_BYTES, SetVariable
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE, decision_facts, verdict_of
from callrouter.plans import schema
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.decision import Decision, Reason, ReasonCode, Ruling
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.numbers import UnknownNumber
from callrouter.vocabulary.plan import Mode, PhaseName
from callrouter.vocabulary.treatment import Connect, Release, Treatment

AT = datetime(2021, 9, 30, 15, 59, 50, 123456, tzinfo=UTC)
CALL = Call("node1-1.2", UnknownNumber(""), FoundBy.REQUEST_URI, UnknownNumber(""), "carrier", AT)
RULING = Ruling(
    treatment=Connect("hotline", "t01-12300", 5),
    reasons=(
        Reason(ReasonCode.LINE_IN_PHASE, "dialplans/sichuan/lines.yaml:14", "…"),
        Reason(ReasonCode.LINE_IN_PLAN, "dialplans/sichuan/lines.yaml:99", "…"),
    ),
    line="12300",
    mode=Mode.MERGED,
    phase=PhaseName.TRANSITION,
    plan="sichuan",
    plan_version="1.0",
    plan_hash="0f" * 32,
)
DECISION = Decision(RULING, AT)
UNKNOWN = Decision(
    RULING._replace(line=None, mode=None, phase=None, treatment=Connect("hotline", None, 0)), AT
)
RELEASED = Decision(RULING._replace(treatment=Release("x01-12300", 22)), AT)


def facts_in(verdict: str) -> dict[str, str]:
    """Read the facts as the journal's reader will."""
    pairs = (pair.partition("=") for pair in verdict.split("|")[5].split("&"))
    return {key: unquote(value) for key, _, value in pairs}


def test_a_connection_names_notice_queue_and_priority_in_the_dialplans_order() -> None:
    assert verdict_of(CALL, DECISION).split("|")[:5] == ["v1", "connect", "t01-12300", "hotline", "5"]


def test_a_connection_without_a_notice_leaves_its_place_empty() -> None:
    assert verdict_of(CALL, UNKNOWN).split("|")[:5] == ["v1", "connect", "", "hotline", "0"]


def test_a_release_names_notice_and_cause_and_leaves_the_priority_empty() -> None:
    assert verdict_of(CALL, RELEASED).split("|")[:5] == ["v1", "release", "x01-12300", "22", ""]


def test_these_are_all_the_treatments_there_are() -> None:
    assert {type(each.treatment) for each in (DECISION, UNKNOWN, RELEASED)} == set(get_args(Treatment))


@pytest.mark.parametrize("decision", [DECISION, UNKNOWN, RELEASED])
def test_the_facts_come_back_as_they_went_in(decision: Decision) -> None:
    facts = facts_in(verdict_of(CALL, decision))
    assert facts == decision_facts(CALL, decision)
    assert facts["rule"] == "dialplans/sichuan/lines.yaml:14"


def test_a_connections_facts_are_exactly_the_journals_and_a_release_has_no_queue() -> None:
    said = set(DecisionFact) - {DecisionFact.DECIDED_AT}
    assert set(decision_facts(CALL, DECISION)) == said
    no_queue = {DecisionFact.QUEUE, DecisionFact.PRIORITY}
    assert set(decision_facts(CALL, RELEASED)) == said - no_queue


def test_two_calls_under_one_ruling_get_the_same_verdict_whenever_they_come() -> None:
    later = CALL._replace(call_id="node1-3.4", arrived_at=AT + timedelta(days=1))
    assert verdict_of(later, Decision(RULING, later.arrived_at)) == verdict_of(CALL, DECISION)


@pytest.mark.parametrize("name", ["Hotline", "hot|line", "hot line", "热线", "q" * 41, "a,b", "x\n"])
def test_a_name_that_the_dialplan_could_not_carry_is_refused_without_quoting_it(name: str) -> None:
    for treatment in (Connect(name, None, 0), Connect("hotline", name, 0), Release(name, 22)):
        with pytest.raises(ValueError, match="lower-case") as raised:
            verdict_of(CALL, Decision(RULING._replace(treatment=treatment), AT))
        assert name not in str(raised.value)


def from_schema(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True)


# A folder's name is at most 255 octets long, here of three octets a sign, each percent-encoded: the longest.
folders = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), max_size=85)
notices = st.none() | st.builds(
    lambda notice, number: f"{notice.lower()}-{number}",
    from_schema(schema.NOTICE),
    from_schema(schema.HOTLINE_NUMBER),
)
treatments = st.builds(Connect, from_schema(schema.ID), notices, st.integers(0, 999)) | st.builds(
    Release, notices.filter(bool), st.integers(1, 127)
)
decisions = st.builds(
    lambda treatment, code, folder, plan, row, line, mode, phase, version, at: Decision(
        Ruling(
            treatment=treatment,
            reasons=(Reason(code, f"{folder}/{plan}/lines.yaml:{row}", ""),),
            line=line,
            mode=mode,
            phase=phase,
            plan=plan,
            plan_version=version,
            plan_hash="0f" * 32,
        ),
        at,
    ),
    treatments,
    st.sampled_from(ReasonCode),
    folders,
    from_schema(schema.ID),
    st.integers(1, 999_999),
    st.none() | from_schema(schema.HOTLINE_NUMBER),
    st.none() | st.sampled_from(Mode),
    st.none() | st.sampled_from(PhaseName),
    from_schema(schema.VERSION),
    st.datetimes(timezones=st.just(UTC)),
)


@settings(max_examples=50)
@given(decisions)
def test_whatever_a_plan_holds_the_verdict_has_six_fields_and_gives_its_facts_back(
    decision: Decision,
) -> None:
    verdict = verdict_of(CALL, decision)
    assert verdict.count("|") == 5
    assert facts_in(verdict) == decision_facts(CALL, decision)
    assert verdict.isascii()
    assert not set(verdict) & set(" ,;\"'\\(){}$[]\r\n")


def test_the_longest_verdict_that_a_plan_can_make_fits_a_command_with_room_to_spare() -> None:
    longest_id, folder = "q" * 40, "省" * 85
    ruling = Ruling(
        treatment=Connect(longest_id, "t01-123456", 999),
        reasons=(Reason(max(ReasonCode, key=len), f"{folder}/{longest_id}/lines.yaml:999999", ""),),
        line="961234",
        mode=max(Mode, key=len),
        phase=max(PhaseName, key=len),
        plan=longest_id,
        plan_version="9" * 32,
        plan_hash="0f" * 32,
    )
    command = SetVariable(VERDICT_VARIABLE, verdict_of(CALL, Decision(ruling, AT))).encode()
    assert len(command) <= MAX_COMMAND_BYTES * 3 // 4
    assert len(folder.encode()) == 255
