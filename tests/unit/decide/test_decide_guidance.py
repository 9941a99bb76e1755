"""C26, C38, C39: what callers can be told instead of being passed on, and by which codes."""

from __future__ import annotations

from dataclasses import replace

from callrouter.decide.guidance import (
    Guidance,
    GuidanceSort,
    guidance_for,
    guidance_key,
    guidances_of,
)
from callrouter.decide.transfer_target import Asking, at_hand_of, target_for
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.line import Means
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.policy import NotAccepted, Utility
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Refused, RefusedTarget, Staff
from tests.unit.decide.a_plan import NOW, PLAN, call_to, decided

STAFF = Staff(("1001",), ())


def shipped(name: str) -> Plan:
    return load_plan(PROJECT_ROOT / "dialplans" / name)


def told(plan: Plan) -> dict[str, Guidance]:
    return dict(guidances_of(plan, STAFF).by_id)


def matter(id_: str, guide: str | None = "请向法院起诉") -> NotAccepted:
    return NotAccepted(id_, f"{id_} 事项", guide, "000:L55", f"plan.yaml:{len(id_)}:1")


def with_matters(*ids: str) -> Plan:
    return replace(PLAN, not_accepted=tuple(map(matter, ids)))


def test_c39_of_a_matter_that_is_not_accepted_the_plans_words_are_told() -> None:
    plan = replace(PLAN, not_accepted=(matter("litigation"), matter("secrets", None)))
    known = told(plan)
    assert known["litigation"].says == "请向法院起诉"
    assert known["litigation"].sort is GuidanceSort.MATTER
    assert "secrets" not in known


def test_c26_of_a_line_in_parallel_its_own_number_is_told_and_of_no_other_line() -> None:
    lines = {one.id: one.says for one in told(PLAN).values() if one.sort is GuidanceSort.LINE}
    assert lines == {"12380": "12380"}


def test_c38_in_yunnan_utilities_answer_for_themselves_and_elsewhere_they_get_calls_or_tickets() -> None:
    found = {
        name: [one.id for one in told(shipped(name)).values() if one.sort is GuidanceSort.UTILITY]
        for name in ("yunnan", "sichuan", "inner-mongolia", "hainan", "changzhi")
    }
    assert found == {
        "yunnan": ["transit", "water", "power", "gas"],
        "sichuan": [],
        "inner-mongolia": [],
        "hainan": [],
        "changzhi": [],
    }


def test_each_plan_that_names_matters_tells_of_every_one_of_them() -> None:
    counted = {
        name: sum(one.sort is GuidanceSort.MATTER for one in told(shipped(name)).values())
        for name in ("yunnan", "sichuan", "inner-mongolia", "hainan", "changzhi")
    }
    # 001 refers to another document; 002:L29 has eight; the others ten each.
    assert counted == {"yunnan": 0, "sichuan": 10, "inner-mongolia": 10, "hainan": 10, "changzhi": 8}


def test_no_two_of_a_shipped_plan_share_a_code_nor_is_any_a_targets() -> None:
    for name in ("yunnan", "sichuan", "inner-mongolia", "hainan", "changzhi"):
        plan = shipped(name)
        codes = [one.code for one in told(plan).values()]
        assert all(codes), (name, codes)
        assert len(set(codes)) == len(codes)
        assert all(guidance_for(one.code, plan, STAFF) is one for one in told(plan).values())


def test_a_code_that_is_taken_is_not_given_again_and_the_id_still_names_it() -> None:
    # Both are 548442 on a telephone.
    plan = with_matters("litigation", "litihation")
    known = told(plan)
    assert known["litigation"].code == "548442"
    assert known["litihation"].code == ""
    assert guidance_for("litihation", plan, STAFF) is known["litihation"]


def test_a_utility_that_can_be_called_keeps_its_number_for_that() -> None:
    heat = Utility(
        "heat", "暖", (Means.PLAIN, Means.GUIDE), False, ("087180096005",), "water", None, "003:L45", "u:1:1"
    )
    known = told(replace(PLAN, utilities=(heat,)))
    assert (known["heat"].code, known["heat"].says) == ("", "087180096005")


def test_whoever_asks_for_it_as_a_target_is_told_to_guide() -> None:
    call = call_to("12345")
    asking = Asking(at_hand_of(decided("12345").ruling, call, PLAN), PLAN, NOW, "1001", STAFF)
    for asked in ("army", "2769", "12380"):
        refused = target_for(asked, TransferKind.PLAIN, asking)
        assert isinstance(refused, Refused)
        assert (refused.why, refused.instead) == (RefusedTarget.GUIDE_ONLY, Means.GUIDE)
        meant = guidance_for(asked, PLAN, STAFF)
        assert meant is not None
        assert refused.target == meant.id


def test_the_file_is_named_by_plan_and_guidance() -> None:
    plan = shipped("changzhi")
    keys = {guidance_key(one, plan) for one in told(plan).values()}
    assert {"n01-litigation-changzhi", "n01-military-changzhi"} & keys == {"n01-military-changzhi"}
    assert "p01-12366-changzhi" in keys
