"""Header values of carriers are read whole; what can be read in two ways, or in none, names nobody."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.vocabulary.sip_address import LONGEST_VALUE, MOST_ENTRIES, SipAddress, addresses


def users(value: str) -> list[str]:
    return [entry.user for entry in addresses(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<sip:12333@127.0.0.2>", ["12333"]),
        ("sip:12333@127.0.0.2", ["12333"]),
        ("SIPS:12333@host", ["12333"]),
        ("<tel:+862812315>;reason=unconditional;counter=1;privacy=off", ["+862812315"]),
        ("tel:12315", ["12315"]),
        ("<tel:12315;phone-context=+8628>", ["12315;phone-context=+8628"]),
        ("<sip:12366;phone-context=+8628@127.0.0.2>", ["12366;phone-context=+8628"]),
        ("<sip:+862812333@ims.example.cn:5060;user=phone;cause=302>", ["+862812333"]),
        ("<sip:12333@[2001:db8::1]:5060>", ["12333"]),
        ("<sip:%2B862812333@host>", ["+862812333"]),
        ("<sip:12333:secret@host>", ["12333"]),
        ("Li Si <sip:12333@host>", ["12333"]),
        ('"Li, Si" <sip:12333@host>, <sip:12315@host>', ["12333", "12315"]),
        ('"<sip:110@a>, x" <sip:12333@host>', ["12333"]),
        (r'"an \"escaped\" <sip:110@a>" <sip:12333@host>', ["12333"]),
        (r'"a backslash \\" <sip:12333@host>', ["12333"]),
        ('"张三" <sip:12333@host>', ["12333"]),
        ('<sip:12333@host>;x="1,2;<3>", <sip:12315@host>', ["12333", "12315"]),
        ("sip:12333@a;reason=no-answer , sip:12315@b", ["12333", "12315"]),
        (
            "<sip:12333@a?Privacy=history&Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1,<sip:1@a>;index=1.1",
            ["12333", "1"],
        ),
    ],
)
def test_what_carriers_write_is_read(value: str, expected: list[str]) -> None:
    assert users(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "<sip:host>",
        "<sip:@host>",
        "<sip:12333@evil@host>",
        "<urn:service:sos>",
        "<http://12333@host>",
        "<12333>",
        "<tel:>",
        "<sip:12333%0Aforged@host>",
        "<sip:12333%00@host>",
        "<sip:12333%C2%85@host>",
        "<sip:12333%FF@host>",
        "<sip:12333%zz@host>",
        "<sip:12333%0@host>",
        "<>",
    ],
)
def test_an_entry_that_names_nobody_keeps_its_place(value: str) -> None:
    assert users(f"<sip:12315@a>, {value}") == ["12315", ""]


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ",",
        "<sip:12333@host",
        "sip:12333@host>",
        "<<sip:12333@host>>",
        "<sip:12333@host>,",
        "<sip:12333@host>,,<sip:12315@host>",
        "<sip:12333@host> <sip:12315@host>",
        '"never closed <sip:12333@host>',
        '"a" "b" <sip:12333@host>',
        'a "b" <sip:12333@host>',
        '<sip:12333@host>;x="never closed',
        "<sip:12333@host>;",
        "<sip:12333@host>;=1",
        "<sip:12333@host>x",
        "<sip:12333@ho st>",
        "<sip:12333@host>\r\nDiversion: <sip:110@host>",
        "<sip:12333@host>\x00",
        "张三 <sip:12333@host>",
        "<sip:1@a>," * MOST_ENTRIES + "<sip:1@a>",
        "<sip:12333@" + "a" * LONGEST_VALUE + ">",
    ],
)
def test_what_cannot_be_read_in_exactly_one_way_is_no_list_at_all(value: str) -> None:
    assert addresses(value) == ()


def test_parameters_are_found_by_name_and_one_that_stands_twice_says_nothing() -> None:
    (entry,) = addresses('<sip:1@a;index=9>; Index = 1.1 ;x="a;b";flag;rc=1;rc=2')
    assert (entry.parameter("index"), entry.parameter("x")) == ("1.1", '"a;b"')
    assert (entry.parameter("flag"), entry.parameter("rc"), entry.parameter("mp")) == ("", None, None)


def test_as_many_entries_as_are_allowed_are_read() -> None:
    assert len(addresses(",".join(["<sip:1@a>"] * MOST_ENTRIES))) == MOST_ENTRIES


PIECES = st.lists(
    st.sampled_from(
        ['"', "\\", "<", ">", ",", ";", "=", "sip:", "tel:", "@", "%", "%0A", "12333", " ", "\t", "a", "张"]
    ),
    max_size=20,
).map("".join)


@given(st.one_of(st.text(max_size=60), PIECES))
def test_nothing_that_is_written_makes_reading_fail_or_brings_a_control_character_in(value: str) -> None:
    for entry in addresses(value):
        assert isinstance(entry, SipAddress)
        assert entry.user.isprintable() or not entry.user.isascii()
        assert not any(ord(character) < 32 or ord(character) == 127 for character in entry.user)


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=8),
            st.text("0123456789+", min_size=1, max_size=12),
        ),
        min_size=1,
        max_size=MOST_ENTRIES,
    )
)
def test_a_list_that_was_put_together_is_taken_apart_again(entries: list[tuple[str, str]]) -> None:
    value = ", ".join(f'"{name}" <sip:{user}@host>;reason=x' for name, user in entries)
    assert users(value) == [user for _, user in entries]


@pytest.mark.parametrize(
    "piece",
    ['"', "<", ",", ";a", "a ", '"\\', " ", "<sip:1@h>,", "a@", "sip:", "\t;", ';x="', "<sip:1@h>;a=b"],
)
def test_the_worst_that_fits_is_read_in_no_time(piece: str) -> None:
    value = (piece * LONGEST_VALUE)[:LONGEST_VALUE]
    begun = time.process_time()
    addresses(value)
    addresses(f"<sip:{value[:-11]}@h>")
    assert time.process_time() - begun < 0.05
