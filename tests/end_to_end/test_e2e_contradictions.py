"""The seventeen contradictions between the documents: each is shown on real calls, in the scripted days.

What a document says of one is in the rows that are marked with its number; how they go, the days themselves prove.
"""

from __future__ import annotations

import day_of_changzhi
import day_of_hainan
import day_of_inner_mongolia
import day_of_sichuan
import day_of_yunnan
import pytest

DAYS = (
    *(day_of_sichuan.DAY, day_of_yunnan.DAY, day_of_changzhi.DAY),
    *(day_of_inner_mongolia.DAY, day_of_hainan.DAY),
)
SAID_BY = {
    1: {"sichuan", "inner-mongolia", "hainan"},
    2: {"inner-mongolia", "yunnan"},
    3: {"sichuan", "inner-mongolia", "hainan"},
    4: {"sichuan", "inner-mongolia", "hainan"},
    5: {"sichuan", "inner-mongolia", "hainan"},
    6: {"sichuan", "yunnan", "changzhi"},
    7: {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"},
    8: {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"},
    9: {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"},
    10: {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"},
    11: {"sichuan", "inner-mongolia", "hainan", "changzhi"},
    12: {"sichuan", "hainan", "yunnan"},
    13: {"yunnan", "changzhi", "inner-mongolia", "hainan"},
    14: {"sichuan", "inner-mongolia", "yunnan"},
    15: {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"},
    16: {"sichuan", "yunnan", "changzhi", "inner-mongolia", "hainan"},
    17: {"sichuan", "changzhi"},
}
"""Whose calls show each: the documents that say something of it."""


@pytest.mark.parametrize("number", range(1, 18))
def test_each_contradiction_is_shown_by_calls_of_every_document_that_is_in_it(number: int) -> None:
    shown = {day.plan for day in DAYS for row in day.calls if number in row.shows}
    assert shown == SAID_BY[number]
