"""A decision in words and as JSON: the contract of `callrouter plan explain`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from callrouter.decide.explain import Language, explain, explanation
from callrouter.decide.route import decide
from callrouter.decide.transfers import transfers_of
from callrouter.decide.words import (
    LANDING_WORDS,
    MEANS_WORDS,
    MODE_WORDS,
    NUMBER_FATE_WORDS,
    PHASE_WORDS,
    SEAT_FATE_WORDS,
)
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.migration import Landing, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.policy import SurveyRule
from tests.unit.decide.a_plan import CANCELLED, NOW, PLAN, SECOND, TRANSITION, call_to, decided

KEYS = [
    "plan",
    "plan_hash",
    "at",
    "line",
    "name",
    "mode",
    "number_fate",
    "seat_fate",
    "phase",
    "next_phase",
    "landing",
    "treatment",
    "stray",
    "source",
    "platform",
    "queue",
    "priority",
    "expert_seats",
    "announcement",
    "announcement_text",
    "transfers",
    "found_by",
    "reasons",
]
FURTHER = ["next_phase_starts", "tag", "peer", "survey"]


def explained(
    dialled: str, at: datetime = NOW, text: str | None = None, trunk: str = "carrier"
) -> dict[str, object]:
    call = call_to(dialled, trunk=trunk)
    return explanation(decide(call, PLAN, at), call, PLAN, at, text)


def test_c8_the_keys_are_those_of_the_contract_in_its_order() -> None:
    for dialled in ("12300", "12345", "110", "96510", "zz", "96128", "12366"):
        assert list(explained(dialled)) == [*KEYS, *FURTHER]


def test_c13_a_line_in_transition_is_told_whole() -> None:
    told = explained("12300", TRANSITION, "您好")
    assert {key: told[key] for key in KEYS if key not in {"reasons", "transfers"}} == {
        "plan": "invented",
        "plan_hash": PLAN.hash,
        "at": "2021-06-01T00:00:00+08:00",
        "line": "12300",
        "name": "线路12300",
        "mode": "merged",
        "number_fate": "kept",
        "seat_fate": "merged",
        "phase": "transition",
        "next_phase": "ended",
        "landing": "platform",
        "treatment": "queue",
        "stray": False,
        "source": None,
        "platform": "province",
        "queue": "hotline",
        "priority": 0,
        "expert_seats": None,
        "announcement": "T01",
        "announcement_text": "您好",
        "found_by": "request-uri",
    }
    assert told["next_phase_starts"] == "2021-10-01T00:00:00+08:00"


def test_it_is_plain_json() -> None:
    for dialled in ("12300", "12345", "110", "96510", "zz", "96128", "12366", "03552180099"):
        value = explained(dialled)
        assert json.loads(json.dumps(value)) == value
        assert not any(isinstance(one, str) and type(one) is not str for one in value.values())


@pytest.mark.parametrize(
    ("dialled", "at", "trunk", "treatment", "queue", "peer"),
    [
        ("12345", NOW, "carrier", "queue", "hotline", None),
        ("12366", NOW, "carrier", "dial", "hotline", "tax"),
        ("12345", NOW.replace(hour=22), "east-carrier", "voicemail", "east-hotline", None),
        ("96128", NOW, "carrier", "release", None, None),
    ],
)
def test_each_treatment_has_its_word(
    dialled: str, at: datetime, trunk: str, treatment: str, queue: str | None, peer: str | None
) -> None:
    told = explained(dialled, at, trunk=trunk)
    assert (told["treatment"], told["queue"], told["peer"]) == (treatment, queue, peer)
    assert (told["priority"] is None) == (treatment == "release")


def test_c22_transfers_tell_target_means_and_whether_they_are_open() -> None:
    assert explained("12366")["transfers"] == [
        {"target": "tax", "means": "three_way", "open": True},
        {"target": "tax", "means": "ticket", "open": True},
    ]


def test_c36_the_source_is_told() -> None:
    assert explained("12345", trunk="police")["source"] == "emergency:110"


def test_c42_the_mark_of_a_line_is_told() -> None:
    assert explained("03552180012")["tag"] == "mayor"


def test_c48_whether_the_caller_is_asked_for_a_rating_is_told_where_he_is() -> None:
    rule = SurveyRule(True, ("12315",), (), "002:L43", "plan.yaml:9:1")
    asking = replace(PLAN, survey=rule)
    for dialled, asked in (("12345", True), ("12315", False), ("110", False)):
        call = call_to(dialled)
        assert explanation(decide(call, asking, NOW), call, asking, NOW, None)["survey"] is asked
    told = "通话后：请来电人评价 / after the talk: the caller is asked for a rating"
    assert told in explain(decided("12345"), survey=True)
    assert told not in explain(decided("12345"))


def test_reasons_name_code_place_and_text() -> None:
    reasons = explained("12300")["reasons"]
    assert isinstance(reasons, list)
    assert reasons[0] == {
        "code": "number_ended",
        "at": "dialplans/invented/lines.yaml:13",
        "text": "已停用，由12345接听 / phase ended: 12345 answers it",
    }


def test_words_exist_for_everything_that_is_told() -> None:
    assert set(MODE_WORDS) == set(Mode)
    assert set(PHASE_WORDS) == set(PhaseName)
    assert set(LANDING_WORDS) == set(Landing)
    assert set(NUMBER_FATE_WORDS) == set(NumberFate)
    assert set(SEAT_FATE_WORDS) == set(SeatFate)
    assert set(MEANS_WORDS) == set(Means)


def test_people_are_told_line_landing_treatment_reasons_and_plan_in_chinese_first() -> None:
    told = explain(decided("12300", CANCELLED), announcement_text="您好")
    assert told[0] == (
        "热线：12300，线路12300，整体并入，已停用，号码取消，座席并入"
        " / line: 12300, merged, ended, number cancelled, seats merged"
    )
    assert told[1].startswith("落地：由12345接听；平台 province / landing:")
    assert told[2].startswith("处理：先放提示 x01-12300-invented-2，接入队列 hotline")
    assert told[3].startswith("注意：按计划不应收到此来电")
    assert told[4].startswith("提示音：X01 您好")
    assert "dialplans/invented/lines.yaml:13" in told[5]
    assert told[-1] == "时刻：2021-10-01T00:00:00+08:00 / at: 2021-10-01T00:00:00+08:00"


def test_people_are_told_where_a_call_came_in_if_somebody_else_answers_it() -> None:
    [moved] = [one for one in explain(decided("12315", trunk="east-carrier")) if one.startswith("落地")]
    assert "平台 province（来电进入 east）" in moved
    assert moved.endswith("platform province (came in at east)")
    assert "came in at" not in " ".join(explain(decided("12345", trunk="east-carrier")))


def test_people_choose_their_language() -> None:
    decision = decided("12348")
    chinese, english = explain(decision, Language.CHINESE), explain(decision, Language.ENGLISH)
    assert len(chinese) == len(english) == len(explain(decision))
    assert chinese[3] == "下一阶段：已生效，时间待定"
    assert english[3] == "next phase: in_force, no instant given yet"
    assert not any(" / " in one for one in (*chinese, *english))


def test_each_sort_of_call_has_its_sentence() -> None:
    assert explain(decided("zz"))[0] == "热线：不在计划内 / line: none of the plan's"
    assert "留言" in explain(decided("12345", NOW.replace(hour=22), trunk="east-carrier"))[2]
    assert "两遍后释放，原因 22" in explain(decided("96128"))[2]
    assert "呼叫 tax" in explain(decided("12366"))[2]
    assert "由 emergency:110 转来" in explain(decided("12345", trunk="police"))[1]
    assert "标记 mayor" in explain(decided("03552180012"))[0]
    assert "自 2021-10-01T00:00:00+08:00" in explain(decided("12300", CANCELLED - SECOND))[3]


def test_transfers_are_told_with_why_they_are_open_or_not() -> None:
    decision = decided("12367")
    ways = transfers_of(decision.ruling, call_to("12367"), PLAN, NOW)
    told = explain(decision, Language.CHINESE, transfers=ways)
    assert "可转：borders中心（borders），三方转接，不可用：没有对接中继" in told
    assert "可转：borders中心（borders），派发工单，可用：随时可用" in told
