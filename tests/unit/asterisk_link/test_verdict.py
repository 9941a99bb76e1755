"""The verdict: what the dialplan and the record read is what was decided."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import get_args
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_command import MAX_COMMAND_BYTES, SetVariable
from callrouter.asterisk_link.verdict import VERDICT_VARIABLE, decision_facts, verdict_of
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.context import PassedOn
from callrouter.vocabulary.decision import Decision, Reason, ReasonCode, Ruling
from callrouter.vocabulary.journal import DecisionFact
from callrouter.vocabulary.migration import Landing, Mode, PhaseName
from callrouter.vocabulary.numbers import UnknownNumber
from callrouter.vocabulary.treatment import Ask, Connect, Dial, Guide, Release, TakeMessage, Treatment

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
    landing=Landing.PLATFORM,
    stray=False,
    platform="sichuan",
    phase=PhaseName.TRANSITION,
    announcement="T01",
    plan="sichuan",
    plan_version="1.0",
    plan_hash="0f" * 32,
)
DECISION = Decision(RULING, AT)
UNKNOWN = Decision(
    RULING._replace(
        line=None, mode=Mode.UNKNOWN, phase=None, announcement=None, treatment=Connect("hotline", None, 0)
    ),
    AT,
)
RELEASED = Decision(RULING._replace(treatment=Release("x01-12300", 22)), AT)
DIALLED = Decision(RULING._replace(treatment=Dial("tax", "g05-12366", "hotline", 5)), AT)
CLOSED = Decision(RULING._replace(treatment=TakeMessage("h01", "hotline", 5)), AT)
GUIDED = Decision(RULING._replace(treatment=Guide("m01", "hotline", 5)), AT)
ASKED = Decision(RULING._replace(treatment=Ask("language", None, "hotline", 5)), AT)
ALL = [DECISION, UNKNOWN, RELEASED, DIALLED, CLOSED, GUIDED, ASKED]


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


def test_a_message_without_a_notice_leaves_its_place_empty() -> None:
    unheard = Decision(RULING._replace(treatment=TakeMessage(None, "hotline", 5)), AT)
    assert verdict_of(CALL, unheard).split("|")[:5] == ["v1", "message", "", "hotline", "5"]


EMERGENCY = Decision(RULING._replace(mode=Mode.EMERGENCY, treatment=Connect("hotline", None, 20)), AT)


@pytest.mark.parametrize(
    ("decision", "survey", "flags"),
    [
        (DECISION, False, ""),
        (DECISION, True, "survey"),
        (CLOSED, True, "survey"),
        (EMERGENCY, False, "urgent"),
        (EMERGENCY, True, "survey+urgent"),
    ],
)
def test_what_the_dialplan_must_mind_is_told_by_words_in_the_seventh_field(
    decision: Decision, survey: bool, flags: str
) -> None:
    assert verdict_of(CALL, decision, survey=survey).split("|")[6] == flags


def test_a_release_has_no_flags() -> None:
    assert verdict_of(CALL, RELEASED, survey=True) == verdict_of(CALL, RELEASED)
    assert verdict_of(CALL, RELEASED).count("|") == 5


def test_these_are_all_the_treatments_there_are() -> None:
    assert {type(each.treatment) for each in ALL} == set(get_args(Treatment))


@pytest.mark.parametrize(
    ("decision", "order", "treatment"),
    [
        (DIALLED, ["v1", "dial", "g05-12366", "hotline", "5"], "dial"),
        (CLOSED, ["v1", "message", "h01", "hotline", "5"], "voicemail"),
        (GUIDED, ["v1", "connect", "m01", "hotline", "5"], "guide"),
        (DECISION, ["v1", "connect", "t01-12300", "hotline", "5"], "queue"),
        (RELEASED, ["v1", "release", "x01-12300", "22", ""], "release"),
    ],
)
def test_the_dialplan_connects_takes_a_message_or_releases_and_the_fact_says_what_was_decided(
    decision: Decision, order: list[str], treatment: str
) -> None:
    verdict = verdict_of(CALL, decision)
    assert verdict.split("|")[:5] == order
    assert facts_in(verdict)["treatment"] == treatment


def test_who_answers_by_plan_and_whence_the_call_came_go_with_it() -> None:
    ruling = RULING._replace(
        landing=Landing.EXTERNAL, stray=True, source="emergency:110", tag="mayor", announcement="M05",
        entry="chengdu", area="028",
    )  # fmt: skip
    facts = facts_in(verdict_of(CALL, Decision(ruling, AT)))
    assert {
        key: facts[key]
        for key in ("landing", "stray", "source", "platform", "announcement", "tag", "entry", "area")
    } == {
        "landing": "external",
        "stray": "1",
        "source": "emergency:110",
        "platform": "sichuan",
        "announcement": "M05",
        "tag": "mayor",
        "entry": "chengdu",
        "area": "028",
    }
    assert facts_in(verdict_of(CALL, DECISION))["stray"] == "0"
    assert facts_in(verdict_of(CALL, DECISION))["area"] == ""


@pytest.mark.parametrize("decision", ALL)
def test_the_facts_come_back_as_they_went_in(decision: Decision) -> None:
    facts = facts_in(verdict_of(CALL, decision))
    assert facts == decision_facts(CALL, decision)
    assert facts["rule"] == "dialplans/sichuan/lines.yaml:14"


def test_a_connections_facts_are_exactly_the_journals_and_a_release_has_no_queue() -> None:
    told_before = {DecisionFact.PATH, DecisionFact.CASE}
    said = set(DecisionFact) - {DecisionFact.DECIDED_AT, DecisionFact.REGISTER_RULE} - told_before
    assert set(decision_facts(CALL, DECISION)) == said
    no_queue = {DecisionFact.QUEUE, DecisionFact.PRIORITY}
    assert set(decision_facts(CALL, RELEASED)) == said - no_queue


def test_by_when_messages_are_passed_on_is_told_of_a_platform_that_has_such_a_rule_alone() -> None:
    ruled = Decision(RULING._replace(register_rule="18:00/10:00"), AT)
    assert facts_in(verdict_of(CALL, ruled))["register_rule"] == "18:00/10:00"
    assert "register_rule" not in facts_in(verdict_of(CALL, DECISION))


def test_what_the_next_platform_is_told_is_the_last_field_and_the_rule_the_last_of_it() -> None:
    told = verdict_of(CALL, DECISION).split("|")[8]
    assert told == f"path=sichuan&line=12300&mode=merged&rule={RULING.reasons[0].rule}"


def test_a_call_that_was_passed_on_keeps_its_case_and_its_path_grows() -> None:
    passed_on = PassedOn("node9-1.2", ("chengdu",), "12300", source="emergency:110")
    call = CALL._replace(passed_on=passed_on)
    decision = Decision(RULING._replace(source="emergency:110"), AT)
    verdict = verdict_of(call, decision)
    assert verdict.split("|")[8].startswith(
        "case=node9-1.2&path=chengdu+sichuan&line=12300&mode=merged&source="
    )
    assert facts_in(verdict)["path"] == "chengdu"
    assert facts_in(verdict)["case"] == "node9-1.2"


def test_two_calls_under_one_ruling_get_the_same_verdict_whenever_they_come() -> None:
    later = CALL._replace(call_id="node1-3.4", arrived_at=AT + timedelta(days=1))
    assert verdict_of(later, Decision(RULING, later.arrived_at)) == verdict_of(CALL, DECISION)


@pytest.mark.parametrize("name", ["Hotline", "hot|line", "hot line", "热线", "q" * 61, "a,b", "x\n"])
def test_a_name_that_the_dialplan_could_not_carry_is_refused_without_quoting_it(name: str) -> None:
    for treatment in (
        *(Connect(name, None, 0), Connect("hotline", name, 0), Release(name, 22)),
        *(
            Dial("tax", name, "hotline", 0),
            Dial("tax", None, name, 0),
            TakeMessage("h01", name, 0),
            TakeMessage(name, "hotline", 0),
        ),
    ):
        with pytest.raises(ValueError, match="lower-case") as raised:
            verdict_of(CALL, Decision(RULING._replace(treatment=treatment), AT))
        assert name not in str(raised.value)


ids = st.from_regex(r"[a-z][a-z0-9-]{0,39}", fullmatch=True)
numbers = st.from_regex(r"[0-9]{3,12}", fullmatch=True)
# A folder's name is at most 255 octets long, here of three octets a sign, each percent-encoded: the longest.
folders = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), max_size=85)
notices = st.none() | st.from_regex(r"[a-z][0-9]{2}-[a-z0-9-]{1,56}", fullmatch=True)
priorities = st.integers(0, 999)
treatments = st.one_of(
    st.builds(Connect, ids, notices, priorities),
    st.builds(Dial, ids, notices, ids, priorities),
    st.builds(TakeMessage, notices, ids, priorities),
    st.builds(Guide, notices.filter(bool), ids, priorities),
    st.builds(Release, notices.filter(bool), st.integers(1, 127)),
)
rulings = st.builds(
    lambda code, folder, plan, row, known: RULING._replace(
        reasons=(Reason(code, f"{folder}/{plan}/lines.yaml:{row}", ""),), plan=plan, **known
    ),
    st.sampled_from(ReasonCode),
    folders,
    ids,
    st.integers(1, 999_999),
    st.fixed_dictionaries(
        {
            "treatment": treatments,
            "line": st.none() | numbers,
            "mode": st.sampled_from(Mode),
            "phase": st.none() | st.sampled_from(PhaseName),
            "landing": st.sampled_from(Landing),
            "stray": st.booleans(),
            "platform": ids,
            "source": st.none() | st.builds("{}:{}".format, ids, ids),
            "announcement": st.none() | st.from_regex(r"[A-Z][0-9]{2}", fullmatch=True),
            "tag": st.none() | ids,
            "entry": ids,
            "area": st.none() | st.from_regex(r"0[0-9]{2,3}", fullmatch=True),
            "register_rule": st.none() | st.just("18:00/10:00"),
            "plan_version": st.from_regex(r"[A-Za-z0-9._-]{1,32}", fullmatch=True),
        }
    ),
)
decisions = st.builds(Decision, rulings, st.datetimes(timezones=st.just(UTC)))


@settings(max_examples=50)
@given(decisions, st.booleans())
def test_whatever_a_plan_holds_the_verdict_has_its_fields_and_gives_its_facts_back(
    decision: Decision, survey: bool
) -> None:
    verdict = verdict_of(CALL, decision, survey=survey)
    assert verdict.count("|") == (5 if isinstance(decision.treatment, Release) else 8)
    assert facts_in(verdict) == decision_facts(CALL, decision)
    _, _, notice, queue, priority, _, *others = verdict.split("|")
    words, menu, tells = others or ("", "", "")
    # The dialplan filters what it reads; nothing may get lost in that.
    assert re.fullmatch(r"[a-z0-9-]*\|[a-z0-9-]+\|[0-9]*", f"{notice}|{queue}|{priority}")
    assert re.fullmatch(r"[a-z+]*\|[a-z0-9/-]*\|[A-Za-z0-9._/:+=&-]*", f"{words}|{menu}|{tells}")
    assert verdict.isascii()
    assert not set(verdict) & set(" ,;\"'\\(){}$[]\r\n")


def test_the_longest_verdict_that_a_plan_can_make_fits_a_command_with_room_to_spare() -> None:
    longest_id, folder = "q" * 40, "省" * 85
    ruling = Ruling(
        treatment=TakeMessage("t" * 60, longest_id, 999),
        reasons=(Reason(max(ReasonCode, key=len), f"{folder}/{longest_id}/lines.yaml:999999", ""),),
        line="0" * 12,
        mode=Mode.EMERGENCY,
        landing=max(Landing, key=len),
        stray=True,
        platform=longest_id,
        phase=max(PhaseName, key=len),
        plan=longest_id,
        plan_version="9" * 32,
        plan_hash="0f" * 32,
        announcement="T01",
        source=f"platform:{longest_id}",
        tag=longest_id,
        entry=longest_id,
        area="0891",
        register_rule="18:00/10:00",
    )
    assert len(Mode.EMERGENCY) == len(max(Mode, key=len))
    command = SetVariable(VERDICT_VARIABLE, verdict_of(CALL, Decision(ruling, AT), survey=True)).encode()
    assert len(command) <= MAX_COMMAND_BYTES * 9 // 10
    assert len(folder.encode()) == 255
    also = Reason(ReasonCode.OUTSIDE_HOURS, f"{longest_id}/hours.yaml:1", "")
    crowded = ruling._replace(reasons=(*ruling.reasons, *[also] * 8))
    assert facts_in(verdict_of(CALL, Decision(crowded, AT))) == {
        **decision_facts(CALL, Decision(crowded, AT)),
        "because": "",
    }
