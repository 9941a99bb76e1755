"""What the documents demand of platforms and callers, C27 to C49, as the shipped plans say it."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from callrouter.decide.route import decide
from callrouter.decide.transfers import transfers_of
from callrouter.plans.load import load_plan
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.call import Call, FoundBy
from callrouter.vocabulary.migration import Mode
from callrouter.vocabulary.numbers import parse_number
from callrouter.vocabulary.policy import EmergencyOut, QueueKind
from callrouter.vocabulary.treatment import Connect, Dial, TakeMessage
from tests.scenarios.asking import LATE, NIGHT, shipped, told

NAMES = ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"]


def test_c27_yunnans_province_is_reached_through_a_city_only() -> None:
    asked_for = told("yunnan", "12345", platform="yunnan")
    assert asked_for.ruling.platform == "kunming"
    assert ("yunnan", "plain", True) in asked_for.transfers


def test_c28_a_city_without_a_platform_is_answered_by_the_province() -> None:
    ruling = told("sichuan", "12345", platform="ziyang").ruling
    assert ruling.treatment == Connect("hotline", "g01-sichuan", 0)
    assert told("sichuan", "12345", platform="mianyang").ruling.treatment == Dial(
        "mianyang", "g01-sichuan", "hotline", 0
    )


def test_c29_a_banner_gets_tickets_and_no_calls() -> None:
    assert told("inner-mongolia", "12345", platform="tumed-left").ruling.platform == "hohhot"
    assert told("inner-mongolia", "12345").means_to("tumed-left") == ["ticket"]


def test_c30_chongqing_is_linked_from_its_day_on() -> None:
    days = [told("sichuan", "02312345", f"2021-12-{at}+08:00") for at in ("30T23:59:59", "31T00:00:00")]
    assert [day.ruling.platform for day in days] == ["sichuan", "chongqing"]
    assert [bool(day.means_to("chongqing")) for day in days] == [False, True]
    assert told("sichuan", "12345").means_to("chongqing") == ["plain", "ticket"]


@pytest.mark.parametrize("platform", ["hainan", "haikou", "sanya"])
def test_c31_wherever_a_call_comes_in_in_hainan_the_others_can_be_reached(platform: str) -> None:
    others = {"haikou", "sanya"} - {platform}
    transfers = told("hainan", "12345", platform=platform).transfers
    assert {(other, "plain", True) for other in others} <= set(transfers)


def test_c32_outside_the_twelve_hours_a_message_is_taken() -> None:
    assert isinstance(told("yunnan", "12345", NIGHT).ruling.treatment, TakeMessage)
    assert isinstance(told("yunnan", "12345").ruling.treatment, Connect)
    assert all(one.email for one in shipped("yunnan").platforms.values())


def test_c33_a_message_is_for_the_queue_of_the_platform_that_was_called_and_its_instant_is_told() -> None:
    at_night = told("yunnan", "087212345", NIGHT)
    assert isinstance(at_night.ruling.treatment, TakeMessage)
    assert at_night.ruling.treatment.queue == "dali"
    assert (at_night.explained["treatment"], at_night.explained["at"]) == ("voicemail", NIGHT)


@pytest.mark.parametrize("name", ["changzhi", "hainan", "yunnan"])
def test_c34_hours_that_the_document_does_not_state_are_the_operators(name: str) -> None:
    home = shipped(name).platforms[shipped(name).home].hours
    assert all(stretch.illustrative for stretch in home.stretches)


def test_c35_emergencies_are_guided_or_transferred_as_each_document_says() -> None:
    stated = {name: shipped(name, overlay=False).emergencies["110"].out for name in NAMES}
    assert stated == {
        "changzhi": EmergencyOut.GUIDE,
        "hainan": EmergencyOut.UNSTATED,
        "inner-mongolia": EmergencyOut.TRANSFER_ELSE_GUIDE,
        "sichuan": EmergencyOut.UNSTATED,
        "yunnan": EmergencyOut.UNSTATED,
    }
    assert [means for _, means, _ in told("changzhi", "110").transfers] == ["guide"]


@pytest.mark.parametrize("name", NAMES)
def test_c36_what_110_hands_over_is_marked_greeted_once_and_goes_first(name: str) -> None:
    for ruling in (
        told(name, "12345", trunk="police-110").ruling,
        told(name, "12345", caller="110").ruling,
    ):
        assert (ruling.source, ruling.announcement) == ("emergency:110", "M05")
        assert isinstance(ruling.treatment, Connect)
        assert ruling.treatment.priority == 10


@pytest.mark.parametrize("name", NAMES)
def test_c37_no_emergency_number_is_a_line_and_96119_is_no_emergency(name: str) -> None:
    for number in ("110", "119", "120", "122"):
        assert number not in shipped(name).lines
        assert told(name, number).ruling.mode is Mode.EMERGENCY
    listed = name in {"hainan", "inner-mongolia", "sichuan"}
    assert told(name, "96119").ruling.mode is (Mode.MERGED if listed else Mode.UNKNOWN)


def test_c38_utilities_are_transferred_to_ticketed_or_left_alone() -> None:
    stated = {
        name: {utility.id: [means.value for means in utility.means] for utility in plan.utilities}
        for name in NAMES
        for plan in [shipped(name, overlay=False)]
    }
    assert set(stated["inner-mongolia"]) == {"water", "power", "gas", "heat", "transit"}
    assert all(means == ["ticket", "plain"] for means in stated["inner-mongolia"].values())
    assert stated["changzhi"] == {"public": ["ticket"]}
    assert stated["sichuan"] == {"water": [], "power": [], "gas": []}
    assert all(utility.parallel for utility in shipped("yunnan").utilities)


def test_c39_who_brings_what_is_not_accepted_is_guided() -> None:
    kinds = {name: len(shipped(name).not_accepted) for name in NAMES}
    assert kinds == {"changzhi": 8, "hainan": 10, "inner-mongolia": 10, "sichuan": 10, "yunnan": 0}
    assert ("military", "guide", True) in told("changzhi", "12345").transfers


def test_c40_a_case_can_be_passed_on_at_any_hour() -> None:
    for name, branch in (("sichuan", "tax"), ("hainan", "tax")):
        assert (branch, "ticket", True) in told(name, "12345", NIGHT).transfers


def test_c41_the_minors_line_begins_when_12349_ends() -> None:
    begins = next(queue.starts for queue in shipped("hainan").queues.values() if queue.id == "minors")
    assert begins == shipped("hainan").lines["12349"].schedule.phases[-1].starts
    days = [told("hainan", "12345", at) for at in ("2021-10-31T23:59:59+08:00", "2021-11-01T00:00:00+08:00")]
    assert [bool(day.means_to("minors")) for day in days] == [False, True]


def test_c41_the_minors_line_hears_its_own_words_and_comes_before_others_but_emergencies() -> None:
    minors = told("hainan", "089880012355").ruling
    assert minors.treatment == Connect("minors", "z01", 15)
    assert minors.announcement == "Z01"
    handed_over = told("hainan", "12345", trunk="police-110").ruling.treatment
    emergency = told("hainan", "110").ruling.treatment
    assert isinstance(handed_over, Connect)
    assert isinstance(emergency, Connect)
    assert handed_over.priority < 15 < emergency.priority
    assert told("hainan", "12349").ruling.treatment == Connect("hotline", "x01-12349-hainan", 0)


def test_c42_business_environment_seats_have_no_number_and_are_reached_from_12345() -> None:
    assert shipped("hainan").queues["business-environment"].direct_lines == ()
    assert told("hainan", "12345").means_to("business-environment") == ["plain"]


def test_c42_business_environment_seats_answer_a_line_by_themselves_where_the_plan_says_so(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "hainan"
    shutil.copytree(PROJECT_ROOT / "dialplans" / "hainan", folder)
    operator = folder / "operator.yaml"
    by_transfer = "    answers: transfers\n    why: 示例座席；没有自己的号码"
    by_line = '    answers: line\n    lines: ["12312"]\n    why: 示例座席；没有自己的号码'
    text = operator.read_text("utf-8")
    assert text.count(by_transfer) == 1
    operator.write_text(text.replace(by_transfer, by_line), "utf-8")
    plan = load_plan(folder)
    at = datetime.fromisoformat(LATE)
    for dialled, queue in (("12312", "business-environment"), ("12345", "hotline")):
        called, caller = (parse_number(number, plan.short_codes) for number in (dialled, "13800138000"))
        call = Call("scenario-1.1", called, FoundBy.REQUEST_URI, caller, "carrier", at)
        ruling = decide(call, plan, at).ruling
        assert isinstance(ruling.treatment, Connect)
        assert ruling.treatment.queue == queue
    assert "business-environment" in [way.target for way in transfers_of(ruling, call, plan, at)]


def test_c42_dedicated_seats_and_the_mayors_line_are_known() -> None:
    assert shipped("hainan").queues["business-environment"].kind is QueueKind.DEDICATED
    assert told("changzhi", "03558000001").ruling.tag == "mayor"


def test_c43_each_platform_bears_its_documents_name() -> None:
    assert {name: shipped(name).brands[0].name for name in NAMES} == {
        "changzhi": "长治市12345政务服务热线",
        "hainan": "海南省12345政务服务便民热线",
        "inner-mongolia": "12345政务服务便民热线",
        "sichuan": "12345政务服务便民热线",
        "yunnan": "云南省12345政务热线",
    }


@pytest.mark.parametrize("name", NAMES)
def test_c44_whoever_calls_however_often_is_not_turned_away(name: str) -> None:
    callers = ("13800138000", "anonymous", "", "12345", "02887654321")
    assert {type(told(name, "12345", caller=caller).ruling.treatment) for caller in callers} == {Connect}


def test_c45_a_decision_says_what_a_record_must_hold() -> None:
    explained = told("sichuan", "081612315").explained
    wanted = ("line", "platform", "plan_hash", "mode", "phase", "announcement", "treatment", "found_by")
    assert [explained[key] for key in wanted] == [
        "12315",
        "mianyang",
        shipped("sichuan").hash,
        "dual",
        "in_force",
        "G02",
        "dial",
        "request-uri",
    ]


def test_c46_a_ticket_can_name_line_area_and_platform() -> None:
    explained = told("yunnan", "087212328").explained
    assert (explained["line"], explained["name"], explained["platform"]) == (
        "12328",
        "全国交通运输服务监督电话",
        "dali",
    )


def test_c47_a_call_is_counted_under_the_number_that_was_dialled_whoever_answers() -> None:
    lines = [told("sichuan", dialled).explained["line"] for dialled in ("12300", "12315", "12366", "12345")]
    assert lines == ["12300", "12315", "12366", "12345"]


def test_c48_who_handed_a_call_over_is_known_so_that_no_rating_is_asked_of_it() -> None:
    assert told("sichuan", "12345", trunk="police-110").explained["source"] == "emergency:110"
    assert told("sichuan", "12345").explained["source"] is None


@pytest.mark.parametrize("name", NAMES)
def test_c49_no_explanation_holds_the_callers_number(name: str) -> None:
    for dialled in ("12345", "12366", "110", "99999", "13900139000"):
        explained = told(name, dialled, caller="13912345678").explained
        assert "13912345678" not in json.dumps(explained)
        assert "13900139000" not in json.dumps(explained)
