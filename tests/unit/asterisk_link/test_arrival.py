"""The one door: exact facts make a call, hostile numbers are unknown, our own mistakes are refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.arrival import FACTS, ArrivalRefused, arrival
from callrouter.vocabulary.call import Call
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, UnknownNumber

CODES = frozenset({"12345", "12315"})
GOOD = {
    "call_id": "cr01-1632963590.17",
    "called": "12315",
    "caller": "13800138000",
    "presentation": "allowed_not_screened",
    "trunk": "carrier",
    "sip_call_id": "3c5f@198.51.100.7",
    "arrived_at": "1632963590.123456",
    "clock_offset": "0",
}


def call_from(**changes: str) -> Call:
    call = arrival(GOOD | changes, CODES)
    assert isinstance(call, Call)
    return call


def test_good_facts_make_a_call() -> None:
    call = call_from()
    assert call.called == PhoneNumber(NumberKind.SHORT_CODE, "12315")
    assert call.caller == PhoneNumber(NumberKind.MOBILE, "13800138000")
    assert (call.call_id, call.trunk) == ("cr01-1632963590.17", "carrier")
    assert call.arrived_at == datetime(2021, 9, 30, 0, 59, 50, 123456, tzinfo=UTC)


def test_the_rehearsal_offset_moves_the_instant_to_the_microsecond() -> None:
    call = call_from(arrived_at="1763802000.999999", clock_offset="-130784401")
    assert call.arrived_at == datetime.fromtimestamp(1763802000 - 130784401, UTC).replace(microsecond=999999)


@pytest.mark.parametrize("presentation", ["prohib_not_screened", "prohib", "unavailable", "", "odd\x07"])
def test_a_withheld_number_stays_withheld_and_is_kept_for_the_record_only(presentation: str) -> None:
    assert call_from(presentation=presentation).caller == UnknownNumber("13800138000")


@pytest.mark.parametrize("fact", ["called", "caller"])
@pytest.mark.parametrize(
    "text", ["", "anonymous", "12315\r\nHANGUP", "${SHELL(rm)}", "9" * 5000, "\\xff\x00"]
)
def test_a_hostile_number_is_unknown_and_never_a_refusal(fact: str, text: str) -> None:
    number = getattr(call_from(**{fact: text}), fact)
    assert number == UnknownNumber(text[:256])


def test_an_odd_sip_call_id_does_not_spoil_the_call() -> None:
    assert call_from(sip_call_id="\x00" * 3000) == call_from()


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("call_id", ""),
        ("call_id", "a b"),
        ("call_id", "x" * 81),
        ("call_id", "../../etc/passwd"),
        ("call_id", "1632963590.17\n"),
        ("trunk", ""),
        ("trunk", "carrier;x"),
        ("trunk", "x" * 41),
        ("arrived_at", "1632963590"),
        ("arrived_at", "1632963590.12"),
        ("arrived_at", "-1.000000"),
        ("arrived_at", "nan"),
        ("arrived_at", "١٦٣٢٩٦٣٥٩٠.123456"),
        ("clock_offset", ""),
        ("clock_offset", "1.5"),
        ("clock_offset", "9" * 11),
    ],
)
def test_what_our_own_side_writes_must_be_exact(fact: str, text: str) -> None:
    refused = arrival(GOOD | {fact: text}, CODES)
    assert isinstance(refused, ArrivalRefused)
    assert len(refused.reasons) == 1
    assert fact in refused.reasons[0]


def test_a_refusal_names_everything_at_once() -> None:
    refused = arrival(GOOD | {"call_id": "", "trunk": "", "arrived_at": ""}, CODES)
    assert isinstance(refused, ArrivalRefused)
    assert len(refused.reasons) == 3


@pytest.mark.parametrize("fact", FACTS)
def test_a_missing_fact_is_named(fact: str) -> None:
    facts = {name: text for name, text in GOOD.items() if name != fact}
    assert arrival(facts, CODES) == ArrivalRefused((f"{fact}: missing",))


@given(st.fixed_dictionaries({name: st.text(max_size=90) for name in FACTS}))
def test_nothing_that_comes_in_makes_the_door_fail(facts: dict[str, str]) -> None:
    answer = arrival(facts, CODES)
    if isinstance(answer, ArrivalRefused):
        assert answer.reasons
        said = " ".join(answer.reasons)
        assert all(text not in said for text in facts.values() if len(text) > 12)


@given(
    seconds=st.integers(0, 99_999_999_999),
    offset=st.integers(-9_999_999_999, 9_999_999_999),
)
def test_every_instant_within_bounds_is_an_instant(seconds: int, offset: int) -> None:
    call = call_from(arrived_at=f"{seconds}.000001", clock_offset=str(offset))
    assert call.arrived_at.tzinfo is UTC
    assert call.arrived_at.microsecond == 1
