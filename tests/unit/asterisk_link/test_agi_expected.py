"""The dip that is as expected: read in one look, and never otherwise than the general way reads it."""

from __future__ import annotations

import string
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments
from callrouter.asterisk_link.agi_double import environment
from callrouter.asterisk_link.agi_expected import ASTERISKS_LINES, ExpectedDip
from callrouter.asterisk_link.agi_limits import MAX_ENVIRONMENT_BYTES
from callrouter.asterisk_link.agi_protocol import AgiSession, AgiState, EnvironmentReceived
from callrouter.asterisk_link.arrival import FACTS

EXPECTED = ExpectedDip("arrival", FACTS)
DIP = environment()


def in_one_look(octets: bytes) -> Mapping[str, str] | None:
    return AgiSession().receive_expected(octets, EXPECTED)


def in_general(octets: bytes) -> Mapping[str, str] | None:
    """The facts; None where the general way refuses or waits for more."""
    events = AgiSession().receive_data(octets)
    if len(events) != 1 or not isinstance(events[0], EnvironmentReceived):
        return None
    told = events[0].environment
    if told.get("agi_network_script") != "arrival":
        return None
    facts = agi_arguments(told, set(FACTS))
    return None if isinstance(facts, ArgumentFault) else facts


def agree(octets: bytes) -> None:
    """Hold one way against the other: the short one may pass, but never differ."""
    facts = in_one_look(octets)
    if facts is None:
        return
    general = in_general(octets)
    assert general is not None, "the short way took what the general one refuses"
    assert facts == general


def test_what_asterisk_sends_is_read_in_one_look() -> None:
    facts = in_one_look(DIP)
    assert facts is not None
    assert tuple(facts) == FACTS
    assert facts["sip_call_id"] == "35a2cdd1771633b5@192.0.2.7"
    agree(DIP)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n\n",
        DIP[:-1],
        DIP + b"\n",
        DIP + b"HANGUP\n",
        DIP + DIP,
        DIP.replace(b"script: arrival", b"script: arrivals"),
        DIP.replace(b"agi_language: zh_CN\n", b""),
        DIP.replace(b"agi_type: PJSIP\n", b"agi_type: PJSIP\nagi_type: PJSIP\n"),
        DIP.replace(b"agi_dnid: unknown\n", b"agi_dnid: 1\nagi_arg_1: called=110\n"),
        DIP.replace(b"called=12315", b"called=+8612315"),
        DIP.replace(b"called=12315", b"called=%2"),
        DIP.replace(b"called=12315", b"called=12315 "),
        DIP.replace(b"agi_arg_2: called", b"agi_arg_2: caller"),
        DIP.replace(b"agi_arg_11: history_info=\n", b""),
        DIP.replace(b"\n\n", b"\nagi_arg_12: x=1\n\n"),
        DIP.replace(b"\n", b"\r\n"),
        b"x" + DIP,
        environment(agi_calleridname="x" * MAX_ENVIRONMENT_BYTES),
    ],
)
def test_what_differs_in_anything_is_left_to_the_general_way(octets: bytes) -> None:
    assert in_one_look(octets) is None


ANY_VALUE = st.text(st.characters(max_codepoint=255), max_size=30)
"""Whatever octets a value may be made of, line feeds included."""
ENCODED = st.lists(
    st.sampled_from(
        [*string.ascii_letters, *string.digits, *"-_.!~*'()", *"% +=&|\n\x80", "%40", "%0A", "%E5"]
    ),
    max_size=12,
).map("".join)


@given(
    st.dictionaries(st.sampled_from(ASTERISKS_LINES), ANY_VALUE, max_size=3),
    st.dictionaries(st.sampled_from((*FACTS, "evil")), ENCODED, max_size=3),
    st.sampled_from([b"", b"", b"", b"HANGUP\n", b"\n", b"200 result=1\n"]),
)
@example({"agi_callerid": "1\nagi_dnid: 2"}, {}, b"")
@example({"agi_callerid": "1\n\nagi_calleridname: x"}, {}, b"")
def test_for_every_input_both_ways_say_the_same(
    lines: dict[str, str], facts: dict[str, str], behind: bytes
) -> None:
    agree(environment(facts, **lines) + behind)


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(DIP) - 1), st.sampled_from(["cut", "double", "put"]), st.binary(max_size=4)
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_damaged_dip_is_never_taken_by_one_way_only(damages: list[tuple[int, str, bytes]]) -> None:
    octets = DIP
    for place, how, what in damages:
        if how == "cut":
            octets = octets[:place] + octets[place + len(what) :]
        elif how == "double":
            octets = octets[:place] + octets[place : place + 20] + octets[place:]
        else:
            octets = octets[:place] + what + octets[place:]
    agree(octets)


@given(st.sets(st.integers(1, len(DIP) - 1), max_size=12))
def test_a_dip_in_several_pieces_is_the_same_dip(places: set[int]) -> None:
    session, begin = AgiSession(), 0
    for place in sorted(places):
        piece = DIP[begin:place]
        assert session.receive_expected(piece, EXPECTED) is None
        assert session.receive_data(piece) == []
        begin = place
    facts: object = session.receive_expected(DIP[begin:], EXPECTED)
    if facts is None:  # the last piece was the last octet alone: the general way takes it
        (event,) = session.receive_data(DIP[begin:])
        assert isinstance(event, EnvironmentReceived)
        facts = agi_arguments(event.environment, FACTS)
    assert facts == in_one_look(DIP)
    assert session.state is AgiState.IDLE
    assert not session.holds_part_of_a_line
