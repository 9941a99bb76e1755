"""The steps of a decision's argument, as short as a verdict wants them, and read again."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.vocabulary.reasons_told import MORE, MOST_OCTETS, RecordedReason, read, spell

FIRST = RecordedReason("line_in_phase", "dialplans/sichuan/lines.yaml:14")
codes = st.from_regex(r"[a-z]{2,12}(_[a-z]{1,8}){0,2}", fullmatch=True).filter(lambda code: code != MORE)
files = st.from_regex(r"([a-z]{1,8}/){0,3}[a-z-]{1,10}\.yaml", fullmatch=True)
rules = st.builds("{}:{}".format, files, st.integers(1, 99999))
steps = st.builds(RecordedReason, codes, st.none() | rules)


def test_a_file_beside_the_first_steps_is_named_alone_and_any_other_whole() -> None:
    others = [
        RecordedReason("line_in_plan", "dialplans/sichuan/lines.yaml:12"),
        RecordedReason("outside_hours", "dialplans/sichuan/hours/city.yaml:3"),
        RecordedReason("calendar_silent", "config/holidays.yaml:1"),
        RecordedReason("illustrative", None),
    ]
    text = spell([FIRST, *others])
    assert text == (
        "line_in_plan~lines.yaml~12~~outside_hours~dialplans/sichuan/hours/city.yaml~3"
        "~~calendar_silent~config/holidays.yaml~1~~illustrative"
    )
    assert read(FIRST, text) == (FIRST, *others)


@given(st.lists(steps, max_size=4), st.sampled_from(["dialplans/sichuan", "/srv/plans/x"]))
def test_what_is_spelled_is_read_again(others: list[RecordedReason], folder: str) -> None:
    first = RecordedReason("line_in_phase", f"{folder}/lines.yaml:14")
    # A file that is named alone would be taken for one of the first step's folder: plans name theirs with a folder.
    told = [
        step if step.rule is None or "/" in step.rule else RecordedReason(step.code, f"{folder}/{step.rule}")
        for step in others
    ]
    assert read(first, spell([first, *told])) == (first, *told)


@given(st.lists(steps, min_size=30, max_size=60))
def test_what_does_not_fit_is_left_out_and_said_to_be(others: list[RecordedReason]) -> None:
    text = spell([FIRST, *others])
    assert len(quote(text, safe="")) <= MOST_OCTETS
    *kept, last = read(FIRST, text)
    assert last == RecordedReason(MORE, None) or len(kept) == len(others)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ()),
        ("", ()),
        ("~~", ()),
        ("a~b", ()),
        ("a~b~1~c", ()),
        ("a~~b~x.yaml~2", (RecordedReason("a", None), RecordedReason("b", "dialplans/sichuan/x.yaml:2"))),
    ],
)
def test_of_anything_else_what_can_be_read_is(text: str | None, found: tuple[RecordedReason, ...]) -> None:
    assert read(FIRST, text) == (FIRST, *found)


@pytest.mark.parametrize("rule", ["no line", "a~b.yaml:3", "x.yaml:", ":3"])
def test_a_rule_that_cannot_be_spelled_is_left_out_and_its_code_is_not(rule: str) -> None:
    told = spell([FIRST, RecordedReason("outside_hours", rule)])
    assert read(FIRST, told) == (FIRST, RecordedReason("outside_hours", None))
