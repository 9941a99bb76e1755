"""Which platform a call belongs to, and where it is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callrouter.vocabulary.decision import ReasonCode
from callrouter.vocabulary.line import Level
from callrouter.vocabulary.migration import PhaseName
from callrouter.vocabulary.plan import Plan
from callrouter.vocabulary.territory import Platform
from callrouter.vocabulary.treatment import Connect, Dial
from tests.unit.decide.a_plan import LINKED, NOW, PLAN, SECOND, TWO_NUMBERS, decided, line


def with_platform(name: str, **changed: object) -> Plan:
    changed_one: Platform = replace(PLAN.platforms[name], **changed)  # type: ignore[arg-type]
    return replace(PLAN, platforms={**PLAN.platforms, name: changed_one})


def codes(dialled: str, **asked: str) -> set[ReasonCode]:
    return {reason.code for reason in decided(dialled, **asked).reasons}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dialled", "trunk", "said", "platform", "code"),
    [
        ("087112345", "west-carrier", "east", "east", ReasonCode.PLATFORM_GIVEN),
        ("087112345", "west-carrier", None, "west", ReasonCode.PLATFORM_BY_TRUNK),
        ("087112345", "carrier", None, "east", ReasonCode.PLATFORM_BY_AREA),
        ("12345", "carrier", None, "province", ReasonCode.PLATFORM_BY_DEFAULT),
        ("087112345", "nobody-knows-it", None, "east", ReasonCode.PLATFORM_BY_AREA),
        ("12345", "nobody-knows-it", None, "province", ReasonCode.PLATFORM_BY_DEFAULT),
        ("12345", "carrier", "nobody-knows-it", "province", ReasonCode.PLATFORM_BY_DEFAULT),
    ],
)
def test_c11_the_order_of_belief_is_word_trunk_area_default_home(
    dialled: str, trunk: str, said: str | None, platform: str, code: ReasonCode
) -> None:
    decision = decided(dialled, trunk=trunk, platform=said)
    assert decision.ruling.platform == platform
    assert code in {reason.code for reason in decision.reasons}


def test_c11_an_area_that_several_platforms_have_tells_nothing() -> None:
    assert decided("02812345").ruling.platform == "province"
    assert ReasonCode.PLATFORM_BY_DEFAULT in codes("02812345")


def test_c11_the_same_number_dialled_in_two_places_is_answered_in_two_places() -> None:
    here, there = decided("087112320").treatment, decided("12320").treatment
    assert (here[0], there[0]) == ("east-hotline", "hotline")


def test_c16_a_line_lands_on_the_platform_of_its_own_level() -> None:
    came_in_at_a_city = decided("12315", trunk="east-carrier").ruling
    assert (came_in_at_a_city.platform, came_in_at_a_city.treatment[0]) == ("province", "hotline")
    assert ReasonCode.PLATFORM_BY_LEVEL in codes("12315", trunk="east-carrier")


def test_c16_a_citys_line_lands_on_the_city_that_was_dialled_and_else_stays() -> None:
    citys = line("12320", TWO_NUMBERS, level=Level.CITY)
    plan = replace(PLAN, lines={**PLAN.lines, "12320": citys})
    assert decided("087112320", NOW, plan, platform="province").ruling.platform == "east"
    assert decided("12320", NOW, plan).ruling.platform == "province"
    assert decided("12320", NOW, plan, trunk="east-carrier").ruling.platform == "east"


def test_c27_a_platform_that_may_not_be_dialled_is_reached_through_another() -> None:
    plan = replace(with_platform("province", dialled_directly=False), home="east")
    by_the_public, by_a_city = (
        decided("12345", NOW, plan, trunk=trunk).ruling for trunk in ("carrier", "cities")
    )
    assert by_the_public.platform == "east"
    assert ReasonCode.PLATFORM_BY_PARENT in {reason.code for reason in by_the_public.reasons}
    assert by_a_city.platform == "province"


def test_c27_home_answers_even_if_it_may_not_be_dialled() -> None:
    decision = decided("12345", NOW, with_platform("province", dialled_directly=False))
    assert decision.treatment == Connect("hotline", "g01-invented-2", 0)
    assert ReasonCode.PLATFORM_BY_PARENT not in {reason.code for reason in decision.reasons}


def test_c28_a_platform_that_is_not_served_here_gets_its_calls_through_its_peer() -> None:
    decision = decided("12345", trunk="west-carrier")
    assert decision.ruling.platform == "west"
    assert decision.treatment == Dial("west", "g01-invented-2", "hotline", 0)
    assert ReasonCode.PLATFORM_ELSEWHERE in codes("12345", trunk="west-carrier")


def test_c28_without_a_peer_home_answers_for_it() -> None:
    decision = decided("047212345")
    assert decision.ruling.platform == "north"
    assert decision.treatment == Connect("hotline", "g01-invented-2", 0)


def test_c28_a_line_of_a_platform_elsewhere_goes_there_and_a_stray_one_does_not() -> None:
    assert isinstance(decided("12320", trunk="west-carrier").treatment, Dial)
    assert decided("12380", trunk="west-carrier").treatment == Connect("hotline", None, 0)
    ended = decided("12300", trunk="west-carrier").ruling
    assert (ended.phase, ended.stray) == (PhaseName.ENDED, True)
    assert ended.treatment == Connect("hotline", "x01-12300-invented-2", 0)


@pytest.mark.parametrize("asked", [{"trunk": "county-carrier"}, {"platform": "county"}])
def test_c29_a_county_gets_no_live_calls(asked: dict[str, str]) -> None:
    ruling = decided("12345", **asked).ruling  # type: ignore[arg-type]
    assert (ruling.platform, ruling.treatment[0]) == ("east", "east-hotline")
    assert ReasonCode.PLATFORM_BY_PARENT in {reason.code for reason in ruling.reasons}


def test_c29_not_even_through_parents_that_lead_nowhere() -> None:
    plan = with_platform("county", parent="county")
    assert decided("12345", NOW, plan, trunk="county-carrier").ruling.platform == "province"


def test_c30_a_neighbouring_province_is_reached_from_the_instant_it_is_linked() -> None:
    before, after = decided("02312345", LINKED - SECOND).ruling, decided("02312345", LINKED).ruling
    assert (before.platform, type(before.treatment)) == ("province", Connect)
    assert (after.platform, after.treatment) == (
        "neighbour",
        Dial("neighbour", "g01-invented-2", "hotline", 0),
    )


def test_c31_any_entry_serves_any_line() -> None:
    for trunk in PLAN.trunks:
        for number in PLAN.lines:
            assert decided(number, trunk=trunk).line == number


def test_an_emergency_is_answered_at_once_where_it_came_in_and_never_sent_on() -> None:
    assert decided("110", trunk="east-carrier").treatment == Connect("east-hotline", None, 20)
    for trunk in ("west-carrier", "carrier", "nobody-knows-it"):
        assert decided("110", trunk=trunk).treatment == Connect("hotline", None, 20)


def test_where_a_call_came_in_is_told_beside_who_answers_it() -> None:
    told = decided("12315", trunk="east-carrier").ruling
    assert (told.entry, told.platform) == ("east", "province")
    by_area = decided("087112345").ruling
    assert (by_area.entry, by_area.platform) == ("east", "east")
    # A county gets no live calls: they come in at the one above it.
    assert decided("12345", trunk="county-carrier").ruling.entry == "east"


@pytest.mark.parametrize(
    ("dialled", "trunk", "area"),
    [
        ("087112345", "carrier", "0871"),
        ("087112345", "west-carrier", "0871"),
        ("12345", "east-carrier", "0871"),
        ("12315", "east-carrier", "0871"),
        ("110", "east-carrier", "0871"),
        ("02812345", "carrier", "028"),
        # A platform of two areas tells neither, and an area that the plan does not know is none.
        ("12345", "carrier", None),
        ("12345", "west-carrier", None),
        ("075512345", "carrier", None),
    ],
)
def test_the_area_is_the_dialled_one_or_the_only_one_of_where_it_came_in(
    dialled: str, trunk: str, area: str | None
) -> None:
    assert decided(dialled, trunk=trunk).ruling.area == area


@pytest.mark.parametrize("dialled", ["12345", "12360", "12315", "96510", "087112345", "110", "zz"])
def test_the_callers_own_area_is_in_no_ruling(dialled: str) -> None:
    from_a_mobile, from_a_landline = (
        decided(dialled, caller=caller).ruling.area for caller in ("13800138000", "04728765432")
    )
    assert from_a_landline == from_a_mobile != "0472"
