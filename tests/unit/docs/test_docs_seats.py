"""What the agents are told of their codes is what the dialplan does."""

from __future__ import annotations

import re

import pytest

from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.seat_state import BACK_CODE, LOG_IN_CODE, LOG_OUT_CODE, OUT, PAUSE_CODES, SeatState

DOCUMENTS = ("docs/seats.md", "docs/seats.zh-CN.md")
ROW = re.compile(r"^\| `(\*\d\d)` \|.*\| (?:`([a-z ]+)`)? ?\|$", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_code_is_told_with_its_reason_and_no_other(document: str) -> None:
    text = (PROJECT_ROOT / document).read_text(encoding="utf-8")
    reasons = {code: reason.value for code, reason in PAUSE_CODES.items()}
    assert dict(ROW.findall(text)) == {LOG_IN_CODE: "", BACK_CODE: "", LOG_OUT_CODE: OUT, **reasons}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_state_that_is_counted_is_told(document: str) -> None:
    text = (PROJECT_ROOT / document).read_text(encoding="utf-8")
    assert [state for state in SeatState if f"`{state.value}`" not in text] == []
