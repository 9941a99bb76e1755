"""Bare codes and bare mobiles are understood at once, and never otherwise than by the rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.vocabulary import numbers
from callrouter.vocabulary.numbers import NumberKind, PhoneNumber, parse_number

CODES = frozenset(
    {"12345", "12315", "110", "8612345", "0086123", "1", "13800138000", "１２３", "12 34", "+12315"}
)
DIALLED = st.one_of(
    st.sampled_from(sorted(CODES)),
    st.text("0123456789", max_size=13),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.text("0123456789+- ()１", max_size=13),
)


@given(DIALLED)
def test_the_short_way_says_what_the_rules_say(raw: str) -> None:
    with pytest.MonkeyPatch.context() as rules_only:
        rules_only.setattr(numbers, "_bare_code", lambda _raw: None)
        rules_only.setattr(numbers, "_PLAIN_MOBILE", re.compile("(?!)"))
        by_the_rules = parse_number(raw, CODES)
    assert parse_number(raw, CODES) == by_the_rules


def test_a_code_of_one_plan_is_not_remembered_for_another() -> None:
    assert parse_number("12315", {"12315"}) == PhoneNumber(NumberKind.SHORT_CODE, "12315")
    assert parse_number("12315", {"12345"}) != PhoneNumber(NumberKind.SHORT_CODE, "12315")
