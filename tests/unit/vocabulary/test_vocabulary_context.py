"""What one platform tells the next is read back exactly, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.vocabulary.context import (
    LONGEST_PATH,
    LONGEST_TEXT,
    PassedOn,
    read,
    read_user_to_user,
    told,
)

PLATFORMS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
PASSED_ON = st.builds(
    PassedOn,
    case=st.from_regex(r"[A-Za-z0-9._-]{1,40}", fullmatch=True),
    path=st.lists(PLATFORMS, min_size=1, max_size=LONGEST_PATH).map(tuple),
    line=st.none() | st.from_regex(r"[0-9]{3,16}", fullmatch=True),
    mode=st.none() | st.sampled_from(["dual", "merged"]),
    rule=st.none() | st.just("dialplans/sichuan/lines.yaml:14"),
    source=st.none() | st.sampled_from(["emergency:110", "platform:chongqing"]),
)
WHOLE = PassedOn(
    "node1-3f9c41ab-1795377263.12",
    ("chengdu", "sichuan"),
    "12315",
    "dual",
    "dialplans/sichuan/lines.yaml:14",
    "emergency:110",
)
TEXT = (
    "v1&case=node1-3f9c41ab-1795377263.12&path=chengdu+sichuan&line=12315&mode=dual"
    "&rule=dialplans/sichuan/lines.yaml:14&source=emergency:110"
)


def test_it_is_one_line_of_plain_words() -> None:
    assert told(WHOLE) == TEXT


@given(PASSED_ON)
def test_what_is_told_is_read(passed_on: PassedOn) -> None:
    assert read(told(passed_on)) == (passed_on if len(told(passed_on)) <= LONGEST_TEXT else None)


def test_user_to_user_says_the_same_in_hexadecimal() -> None:
    short = "v1&case=n-1.2&path=chengdu&line=12315"
    assert read_user_to_user(short.encode().hex() + ";encoding=hex") == read(short)
    assert read_user_to_user(short.encode().hex().upper()) == read(short)


def test_a_key_of_a_newer_platform_is_passed_over() -> None:
    assert read(TEXT + "&language=mn") == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v2&case=a&path=b",
        "case=a&path=b",
        "v1&case=a",
        "v1&path=b",
        "v1&case=&path=b",
        "v1&case=a&path=b&case=c",
        "v1&case=a&path=B",
        "v1&case=a&path=b+",
        "v1&case=a&path=b&line=12315x",
        "v1&case=a&path=b&source=emergency",
        "v1&case=a&path=b&rule=a b",
        "v1&case=a&path=b&more=\n",
        "v1&case=a&path=b&more=%0A",
        "v1&case=a${SHELL}&path=b",
        "v1&case=a&path=" + "+".join(["b"] * (LONGEST_PATH + 1)),
        "v1&case=a&path=b&more=" + "x" * LONGEST_TEXT,
        "v1&case=甲&path=b",
    ],
)
def test_what_a_platform_would_not_write_is_nothing(text: str) -> None:
    assert read(text) is None
    assert read_user_to_user(text.encode().hex()) is None


@pytest.mark.parametrize("value", ["", "zz", "7", "ff" * 20, "76" * 200, "7631;encoding=hex"])
def test_user_to_user_of_somebody_else_is_nothing(value: str) -> None:
    assert read_user_to_user(value) is None


@given(st.text(max_size=500))
def test_nothing_that_arrives_can_upset_it(text: str) -> None:
    passed_on = read(text)
    assert passed_on is None or read(told(passed_on)) == passed_on
    assert read_user_to_user(text) is None or len(text) > 20


def test_what_cannot_be_told_is_an_error_of_the_program() -> None:
    with pytest.raises(ValueError, match="line"):
        told(WHOLE._replace(line="12315\r\nX: y"))
