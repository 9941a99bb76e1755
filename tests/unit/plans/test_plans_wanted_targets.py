"""What names somebody to whom a call can be passed on is wanted, for whoever can be called, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from callrouter.announcements import announcements_of
from callrouter.decide.guidance import guidance_key, guidances_of
from callrouter.decide.transfer_codes import targets_of
from callrouter.decide.transfer_sounds import sounds_of
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_prompts import OF_TRANSFERS, wanted
from callrouter.plans.wanted_targets import named_targets
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.transfer import Staff
from tests.unit.plans.qingxi import Changes, qingxi

DIALPLANS = PROJECT_ROOT / "dialplans"
SHIPPED = sorted(path.parent.name for path in DIALPLANS.glob("*/plan.yaml"))


def city(folder: Path, *, plan: Changes = (), operator: Changes = (), lines: Changes = ()) -> Plan:
    made = qingxi(folder, plan=plan, operator=operator, lines=lines).plan
    assert made is not None
    return made


def said(plan: Plan, announcement: str) -> dict[str, str]:
    """By key, the words of those announcements of transfers."""
    return {one.key: one.spoken for one in announcements_of(plan) if one.prompt_id == announcement}


def owners(plan: Plan) -> dict[str, set[str]]:
    """By target, the announcements that name it."""
    found: dict[str, set[str]] = {}
    for named in named_targets(plan):
        found.setdefault(named.owner, set()).add(named.announcement)
    return found


def test_c21_a_branch_center_is_named_in_the_kind_that_the_document_allows() -> None:
    three_way, plain = (owners(load_plan(DIALPLANS / name))["tax"] for name in ("sichuan", "inner-mongolia"))
    assert three_way == {"B01", "B03", "B05"}
    assert plain == {"B02", "B03"}


def test_c21_what_can_be_had_in_both_kinds_has_one_announcement_of_the_way_for_both() -> None:
    assert owners(load_plan(DIALPLANS / "sichuan"))["chengdu"] == {"S01", "B03", "B05"}


def test_c38_a_utility_is_spoken_of_by_its_hotline() -> None:
    plan = load_plan(DIALPLANS / "inner-mongolia")
    assert owners(plan)["transit"] == {"U01", "B03"}
    assert said(plan, "U01")["u01-transit-inner-mongolia"] == "现在为您转接公共交通服务热线，请不要挂机。"
    assert said(plan, "B03")["b03-transit-inner-mongolia"].startswith("抱歉，公共交通服务热线暂时无法接听。")


@pytest.mark.parametrize(
    ("written", "spoken"), [("水", "供水"), ("暖", "供暖"), ("燃气", "供气"), ("铁路", "铁路")]
)
def test_c38_a_document_s_one_word_for_a_utility_is_not_read_out(
    tmp_path: Path, written: str, spoken: str
) -> None:
    plan = city(tmp_path, plan=[("    name: 供水\n", f"    name: {written}\n")])
    assert said(plan, "U01") == {"u01-water-sound": f"现在为您转接{spoken}服务热线，请不要挂机。"}


def test_c18_seats_are_named_as_on_the_way_from_a_queue_and_when_they_have_joined() -> None:
    plan = load_plan(DIALPLANS / "hainan")
    keys = {notice.key for notice in wanted(plan)}
    assert {f"{stage}-minors-hainan" for stage in ("e01", "e02", "b05")} <= keys
    assert said(plan, "B05")["b05-minors-hainan"].startswith("未成年人保护热线的工作人员已加入通话")


def test_nobody_is_named_who_can_not_be_called() -> None:
    named = owners(load_plan(DIALPLANS / "inner-mongolia")).keys()
    assert {"hohhot", "baotou", "hulunbuir"} <= named
    assert named.isdisjoint({"inner-mongolia", "chifeng", "tumed-left"})  # at home, without a trunk, a county


def test_a_center_whose_trunk_nobody_has_given_is_not_named(tmp_path: Path) -> None:
    assert "tax" in owners(city(tmp_path / "1"))
    no_peer = [("  - id: tax\n    peer: tax\n    why: 分中心", "  - id: tax\n    why: 分中心")]
    assert "tax" not in owners(city(tmp_path / "2", operator=no_peer))


def test_c31_platforms_that_are_all_served_here_are_named_to_each_other_s_callers() -> None:
    assert len(said(load_plan(DIALPLANS / "yunnan"), "S01")) == 17


@pytest.mark.parametrize("name", SHIPPED)
def test_every_name_that_is_wanted_is_one_that_a_transfer_looks_for(name: str) -> None:
    plan = load_plan(DIALPLANS / name)
    targets = targets_of(plan, Staff(())).by_id.values()
    looked_for = {key for target in targets for key in sounds_of(target, plan)}
    named = {one.key for one in wanted(plan) if one.target is not None}
    told = {guidance_key(one, plan) for one in guidances_of(plan, Staff(())).by_id.values()}
    assert named <= looked_for | told


def test_c45_whoever_is_called_hears_the_dialled_line_s_number() -> None:
    heard = said(load_plan(DIALPLANS / "sichuan"), "B04")
    assert heard["b04-12315"] == "一二三四五热线转来一通电话，来电人拨打的是幺二三幺五。"
    assert len(heard) == 32


def test_c45_a_short_code_is_told_in_the_same_words_whatever_a_plan_calls_it(tmp_path: Path) -> None:
    plan = city(tmp_path, lines=[("spoken_number: 幺二三零零", "spoken_number: 一二三零零")])
    assert said(plan, "B04")["b04-12300"].endswith("来电人拨打的是幺二三零零。")
    heard = [said(load_plan(DIALPLANS / name), "B04") for name in SHIPPED]
    assert all(
        one[key] == other[key] for one in heard for other in heard for key in one.keys() & other.keys()
    )


def test_c45_the_mayor_s_line_is_told_by_its_name_and_not_by_eleven_digits() -> None:
    heard = said(load_plan(DIALPLANS / "changzhi"), "B04")
    assert heard["b04-03558000001"].endswith("来电人拨打的是市长公开电话。")


def test_what_is_said_of_transfers_is_all_that_may_be_missing() -> None:
    for name in SHIPPED:
        notices = wanted(load_plan(DIALPLANS / name))
        by_keys = {one.key for one in notices if one.target or one.dialled or one.guide}
        assert by_keys == {one.key for one in notices if one.announcement in OF_TRANSFERS}
