"""What the dialled line was looked for in is in the record, as it was written."""

from __future__ import annotations

from itertools import permutations

from callrouter.records.fold import fold
from tests.unit.records.test_records_fold import CALLER_CHANNEL, arrival, end, folded, hangup, user

ENDED = [*hangup(5, CALLER_CHANNEL), *end(5)]


def test_each_clue_is_kept_in_its_own_field() -> None:
    clues = [
        user(0.0002, "CR_CLUES", to='"李" <sip:12345@h>'),
        user(0.0003, "CR_CLUES", diversion='<sip:12345@h>,<sip:12315@h>;x="a&b"'),
        user(0.0004, "CR_CLUES", history_info="<sip:12315@h>;index=1"),
    ]
    record = folded([*arrival(), *clues, *ENDED])
    assert record.to_raw == '"李" <sip:12345@h>'
    assert record.diversion_raw == '<sip:12345@h>,<sip:12315@h>;x="a&b"'
    assert record.history_info_raw == "<sip:12315@h>;index=1"
    assert record.anomalies == folded([*arrival(), *ENDED]).anomalies
    assert all(folded([*arrival(), *order, *ENDED]) == record for order in permutations(clues))


def test_an_ordinary_call_has_none() -> None:
    for rows in ([*arrival(), *ENDED], [*arrival(), user(0.0002, "CR_CLUES", to="", diversion=""), *ENDED]):
        record = folded(rows)
        assert (record.to_raw, record.diversion_raw, record.history_info_raw) == (None, None, None)


def test_a_hostile_clue_is_escaped_and_shortened_and_no_arrival_by_itself() -> None:
    hostile = user(0.0002, "CR_CLUES", diversion="<sip:1\n2@h>" + "a" * 900)
    record = folded([*arrival(), hostile, *ENDED])
    assert record.diversion_raw is not None
    assert record.diversion_raw.startswith(r"<sip:1\x0a2@h>aaa")
    assert len(record.diversion_raw) == 512
    assert fold([hostile, *ENDED], "node1") is None
