"""What callers may hear, what is written of it, and what Asterisk could not play."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from callrouter.announcements import OF_THE_DIALPLAN, announcement_text, announcements_of, missing_sounds
from callrouter.decide.route import decide
from callrouter.decide.transfer_sounds import refusal_key
from callrouter.plans.load import load_plan
from callrouter.plans.wanted_prompts import OF_TRANSFERS
from callrouter.prompts.catalogue import load_catalogue
from callrouter.prompts.findings import PromptError
from callrouter.prompts.phrases import phrases
from callrouter.prompts.renderings import ALWAYS_WANTED, line_sound_path
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.numbers import UnknownNumber, parse_number
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.record_words import TransferKind
from callrouter.vocabulary.transfer import Refused, RefusedTarget
from tests.unit.plans.qingxi import Changes, qingxi

CATALOGUE = load_catalogue(PROJECT_ROOT / "ivr_prompts")
PLAN = load_plan(PROJECT_ROOT / "dialplans" / "sichuan")


def written(plan: Plan, dialled: str, at: str, caller: str = "") -> str | None:
    """The text of what a call hears that comes in on the carrier's trunk."""
    instant = datetime.fromisoformat(at)
    who = parse_number(caller, plan.short_codes) if caller else UnknownNumber("")
    call = Call("1", parse_number(dialled, plan.short_codes), FoundBy.TO, who, "carrier", instant)
    return announcement_text(plan, decide(call, plan, instant))


def invented(folder: Path, plan: Changes = (), operator: Changes = ()) -> Plan:
    made = qingxi(folder, plan=plan, operator=operator).plan
    assert made is not None
    return made


def test_the_dialplans_own_announcements_are_wanted_whatever_the_plan() -> None:
    keys = [prompt.key for prompt in announcements_of(PLAN)]
    assert keys[: len(OF_THE_DIALPLAN)] == [prompt_id.lower() for prompt_id in OF_THE_DIALPLAN]
    assert len(set(keys)) == len(keys)


def test_whatever_the_dialplan_plays_by_name_is_wanted_whatever_the_plan() -> None:
    files = sorted((PROJECT_ROOT / "asterisk").glob("extensions*.conf.j2"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    steps = "\n".join(line for line in text.splitlines() if not line.startswith(";"))
    named = re.findall(r"Playback\(([^,)]+)|Read\(CR_KEY,([^,)]+)|CR_SAID=(\w+)", steps)
    played = {key for found in named for part in found for key in part.split("&") if key and "$" not in key}
    assert {
        "n02",
        "n03",
        "h02",
        "h03",
        "h05",
        "v01",
        "v02",
        "v03",
        "k02",
        "k03",
        "k04",
        "f01",
        "a01",
    } <= played
    assert played <= {prompt.key for prompt in announcements_of(PLAN)} | set(ALWAYS_WANTED)


def test_c21_whatever_a_transfer_or_the_desk_plays_by_name_is_wanted_whatever_the_plan() -> None:
    files = sorted((PROJECT_ROOT / "asterisk").glob("extensions*.conf.j2"))
    steps = [line for file in files for line in file.read_text("utf-8").splitlines() if line[:1] != ";"]
    named = {key for line in steps for key in re.findall(r"\b[abcrw][0-9]{2}\b", line)} - {"w04", "w05"}
    assert {"b11", "b12", "b13", "b15", "w01", "w02", "w03", "c10", "c12"} <= named
    assert named <= {prompt.key for prompt in phrases(CATALOGUE)}
    assert any("w04-${" in line for line in steps)
    assert any("w05-${" in line for line in steps)


def test_c21_whatever_refuses_a_transfer_to_an_agent_is_recorded_in_words() -> None:
    known = {prompt.key for prompt in phrases(CATALOGUE)}
    for why, kind in product(RefusedTarget, TransferKind):
        assert refusal_key(Refused(why, ""), kind) in known


def test_c13_a_transition_says_its_number_and_its_last_day() -> None:
    said = {prompt.key: prompt.spoken for prompt in announcements_of(PLAN)}
    assert "九月三十日" in said["t01-12300-sichuan"]
    assert "十月一日起停用" in said["t01-12300-sichuan"]
    assert "幺二三零零" in said["t01-12300-sichuan"]


def test_c32_outside_its_hours_a_platform_says_when_somebody_is_there() -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "yunnan")
    said = [prompt.spoken for prompt in announcements_of(plan) if prompt.prompt_id == "H01"]
    assert said
    assert all(re.search(r"每天(凌晨|上午|中午|下午|晚上).+点.*到.+点", text) for text in said)


def said_of_an_ending(folder: Path, begins: str, stops: str) -> dict[str, str]:
    """What is said when the transition begins and the number stops at these instants."""
    lines = [
        ("        ends: 2021-10-01T00:00:00+08:00", f"        ends: {stops}"),
        ("        starts: 2021-10-01T00:00:00+08:00", f"        starts: {stops}"),
        ("        starts: 2021-06-01T00:00:00+08:00", f"        starts: {begins}"),
    ]
    plan = qingxi(folder, lines=lines).plan
    assert plan is not None
    return {prompt.key.removesuffix("-12300-sound"): prompt.spoken for prompt in announcements_of(plan)}


def test_c13_a_number_that_stops_at_new_year_is_said_with_the_year_of_its_stop_day_only(
    tmp_path: Path,
) -> None:
    said = said_of_an_ending(tmp_path, "2021-10-01T00:00:00+08:00", "2022-01-01T00:00:00+08:00")
    assert "原号码使用到十二月三十一日，二零二二年一月一日起停用" in said["t01"]
    assert "已于一月一日停用" in said["x01"]


def test_c13_a_transition_over_new_year_says_the_year_to_those_who_hear_it_before(tmp_path: Path) -> None:
    said = said_of_an_ending(tmp_path, "2021-11-01T00:00:00+08:00", "2022-03-01T00:00:00+08:00")
    assert "原号码使用到二零二二年二月二十八日，二零二二年三月一日起停用" in said["t01"]
    assert "已于三月一日停用" in said["x01"]


def test_c13_new_year_is_that_of_the_plans_time_zone(tmp_path: Path) -> None:
    said = said_of_an_ending(tmp_path, "2021-12-31T16:00:00+00:00", "2022-12-31T16:00:00+00:00")
    assert "原号码使用到十二月三十一日，二零二三年一月一日起停用" in said["t01"]


def test_c18_c42_seats_are_spoken_of_by_their_name() -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "hainan")
    said = {prompt.key: prompt.spoken for prompt in announcements_of(plan)}
    assert said["e01-business-environment-hainan"] == "现在为您转接营商环境专席，请稍候。"
    assert said["e02-expert-12320-hainan"].startswith("公共卫生专家座席暂时无人接听，")


def test_c33_a_platforms_address_is_spelt() -> None:
    plan = load_plan(PROJECT_ROOT / "dialplans" / "yunnan")
    said = {prompt.key: prompt.spoken for prompt in announcements_of(plan)}
    assert "地址是克诶优恩艾姆，爱恩寄，艾特一二三四五，点" in said["h04-kunming-yunnan"]


def test_every_phrase_of_queue_menu_message_and_agents_is_wanted_whatever_the_plan() -> None:
    folder = PROJECT_ROOT / "ivr_prompts"
    assert set(phrases(load_catalogue(folder))) <= set(announcements_of(PLAN))


def test_all_that_the_catalogue_has_is_wanted_by_a_shipped_plan_or_by_none() -> None:
    plans = [path.parent for path in (PROJECT_ROOT / "dialplans").glob("*/plan.yaml")]
    heard = {prompt.prompt_id for folder in plans for prompt in announcements_of(load_plan(folder))}
    catalogue = load_catalogue(PROJECT_ROOT / "ivr_prompts")
    assert catalogue.prompts.keys() - heard == {"X03"}  # an operator may choose it for `unknown`


def test_c36_whoever_an_emergency_service_hands_over_hears_from_whom() -> None:
    said = {prompt.key: prompt.spoken for prompt in announcements_of(PLAN)}
    assert "由幺幺零转到" in said["m05-110-sichuan"]
    assert "由幺二二转到" in said["m05-122-sichuan"]


def test_a_notice_that_the_catalogue_does_not_have_is_named() -> None:
    desks = replace(PLAN.desks, hub=replace(PLAN.desks.hub, announcement="Z99"))
    with pytest.raises(PromptError, match="Z99"):
        announcements_of(replace(PLAN, desks=desks))


def test_every_sound_that_is_not_there_is_named_once(tmp_path: Path) -> None:
    spoken = {prompt.key for prompt in announcements_of(PLAN) if prompt.prompt_id not in OF_TRANSFERS}
    assert {"b11", "w01", "c02"} <= spoken
    keys = sorted(spoken | {"beep", "hold", "listening", "ringing"})
    assert missing_sounds(PLAN, tmp_path) == keys
    (tmp_path / "moh").mkdir()
    for key in set(keys) - {"q03-7"}:
        line_sound_path(tmp_path, key).touch()
    assert missing_sounds(PLAN, tmp_path) == ["q03-7"]


def test_the_text_of_a_decision_is_what_is_played_as_people_write_it() -> None:
    text = written(PLAN, "12300", "2021-07-01T10:00:00+08:00")
    assert text is not None
    assert text.startswith("您好，12300电信用户申诉热线已并入12345热线。")
    assert "九月三十日" in text


def test_who_hears_nothing_has_no_text() -> None:
    assert written(PLAN, "110", "2021-07-01T10:00:00+08:00") is None
    assert written(PLAN, "12315", "2021-07-01T10:00:00+08:00") is None


def test_c10_a_listed_number_is_spoken_of_by_its_lists_name(tmp_path: Path) -> None:
    text = written(invented(tmp_path), "09912180013", "2021-11-01T10:00:00+08:00")
    assert text is not None
    assert text.startswith("您好，该部门的热线服务由12345热线统一提供")


def test_c43_the_brand_is_the_one_in_force(tmp_path: Path) -> None:
    renamed = [
        (
            'source: "900:L2"\n',
            'source: "900:L2"\n  - {name: 青溪热线, starts: 2021-08-01T00:00:00+08:00, source: "900:L2"}\n',
        )
    ]
    plan = invented(tmp_path, renamed)
    assert "这里是12345政务服务便民热线" in (written(plan, "12345", "2021-07-31T23:59:59+08:00") or "")
    assert "这里是青溪热线" in (written(plan, "12345", "2021-08-01T00:00:00+08:00") or "")


def test_c36_the_text_of_a_call_that_was_handed_over_names_the_service(tmp_path: Path) -> None:
    text = written(invented(tmp_path), "12345", "2021-11-01T10:00:00+08:00", caller="110")
    assert text is not None
    assert "由110转到12345，通话可能录音" in text


def test_an_announcement_that_nobody_knows_has_no_text(tmp_path: Path) -> None:
    plan = invented(tmp_path, [("hub: {announcement: G01,", "hub: {announcement: G99,")])
    assert written(plan, "12345", "2021-11-01T10:00:00+08:00") is None


def test_an_announcement_is_looked_up_once_for_a_plan() -> None:
    plan = replace(PLAN)
    at = datetime(2021, 7, 1, tzinfo=UTC)
    call = Call("1", parse_number("12345", plan.short_codes), FoundBy.TO, UnknownNumber(""), "desk", at)
    decision = decide(call, plan, at)
    first = announcement_text(plan, decision)
    kept = plan.kept["announcements"]
    assert announcement_text(plan, decision) == first
    assert plan.kept["announcements"] is kept
