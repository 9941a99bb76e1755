"""What the documents demand of lines, C1 to C26, as the shipped plans say it; each test bears its number."""

from __future__ import annotations

import pytest

from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.migration import Landing, Mode, NumberFate, PhaseName, SeatFate
from callrouter.vocabulary.treatment import Connect, Dial, Release
from tests.scenarios.asking import LATE, NIGHT, shipped, told

NAMES = ["changzhi", "hainan", "inner-mongolia", "sichuan", "yunnan"]


@pytest.mark.parametrize(
    ("name", "number", "second_before", "instant", "phases"),
    [
        ("sichuan", "12300", "2021-05-31T23:59:59+08:00", "2021-05-31T16:00:00Z", "before transition"),
        ("sichuan", "12300", "2021-09-30T23:59:59+08:00", "2021-10-01T00:00:00+08:00", "transition ended"),
        ("sichuan", "12315", "2021-10-15T23:59:59+08:00", "2021-10-16T00:00:00+08:00", "before in_force"),
        ("yunnan", "96128", "2018-12-24T23:59:59+08:00", "2018-12-24T16:00:00Z", "before ended"),
    ],
)
def test_c1_a_number_changes_at_the_documents_instant_and_not_a_second_before(
    name: str, number: str, second_before: str, instant: str, phases: str
) -> None:
    found = [told(name, number, at).ruling.phase for at in (second_before, instant)]
    assert found == [PhaseName(word) for word in phases.split()]


def test_c2_a_merged_line_has_a_before_a_transition_and_an_end() -> None:
    phases = shipped("sichuan").lines["12300"].schedule.phases
    assert [phase.name for phase in phases] == [PhaseName.BEFORE, PhaseName.TRANSITION, PhaseName.ENDED]
    assert [phase.landing for phase in phases] == [Landing.EXTERNAL, Landing.PLATFORM, Landing.PLATFORM]


@pytest.mark.parametrize("name", ["inner-mongolia", "hainan"])
def test_c3_where_the_document_has_deadlines_only_they_switch_no_merged_line(name: str) -> None:
    alone = shipped(name, overlay=False).lines["12300"].schedule
    assert alone.dues
    assert [phase.name for phase in alone.phases] == [PhaseName.BEFORE]
    assert told(name, "12300", "2030-01-01T00:00:00+08:00", overlay=False).ruling.phase is PhaseName.BEFORE


@pytest.mark.parametrize("number", ["12348", "12333"])
def test_c4_in_hainan_two_lines_have_a_next_phase_without_a_date(number: str) -> None:
    ruling = told("hainan", number).ruling
    assert (ruling.phase, ruling.next_phase) == (PhaseName.IN_FORCE, PhaseName.IN_FORCE)
    assert ruling.next_phase_starts is None
    (later,) = shipped("hainan").lines[number].schedule.undated
    assert (later.landing, later.seat_fate) == (Landing.PLATFORM, SeatFate.MERGED)


def test_c5_every_term_of_the_documents_is_a_mode_over_number_seats_and_landing() -> None:
    facts = {
        (schedule.mode, last.number_fate, last.seat_fate, last.landing)
        for name in NAMES
        for schedule in shipped(name).schedules.values()
        for last in [schedule.phases[-1]]
    }
    kept, cancelled, unstated = NumberFate.KEPT, NumberFate.CANCELLED, NumberFate.UNSTATED
    assert facts >= {
        (Mode.MERGED, cancelled, SeatFate.MERGED, Landing.PLATFORM),  # 整体并入
        (Mode.MERGED, cancelled, SeatFate.MERGED, Landing.RELEASED),  # 停止号码服务
        (Mode.DUAL, kept, SeatFate.MERGED, Landing.PLATFORM),  # 双号并行
        (Mode.DUAL, kept, SeatFate.KEPT, Landing.DEPARTMENT),  # 双号并行，暂时保留座席
        (Mode.BRANCH, kept, SeatFate.KEPT, Landing.BRANCH),  # 设分中心
        (Mode.PARALLEL, kept, SeatFate.KEPT, Landing.EXTERNAL),  # 并行接听、暂时保留
        (Mode.FORWARDED, kept, SeatFate.NONE, Landing.PLATFORM),  # 来电转移
        (Mode.ABSORBED, kept, SeatFate.NONE, Landing.PLATFORM),  # 直接合并
        (Mode.ABSORBED, unstated, SeatFate.UNSTATED, Landing.PLATFORM),  # 职能统一整合
        (Mode.WITHDRAWN, cancelled, SeatFate.NONE, Landing.PLATFORM),  # 撤销
    }


def test_c6_new_hotlines_are_frozen_in_four_plans_and_cited() -> None:
    frozen = {
        name: demand.source for name in NAMES for demand in shipped(name).demands if demand.new_lines is False
    }
    assert frozen == {
        "hainan": "004:L47",
        "inner-mongolia": "003:L25",
        "sichuan": "000:L37",
        "yunnan": "001:L48",
    }


def test_c7_each_decision_names_the_plan_it_was_made_by_so_a_call_keeps_its_own() -> None:
    alone, whole = told("sichuan", "12300", overlay=False), told("sichuan", "12300")
    assert alone.explained["plan_hash"] == shipped("sichuan", overlay=False).hash
    assert whole.explained["plan_hash"] == shipped("sichuan").hash
    assert alone.explained["plan_hash"] != whole.explained["plan_hash"]


def test_c8_a_plan_is_asked_about_the_past_as_about_the_future() -> None:
    phases = [
        told("sichuan", "12300", at).ruling.phase
        for at in ("2035-01-01T00:00:00Z", "2015-01-01T00:00:00Z", "2021-07-01T00:00:00Z")
    ]
    assert phases == [PhaseName.ENDED, PhaseName.BEFORE, PhaseName.TRANSITION]


@pytest.mark.parametrize("dialled", ["12345", "03558012345"])
def test_c9_a_forwarded_call_is_known_by_the_number_that_was_dialled(dialled: str) -> None:
    forwarded = told("changzhi", dialled, diversion=("<sip:03558000001@192.0.2.1>",))
    assert (forwarded.ruling.line, forwarded.explained["found_by"]) == ("03558000001", "diversion")


def test_c10_landlines_and_mobiles_are_hotlines() -> None:
    for name, number in (("changzhi", "03558000101"), ("yunnan", "13800000101")):
        ruling = told(name, number).ruling
        assert (ruling.line, ruling.mode, ruling.announcement) == (number, Mode.ABSORBED, "T03")


def test_c11_one_number_is_answered_where_it_was_dialled() -> None:
    platforms = [
        told("yunnan", dialled).ruling.platform for dialled in ("087112345", "087212345", "069112345")
    ]
    assert platforms == ["kunming", "dali", "xishuangbanna"]


def test_c12_a_landline_that_forwards_to_12345_is_nobodys_target() -> None:
    for name in ("changzhi", "yunnan"):
        plan = shipped(name)
        absorbed = tuple(plan.lists.numbers())
        assert absorbed
        assert not [peer.uri for peer in plan.peers.values() for number in absorbed if number in peer.uri]
        assert all(isinstance(told(name, number).ruling.treatment, Connect) for number in absorbed)


def test_c13_in_the_transition_the_caller_is_told_first_and_then_connected() -> None:
    treatment = told("sichuan", "12300", "2021-07-01T10:00:00+08:00").ruling.treatment
    assert treatment == Connect("hotline", "t01-12300-sichuan", 0)


def test_c14_in_hainan_a_public_notice_is_enough() -> None:
    ruling = told("hainan", "12300", "2021-09-20T10:00:00+08:00").ruling
    assert (ruling.phase, ruling.announcement) == (PhaseName.TRANSITION, None)


def test_c15_a_cancelled_number_is_connected_or_released_as_its_plan_says() -> None:
    connected, released = told("sichuan", "12300").ruling, told("yunnan", "96128").ruling
    assert (type(connected.treatment), connected.announcement, connected.stray) == (Connect, "X01", True)
    assert released.treatment == Release("x02-96128-yunnan", 22)


def test_c16_a_line_lands_on_the_platform_of_its_level() -> None:
    assert told("sichuan", "081612315").ruling.platform == "mianyang"
    assert told("sichuan", "12315").ruling.platform == "sichuan"
    assert told("yunnan", "087212366").ruling.platform == "yunnan"  # run by the province only, 001:L38


def test_c17_a_dual_number_goes_straight_to_the_queue_as_the_line_that_it_is() -> None:
    ruling = told("sichuan", "12315").ruling
    assert ruling.treatment == Connect("hotline", "g02-12315-sichuan", 0)
    assert (ruling.line, ruling.seat_fate) == ("12315", SeatFate.MERGED)


def test_c18_expert_seats_are_those_that_the_documents_name_and_unknown_where_none_is_named() -> None:
    marked = {
        name: {number for number, line in shipped(name).lines.items() if line.expert_seats} for name in NAMES
    }
    assert marked["inner-mongolia"] == {"12348", "12333", "12329", "12316", "12320", "12385"}
    assert marked["hainan"] == {"12320", "12329"}
    for name in ("changzhi", "sichuan", "yunnan"):
        assert {line.expert_seats for line in shipped(name).lines.values()} == {None}


def test_c18_expert_seats_answer_their_line_first_only_where_the_plan_chose_so() -> None:
    first = {
        name: {queue.line for queue in shipped(name).queues.values() if queue.direct_lines and queue.line}
        for name in NAMES
    }
    assert first["inner-mongolia"] == {"12348", "12333", "12329", "12316", "12320", "12385"}
    assert first["hainan"] == {"12320"}
    assert first["sichuan"] == first["changzhi"] == first["yunnan"] == set()
    for number in first["inner-mongolia"]:
        notice = f"g02-{number}-inner-mongolia"
        ruling = told("inner-mongolia", number).ruling
        assert ruling.treatment == Connect(f"expert-{number}", notice, 0)
        assert told("inner-mongolia", number, overlay=False).ruling.treatment != ruling.treatment
    assert told("sichuan", "12348").ruling.treatment == Connect("hotline", "g02-12348-sichuan", 0)
    assert ("expert-12348", "plain", True) in told("sichuan", "12348").transfers


def test_c18_expert_seats_are_at_their_platform_only_and_keep_their_own_hours() -> None:
    at_the_province = told("hainan", "12320").ruling
    assert at_the_province.treatment == Connect("expert-12320", "g02-12320-hainan", 0)
    elsewhere = told("hainan", "12320", platform="haikou").ruling.treatment
    assert elsewhere == Dial("haikou", "g02-12320-hainan", "hotline", 0)
    night = told("hainan", "12320", NIGHT)
    assert night.ruling.treatment == Connect("hotline", "g02-12320-hainan", 0)
    assert ReasonCode.SEATS_CLOSED in {reason.code for reason in night.ruling.reasons}
    assert ("expert-12320", "plain", False) in night.transfers


@pytest.mark.parametrize(("number", "department"), [("12348", "legal"), ("12333", "labour")])
def test_c19_without_a_way_to_the_department_12345_answers_the_line(number: str, department: str) -> None:
    ruling = told("hainan", number, overlay=False).ruling
    assert isinstance(ruling.treatment, Connect)
    at_night = told("hainan", number, NIGHT)
    assert at_night.ruling.treatment == Connect("hotline", None, 0)
    assert (department, "plain", False) in at_night.transfers


@pytest.mark.parametrize(("number", "department"), [("12348", "legal"), ("12333", "labour")])
def test_c19_seats_that_stay_for_now_answer_their_line_and_are_reached_from_12345(
    number: str, department: str
) -> None:
    ruling = told("hainan", number).ruling
    assert ruling.landing is Landing.DEPARTMENT
    assert ruling.treatment == Dial(department, None, "hotline", 0)
    assert told("hainan", "12345").means_to(department) == ["plain"]


def test_c20_general_questions_are_12345s_and_a_branch_is_the_agents_choice() -> None:
    hub = told("sichuan", "12345")
    assert isinstance(hub.ruling.treatment, Connect)
    assert ("tax", "three_way", True) in hub.transfers


def test_c21_a_branch_is_reached_three_way_or_plainly_as_the_document_says() -> None:
    means = {name: told(name, "12366").means_to("tax") for name in ("sichuan", "inner-mongolia", "hainan")}
    assert means == {
        "sichuan": ["three_way", "ticket"],
        "inner-mongolia": ["plain", "ticket"],
        "hainan": ["three_way", "ticket"],
    }


def test_c22_where_no_transfer_can_be_had_there_is_a_ticket_and_a_person() -> None:
    at_night = told("sichuan", "12366", "2021-08-30T23:00:00+08:00")
    assert at_night.transfers == [("tax", "three_way", False), ("tax", "ticket", True)]
    assert isinstance(at_night.ruling.treatment, Connect)


def test_c23_sichuans_branches_are_there_round_the_clock_from_31_august() -> None:
    nights = [told("sichuan", "12366", f"2021-08-{at}:00+08:00") for at in ("30T23:59", "31T00:00")]
    assert [type(one.ruling.treatment) for one in nights] == [Connect, Dial]


def test_c24_12360_is_two_customs_by_the_callers_area() -> None:
    first = [
        told("inner-mongolia", "12360", NIGHT, caller=caller).transfers[0][0]
        for caller in ("04708123456", "04718123456", "13800138000")
    ]
    assert first == ["customs-manzhouli", "customs-hohhot", "customs-hohhot"]


def test_c25_when_the_branches_data_is_due_is_kept() -> None:
    dues = shipped("sichuan").lines["12366"].schedule.dues
    assert [str(due.by) for due in dues if "数据实时" in due.what] == ["2021-10-31"]


@pytest.mark.parametrize(("name", "at"), [("changzhi", LATE), ("yunnan", LATE), ("changzhi", NIGHT)])
def test_c26_a_parallel_line_is_not_12345s_and_its_callers_are_told_of_it(name: str, at: str) -> None:
    parallel = told(name, "12366", at)
    assert (parallel.ruling.landing, parallel.ruling.stray) == (Landing.EXTERNAL, True)
    assert parallel.transfers == [("12366", "guide", True)]
