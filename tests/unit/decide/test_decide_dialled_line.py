"""Which hotline the caller dialled, from the places where a carrier may have left it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.decide.dialled_line import find_dialled
from callrouter.vocabulary.call import ALL_FINDERS, Clues, FoundBy
from callrouter.vocabulary.numbers import Number, NumberKind, PhoneNumber, UnknownNumber, parse_number
from callrouter.vocabulary.territory import Trunk
from tests.unit.decide.a_plan import PLAN, trunk

PILOT = "02886110000"
CARRIER = trunk("carrier", finders=ALL_FINDERS)


def found(clues: Clues, by: Trunk | None = CARRIER) -> tuple[str, str]:
    number, found_by = find_dialled(clues, by, PLAN)
    return number.digits if isinstance(number, PhoneNumber) else "", found_by.value


def sip(*users: str, **parameters: str) -> tuple[str, ...]:
    end = "".join(f";{name}={value}" for name, value in parameters.items())
    return tuple(f"<sip:{user}@192.0.2.1>{end}" for user in users)


def history(*indexed: tuple[str, str]) -> tuple[str, ...]:
    return (",".join(f"<sip:{user}@ims.example.cn>;index={index}" for index, user in indexed),)


def test_an_ordinary_call_is_for_the_number_in_its_request_uri() -> None:
    assert found(Clues("12315")) == ("12315", "request-uri")
    assert found(Clues("12345", "tel:+8612345")) == ("12345", "request-uri")


@pytest.mark.parametrize("to", ["<sip:12315@127.0.0.1>", "12315", '"12315" <sip:+8612315@h;user=phone>'])
def test_c9_a_to_that_names_the_same_line_as_the_request_uri_wins_for_it_is_asked_first(to: str) -> None:
    assert found(Clues("12315", to)) == ("12315", "to")
    assert found(Clues("12315", to), replace(CARRIER, finders=(FoundBy.REQUEST_URI, FoundBy.TO))) == (
        "12315",
        "request-uri",
    )


def test_c9_each_place_names_the_line_behind_a_pilot() -> None:
    assert found(Clues(PILOT, to="<sip:12315@h>")) == ("12315", "to")
    assert found(Clues(PILOT, to="12315")) == ("12315", "to")
    assert found(Clues(PILOT, to="tel:12315;phone-context=+8628")) == ("12315", "to")
    assert found(Clues(PILOT, diversion=sip("12315"))) == ("12315", "diversion")
    assert found(Clues(PILOT, history_info=history(("1", "12315")))) == ("12315", "history-info")


def test_c9_the_places_are_asked_in_their_order_and_the_first_that_the_plan_knows_wins() -> None:
    clues = Clues("12300", "<sip:12301@h>", sip("12315"), history(("1", "12366")))
    assert found(clues) == ("12366", "history-info")
    assert found(clues._replace(history_info=())) == ("12315", "diversion")
    assert found(clues._replace(history_info=(), diversion=())) == ("12301", "to")
    assert found(clues._replace(history_info=history(("1", "19999")), diversion=sip("19999"))) == (
        "12301",
        "to",
    )


def test_c9_a_trunk_asks_its_own_places_in_its_own_order() -> None:
    clues = Clues("12300", "<sip:12301@h>", sip("12315"), history(("1", "12366")))
    assert found(clues, replace(CARRIER, finders=(FoundBy.TO, FoundBy.DIVERSION))) == ("12301", "to")
    assert found(clues, replace(CARRIER, finders=(FoundBy.REQUEST_URI, FoundBy.TO))) == (
        "12300",
        "request-uri",
    )
    assert found(clues, replace(CARRIER, finders=(FoundBy.DID,))) == ("12300", "request-uri")


def test_c9_the_bottom_of_the_diversion_chain_was_dialled_first() -> None:
    assert found(Clues(PILOT, diversion=sip("12345", "12315", "12366"))) == ("12366", "diversion")
    joined = (", ".join(sip("12345", "12315", "12366")),)
    assert found(Clues(PILOT, diversion=joined)) == ("12366", "diversion")
    assert found(Clues(PILOT, diversion=(*sip("12366"), *joined))) == ("12366", "diversion")
    assert found(Clues(PILOT, diversion=sip("12366", "19999"))) == ("12366", "diversion")


def test_c9_the_earliest_index_of_the_history_was_dialled_first_whatever_the_order_of_writing() -> None:
    mixed = history(("1.1", "12315"), ("1.1.2", "12300"), ("1", "12366"), ("1.10", "12301"))
    assert found(Clues(PILOT, history_info=mixed)) == ("12366", "history-info")
    later = history(("1.10", "12301"), ("1.2", "12315"), ("1", "19999"))
    assert found(Clues(PILOT, history_info=later)) == ("12315", "history-info")
    rows = (*history(("1.1", PILOT)), *history(("1", "12366")))
    assert found(Clues(PILOT, history_info=rows)) == ("12366", "history-info")


@pytest.mark.parametrize("index", ["", "x", "1..2", ".1", "1.", "-1", "1" * 9, "１", '"1"'])
def test_an_entry_without_a_readable_index_says_nothing(index: str) -> None:
    assert found(Clues("12300", history_info=history((index, "12366")))) == ("12300", "request-uri")


def test_c9_12345_and_the_pilots_are_passed_over_wherever_they_stand() -> None:
    assert found(Clues("12345", "<sip:02812345@h>", sip("12315", "12345", PILOT))) == ("12315", "diversion")
    assert found(Clues("12345", "<sip:12345@h>", sip("12345"))) == ("12345", "request-uri")
    assert found(Clues(PILOT, "<sip:12345@h>")) == ("86110000", "request-uri")
    assert found(Clues(PILOT, "<sip:8628-86110000@h>")) == ("86110000", "request-uri")


def test_a_pilot_that_is_a_listed_number_is_a_pilot_all_the_same() -> None:
    assert found(Clues("12345", diversion=sip("03552180099"))) == ("2180099", "diversion")
    with_pilot = replace(CARRIER, pilots=frozenset({"03552180099"}))
    assert found(Clues("12345", diversion=sip("03552180099")), with_pilot) == ("12345", "request-uri")


@pytest.mark.parametrize(
    ("user", "digits"),
    [
        ("+863552180012", "2180012"),
        ("0355-2180099", "2180099"),
        ("013812345678", "13812345678"),
        ("%2B862895598", "95598"),
        ("96510", "96510"),
        ("08712345678", "2345678"),
        ("12366;phone-context=+8628", "12366"),
    ],
)
def test_landlines_mobiles_listed_numbers_and_utilities_are_found_too(user: str, digits: str) -> None:
    assert found(Clues(PILOT, diversion=sip(user))) == (digits, "diversion")


def test_a_landline_without_its_area_is_one_of_where_the_call_came_in() -> None:
    clues = Clues(PILOT, diversion=sip("2345678"))
    assert found(clues, replace(CARRIER, platform="east")) == ("2345678", "diversion")
    assert found(clues) == ("86110000", "request-uri")  # the province has two areas


def test_the_dialled_area_stays_with_the_line() -> None:
    number, _ = find_dialled(Clues(PILOT, diversion=sip("+8681212315")), CARRIER, PLAN)
    assert number == PhoneNumber(NumberKind.SHORT_CODE, "12315", "0812")


@pytest.mark.parametrize("dialled", ["02886110012", "+862886110012", "8628-8611-0012", "2886110012"])
def test_c9_a_dialled_in_number_stands_for_its_line_in_whatever_form_it_comes(dialled: str) -> None:
    by_did = replace(CARRIER, dids=(("02886110012", "12333"), ("02886110013", "12366")))
    assert found(Clues(dialled, diversion=sip("12315")), by_did) == (
        "12315",
        "diversion",
    )  # 12333 is in no plan
    by_did = replace(by_did, dids=(("02886110012", "12366"),))
    clues = Clues(dialled, "<sip:12300@h>", sip("12315"))
    assert found(clues, by_did) == ("12366", "did")
    number, _ = find_dialled(clues, by_did, PLAN)
    assert number == PhoneNumber(NumberKind.SHORT_CODE, "12366", "028")


def test_a_dialled_in_number_may_stand_for_a_landline() -> None:
    by_did = replace(CARRIER, dids=(("02886110012", "03552180012"),))
    assert find_dialled(Clues("02886110012"), by_did, PLAN)[0] == parse_number("03552180012", frozenset())


def test_a_request_for_an_emergency_number_wins_at_once() -> None:
    clues = Clues("110", "<sip:12300@h>", sip("12315"), history(("1", "12366")))
    assert found(clues) == ("110", "request-uri")
    assert found(clues._replace(request_uri="028-119")) == ("119", "request-uri")
    assert found(clues, replace(CARRIER, finders=(FoundBy.DIVERSION,))) == ("110", "request-uri")


def test_a_forwarding_from_an_emergency_number_is_barred_and_believed_by_nobody() -> None:
    assert found(Clues("12345", diversion=sip("110"))) == ("12345", "request-uri")
    assert found(Clues("12345", diversion=sip("12315", "110"))) == ("12315", "diversion")
    assert found(Clues("12345", history_info=history(("1", "028119"), ("1.1", "12366")))) == (
        "12366",
        "history-info",
    )


def test_who_dialled_an_emergency_number_and_was_brought_to_a_pilot_is_one() -> None:
    assert found(Clues(PILOT, "<sip:110@h>")) == ("110", "to")


def test_96119_in_a_diversion_is_no_emergency_and_no_line() -> None:
    assert found(Clues("12345", diversion=sip("96119"))) == ("12345", "request-uri")


@pytest.mark.parametrize(
    "unreadable",
    [
        '"never closed <sip:12315@h>',
        "<sip:12315@h>, <sip:12366@h",
        "<sip:12315@evil@h>",
        "<sip:12315%0Aforged@h>",
        "<sip:12315@h>," * 30 + "<sip:12315@h>",
        "<sip:12315@h>;x=" + "a" * 5000,
        "too-long",
    ],
)
def test_what_can_be_read_in_two_ways_says_nothing_and_the_next_place_is_asked(unreadable: str) -> None:
    clues = Clues(PILOT, "<sip:12300@h>", (unreadable,), (f"{unreadable};index=1",))
    assert found(clues) == ("12300", "to")
    assert found(Clues("12300", unreadable)) == ("12300", "request-uri")


def test_a_number_that_nobody_knows_is_kept_as_it_came() -> None:
    assert find_dialled(Clues("19999", "<sip:18888@h>", sip("17777")), CARRIER, PLAN) == (
        UnknownNumber("19999"),
        FoundBy.REQUEST_URI,
    )
    assert find_dialled(Clues("1" * 900), CARRIER, PLAN) == (UnknownNumber("1" * 256), FoundBy.REQUEST_URI)


def test_a_trunk_that_is_in_no_plan_has_every_finder() -> None:
    clues = Clues(PILOT, "<sip:12301@h>", sip("12315"), history(("1", "12366")))
    assert found(clues, None) == ("12366", "history-info")
    assert found(Clues(PILOT), None) == ("86110000", "request-uri")


NUMBERS = st.sampled_from(
    [
        "12345",
        "12315",
        "12366",
        "110",
        "028119",
        "19999",
        PILOT,
        "03552180012",
        "13812345678",
        "",
        "a%0Ab",
        "9" * 300,
    ]
)
VALUES = st.one_of(
    st.text(max_size=30),
    st.builds("<sip:{}@h>;index={}".format, NUMBERS, st.sampled_from(["1", "1.1", "2", "x", ""])),
    st.lists(st.builds("<tel:{}>".format, NUMBERS), max_size=4).map(",".join),
)


@given(
    st.builds(
        Clues,
        st.one_of(NUMBERS, st.text(max_size=20)),
        st.one_of(NUMBERS, VALUES),
        st.lists(VALUES, max_size=4).map(tuple),
        st.lists(VALUES, max_size=4).map(tuple),
    ),
    st.one_of(
        st.none(),
        st.builds(lambda finders: replace(CARRIER, finders=tuple(finders)), st.permutations(ALL_FINDERS)),
    ),
)
def test_something_is_always_found_and_never_more_than_the_finders_allow(
    clues: Clues, by: Trunk | None
) -> None:
    number, found_by = find_dialled(clues, by, PLAN)
    requested: Number = parse_number(clues.request_uri, PLAN.short_codes)
    if isinstance(requested, PhoneNumber) and requested.kind is NumberKind.EMERGENCY:
        assert (number, found_by) == (requested, FoundBy.REQUEST_URI)
    if found_by is not FoundBy.REQUEST_URI:
        assert isinstance(number, PhoneNumber)
        assert number.digits != "12345"
    if found_by in (FoundBy.DIVERSION, FoundBy.HISTORY_INFO):
        assert isinstance(number, PhoneNumber)
        assert number.kind is not NumberKind.EMERGENCY
