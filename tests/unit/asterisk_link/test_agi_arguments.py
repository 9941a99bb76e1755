"""The facts of a dip, from AGI arguments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.asterisk_link.agi_arguments import ArgumentFault, agi_arguments

KNOWN = frozenset({"called", "caller", "name"})


def arguments(*values: str) -> dict[str, str] | ArgumentFault:
    environment = {f"agi_arg_{position}": value for position, value in enumerate(values, 1)}
    return agi_arguments({"agi_network": "yes", **environment}, KNOWN)


def test_facts_are_decoded_and_an_empty_one_is_kept() -> None:
    assert arguments("called=%2B8612315", "caller=", "name=%E5%BC%A0%20(x)") == {
        "called": "+8612315",
        "caller": "",
        "name": "张 (x)",
    }


def test_a_dip_without_facts_has_none() -> None:
    assert arguments() == {}


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (("called",), ArgumentFault("agi_arg_1", "not of the form name=value")),
        (("called=1", ""), ArgumentFault("agi_arg_2", "not of the form name=value")),
        (("called=1", "evil=1"), ArgumentFault("agi_arg_2", "an unknown name")),
        (("called=1", "called=1"), ArgumentFault("agi_arg_2", "a repeated name")),
        (("called=%2",), ArgumentFault("agi_arg_1", "a value that is not URI-encoded")),
        (("called=%zz",), ArgumentFault("agi_arg_1", "a value that is not URI-encoded")),
        (("called=+86 1",), ArgumentFault("agi_arg_1", "a value that is not URI-encoded")),
        (("called=张",), ArgumentFault("agi_arg_1", "a value that is not URI-encoded")),
        (("called=1=2",), ArgumentFault("agi_arg_1", "a value that is not URI-encoded")),
        (("called=1\n",), ArgumentFault("agi_arg_1", "a value that is not URI-encoded")),
    ],
)
def test_what_no_dialplan_of_ours_writes_is_a_fault(values: tuple[str, ...], fault: ArgumentFault) -> None:
    assert arguments(*values) == fault


def test_hidden_controls_and_foreign_octets_come_out_escaped() -> None:
    assert arguments("called=123%0A200%20result", "name=%D5%C5%00") == {
        "called": r"123\x0a200 result",
        "name": r"\xd5\xc5\x00",
    }


@given(st.binary(max_size=40))
def test_no_value_can_bring_a_control_character_in(octets: bytes) -> None:
    facts = arguments("name=" + "".join(f"%{octet:02X}" for octet in octets))
    assert isinstance(facts, dict)
    assert all(character == "\t" or not ("\0" <= character < " ") for character in facts["name"])
    facts["name"].encode()
