"""The one door: exact facts make a call, hostile numbers are unknown, our own mistakes are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.arrival import FACTS, ArrivalRefused, arrival
from callrouter.vocabulary.call import ALL_FINDERS, Call, FoundBy
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, UnknownNumber
from callrouter.vocabulary.plan import Plan
from tests.unit.decide.a_plan import PLAN, trunk

GOOD = {
    "call_id": "cr01-1632963590.17",
    "called": "12315",
    "caller": "13800138000",
    "presentation": "allowed_not_screened",
    "trunk": "carrier",
    "sip_call_id": "3c5f@198.51.100.7",
    "arrived_at": "1632963590.123456",
    "clock_offset": "0",
    "to": "",
    "diversion": "",
    "history_info": "",
    "context": "",
}
PILOT = "02886110000"
DIVERTED = "<sip:12345@192.0.2.1>;reason=unconditional,<sip:12366@192.0.2.1>;reason=unconditional"
HISTORY = "<sip:12315@192.0.2.1>;index=1,<sip:12345@192.0.2.1>;index=1.1"


def call_from(**changes: str) -> Call:
    call = arrival(GOOD | changes, PLAN)
    assert isinstance(call, Call)
    return call


def test_good_facts_make_a_call() -> None:
    call = call_from()
    assert call.called == PhoneNumber(NumberKind.SHORT_CODE, "12315")
    assert call.caller == PhoneNumber(NumberKind.MOBILE, "13800138000")
    assert (call.call_id, call.trunk) == ("cr01-1632963590.17", "carrier")
    assert call.arrived_at == datetime(2021, 9, 30, 0, 59, 50, 123456, tzinfo=UTC)


def found(changes: dict[str, str], plan: Plan = PLAN) -> tuple[str, FoundBy]:
    call = arrival(GOOD | changes, plan)
    assert isinstance(call, Call)
    assert isinstance(call.called, PhoneNumber)
    return call.called.digits, call.found_by


def test_the_carriers_headers_name_the_line_behind_the_platforms_own_number() -> None:
    assert found({}) == ("12315", FoundBy.REQUEST_URI)
    assert found({"called": PILOT, "diversion": DIVERTED}) == ("12366", FoundBy.DIVERSION)
    assert found({"called": PILOT, "diversion": DIVERTED, "history_info": HISTORY}) == (
        "12315",
        FoundBy.HISTORY_INFO,
    )


def test_the_carrier_is_believed_by_its_endpoint_where_the_plan_has_no_trunk_of_that_name() -> None:
    without = replace(PLAN, trunks={})
    assert found({"called": PILOT, "diversion": DIVERTED}, without) == ("12366", FoundBy.DIVERSION)
    assert found({"called": PILOT, "to": "<sip:12315@h>"}, without) == ("12315", FoundBy.TO)


@pytest.mark.parametrize("endpoint", ["softphone", "1001", "main"])
def test_nobody_elses_diversion_is_believed(endpoint: str) -> None:
    clues = {"called": "12300", "diversion": DIVERTED, "history_info": HISTORY}
    assert found({"trunk": endpoint, **clues}) == ("12300", FoundBy.REQUEST_URI)
    assert found({"trunk": endpoint, "to": "<sip:12315@h>", **clues}) == ("12315", FoundBy.TO)


def test_a_trunk_of_the_plan_is_believed_as_far_as_the_plan_says() -> None:
    clues = {"called": "12300", "diversion": DIVERTED, "history_info": HISTORY}
    assert found({"trunk": "stranger", **clues}) == ("12300", FoundBy.REQUEST_URI)
    second = trunk("second", finders=(FoundBy.DIVERSION, FoundBy.REQUEST_URI))
    assert found({"trunk": "second", **clues}, replace(PLAN, trunks={"second": second})) == (
        "12366",
        FoundBy.DIVERSION,
    )


def test_a_number_of_the_carriers_range_is_its_line() -> None:
    by_did = trunk("carrier", finders=ALL_FINDERS, dids=(("02886110012", "12366"),))
    plan = replace(PLAN, trunks={"carrier": by_did})
    assert found({"called": "+862886110012", "diversion": "<sip:12315@h>"}, plan) == ("12366", FoundBy.DID)


@pytest.mark.parametrize("fact", ["to", "diversion", "history_info"])
@pytest.mark.parametrize(
    "text", ["too-long", "\x00", "<sip:12366@h" * 900, '"', "${EXTEN}", "<sip:12366\\x0a@h> <..."]
)
def test_a_hostile_clue_says_nothing_and_spoils_nothing(fact: str, text: str) -> None:
    assert call_from(**{fact: text}) == call_from()


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
    refused = arrival(GOOD | {fact: text}, PLAN)
    assert isinstance(refused, ArrivalRefused)
    assert len(refused.reasons) == 1
    assert fact in refused.reasons[0]


def test_a_refusal_names_everything_at_once() -> None:
    refused = arrival(GOOD | {"call_id": "", "trunk": "", "arrived_at": ""}, PLAN)
    assert isinstance(refused, ArrivalRefused)
    assert len(refused.reasons) == 3


@pytest.mark.parametrize("fact", FACTS)
def test_a_missing_fact_is_named(fact: str) -> None:
    facts = {name: text for name, text in GOOD.items() if name != fact}
    assert arrival(facts, PLAN) == ArrivalRefused((f"{fact}: missing",))


@given(st.fixed_dictionaries({name: st.text(max_size=90) for name in FACTS}))
def test_nothing_that_comes_in_makes_the_door_fail(facts: dict[str, str]) -> None:
    answer = arrival(facts, PLAN)
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
