"""Numbers as they reach a platform: the vectors of the telephony facts, 1.5–1.11, and what always holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.vocabulary.numbers import (
    EMERGENCY_CODES,
    NumberKind,
    PhoneNumber,
    UnknownNumber,
    canonical_line,
    parse_number,
)

CODES = frozenset({"12345", "12315", "12333", "12336", "96119", "96128"})


@pytest.mark.parametrize(
    ("raw", "area", "code"),
    [
        ("12345", None, "12345"),
        ("02812345", "028", "12345"),
        ("028-12345", "028", "12345"),
        ("2812345", "028", "12345"),
        ("862812345", "028", "12345"),
        ("+862812345", "028", "12345"),
        ("00862812345", "028", "12345"),
        ("tel:+862812345", "028", "12345"),
        ("12345;phone-context=+8628", "028", "12345"),
        ("tel:12345;phone-context=+8628", "028", "12345"),
        ("12345;user=phone", None, "12345"),
        ("+862812333", "028", "12333"),
        ("087196128", "0871", "96128"),
        ("0355 12345", "0355", "12345"),
        ("0471-96119", "0471", "96119"),
        ("01012345", "010", "12345"),
        ("(028) 12315", "028", "12315"),
        ("028-12315", "028", "12315"),
        ("０２８１２３１５", "028", "12315"),
        ("＋８６２８１２３１５", "028", "12315"),
        ("TEL:+862812345", "028", "12345"),
        ("12345;Phone-Context=+86-28", "028", "12345"),
        ("12345;phone-context=+86", None, "12345"),
        ("12345;phone-context=sc.ctcims.cn", None, "12345"),
        ("02812345;phone-context=+8628", "028", "12345"),
        ("+8628-12336", "028", "12336"),
        ("0891-12345", "0891", "12345"),
    ],
)
def test_a_short_code_is_understood_in_every_form(raw: str, area: str | None, code: str) -> None:
    assert parse_number(raw, CODES) == PhoneNumber(NumberKind.SHORT_CODE, code, area)


@pytest.mark.parametrize(
    ("raw", "area", "code"),
    [("122", None, "122"), ("110", None, "110"), ("028110", "028", "110"), ("0471-119", "0471", "119")],
)
def test_an_emergency_number_is_known_with_and_without_an_area(raw: str, area: str | None, code: str) -> None:
    assert parse_number(raw, CODES) == PhoneNumber(NumberKind.EMERGENCY, code, area)


@pytest.mark.parametrize(
    "raw",
    [
        "13800138000",
        "013800138000",
        "8613800138000",
        "+8613800138000",
        "008613800138000",
        "１３８００１３８０００",
        "tel:13800138000;phone-context=+86",
        "13800138000;phone-context=+8628",
        "1795113800138000",
        "17909013800138000",
        "1259313800138000",
        "10193-138-0013-8000",
    ],
)
def test_a_mobile_has_one_spelling(raw: str) -> None:
    number = parse_number(raw, CODES)
    assert number == PhoneNumber(NumberKind.MOBILE, "13800138000")
    assert number.canonical == "+8613800138000"


@pytest.mark.parametrize(
    ("raw", "area", "digits", "canonical"),
    [
        ("02887654321", "028", "87654321", "+862887654321"),
        ("2887654321", "028", "87654321", "+862887654321"),
        ("862887654321", "028", "87654321", "+862887654321"),
        ("0355-2191234", "0355", "2191234", "+863552191234"),
        ("87654321", None, "87654321", "87654321"),
        ("87654321;phone-context=+8628", "028", "87654321", "+862887654321"),
        ("1795102887654321", "028", "87654321", "+862887654321"),
        ("1790903552191234", "0355", "2191234", "+863552191234"),
    ],
)
def test_a_landline_keeps_its_area(raw: str, area: str | None, digits: str, canonical: str) -> None:
    number = parse_number(raw, CODES)
    assert number == PhoneNumber(NumberKind.LANDLINE, digits, area)
    assert number.canonical == canonical


@pytest.mark.parametrize("raw", ["86812110", "8628110", "86028119", "86281234"])
def test_a_local_landline_that_begins_with_86_is_no_emergency_elsewhere(raw: str) -> None:
    assert parse_number(raw, CODES) == PhoneNumber(NumberKind.LANDLINE, raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "1",
        "anonymous",
        "unavailable",
        "1234513800138000",
        "12110",
        "123456",
        "1234",
        "+12345",
        "+1415555012",
        "12315'; DROP TABLE call",
        "12315\r\nSET VARIABLE x y",
        "${SHELL(id)}",
        "12315\n",
        "12315\u3000",
        "１２３１５ａ",
        "①②③①⑤",
        "028—12315",
        "12315;phone-context=+1",
        "12315;phone-context=+8628;phone-context=+86871",
        "12315;phone-context=+8628x",
        "4008001234",
        "8008101234",
        "179511380013800",
        "1795187654321",
        "17951",
        "1259312345",
        "1234517951",
        "1795113800138000x",
        "١٣٨٠٠١٣٨٠٠٠",
        "12315\x00",
        "1" * 10_000,
    ],
)
def test_what_is_no_number_is_unknown_and_keeps_its_text(raw: str) -> None:
    assert parse_number(raw, CODES) == UnknownNumber(raw)


def test_a_mobile_that_begins_as_an_ip_dial_prefix_does_is_a_mobile() -> None:
    assert parse_number("17951138001", CODES) == PhoneNumber(NumberKind.MOBILE, "17951138001")


@pytest.mark.parametrize(
    ("raw", "area", "line"),
    [
        ("12315", None, "12315"),
        ("02812315", "0871", "12315"),
        ("110", None, "110"),
        ("+863552180012", None, "03552180012"),
        ("2180012", "0355", "03552180012"),
        ("03552180012", "028", "03552180012"),
        ("2180012", None, None),
        ("013812345678", "028", "13812345678"),
    ],
)
def test_a_lines_number_is_spelled_as_a_plan_spells_it(raw: str, area: str | None, line: str | None) -> None:
    number = parse_number(raw, CODES)
    assert isinstance(number, PhoneNumber)
    assert canonical_line(number, area) == line


def test_028_is_no_city_but_an_area_that_stays_with_the_number() -> None:
    assert [parse_number(f"{area}12345", CODES) for area in ("028", "0812")] == [
        PhoneNumber(NumberKind.SHORT_CODE, "12345", "028"),
        PhoneNumber(NumberKind.SHORT_CODE, "12345", "0812"),
    ]


def test_96119_ends_in_119_and_is_no_emergency() -> None:
    number = parse_number("96119", CODES)
    assert isinstance(number, PhoneNumber)
    assert number.kind is NumberKind.SHORT_CODE
    assert parse_number("96119", frozenset()) == UnknownNumber("96119")


DIALLED = st.one_of(
    st.text("0123456789+-() ;=.:86telphncx*#０１９＋", max_size=24),
    st.lists(
        st.sampled_from(
            ["+86", "0086", "86", "028", "0355", "17951", "12593", "12315", "110", "2180012", "13800138000"]
        )
        | st.sampled_from(["tel:", "-", ";user=phone", ";phone-context=+8628", ";phone-context=x"]),
        max_size=5,
    ).map("".join),
)


@given(st.one_of(st.text(max_size=40), DIALLED), st.booleans())
def test_understanding_never_fails_and_a_canonical_form_stands_for_the_same_number(
    raw: str, plan_knows_codes: bool
) -> None:
    codes = CODES if plan_knows_codes else frozenset[str]()
    number = parse_number(raw, codes)
    if isinstance(number, PhoneNumber):
        assert parse_number(number.canonical, codes) == number
        assert number.digits.isascii()
        assert (number.kind is NumberKind.EMERGENCY) == (number.digits in EMERGENCY_CODES)
    else:
        assert number.raw == raw


@given(
    st.sampled_from(["", "+86", "0086", "86"]),
    st.sampled_from(["028", "0812", "010"]),
    st.sampled_from(sorted(CODES)),
)
def test_a_prefix_never_changes_which_line_is_meant(prefix: str, area: str, code: str) -> None:
    dialled = f"{prefix}{area[1:] if prefix else area}{code}"
    assert parse_number(dialled, CODES) == PhoneNumber(NumberKind.SHORT_CODE, code, area)
